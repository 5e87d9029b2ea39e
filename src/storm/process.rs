//! The processor time of the server, if it is on the same machine, and of the storm itself.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::io::Errno;

/// The processor time of a process, as Linux accounts for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    id: u32,
}

impl Process {
    /// The process with this id.
    pub(super) fn new(id: u32) -> Self {
        Self { id }
    }

    /// Processor time of its threads, user and system together, as `/proc/<id>/task/*/schedstat`
    /// has it. Zero is possible: some systems charge it by the tick.
    ///
    /// # Errors
    ///
    /// The error of the system, such as that there is no such process, or no such accounting.
    pub(super) fn processor_time(self) -> io::Result<Duration> {
        let (mut nanoseconds, mut turns) = (0, 0);
        for task in fs::read_dir(format!("/proc/{}/task", self.id))? {
            let text = match fs::read_to_string(task?.path().join("schedstat")) {
                Ok(text) => text,
                // A thread that has ended since it was listed.
                Err(error) if has_ended(&error) => continue,
                Err(error) => return Err(error),
            };
            let (charged, times) = account(&text).ok_or(io::ErrorKind::InvalidData)?;
            nanoseconds += charged;
            turns += times;
        }
        // No process is there without ever having run: the system keeps no account.
        if turns == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// The account of a thread: how many nanoseconds it ran, and how often. Between them is how long it
/// waited to run.
fn account(schedstat: &str) -> Option<(u64, u64)> {
    let mut numbers = schedstat.split_whitespace().map(str::parse);
    let (charged, _, times) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some((charged.ok()?, times.ok()?))
}

fn has_ended(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

#[cfg(test)]
mod tests;
