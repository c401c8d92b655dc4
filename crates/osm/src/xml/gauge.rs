//! Counts what the tokenizer takes and stops it at the limits.

use std::io::{self, BufRead, Read};

use super::limits::EVENT_BYTES;
use crate::error::LimitReached;

/// An input that fails when an event or the whole document grows beyond its limit.
#[derive(Debug)]
pub(super) struct Gauge<R> {
    inner: R,
    /// Bytes that the current event may still take.
    left: usize,
    document_left: u64,
    document_limit: u64,
}

impl<R> Gauge<R> {
    pub(super) fn new(inner: R, document_limit: u64) -> Self {
        Self { inner, left: 0, document_left: document_limit, document_limit }
    }

    /// Bytes taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.document_limit - self.document_left
    }

    /// Gives the next event its allowance.
    #[inline]
    pub(super) fn begin_event(&mut self) {
        self.left = usize::try_from(self.document_left).map_or(EVENT_BYTES, |left| left.min(EVENT_BYTES));
    }

    fn limit_reached(&self) -> io::Error {
        if self.document_left == 0 {
            LimitReached { what: "bytes in the inflated document", limit: self.document_limit }.into()
        } else {
            LimitReached { what: "bytes in one tag or text", limit: EVENT_BYTES as u64 }.into()
        }
    }
}

impl<R: BufRead> Read for Gauge<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Gauge<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left;
        if left == 0 {
            return match self.inner.fill_buf() {
                Ok([]) => Ok(&[]),
                Ok(_) => Err(self.limit_reached()),
                Err(error) => Err(error),
            };
        }
        let available = self.inner.fill_buf()?;
        Ok(&available[..available.len().min(left)])
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.left -= amount;
        self.document_left -= amount as u64;
    }
}
