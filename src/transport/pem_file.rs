use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error, PemObject};

use crate::text_file::FileError;

/// Longest file that is read, in bytes: a chain of certificates has some thousand, and all
/// authorities of a system have 250,000.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads a file that holds PEM. It must be a regular one: whoever waits for a pipe waits for ever.
///
/// # Errors
///
/// What the system says, or what is wrong with the file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    read_regular(path).map_err(|error| FileError::io(path, error))
}

fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before it is opened, as opening a pipe waits as well.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other("it is longer than 1 MiB; expected certificates or a key"));
    }
    Ok(content)
}

/// Reads the certificates of a file in PEM, one at least.
///
/// # Errors
///
/// What the system says, or what is wrong with the file.
pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let content = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    let certificates = certificates.map_err(|error| malformed(path, &error))?;
    if certificates.is_empty() {
        return Err(problem(
            path,
            "no certificate in it; expected PEM, with -----BEGIN CERTIFICATE-----",
        ));
    }
    Ok(certificates)
}

/// An error that says that a file is no PEM.
pub(super) fn malformed(path: &Path, error: &Error) -> FileError {
    problem(path, format!("malformed PEM: {error}"))
}

/// An error that says what is wrong with a file.
pub(super) fn problem(path: &Path, what: impl Into<String>) -> FileError {
    FileError::io(path, io::Error::other(what.into()))
}
