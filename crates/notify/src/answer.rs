//! What an answer means.

use std::time::Duration;

use osmtracker_pipeline::{
    metrics::NotifyKind,
    ports::{DeliveryError, Receipt},
};

/// Longest reason that is passed on.
const REASON_CHARS: usize = 80;

/// An answer, as far as it matters.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// The beginning of the body.
    pub(crate) body: &'a [u8],
    pub(crate) retry_after: Option<Duration>,
}

impl Answer<'_> {
    /// Whether the message was taken; if not, whether another try may help.
    pub(crate) fn judge(&self, kind: NotifyKind) -> Result<Receipt, DeliveryError> {
        let said = match self.reason() {
            Some(reason) => format!("status {} ({reason})", self.status),
            None => format!("status {}", self.status),
        };
        let permanent = |what: String| Err(DeliveryError::Permanent { what, source: None });
        match self.status {
            200..=299 => Ok(Receipt { answer: format!("status {}", self.status) }),
            300..=399 => permanent(format!(
                "it answers with a redirect ({said}), which is not followed; give the address that it leads to"
            )),
            408 | 425 | 429 | 500.. => {
                let what = format!("it answers with {said}");
                Err(DeliveryError::Transient { what, retry_after: self.retry_after, source: None })
            }
            401 | 403 => permanent(format!("it answers with {said}; {}", key_advice(kind))),
            404 | 410 => permanent(format!("it answers with {said}; {}", address_advice(kind))),
            _ => permanent(format!("it answers with {said}")),
        }
    }

    /// A short reason in the answer, such as Slack's `no_service` or Matrix's `M_FORBIDDEN`. Nothing but plain words: an
    /// answer may repeat what it was sent, or the address.
    fn reason(&self) -> Option<String> {
        let text = std::str::from_utf8(self.body).ok()?;
        let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let field = |name: &str| json.as_ref()?.get(name)?.as_str();
        let reason = field("errcode").or_else(|| field("message")).unwrap_or(text).trim();
        let plain = |c: char| c.is_ascii_alphabetic() || " _".contains(c);
        let is_short = !reason.is_empty() && reason.len() <= REASON_CHARS;
        (is_short && reason.chars().all(plain)).then(|| reason.to_owned())
    }
}

const fn key_advice(kind: NotifyKind) -> &'static str {
    match kind {
        NotifyKind::Matrix => "check the access token, and that its user is in the room and may write there",
        _ => "check its address, and whether it was revoked",
    }
}

const fn address_advice(kind: NotifyKind) -> &'static str {
    match kind {
        NotifyKind::Matrix => "check the server's address and the room's id",
        _ => "check its address, and whether it was removed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Result<Receipt, DeliveryError> {
        Answer { status, body: body.as_bytes(), retry_after: None }.judge(NotifyKind::Slack)
    }

    #[test]
    fn what_may_pass_is_tried_again_and_the_rest_is_not() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(judged(status, ""), Err(DeliveryError::Transient { .. })), "{status}");
        }
        for status in [100, 301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422] {
            assert!(matches!(judged(status, ""), Err(DeliveryError::Permanent { .. })), "{status}");
        }
        for status in [200, 201, 202, 204] {
            assert_eq!(judged(status, "").expect("taken").answer, format!("status {status}"));
        }
    }

    #[test]
    fn plain_reasons_are_passed_on_and_nothing_else_of_the_answer() {
        for (body, reason) in [
            ("no_service", "(no_service)"),
            ("{\"errcode\":\"M_FORBIDDEN\",\"error\":\"https://x/secret\"}", "(M_FORBIDDEN)"),
            ("{\"message\": \"Unknown Webhook\", \"code\": 10015}", "(Unknown Webhook)"),
        ] {
            let error = judged(400, body).expect_err("refused").to_string();
            assert!(error.contains(reason), "{error}");
        }
        for body in ["<html>https://hooks/T1/secret</html>", "/T1/B2/c3", "x1", "\u{202e}", &"a".repeat(100)] {
            let error = judged(400, body).expect_err("refused").to_string();
            assert_eq!(error, "it answers with status 400");
        }
    }
}
