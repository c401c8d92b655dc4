//! Ways in which an upstream lies or refuses, each a switch that a test throws while the replay runs.
//!
//! ```
//! use osmtracker_testkit::faults::{Fault, Faults, Switch};
//!
//! let faults = Faults::default();
//! faults.on(Fault::HeadStale);
//! faults.on(Switch::new(Fault::DataMissing).at(6_000_007)); // this file alone
//! faults.on(Switch::new(Fault::ServerError { status: 503 }).times(2)); // the next two answers alone
//! faults.off(Fault::HeadStale);
//! faults.clear();
//! ```

use std::{
    io::{Read as _, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

/// What goes wrong. The first fourteen are faults of replication; the others are refusals of any server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The head state stays what it was when the switch was thrown, while files go on appearing.
    HeadStale,
    /// The head state announces one file more than there is: its data and state answer 404.
    HeadAheadOfFile,
    /// Data files answer 404; their states are there.
    DataMissing,
    /// `NNN.state.txt` answers 404; the data are there.
    StateMissing,
    /// Data files and their states answer 200 with the error document of S3, `<Code>NoSuchKey</Code>`.
    NoSuchKey,
    /// All states, the head too, end after so many bytes.
    StateTruncated {
        /// Bytes that are left; a number beyond the end changes nothing.
        bytes: usize,
    },
    /// Data files are empty: 200, no bytes.
    EmptyFile,
    /// Data files end halfway: the gzip stream is cut off.
    GzipTruncated,
    /// The CRC at the end of the gzip stream does not agree with the content.
    BadCrc,
    /// The content comes as two gzip members, one after the other. This one is legal: nothing may be lost.
    TwoGzipMembers,
    /// The gzip stream is sound; the document in it ends before its root is closed.
    UnclosedXml,
    /// The head state announces a sequence a thousand lower than before.
    SequenceReset,
    /// The head state announces a sequence a million higher; the files between are not there.
    SequenceJump,
    /// The server's clock is wrong: all states and the `Date` header are off by so much. The changesets are not.
    ClockSkew {
        /// Minutes; positive when the server is ahead.
        minutes: i64,
    },

    /// 509 with `Retry-After`, as the API answers who downloads too much.
    BandwidthExceeded {
        /// Seconds.
        retry_after: u32,
    },
    /// 429 with `Retry-After`.
    TooManyRequests {
        /// Seconds.
        retry_after: u32,
    },
    /// This status with a body of HTML, as proxies give it: 500, 502, 503, 504, 408, …
    ServerError {
        /// HTTP status.
        status: u16,
    },
    /// The connection is closed where the answer should be.
    ConnectionReset,
    /// The answer begins, with its full `Content-Length`, and the connection is closed halfway.
    BodyCutOff,
    /// The answer is right and late.
    Slow {
        /// How late.
        delay: Duration,
    },
    /// 403 to everything, as a blocked client gets it.
    Forbidden,
}

impl Fault {
    /// The fourteen faults of replication, each once.
    pub const REPLICATION: [Self; 14] = [
        Self::HeadStale,
        Self::HeadAheadOfFile,
        Self::DataMissing,
        Self::StateMissing,
        Self::NoSuchKey,
        Self::StateTruncated { bytes: 20 },
        Self::EmptyFile,
        Self::GzipTruncated,
        Self::BadCrc,
        Self::TwoGzipMembers,
        Self::UnclosedXml,
        Self::SequenceReset,
        Self::SequenceJump,
        Self::ClockSkew { minutes: 10 },
    ];

    /// Where it happens unless told otherwise.
    fn usual_place(self) -> Place {
        match self {
            Self::BandwidthExceeded { .. }
            | Self::TooManyRequests { .. }
            | Self::ServerError { .. }
            | Self::ConnectionReset
            | Self::BodyCutOff
            | Self::Slow { .. }
            | Self::Forbidden => Place::Api,
            _ => Place::Changesets,
        }
    }
}

/// A part of the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The changesets feed.
    Changesets,
    /// The minute feed.
    Minutes,
    /// `/api/0.6/…`.
    Api,
    /// Augmented diffs and real-changesets.
    Adiffs,
}

