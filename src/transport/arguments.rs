//! The options of programs that connect to a server with TLS.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use rustls::pki_types::ServerName;

use super::Connector;
use super::trust::{self, Sessions};
use crate::text_file::FileError;

/// Whether to use TLS, and whom to trust.
#[derive(Debug, Clone, Args)]
pub struct TlsArguments {
    /// Encrypt the connection with TLS 1.3
    #[arg(long, requires = "tls_ca")]
    tls: bool,
    /// Trust the certificates in this file, in PEM: that of the server, or that of whoever issued
    /// it
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_ca: Option<PathBuf>,
    /// Name that the certificate must be for [default: server_IP]
    #[arg(long, value_name = "NAME", requires = "tls", value_parser = server_name)]
    tls_name: Option<ServerName<'static>>,
}

impl TlsArguments {
    /// What they ask for, of a client of the server at `address`.
    ///
    /// # Errors
    ///
    /// What is wrong with the file of certificates.
    pub fn connector(&self, address: IpAddr, sessions: Sessions) -> Result<Connector, FileError> {
        match &self.tls_ca {
            None => Ok(Connector::Plain),
            Some(path) => {
                let name = self.tls_name.clone().unwrap_or_else(|| ServerName::from(address));
                Ok(Connector::Tls(trust::read(path, sessions)?, name))
            }
        }
    }
}

/// Reads the name or the IP address of a server.
///
/// # Errors
///
/// What was expected.
pub fn server_name(text: &str) -> Result<ServerName<'static>, String> {
    let name = ServerName::try_from(text.to_owned());
    name.map_err(|_| "expected a name such as bluetrace.example, or an IP address".to_owned())
}
