use std::{fmt, io};

/// Why a document could not be read, and where.
#[derive(Debug, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct ReadError {
    /// Byte of the inflated document, from 0: the start of the tag, attribute value or text at fault.
    pub offset: u64,
    /// What is wrong.
    pub kind: ReadErrorKind,
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The input itself failed: a connection, a file, or gzip data that is truncated, corrupt or followed by garbage.
    #[error("cannot read on: {0}")]
    Io(io::Error),
    /// Not well-formed XML.
    #[error("not well-formed XML: {0}")]
    Syntax(String),
    /// A character that XML forbids, raw or as a reference. [`crate::xml::repair_control_characters`] mends that.
    #[error("not well-formed XML: character U+{0:04X} is forbidden")]
    ControlCharacter(u32),
    /// Bytes that are no UTF-8, or a declaration of another encoding.
    #[error("not UTF-8: {0}")]
    Encoding(String),
    /// A document type declaration: OSM has none, and it could define entities.
    #[error("a document type declaration is refused")]
    Doctype,
    /// The document is something else, such as an error page.
    #[error("the root element is <{found}>, not <{expected}>")]
    UnexpectedRoot {
        /// The name of the root element.
        found: String,
        /// The name that it should have.
        expected: &'static str,
    },
    /// An element where it has no meaning, such as a second version inside one `<old>`.
    #[error("unexpected <{found}> in <{inside}>")]
    UnexpectedElement {
        /// The element's name.
        found: String,
        /// The element around it.
        inside: &'static str,
    },
    /// Text where only elements belong.
    #[error("unexpected text {0:?}")]
    UnexpectedText(String),
    /// An attribute that must be there is not.
    #[error("<{element}> has no attribute {attribute}")]
    MissingAttribute {
        /// The element's name.
        element: String,
        /// The attribute's name.
        attribute: &'static str,
    },
    /// An attribute's value cannot be what it should be.
    #[error("attribute {attribute}={value:?} is not {expected}")]
    BadAttribute {
        /// The attribute's name.
        attribute: String,
        /// The value, cut to a readable length.
        value: String,
        /// What it should be, for example `a latitude from -90 to 90`.
        expected: &'static str,
    },
    /// A limit of [`crate::xml`] was passed.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of, for example `tags in one element`.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// The document ends too early.
    #[error("the document ends {0}")]
    Unclosed(&'static str),
    /// The server wrote into the document that it failed: what came before is not everything.
    #[error("the server broke off: {0}")]
    BrokenOff(String),
}

impl ReadError {
    pub(crate) fn new(offset: u64, kind: ReadErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The same error with the name of the file, URL or key that the document came from.
    pub fn in_file(self, name: impl Into<String>) -> FileError {
        FileError { file: name.into(), error: self }
    }

    /// Whether [`crate::xml::repair_control_characters`] is worth a try.
    #[must_use]
    pub fn is_control_character(&self) -> bool {
        matches!(self.kind, ReadErrorKind::ControlCharacter(_))
    }
}

/// A [`ReadError`] with the name of the file.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {error}")]
pub struct FileError {
    /// The file, URL or key.
    pub file: String,
    /// What is wrong in it, and where.
    pub error: ReadError,
}

/// Travels inside an [`io::Error`] from a capped input to the reader, which makes [`ReadErrorKind::Limit`] of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitReached {
    pub(crate) what: &'static str,
    pub(crate) limit: u64,
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} {}", self.limit, self.what)
    }
}

impl std::error::Error for LimitReached {}

impl From<LimitReached> for io::Error {
    fn from(limit: LimitReached) -> Self {
        Self::other(limit)
    }
}

impl From<LimitReached> for ReadErrorKind {
    fn from(LimitReached { what, limit }: LimitReached) -> Self {
        Self::Limit { what, limit }
    }
}

impl From<io::Error> for ReadErrorKind {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<LimitReached>()) {
            Some(&limit) => limit.into(),
            None => Self::Io(error),
        }
    }
}

/// The beginning of a stranger's text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
