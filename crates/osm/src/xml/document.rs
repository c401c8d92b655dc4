//! One XML document as a stream of tags: well-formedness, nesting and limits are checked here, meaning is not.

use std::{borrow::Cow, io, io::BufRead, sync::Arc};

use quick_xml::{
    Error as XmlError, Reader,
    events::{BytesStart, Event},
};

use super::{attributes::Attributes, characters, gauge::Gauge, limits, limits::Limits};
use crate::{
    ReadError, ReadErrorKind,
    error::{LimitReached, excerpt},
};

/// A document that is being read.
#[derive(Debug)]
pub(super) struct Document<R> {
    reader: Reader<Gauge<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

/// What comes next in a document.
#[derive(Debug)]
pub(super) enum Node<'d> {
    /// A tag that opens an element; with [`Content::Empty`] no [`Node::Close`] follows.
    Open(Tag<'d>),
    /// The end of the innermost open element.
    Close,
    /// Text or a part of it: it comes in pieces around references. Leading white space is dropped but in
    /// [`Document::text`].
    Text(Text<'d>),
    /// Comments, processing instructions, the declaration.
    Ignored,
    /// The end of the input; the root element is complete.
    End,
}

/// A piece of text.
#[derive(Debug)]
pub(super) struct Text<'d> {
    text: Cow<'d, str>,
    /// Of its end.
    offset: u64,
}

/// A tag that opens an element.
#[derive(Debug)]
pub(super) struct Tag<'d> {
    start: BytesStart<'d>,
    /// Of its `<`.
    pub(super) offset: u64,
    pub(super) content: Content,
}

/// Whether an element has anything between two tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// `<a/>`.
    Empty,
    /// `<a>…</a>`, perhaps with nothing between.
    Open,
}

/// An element that a reader does not know, see [`Document::skip`].
#[derive(Debug)]
pub(super) struct Unknown {
    offset: u64,
    content: Content,
    /// Whether its text says that the server failed.
    is_report: bool,
}

impl Text<'_> {
    /// The error for text where only elements belong.
    pub(super) fn unexpected(&self) -> ReadError {
        ReadError::new(self.offset, ReadErrorKind::UnexpectedText(excerpt(self.text.trim())))
    }
}

impl Tag<'_> {
    #[inline]
    pub(super) fn name(&self) -> &str {
        self.start.name().into_inner()
    }

    #[inline]
    pub(super) fn attributes(&self) -> Attributes<'_> {
        let name_end = self.offset + 1 + self.name().len() as u64;
        Attributes::new(self.start.attributes_raw(), name_end)
    }

    pub(super) fn error(&self, kind: ReadErrorKind) -> ReadError {
        ReadError::new(self.offset, kind)
    }

    pub(super) fn missing(&self, attribute: &'static str) -> ReadError {
        self.error(ReadErrorKind::MissingAttribute { element: excerpt(self.name()), attribute })
    }

    pub(super) fn unexpected_in(&self, inside: &'static str) -> ReadError {
        self.error(ReadErrorKind::UnexpectedElement { found: excerpt(self.name()), inside })
    }

    pub(super) fn limit(&self, what: &'static str, limit: usize) -> ReadError {
        self.error(LimitReached { what, limit: limit as u64 }.into())
    }

    /// What [`Document::skip`] must know of it.
    pub(super) fn unknown(&self) -> Unknown {
        // cgimap writes <error>, Overpass <remark>, into a document that it cannot complete.
        let is_report = matches!(self.name(), "error" | "remark");
        Unknown { offset: self.offset, content: self.content, is_report }
    }
}

