//! Whom a client believes to be its server.

use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::version::TLS13;
use rustls::{ClientConfig, KeyLogFile, RootCertStore};

use super::pem_file::{self, problem};
use crate::text_file::FileError;

/// Whether a client that connects again goes on with an earlier session, which takes both sides
/// less time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Each connection has a handshake of its own, as those of different clients.
    Fresh,
    /// Sessions are resumed with the tickets of the server.
    Resumed,
}

/// Makes the configuration of a client that believes a server with one of the certificates in the
/// file at `path`, or with one that the owner of such a certificate issued. The secrets of its
/// sessions go to the file that `SSLKEYLOGFILE` names, if that variable is set.
///
/// # Errors
///
/// What is wrong with the file.
pub fn read(path: &Path, sessions: Sessions) -> Result<Arc<ClientConfig>, FileError> {
    let mut roots = RootCertStore::empty();
    for certificate in pem_file::read_certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|error| problem(path, format!("a certificate cannot be used: {error}")))?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .expect("the provider has TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.key_log = Arc::new(KeyLogFile::new());
    config.resumption = match sessions {
        Sessions::Fresh => Resumption::disabled(),
        // Of one server there are eight tickets at most.
        Sessions::Resumed => Resumption::in_memory_sessions(1),
    };
    Ok(Arc::new(config))
}
