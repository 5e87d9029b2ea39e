//! Memory in huge pages, of 2 MiB instead of 4 KiB.
//!
//! A town of 100,000 phones takes a gigabyte, and each beacon touches it at other places than the
//! last one. With small pages most of these accesses miss the TLB, and on a virtual machine the
//! page walks take half of the time of a run.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Environment variable with settings of the GNU C library, read once when a program starts.
const TUNABLES: &str = "GLIBC_TUNABLES";

/// The setting for huge pages.
const HUGE_PAGES: &str = "glibc.malloc.hugetlb";

/// Huge pages wherever they fit, and a heap that grows by 64 MiB. The kernel gives a huge page only
/// if all of it belongs to the heap at the first touch; a heap that grows by 2 MiB from an
/// unaligned start may never get one.
const SETTINGS: &str = "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=67108864";

/// Requests huge pages from the allocator by executing the program again, with the same arguments
/// and as the same process, so it must come first in `main`. It does nothing if the environment has
/// the setting already, from the user or from the first execution. A system or allocator without
/// the setting ignores it.
pub fn request() {
    let Some(tunables) = with_huge_pages(env::var_os(TUNABLES).as_deref()) else { return };
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut anew = Command::new(program);
    if let Some(name) = arguments.next() {
        anew.arg0(name);
    }
    // It returns only if it fails, and then all goes on, slower.
    let _ = anew.args(arguments).env(TUNABLES, tunables).exec();
}

/// `tunables` with huge pages, or `None` if they have a value for these already.
fn with_huge_pages(tunables: Option<&OsStr>) -> Option<OsString> {
    let mut tunables = tunables.unwrap_or_default().to_owned();
    let text = tunables.to_string_lossy();
    if text.split(':').any(|tunable| tunable.split('=').next() == Some(HUGE_PAGES)) {
        return None;
    }
    if !tunables.is_empty() {
        tunables.push(":");
    }
    tunables.push(SETTINGS);
    Some(tunables)
}

#[cfg(test)]
mod tests;