/// A fault with where, on which file and how often it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    fault: Fault,
    place: Place,
    sequence: Option<u64>,
    times: Option<u32>,
    /// The position when it was thrown: where a stale head stays.
    round: usize,
}

impl From<Fault> for Switch {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

impl Switch {
    /// The fault in its usual place (faults of replication: the changesets feed; refusals: the API), on all files,
    /// until it is switched off.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, place: fault.usual_place(), sequence: None, times: None, round: 0 }
    }

    /// In another place.
    #[must_use]
    pub fn place(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// On this file of the feed alone; the head is no such file.
    #[must_use]
    pub fn at(self, sequence: u64) -> Self {
        Self { sequence: Some(sequence), ..self }
    }

    /// On the next so many answers that it applies to.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// The switches of a replay. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Panel>>);

#[derive(Debug, Default)]
struct Panel {
    switches: Vec<Switch>,
    position: Position,
}

/// How many rounds are published; a function, for time may drive it.
#[derive(Default)]
struct Position(Option<Box<dyn Fn() -> usize + Send>>);

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position")
    }
}

impl Faults {
    /// Switches a fault on, beside those that are on already; the same fault again replaces the earlier one in its
    /// place and on its file.
    pub fn on(&self, switch: impl Into<Switch>) {
        let mut panel = self.panel();
        let mut switch = switch.into();
        switch.round = panel.position.0.as_ref().map_or(1, |position| position());
        panel.switches.retain(|other| {
            (other.fault, other.place, other.sequence) != (switch.fault, switch.place, switch.sequence)
        });
        panel.switches.push(switch);
    }

    /// Switches a fault off, everywhere.
    pub fn off(&self, fault: Fault) {
        self.panel().switches.retain(|switch| switch.fault != fault);
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        self.panel().switches.clear();
    }

    /// Tells how far the replay is, from now on.
    pub(crate) fn follow(&self, position: impl Fn() -> usize + Send + 'static) {
        self.panel().position = Position(Some(Box::new(position)));
    }

    /// The faults that apply to an answer; takes one from the count of each that has one.
    pub(crate) fn take(&self, place: Place, what: What, sequence: Option<u64>) -> Vec<Active> {
        let mut panel = self.panel();
        let mut active = Vec::new();
        for switch in &mut panel.switches {
            let here = switch.place == place && what.suffers(switch.fault);
            if !here || (switch.sequence.is_some() && switch.sequence != sequence) || switch.times == Some(0) {
                continue;
            }
            switch.times = switch.times.map(|times| times - 1);
            active.push(Active { fault: switch.fault, round: switch.round });
        }
        active
    }

    fn panel(&self) -> MutexGuard<'_, Panel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fault that applies to an answer now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    pub(crate) fault: Fault,
    /// How far the replay was when it was switched on.
    pub(crate) round: usize,
}

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Head,
    State,
    Data,
    Other,
}

impl What {
    fn suffers(self, fault: Fault) -> bool {
        match fault {
            Fault::HeadStale | Fault::HeadAheadOfFile | Fault::SequenceReset | Fault::SequenceJump => {
                self == Self::Head
            }
            Fault::StateMissing => self == Self::State,
            Fault::NoSuchKey => matches!(self, Self::State | Self::Data),
            Fault::StateTruncated { .. } => matches!(self, Self::Head | Self::State),
            Fault::DataMissing
            | Fault::EmptyFile
            | Fault::GzipTruncated
            | Fault::BadCrc
            | Fault::TwoGzipMembers
            | Fault::UnclosedXml => self == Self::Data,
            Fault::ClockSkew { .. } => self != Self::Other,
            _ => true,
        }
    }
}

