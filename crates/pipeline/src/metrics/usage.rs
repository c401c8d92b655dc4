use std::time::Duration;

/// Ticks a second in which Linux accounts processor time to programs (`USER_HZ`), on every processor that we run on.
const TICKS_A_SECOND: u64 = 100;

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since its start, of all threads.
    pub processor: Duration,
    /// Memory that it holds, in bytes.
    pub resident_bytes: u64,
}

impl Usage {
    /// Reads `/proc/self/stat` and `/proc/self/status` of Linux; `None` for texts that are not these.
    ///
    /// Source: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
    #[must_use]
    pub fn parse(stat: &str, status: &str) -> Option<Self> {
        // The second field is the program's name in brackets, with whatever it holds.
        let mut after_name = stat.rsplit_once(')')?.1.split_whitespace();
        let user: u64 = after_name.nth(11)?.parse().ok()?;
        let system: u64 = after_name.next()?.parse().ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(Self {
            processor: Duration::from_millis((user + system) * (1_000 / TICKS_A_SECOND)),
            resident_bytes: kilobytes * 1_024,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_read_from_what_linux_says() {
        let stat =
            "4711 (a ) name) S 1 2 3 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 8000 1000 200 18446744073709551615";
        let status = "Name:\ta ) name\nVmPeak:\t  9000 kB\nVmRSS:\t    2048 kB\nThreads:\t4\n";
        let usage = Usage { processor: Duration::from_secs(3), resident_bytes: 2 << 20 };
        assert_eq!(Usage::parse(stat, status), Some(usage));
        assert_eq!(Usage::parse("", status), None);
        assert_eq!(Usage::parse(stat, ""), None);
    }
}
