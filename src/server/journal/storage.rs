use std::io;

/// Where a journal keeps its bytes: a file, or in a simulation a disk that can fail.
pub trait Storage {
    /// How many bytes there are.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Adds bytes at the end. If it fails, some of them may be there.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended so far survives a crash.
    ///
    /// # Errors
    ///
    /// What the system says; then nobody knows what survives.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts everything off behind the first `len` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}
