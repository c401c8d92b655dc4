//! How many requests each client may make: a bucket of tokens each, filled evenly.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Clients that are remembered; with more at once, newcomers share a bucket.
const MAX_CLIENTS: usize = 10_000;
/// What newcomers share then; nobody's address.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The buckets. Addresses stay in memory for a minute and go nowhere else.
#[derive(Debug)]
pub(crate) struct Clients {
    per_minute: u32,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Clients {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    pub(crate) fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Takes a token; else the seconds, at least one, after which there is one.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = network(client);
        if buckets.len() >= MAX_CLIENTS && !buckets.contains_key(&client) {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < f64::from(self.per_minute));
            if buckets.len() >= MAX_CLIENTS {
                client = OTHERS;
            }
        }
        let bucket = buckets.entry(client).or_insert(Bucket { tokens: f64::from(self.per_minute), at: now });
        *bucket = Bucket { tokens: self.filled(*bucket, now), at: now };
        if bucket.tokens < 1.0 {
            let seconds = (1.0 - bucket.tokens) * 60.0 / f64::from(self.per_minute);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 60")]
            return Err((seconds.ceil() as u64).max(1));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let full = f64::from(self.per_minute);
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + seconds * full / 60.0).min(full)
    }
}

/// One customer's network: an address of IPv4, the upper half of one of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let upper = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(upper))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn v4(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    #[test]
    fn a_client_has_a_minute_s_requests_at_once_and_then_one_at_a_time() {
        let (clients, start) = (Clients::new(60), Instant::now());
        assert_eq!((0..60).filter(|_| clients.take(v4(1), start).is_ok()).count(), 60);
        assert_eq!(clients.take(v4(1), start), Err(1));
        assert_eq!(clients.take(v4(2), start), Ok(()), "others have their own");
        let later = start + Duration::from_secs(1);
        assert_eq!(clients.take(v4(1), later), Ok(()));
        assert_eq!(clients.take(v4(1), later), Err(1));
        assert_eq!((0..90).filter(|_| clients.take(v4(1), start + Duration::from_secs(600)).is_ok()).count(), 60);
    }

    #[test]
    fn the_pause_is_as_long_as_it_takes() {
        let (clients, start) = (Clients::new(2), Instant::now());
        assert_eq!([(); 3].map(|()| clients.take(v4(1), start)), [Ok(()), Ok(()), Err(30)]);
    }

    #[test]
    fn addresses_of_one_network_are_one_client() {
        let (clients, start) = (Clients::new(1), Instant::now());
        assert_eq!(clients.take("2001:db8::1".parse().unwrap(), start), Ok(()));
        assert_eq!(clients.take("2001:db8::2".parse().unwrap(), start), Err(60));
        assert_eq!(clients.take("2001:db8:0:1::1".parse().unwrap(), start), Ok(()));
        assert_eq!(clients.take("::ffff:192.0.2.7".parse().unwrap(), start), Ok(()));
        assert_eq!(clients.take(v4(7), start), Err(60));
    }

    #[test]
    fn memory_is_bounded_and_those_who_are_quiet_are_forgotten() {
        let (clients, start) = (Clients::new(1), Instant::now());
        let address = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(number));
        for number in 1..=10_000 {
            assert_eq!(clients.take(address(number), start), Ok(()));
        }
        assert_eq!(clients.take(address(20_001), start), Ok(()), "the first newcomer");
        assert_eq!(clients.take(address(20_002), start), Err(60), "newcomers share a bucket");
        assert!(clients.buckets.lock().unwrap().len() <= MAX_CLIENTS + 1);
        let later = start + Duration::from_secs(61);
        assert_eq!(clients.take(address(20_002), later), Ok(()));
        assert_eq!(clients.buckets.lock().unwrap().len(), 1);
    }
}
