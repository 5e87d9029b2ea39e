use std::io;

/// The storage of a journal: a file, or a simulated disk that can fail.
pub trait Storage {
    /// Number of bytes stored.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn size(&self) -> io::Result<u64>;

    /// Appends bytes. After a failure, some of them may be stored.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended so far survives a crash.
    ///
    /// # Errors
    ///
    /// The error of the system, after which it is unknown what survives.
    fn sync(&mut self) -> io::Result<()>;

    /// Truncates to the first `len` bytes.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}
