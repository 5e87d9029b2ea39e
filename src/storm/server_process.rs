//! The processor time of a server on the same machine, read from outside.

use std::fs;
use std::io;
use std::time::Duration;

/// The processor time of a process, as Linux accounts for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerProcess {
    id: u32,
}

impl ServerProcess {
    /// The process with this id.
    pub(super) fn new(id: u32) -> Self {
        Self { id }
    }

    /// How long it has been running on a processor, user and system together, to the nanosecond: the
    /// first field of `/proc/<id>/schedstat`.
    ///
    /// # Errors
    ///
    /// What the system says, such as that there is no such process.
    pub(super) fn processor_time(self) -> io::Result<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.id))?;
        let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok());
        nanoseconds.map(Duration::from_nanos).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_processor_time_is_read_and_that_of_nobody_is_an_error() {
        assert!(ServerProcess::new(std::process::id()).processor_time().is_ok());
        assert!(ServerProcess::new(u32::MAX).processor_time().is_err());
    }
}
