//! The limit of file descriptors of this process.

use rustix::process::{Resource, getrlimit, setrlimit};

/// File descriptors kept in reserve: for files, for the connection that is told that the server is
/// full, and for what libraries open.
pub const RESERVED: usize = 32;

/// Raises the limit of file descriptors of this process as far as the system allows, and returns
/// how many connections fit below it.
pub fn raise_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let soft = limit.current;
    limit.current = limit.maximum;
    // It may be refused; then the old limit stands.
    let granted = if setrlimit(Resource::Nofile, limit).is_ok() { limit.maximum } else { soft };
    let descriptors = granted.map_or(usize::MAX, |count| count as usize);
    descriptors.saturating_sub(RESERVED).max(1)
}