impl<R: BufRead> Document<R> {
    pub(super) fn new(input: R, limits: Limits) -> Self {
        let mut reader = Reader::from_reader(Gauge::new(input, limits.document_bytes));
        // Saves an event for the indentation before each tag; switched off where text has meaning.
        reader.config_mut().trim_text_start = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// Reads up to the root element, which must have the name.
    pub(super) fn open_root(&mut self, expected: &'static str) -> Result<Content, ReadError> {
        loop {
            match self.next()? {
                Node::Ignored => {}
                Node::Open(tag) if tag.name() == expected => return Ok(tag.content),
                Node::Open(tag) => {
                    let found = excerpt(tag.name());
                    return Err(tag.error(ReadErrorKind::UnexpectedRoot { found, expected }));
                }
                Node::Text(text) => return Err(text.unexpected()),
                Node::Close | Node::End => return Err(self.unclosed("before its root element")),
            }
        }
    }

    /// Reads to the end of the input, where nothing may follow the root element.
    pub(super) fn finish(mut self) -> Result<(), ReadError> {
        loop {
            match self.next()? {
                Node::Ignored => {}
                Node::End => return Ok(()),
                Node::Open(tag) => return Err(tag.error(ReadErrorKind::Syntax("a second root element".to_owned()))),
                Node::Text(text) => return Err(text.unexpected()),
                Node::Close => return Err(self.error_here(ReadErrorKind::Syntax("a stray end tag".to_owned()))),
            }
        }
    }

    /// The next part of the document.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Node<'_>, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().begin_event();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Empty(start)) => {
                let offset = self.reader.get_ref().taken() - start.len() as u64 - 3;
                check_depth(self.depth + 1, offset)?;
                Ok(Node::Open(Tag { start, offset, content: Content::Empty }))
            }
            Ok(Event::Start(start)) => {
                let offset = self.reader.get_ref().taken() - start.len() as u64 - 2;
                self.depth += 1;
                check_depth(self.depth, offset)?;
                Ok(Node::Open(Tag { start, offset, content: Content::Open }))
            }
            Ok(Event::End(_)) => {
                self.depth -= 1;
                Ok(Node::Close)
            }
            Ok(Event::Eof) if self.depth == 0 => Ok(Node::End),
            Ok(Event::Eof) => Err(ReadError::new(
                self.reader.get_ref().taken(),
                ReadErrorKind::Unclosed("before its root element is closed"),
            )),
            Ok(event) => {
                let offset = self.reader.get_ref().taken();
                match other_event(event) {
                    Ok(Some(text)) => Ok(Node::Text(Text { text, offset })),
                    Ok(None) => Ok(Node::Ignored),
                    Err(kind) => Err(ReadError::new(offset, kind)),
                }
            }
            Err(error) => Err(xml_error(error, &self.reader)),
        }
    }

    /// Passes over what an element holds that has no meaning here. An error when the server says in it that it failed.
    pub(super) fn skip(&mut self, unknown: Unknown) -> Result<(), ReadError> {
        let Unknown { offset, content, is_report } = unknown;
        if content == Content::Empty {
            return Ok(());
        }
        let within = self.depth;
        let mut report = String::new();
        while self.depth >= within {
            if let Node::Text(text) = self.next()?
                && is_report
                && report.len() < 200
            {
                report.push_str(&excerpt(&text.text));
            }
        }
        // Overpass also uses <remark> for remarks.
        if is_report && !report.trim().is_empty() && !report.trim_start().starts_with("runtime remark") {
            return Err(ReadError::new(offset, ReadErrorKind::BrokenOff(excerpt(report.trim()))));
        }
        Ok(())
    }

    /// Passes over the rest of an element that has nothing but attributes.
    #[inline]
    pub(super) fn close(&mut self, content: Content) -> Result<(), ReadError> {
        match content {
            Content::Empty => Ok(()),
            Content::Open => self.skip(Unknown { offset: 0, content, is_report: false }),
        }
    }

    /// The text of the element whose tag came last, white space included.
    pub(super) fn text(&mut self, content: Content, longest: usize) -> Result<String, ReadError> {
        let mut text = String::new();
        if content == Content::Empty {
            return Ok(text);
        }
        self.reader.config_mut().trim_text_start = false;
        loop {
            match self.next()? {
                Node::Close => break,
                Node::Text(piece) => text.push_str(&piece.text),
                Node::Ignored => {}
                Node::Open(tag) => return Err(tag.unexpected_in("text")),
                Node::End => return Err(self.unclosed("inside a text")),
            }
            if text.len() > longest {
                let kind = LimitReached { what: "bytes in one text", limit: longest as u64 }.into();
                return Err(self.error_here(kind));
            }
        }
        self.reader.config_mut().trim_text_start = true;
        Ok(text)
    }

    pub(super) fn error_here(&self, kind: ReadErrorKind) -> ReadError {
        ReadError::new(self.reader.get_ref().taken(), kind)
    }

    pub(super) fn unclosed(&self, place: &'static str) -> ReadError {
        self.error_here(ReadErrorKind::Unclosed(place))
    }
}

#[inline]
fn check_depth(depth: usize, offset: u64) -> Result<(), ReadError> {
    if depth > limits::DEPTH {
        let limit = LimitReached { what: "elements inside each other", limit: limits::DEPTH as u64 };
        return Err(ReadError::new(offset, limit.into()));
    }
    Ok(())
}

/// Everything but tags: text or nothing.
fn other_event(event: Event<'_>) -> Result<Option<Cow<'_, str>>, ReadErrorKind> {
    match event {
        Event::Text(text) => allowed(text.into_inner()).map(Some),
        Event::CData(text) => allowed(text.into_inner()).map(Some),
        Event::GeneralRef(name) => Ok(Some(Cow::Owned(characters::reference(&name)?.to_string()))),
        Event::DocType(_) => Err(ReadErrorKind::Doctype),
        Event::Decl(declaration) => match declaration.encoding() {
            Some(Ok(name)) if !is_utf8(&name) => {
                Err(ReadErrorKind::Encoding(format!("the document is declared to be {}", excerpt(&name))))
            }
            Some(Err(error)) => Err(ReadErrorKind::Syntax(error.to_string())),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn is_utf8(encoding: &str) -> bool {
    ["utf-8", "utf8", "us-ascii"].iter().any(|name| encoding.eq_ignore_ascii_case(name))
}

/// The text with line ends as XML wants them.
fn allowed(text: Cow<'_, str>) -> Result<Cow<'_, str>, ReadErrorKind> {
    if let Some(c) = text.chars().find(|&c| !characters::is_allowed(c)) {
        return Err(ReadErrorKind::ControlCharacter(c.into()));
    }
    if text.contains('\r') {
        return Ok(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")));
    }
    Ok(text)
}

#[cold]
fn xml_error<R>(error: XmlError, reader: &Reader<Gauge<R>>) -> ReadError {
    let taken = reader.get_ref().taken();
    match error {
        XmlError::Io(error) => {
            let error =
                Arc::try_unwrap(error).unwrap_or_else(|shared| io::Error::new(shared.kind(), shared.to_string()));
            ReadError::new(taken, error.into())
        }
        XmlError::Encoding(error) => ReadError::new(taken, ReadErrorKind::Encoding(error.to_string())),
        error => {
            // The tokenizer does not count a byte order mark.
            let uncounted = taken.saturating_sub(reader.buffer_position());
            ReadError::new(reader.error_position() + uncounted.min(3), ReadErrorKind::Syntax(error.to_string()))
        }
    }
}
