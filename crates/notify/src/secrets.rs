use std::io;

use async_trait::async_trait;
use osmtracker_pipeline::{
    config::SecretPlace,
    ports::{PortError, Secret, Secrets},
};

/// Secrets of a machine of one's own: files and variables.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalSecrets;

#[async_trait]
impl Secrets for LocalSecrets {
    async fn read(&self, place: &SecretPlace) -> Result<Secret, PortError> {
        match place {
            SecretPlace::File(path) => {
                let what = format!("read the secret in {}", path.display());
                match std::fs::read_to_string(path) {
                    Ok(text) => not_empty(what, &text),
                    Err(error) => Err(of_file(what, error)),
                }
            }
            SecretPlace::Variable(name) => {
                let what = format!("read the secret in the variable {name}");
                match std::env::var(name) {
                    Ok(text) => not_empty(what, &text),
                    Err(_) => Err(PortError::Permanent { what, source: "it is not set".into() }),
                }
            }
            SecretPlace::Ssm(name) => Err(PortError::Permanent {
                what: format!("read the secret in the parameter {name}"),
                source: "parameters are read on AWS alone; use a file or a variable here".into(),
            }),
        }
    }
}

fn not_empty(what: String, text: &str) -> Result<Secret, PortError> {
    let secret = Secret::new(text);
    match secret.reveal().is_empty() {
        true => Err(PortError::Permanent { what, source: "it is empty".into() }),
        false => Ok(secret),
    }
}

/// A disk that does not answer may come back; a file that is not there, or not ours to read, will not by itself.
fn of_file(what: String, error: io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidData => {
            PortError::Permanent { what, source: Box::new(error) }
        }
        _ => PortError::Transient { what, source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn secrets_are_read_without_the_line_end_and_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let place = SecretPlace::File(path.clone());
        let read = || LocalSecrets.read(&place);
        assert!(matches!(read().await, Err(PortError::Permanent { .. })), "absent");
        std::fs::write(&path, "  \n").expect("write");
        assert!(matches!(read().await, Err(PortError::Permanent { .. })), "empty");
        std::fs::write(&path, "s3cret\n").expect("write");
        let secret = read().await.expect("a secret");
        assert_eq!(secret.reveal(), "s3cret");
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[tokio::test]
    async fn a_variable_or_parameter_that_cannot_be_had_is_named() {
        for place in [SecretPlace::Variable("OSMTRACKER_SECRET_ABSENT".to_owned()), SecretPlace::Ssm("/a".to_owned())] {
            let error = LocalSecrets.read(&place).await.expect_err("there is none");
            assert!(matches!(&error, PortError::Permanent { what, .. } if what.contains("read the secret in")));
        }
    }
}
