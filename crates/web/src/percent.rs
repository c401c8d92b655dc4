//! Percent escapes of addresses.

/// What stands for a space beside `%20`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// In a path: `+` is itself.
    Itself,
    /// In a query: `+` is a space.
    Space,
}

/// The text with its escapes resolved; `None` when an escape is broken or the result is no UTF-8.
pub(crate) fn decode(text: &str, plus: Plus) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' if plus == Plus::Space => b' ',
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Plus, decode};

    #[test]
    fn escapes_are_resolved_and_broken_ones_refused() {
        for (text, expected) in
            [("r%C3%B8d+x", Some("rød+x")), ("%zz", None), ("%c3", None), ("%4", None), ("%+1", None)]
        {
            assert_eq!(decode(text, Plus::Itself).as_deref(), expected, "{text}");
        }
        assert_eq!(decode("a+b%2B", Plus::Space).as_deref(), Some("a b+"));
    }
}
