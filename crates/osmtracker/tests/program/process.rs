//! The program as people run it: started, watched, asked over HTTP, interrupted, and what it leaves behind.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use osmtracker_testkit::replay::Replay;

use crate::answer::get;

/// Longest wait for anything: far more than a busy machine needs, and less than a person's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary in a folder, without the settings of whoever runs the tests.
pub(crate) fn osmtracker(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osmtracker"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OSMTRACKER_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// Follows a replay with the API as the only source, so that what is published does not depend on the time of day.
pub(crate) fn follow(replay: &Replay, folder: &Path, data: &str, more: &[&str]) -> Command {
    let first = replay.first_sequence().to_string();
    let (replication, api) = (replay.replication_url(), replay.api_url());
    let mut arguments =
        vec!["run", "--area", "planet", "--data", data, "--contact", "tests@example.org", "--from-sequence", &first];
    arguments.extend(["--replication-url", &replication, "--api-url", &api, "--log-level", "info"]);
    arguments.extend(more);
    let mut command = osmtracker(folder, &arguments);
    command
        .env("OSMTRACKER_UPSTREAM_POLL_SECONDS", "1")
        .env("OSMTRACKER_UPSTREAM_SOURCES", "osm-api")
        .env("OSMTRACKER_PIPELINE_HORIZON_HOURS", "0");
    command
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Fails with all that was said when the code is another.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stderr:\n{}\nstdout:\n{}", self.stderr, self.stdout);
        self
    }

    /// The numbers of the last line: files, changesets, kept, analysed.
    pub(crate) fn numbers(&self) -> [u64; 4] {
        let line = self.stderr.lines().rev().find(|line| line.contains(" files")).unwrap();
        let number = |word: &str| {
            let before = &line[..line.find(word).unwrap_or_else(|| panic!("no{word} in {line}"))];
            before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
        };
        [" files", " changesets", " kept", " analysed"].map(number)
    }
}

/// Runs to the end.
#[track_caller]
pub(crate) fn run(command: Command) -> Ended {
    Running::start(command).end()
}

/// A process that runs. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    said: Arc<Said>,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Said {
    text: Mutex<String>,
    more: Condvar,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::new(Said::default());
        let heard = said.clone();
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let stderr = std::thread::spawn(move || {
            for line in stderr.lines() {
                heard.text.lock().unwrap().push_str(&(line.unwrap() + "\n"));
                heard.more.notify_all();
            }
        });
        Self { child, said, stdout: Some(stdout), stderr: Some(stderr) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that was said on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.said.text.lock().unwrap().clone()
    }

    /// Waits until stderr has `words` so many times beyond its first `from` bytes.
    #[track_caller]
    pub(crate) fn wait_for_words(&self, words: &str, times: usize, from: usize) {
        let text = self.said.text.lock().unwrap();
        let missing = |text: &mut String| text[from..].matches(words).count() < times;
        let (text, timeout) = self.said.more.wait_timeout_while(text, PATIENCE, missing).unwrap();
        assert!(!timeout.timed_out(), "{words:?} was not said {times} times in\n{text}");
    }

    /// Where the site is served.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        self.wait_for_words("site on http://", 1, 0);
        let text = self.stderr();
        let rest = &text[text.find("site on http://").unwrap() + "site on http://".len()..];
        rest.lines().next().unwrap().parse().unwrap()
    }

    /// The value of a metric, labels as they are written; `None` when it is not there.
    #[track_caller]
    pub(crate) fn metric(&self, name: &str) -> Option<i64> {
        let answer = get(self.address(), "/metrics");
        assert_eq!(answer.status, 200);
        answer.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// How many changesets are in a state.
    #[track_caller]
    pub(crate) fn in_state(&self, state: &str) -> i64 {
        self.metric(&format!("osmtracker_changeset_cnt{{state=\"{state}\"}}")).unwrap()
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let child = &mut self.child;
        let status: Option<ExitStatus> = eventually(2 * PATIENCE, || child.try_wait().unwrap());
        let Some(status) = status else { panic!("it did not end; it said\n{}", self.stderr()) };
        self.stderr.take().unwrap().join().unwrap();
        let stdout = self.stdout.take().unwrap().join().unwrap();
        Ended { code: status.code(), stdout, stderr: self.stderr() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until there is something, or patience ends.
pub(crate) fn eventually<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = look();
        if found.is_some() || start.elapsed() > patience {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