/// The error document of S3, which some proxies pass on with status 200.
pub(crate) const NO_SUCH_KEY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The \
                                      specified key does not exist.</Message><Key>replication</Key></Error>";

/// The file as this fault leaves it; other faults leave it as it is.
pub(crate) fn damaged(fault: Fault, file: Bytes) -> Bytes {
    match fault {
        Fault::NoSuchKey => Bytes::from_static(NO_SUCH_KEY.as_bytes()),
        Fault::StateTruncated { bytes } => file.slice(..bytes.min(file.len())),
        Fault::EmptyFile => Bytes::new(),
        Fault::GzipTruncated => file.slice(..file.len() / 2),
        Fault::BadCrc => with_bad_crc(&file),
        Fault::TwoGzipMembers => {
            let content = inflated(&file);
            let (one, two) = content.split_at(content.len() / 2);
            [deflated(one), deflated(two)].concat().into()
        }
        Fault::UnclosedXml => {
            let content = inflated(&file);
            let end = content.iter().rposition(|byte| *byte == b'<').unwrap_or(0);
            let root_alone = content[end..].ends_with(b"/>\n") || content[end..].ends_with(b"/>");
            let mut open = content[..end].to_vec();
            if root_alone {
                open.extend_from_slice(b"<osm version=\"0.6\">\n");
            }
            deflated(&open).into()
        }
        _ => file,
    }
}

fn with_bad_crc(file: &[u8]) -> Bytes {
    let mut bytes = file.to_vec();
    // The last eight bytes are the CRC and the length.
    if let Some(at) = bytes.len().checked_sub(8) {
        bytes[at] ^= 0xff;
    }
    bytes.into()
}

fn inflated(file: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    match MultiGzDecoder::new(file).read_to_end(&mut content) {
        Ok(_) => content,
        Err(_) => file.to_vec(),
    }
}

/// A gzip member.
pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("writing to a Vec cannot fail");
    encoder.finish().expect("writing to a Vec cannot fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_members_hold_what_one_held() {
        let whole = deflated(b"<osm>\n</osm>\n");
        let damaged = damaged(Fault::TwoGzipMembers, whole.into());
        assert_eq!(inflated(&damaged), b"<osm>\n</osm>\n");
        let mut first = Vec::new();
        flate2::read::GzDecoder::new(&*damaged).read_to_end(&mut first).unwrap();
        assert!(first.len() < 13, "a reader of one member sees half");
    }

    #[test]
    fn an_unclosed_document_lacks_its_end_tag_only() {
        for (whole, left) in
            [("<osm>\n<changeset/></osm>\n", "<osm>\n<changeset/>"), ("<osm/>", "<osm version=\"0.6\">\n")]
        {
            let file = damaged(Fault::UnclosedXml, deflated(whole.as_bytes()).into());
            assert_eq!(String::from_utf8(inflated(&file)).unwrap(), left);
        }
    }

    #[test]
    fn a_bad_crc_is_refused_by_a_reader() {
        let file = damaged(Fault::BadCrc, deflated(b"content").into());
        assert!(MultiGzDecoder::new(&*file).read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn a_counted_fault_ends_by_itself() {
        let faults = Faults::default();
        faults.on(Switch::new(Fault::ServerError { status: 503 }).times(2));
        let applies = || !faults.take(Place::Api, What::Other, None).is_empty();
        assert_eq!([applies(), applies(), applies()], [true, true, false]);
    }

    #[test]
    fn a_fault_at_a_file_spares_the_others() {
        let faults = Faults::default();
        faults.on(Switch::new(Fault::DataMissing).at(7));
        assert!(faults.take(Place::Changesets, What::Data, Some(6)).is_empty());
        assert!(faults.take(Place::Changesets, What::State, Some(7)).is_empty());
        assert!(faults.take(Place::Minutes, What::Data, Some(7)).is_empty());
        assert_eq!(faults.take(Place::Changesets, What::Data, Some(7)).len(), 1);
    }
}
