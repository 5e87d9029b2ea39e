//! A certificate for trials, which is its own issuer.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::ServerName;

use super::pem_file::problem;
use crate::clock::Now;
use crate::print;
use crate::protocol::Timestamp;
use crate::text_file::FileError;
use crate::whole_file::{self, PRIVATE, PUBLIC};

/// Name of the file with the certificate.
pub const CERTIFICATE: &str = "certificate.pem";

/// Name of the file with the private key.
pub const KEY: &str = "private-key.pem";

/// Days for which a certificate is valid: long enough for a trial, short enough that nobody builds
/// on it.
pub const VALID_DAYS: u64 = 90;

const VALIDITY: Duration = Duration::from_secs(VALID_DAYS * 24 * 60 * 60);

/// Time before now from when a certificate is valid, for machines whose clocks are behind.
const CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// What to do with files that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and nothing is written.
    Kept,
    /// They are replaced.
    Replaced,
}

/// Writes a certificate for servers that have one of `names`, and its key, to files in `directory`,
/// and prints how to use them.
///
/// # Errors
///
/// A file that is there or cannot be written, or an output that cannot be written.
pub fn make(
    names: &[ServerName<'static>],
    directory: &Path,
    existing: Existing,
) -> Result<(), String> {
    let written = SelfSigned::write(names, directory, existing, Now::read().wall);
    let written = written.map_err(|error| error.to_string())?;
    print::print(|out| write!(out, "{written}"))
        .map_err(|error| format!("{}: {error}", print::NAME))
}

/// A certificate and its key, written to files.
#[derive(Debug)]
pub struct SelfSigned {
    certificate: PathBuf,
    key: PathBuf,
    /// First of the names that the certificate is for.
    name: ServerName<'static>,
}

impl SelfSigned {
    /// Makes a key and a certificate for servers that have one of `names`, and writes both to files
    /// in `directory`.
    ///
    /// # Errors
    ///
    /// A file that is there, or cannot be written.
    ///
    /// # Panics
    ///
    /// If there is no name.
    pub fn write(
        names: &[ServerName<'static>],
        directory: &Path,
        existing: Existing,
        now: Timestamp,
    ) -> Result<Self, FileError> {
        let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
        [&certificate, &key].into_iter().try_for_each(|path| make_room(path, existing))?;
        let made = sign(names, now);
        let (certificate_pem, key_pem) =
            made.map_err(|error| problem(&certificate, error.to_string()))?;
        write(&key, PRIVATE, &key_pem)?;
        write(&certificate, PUBLIC, &certificate_pem)?;
        let name = names.first().expect("one at least").clone();
        Ok(Self { certificate, key, name })
    }
}

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        writeln!(f, "{certificate}: a certificate for a trial, valid for {VALID_DAYS} days")?;
        writeln!(f, "{key}: its private key, for the server only")?;
        writeln!(f, "\nThe server, and a client with a copy of the certificate:\n")?;
        writeln!(f, "    server 7000 60 --tls-cert {certificate} --tls-key {key}")?;
        let (address, option) = match &self.name {
            ServerName::IpAddress(address) => (IpAddr::from(*address).to_string(), String::new()),
            other => ("server_IP".to_owned(), format!(" --tls-name {}", other.to_str())),
        };
        writeln!(f, "    client {address} 7000 8001 --tls --tls-ca {certificate}{option}")
    }
}

/// Makes a certificate and its key, both in PEM.
fn sign(names: &[ServerName<'static>], now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|name| name.to_str().into_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    let since_1970 = Duration::from_secs(now.unix_seconds().unsigned_abs());
    let now = date_time_ymd(1970, 1, 1) + since_1970;
    params.not_before = now - CLOCK_SKEW;
    params.not_after = now + VALIDITY;
    params.distinguished_name.push(DnType::CommonName, "BlueTrace server on trial");
    // Who trusts it trusts no other certificate with it.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Removes an earlier file if it is to be replaced, as a new one would get its mode.
fn make_room(path: &Path, existing: Existing) -> Result<(), FileError> {
    let removed = match (path.symlink_metadata(), existing) {
        (Ok(_), Existing::Kept) => {
            return Err(problem(path, "it is there already; --replace makes a new one"));
        }
        (Ok(_), Existing::Replaced) => fs::remove_file(path),
        (Err(error), _) if error.kind() == ErrorKind::NotFound => Ok(()),
        (Err(error), _) => Err(error),
    };
    removed.map_err(|error| FileError::io(path, error))
}

fn write(path: &Path, mode: u32, content: &str) -> Result<(), FileError> {
    whole_file::replace(path, mode, |file| file.write_all(content.as_bytes()))
        .map_err(|error| FileError::io(path, error))
}
