//! Signatures of webhooks, as <https://www.standardwebhooks.com> has them, so that receivers find a library for it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use osmtracker_pipeline::ports::Secret;
use sha2::Sha256;

/// The header that names the message: the same in each try.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of the try, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// `v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
///
/// The key is the text of the secret; one that begins with `whsec_` is what the base64 behind it stands for.
#[must_use]
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key(secret.reveal())).expect("a key may have any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn key(secret: &str) -> Vec<u8> {
    let coded = secret.strip_prefix("whsec_").and_then(|coded| STANDARD.decode(coded).ok());
    coded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_plain_text_is_a_key_too_and_what_is_signed_makes_a_difference() {
        let signed = |secret: &str, id: &str, at, body: &str| signature(&Secret::new(secret), id, at, body);
        let first = signed("a key", "a", 1, "b");
        assert_eq!(first, signed(" a key\n", "a", 1, "b"));
        for other in [
            signed("another", "a", 1, "b"),
            signed("a key", "b", 1, "b"),
            signed("a key", "a", 2, "b"),
            signed("a key", "a", 1, "c"),
        ] {
            assert_ne!(first, other);
        }
    }
}
