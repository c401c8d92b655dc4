use std::{fmt, path::PathBuf};

use async_trait::async_trait;

/// Who asks. Never shown: not in logs, not in errors, not by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and its password.
    Basic {
        /// The name.
        user: String,
        /// Its password.
        password: String,
    },
    /// An API key, encoded as the server gave it out.
    ApiKey(String),
}

/// A text that holds no credentials. It is not repeated here: it may hold them nearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be one line, USER:PASSWORD or `ApiKey KEY` with the key as the server encoded it")]
pub struct CredentialsError;

impl Credentials {
    /// Reads `USER:PASSWORD` or `ApiKey KEY`, with or without the end of the line.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, CredentialsError> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() || line.chars().any(char::is_control) {
            return Err(CredentialsError);
        }
        if let Some(key) = line.strip_prefix("ApiKey ").map(str::trim) {
            let is_encoded = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "+/=-_".contains(c));
            return if is_encoded { Ok(Self::ApiKey(key.to_owned())) } else { Err(CredentialsError) };
        }
        match line.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => {
                Ok(Self::Basic { user: user.to_owned(), password: password.to_owned() })
            }
            _ => Err(CredentialsError),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Where credentials are. They are read again when the server refuses them, so that they can be changed at any time.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The credentials; `None` when the server wants none.
    ///
    /// # Errors
    /// Why they cannot be had, and what to do about it, without them.
    async fn read(&self) -> Result<Option<Credentials>, String>;
}

/// For a server that asks nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoSecrets;

#[async_trait]
impl Secrets for NoSecrets {
    async fn read(&self) -> Result<Option<Credentials>, String> {
        Ok(None)
    }
}

/// A text that somebody else keeps and that is asked for: a parameter of a cloud.
#[derive(Clone, Copy, Debug)]
pub struct TextSecrets<F>(
    /// Answers the text, or why it cannot be had.
    pub F,
);

#[async_trait]
impl<F, Text> Secrets for TextSecrets<F>
where
    F: Fn() -> Text + Send + Sync,
    Text: Future<Output = Result<String, String>> + Send,
{
    async fn read(&self) -> Result<Option<Credentials>, String> {
        let parsed = Credentials::parse(&(self.0)().await?);
        parsed.map(Some).map_err(|error| format!("the parameter with the credentials holds none: {error}"))
    }
}

/// A file that nobody else can read.
#[derive(Clone, Debug)]
pub struct FileSecrets(
    /// Its path.
    pub PathBuf,
);

#[async_trait]
impl Secrets for FileSecrets {
    async fn read(&self) -> Result<Option<Credentials>, String> {
        let path = self.0.display();
        if is_open_to_others(&self.0) {
            return Err(format!("others can read the credentials in {path}; close it with `chmod 600 {path}`"));
        }
        let text = std::fs::read_to_string(&self.0).map_err(|error| {
            format!("cannot read the credentials in {path}: {error}; check search.credentials_file")
        })?;
        let parsed = Credentials::parse(&text);
        parsed.map(Some).map_err(|error| format!("{path} holds no credentials: {error}"))
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::path::Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_a_name_with_its_password_or_a_key() {
        let basic = |user: &str, password: &str| {
            Ok(Credentials::Basic { user: user.to_owned(), password: password.to_owned() })
        };
        for (text, expected) in [
            ("elastic:pa:ss wörd\n", basic("elastic", "pa:ss wörd")),
            ("elastic:x\r\n", basic("elastic", "x")),
            ("ApiKey VnVhQ2ZHY0JDZGJrUQ==\n", Ok(Credentials::ApiKey("VnVhQ2ZHY0JDZGJrUQ==".to_owned()))),
            ("", Err(CredentialsError)),
            ("elastic", Err(CredentialsError)),
            (":x", Err(CredentialsError)),
            ("a:", Err(CredentialsError)),
            ("a:b\nc:d\n", Err(CredentialsError)),
            ("ApiKey two words", Err(CredentialsError)),
        ] {
            assert_eq!(Credentials::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let shown = format!("{:?}", Credentials::parse("elastic:geheim").unwrap());
        assert!(!shown.contains("geheim") && !shown.contains("elastic"), "{shown}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "elastic:geheim\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o644);
        let said = FileSecrets(path.clone()).read().await.unwrap_err();
        assert!(said.contains("chmod 600") && !said.contains("geheim"), "{said}");
        mode(0o640);
        assert!(FileSecrets(path.clone()).read().await.unwrap().is_some());
        let absent = FileSecrets(folder.path().join("absent")).read().await.unwrap_err();
        assert!(absent.contains("search.credentials_file"), "{absent}");
    }
}
