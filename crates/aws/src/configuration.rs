//! The configuration as objects of the private bucket: the same file as the local program's, areas beside it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use osmtracker_pipeline::{
    config::{Config, ConfigErrors, Overrides, Sources},
    ports::{ETag, PortError, SiteStore},
};

use crate::{S3, s3::Found};

/// A configuration and the state of the object that it was read from.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The configuration, rules compiled.
    pub config: Arc<Config>,
    etag: ETag,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is no such object: deploy it.
    #[error("there is no object {key} in the private bucket; `terraform apply` writes it")]
    Absent {
        /// The key.
        key: String,
    },
    /// It is not text.
    #[error("the object {key} is not UTF-8 text")]
    NotText {
        /// The key.
        key: String,
    },
    /// It says what cannot be.
    #[error("{0}")]
    Wrong(#[from] ConfigErrors),
    /// It could not be read.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where the configuration is.
#[derive(Clone, Debug)]
pub struct ConfigurationObject {
    objects: S3,
    key: String,
    variables: Vec<(String, String)>,
}

impl ConfigurationObject {
    /// The object with this key in the private bucket; `variables` (of the environment) stand over what it says.
    #[must_use]
    pub fn new(objects: S3, key: impl Into<String>, variables: Vec<(String, String)>) -> Self {
        Self { objects, key: key.into(), variables }
    }

    /// Reads the configuration, or answers `None` when it is still the `known` one. Area files that it names are read
    /// anew only together with it.
    ///
    /// # Errors
    /// When it is absent, wrong, or cannot be read.
    pub async fn read(&self, known: Option<&Configuration>) -> Result<Option<Configuration>, ConfigurationError> {
        let key = || self.key.clone();
        let object = match self.objects.get_if_changed(&self.key, known.map(|known| &known.etag)).await? {
            Found::Unchanged => return Ok(None),
            Found::Absent => return Err(ConfigurationError::Absent { key: key() }),
            Found::Object(object) => object,
        };
        let text = std::str::from_utf8(&object.bytes).map_err(|_| ConfigurationError::NotText { key: key() })?;
        let config = Arc::new(self.parse(text).await?);
        Ok(Some(Configuration { config, etag: object.etag }))
    }

    /// Reads the text again for each layer of files that it turns out to need.
    async fn parse(&self, text: &str) -> Result<Config, ConfigurationError> {
        let mut files: BTreeMap<PathBuf, Option<Bytes>> = BTreeMap::new();
        loop {
            let mut wanted = BTreeSet::new();
            let mut read_file = |path: &Path| match files.get(path) {
                Some(Some(bytes)) => Ok(bytes.to_vec()),
                Some(None) => Err(ErrorKind::NotFound.into()),
                None => {
                    wanted.insert(path.to_owned());
                    Err(ErrorKind::NotFound.into())
                }
            };
            let file = Some((Path::new(&self.key), text));
            let sources = Sources { file, variables: self.variables.clone(), overrides: Overrides::default() };
            let result = Config::load(sources, &mut read_file);
            if wanted.is_empty() {
                return Ok(result?);
            }
            for path in wanted {
                let object = self.objects.get(&path.to_string_lossy()).await?;
                files.insert(path, object.map(|object| object.bytes));
            }
        }
    }
}
