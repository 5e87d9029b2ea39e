//! Who a server is: a certificate, and the private key that belongs to it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::server::NoServerSessionStorage;
use rustls::version::TLS13;
use rustls::{Error, ServerConfig};

use super::pem_file::{self, problem};
use crate::text_file::FileError;

/// The part of a mode that is about others than the owner.
const GROUP_AND_OTHERS: u32 = 0o077;

/// The same without reading by the group. Distributions keep keys that belong to root so, with a
/// group for the servers that use them.
const ALL_BUT_READING_BY_GROUP: u32 = 0o037;

/// The files that a server is told on its command line.
#[derive(Debug, Clone)]
pub struct IdentityFiles {
    /// The certificate of the server, then those of its issuers, in PEM.
    pub certificate: PathBuf,
    /// The private key, in PEM.
    pub key: PathBuf,
}

impl IdentityFiles {
    /// Reads both, and makes the configuration of a server of it. Earlier session tickets are worth
    /// nothing with a new one: who has an old key cannot go on to use it.
    ///
    /// It takes less than a millisecond, as both files have some kilobytes.
    ///
    /// # Errors
    ///
    /// The file that cannot be used, and why.
    pub fn read(&self) -> Result<Arc<ServerConfig>, FileError> {
        let chain = pem_file::read_certificates(&self.certificate)?;
        let key = read_key(&self.key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .expect("the provider has TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(chain, key);
        let mut config = config.map_err(|error| self.blame(&error))?;
        // A ticket holds the session, encrypted with keys that change, so that the server keeps
        // nothing for those who may come again. One is enough for a client with one connection.
        config.ticketer = Ticketer::new().map_err(|error| self.blame(&error))?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 1;
        Ok(Arc::new(config))
    }

    fn blame(&self, error: &Error) -> FileError {
        match error {
            Error::InconsistentKeys(_) => {
                let certificate = self.certificate.display();
                problem(&self.key, format!("not the key of the certificate in {certificate}"))
            }
            Error::InvalidCertificate(why) => {
                problem(&self.certificate, format!("the certificate cannot be used: {why}"))
            }
            other => problem(&self.key, format!("the key cannot be used: {other}")),
        }
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileError> {
    let content = pem_file::read(path)?;
    refuse_if_shared(path)?;
    PrivateKeyDer::from_pem_slice(&content).map_err(|error| match error {
        PemError::NoItemsFound => problem(
            path,
            "no private key in it; expected PEM, with -----BEGIN PRIVATE KEY----- and not encrypted",
        ),
        other => pem_file::malformed(path, &other),
    })
}

fn refuse_if_shared(path: &Path) -> Result<(), FileError> {
    let metadata = path.metadata().map_err(|error| FileError::io(path, error))?;
    let is_of_root = metadata.uid() == 0 && !rustix::process::geteuid().is_root();
    let forbidden = if is_of_root { ALL_BUT_READING_BY_GROUP } else { GROUP_AND_OTHERS };
    if metadata.mode() & forbidden == 0 {
        return Ok(());
    }
    let mode = metadata.mode() & 0o777;
    let what =
        format!("others can use this private key (mode {mode:03o}); expected 600: chmod 600");
    Err(problem(path, what))
}
