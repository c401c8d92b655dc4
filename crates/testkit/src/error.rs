use std::{io, net::SocketAddr, path::PathBuf};

/// What went wrong, by what the caller does next. All of it is for a person to act upon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read: check the path.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file was read and is not what it should be: check what it is.
    #[error("{path} is not valid: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The path is there and is nothing that can be replayed: name another one.
    #[error(
        "{path} cannot be replayed: {reason}; give a full-history .osm.pbf, .osm.gz or .osm file, or a folder with \
             replication/ and such a file"
    )]
    NotAnUpstream {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address cannot be listened at: choose another one.
    #[error("cannot listen at {address}; is the port in use")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
}
