//! The Unix socket of the operator, in the data directory: who may open its file is the operator.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use mio::Registry;
use mio::net::UnixListener;

use crate::reactor::{Listener, Token};
use crate::whole_file::PRIVATE;

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "operator.sock";

/// Connections of the operator at a time. They are not among those of phones, so that the operator
/// gets in where nobody else does.
pub const MAX_OPERATORS: usize = 8;

/// The listening socket, and its file, which is removed with it.
#[derive(Debug)]
pub struct OperatorSocket {
    /// Accepts connections.
    pub listener: Listener<UnixListener>,
    path: PathBuf,
}

impl OperatorSocket {
    /// Listens in the data directory, of which the caller has the lock, so that a file that is
    /// there already is what a crash left.
    ///
    /// # Errors
    ///
    /// What the system says, such as that this file system has no sockets.
    pub fn open(directory: &File, registry: &Registry, token: Token) -> io::Result<Self> {
        let path = path_in(directory);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = Listener::bind_local(&path, PRIVATE, registry, token)?;
        Ok(Self { listener, path })
    }
}

impl Drop for OperatorSocket {
    fn drop(&mut self) {
        // If it stays, it is removed with the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// The path of the socket in an open directory. It is short however long the path of the directory
/// is: a socket's path has 107 bytes at most.
pub(super) fn path_in(directory: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{FILE_NAME}", directory.as_raw_fd()))
}
