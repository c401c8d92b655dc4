//! Gzip as replication servers use it: all members, checked, and never more than a limit.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use crate::error::LimitReached;

/// What is inflated at a time; large enough that an XML tag seldom lies across two pieces.
const PIECE: usize = 64 * 1024;

/// Inflates a gzip stream of one or more members.
///
/// Reading fails on a truncated stream, a wrong checksum, anything but a further member after the first, and as soon
/// as more than `limit` bytes come out (a message that names the limit). What was read before the failure must not be
/// trusted: the checksum comes last.
pub fn gunzip<R: Read>(input: R, limit: u64) -> Inflated<R> {
    Inflated(BufReader::with_capacity(PIECE, Capped::new(MultiGzDecoder::new(input), limit)))
}

/// The inflated bytes, see [`gunzip`].
#[derive(Debug)]
pub struct Inflated<R>(BufReader<Capped<MultiGzDecoder<R>>>);

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl<R: Read> BufRead for Inflated<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

/// Inflates when the bytes begin as gzip does, passes them on as they are otherwise: some servers and mirrors store
/// `.gz` files inflated. The limit holds for both, as in [`gunzip`].
#[must_use]
pub fn maybe_gunzip(bytes: &[u8], limit: u64) -> MaybeInflated<'_> {
    if is_gzip(bytes) {
        MaybeInflated(Source::Gzip(Box::new(gunzip(bytes, limit))))
    } else {
        MaybeInflated(Source::Plain(Capped::new(bytes, limit)))
    }
}

/// Whether the bytes begin as a gzip stream does.
#[must_use]
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Bytes that were gzip or not, see [`maybe_gunzip`].
#[derive(Debug)]
pub struct MaybeInflated<'a>(Source<'a>);

#[derive(Debug)]
enum Source<'a> {
    Gzip(Box<Inflated<&'a [u8]>>),
    Plain(Capped<&'a [u8]>),
}

impl Read for MaybeInflated<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Source::Gzip(inflated) => inflated.read(into),
            Source::Plain(bytes) => bytes.read(into),
        }
    }
}

impl BufRead for MaybeInflated<'_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.0 {
            Source::Gzip(inflated) => inflated.fill_buf(),
            Source::Plain(bytes) => bytes.fill_buf(),
        }
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            Source::Gzip(inflated) => inflated.consume(amount),
            Source::Plain(bytes) => bytes.consume(amount),
        }
    }
}

/// An input that fails when it has more bytes than the limit. A failure stays: reading on never looks like the end.
#[derive(Debug)]
struct Capped<R> {
    inner: R,
    limit: u64,
    left: u64,
    failed: bool,
}

impl<R> Capped<R> {
    fn new(inner: R, limit: u64) -> Self {
        Self { inner, limit, left: limit, failed: false }
    }

    fn check_not_failed(&self) -> io::Result<()> {
        if self.failed { Err(io::Error::other("reading had failed before")) } else { Ok(()) }
    }

    fn limit_reached(&mut self) -> io::Error {
        self.failed = true;
        LimitReached { what: "bytes in the inflated document", limit: self.limit }.into()
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check_not_failed()?;
        match self.inner.read(into) {
            Ok(read) if read as u64 > self.left => Err(self.limit_reached()),
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) => {
                self.failed = error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}

impl BufRead for Capped<&[u8]> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.inner.len() as u64 > self.left {
            return Err(self.limit_reached());
        }
        Ok(self.inner)
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.left = self.left.saturating_sub(amount as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        gunzip(bytes, limit).read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn all_members_are_read() {
        let bytes = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(inflate(&bytes, 100).unwrap(), b"one two");
    }

    #[test]
    fn a_stream_cut_at_any_byte_is_an_error() {
        let bytes = gzip("a document that is long enough to compress, compress, compress".repeat(20).as_bytes());
        for end in 0..bytes.len() {
            assert!(inflate(&bytes[..end], 1 << 20).is_err(), "cut at {end} of {}", bytes.len());
        }
    }

    #[test]
    fn a_wrong_checksum_is_an_error_that_stays() {
        let mut bytes = gzip(b"text");
        let crc = bytes.len() - 8;
        bytes[crc] ^= 1;
        let mut input = gunzip(&bytes[..], 100);
        let mut text = Vec::new();
        assert!(input.read_to_end(&mut text).is_err());
        assert!(input.read_to_end(&mut text).is_err());
    }

    #[test]
    fn garbage_after_the_last_member_is_an_error() {
        for garbage in [&b"garbage"[..], b"\0", b"\x1f", b"\x1f\x8b", b"<osm/>"] {
            let bytes = [&gzip(b"text")[..], garbage].concat();
            assert!(inflate(&bytes, 100).is_err(), "{garbage:?}");
        }
    }

    #[test]
    fn more_than_the_limit_is_an_error_that_names_it() {
        let bytes = gzip(&[b'x'; 100_000]);
        assert_eq!(inflate(&bytes, 100_000).unwrap().len(), 100_000);
        let error = inflate(&bytes, 99_999).unwrap_err();
        assert_eq!(error.to_string(), "more than 99999 bytes in the inflated document");
    }

    #[test]
    fn files_that_are_stored_inflated_are_passed_on() {
        let read = |bytes: &[u8], limit| {
            let mut text = Vec::new();
            maybe_gunzip(bytes, limit).read_to_end(&mut text).map(|_| text)
        };
        assert_eq!(read(b"<osm/>", 6).unwrap(), b"<osm/>");
        assert_eq!(read(&gzip(b"<osm/>"), 6).unwrap(), b"<osm/>");
        assert!(read(b"<osm/>", 5).is_err());
        assert!(read(&gzip(b"<osm/>"), 5).is_err());
        assert_eq!(read(b"", 5).unwrap(), b"");
    }
}
