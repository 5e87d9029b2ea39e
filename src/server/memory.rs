//! The address space of this process, where the operator limits it (`ulimit -v`).

use std::io::{self, ErrorKind};

use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};

/// Address space that is left for what cannot be refused, in bytes: failed logins take 25 MB, and
/// what one tick reads, decodes and answers takes a few more.
const RESERVE: u64 = 32 * 1024 * 1024;

/// How much memory this process may still take.
///
/// An allocation beyond the limit would abort the process. So whatever lets memory grow at a peer's
/// request asks first, and is refused in good time. Without a limit nothing is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    limit: Option<u64>,
}

impl Memory {
    /// Memory that the system limits for this process.
    pub fn of_this_process() -> Self {
        Self { limit: getrlimit(Resource::As).current }
    }

    /// Whether so many bytes more may be allocated.
    pub fn has_room_for(&self, bytes: u64) -> bool {
        self.limit.is_none_or(|limit| {
            // Where the system does not tell, nothing can be refused.
            used().is_none_or(|used| used.saturating_add(bytes).saturating_add(RESERVE) <= limit)
        })
    }

    /// Memory with a limit of so many bytes.
    #[cfg(test)]
    pub(super) fn limited_to(bytes: u64) -> Self {
        Self { limit: Some(bytes) }
    }

    /// Whether there is a limit.
    pub fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// The limit divided by `divisor`, if that is less than `most` bytes.
    pub fn share(&self, divisor: u64, most: usize) -> usize {
        let share = self.limit.map(|limit| limit / divisor);
        share.and_then(|share| usize::try_from(share).ok()).map_or(most, |share| share.min(most))
    }
}

/// The error of a file whose content needs more memory than there is.
pub(super) fn too_large() -> io::Error {
    io::Error::new(
        ErrorKind::OutOfMemory,
        "its content needs more address space than the limit of this process leaves (ulimit -v)",
    )
}

/// The address space that this process uses, in bytes.
fn used() -> Option<u64> {
    let sizes = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = sizes.split(' ').next()?.parse().ok()?;
    Some(pages * page_size() as u64)
}

#[cfg(test)]
mod tests;
