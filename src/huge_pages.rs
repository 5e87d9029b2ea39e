//! Memory in huge pages, of 2 MiB instead of 4 KiB.
//!
//! What holds a million TempIDs, or a town of phones, is touched at other places each time. With
//! small pages most of these accesses miss the TLB, and on a virtual machine the page walks take a
//! tenth of the time of a server, and half of that of a town.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Environment variable with settings of the GNU C library, read once when a program starts.
const TUNABLES: &str = "GLIBC_TUNABLES";

/// Huge pages wherever they fit.
const HUGE_PAGES: &str = "glibc.malloc.hugetlb";

/// The step in which the heap grows. The kernel gives a huge page only if all of it belongs to the
/// heap at the first touch; a heap that grows by 2 MiB from an unaligned start may never get one.
const HEAP_STEP: &str = "glibc.malloc.top_pad";

/// Environment variable that says that the program has executed itself. Where it runs with the
/// rights of its file, the loader takes away the tunables, so that these cannot say so.
const IS_SECOND: &str = "BLUETRACE_HUGE_PAGES";

/// Requests huge pages from the allocator by executing the program again, with the same arguments
/// and as the same process, so it must come first in `main`. The heap grows by `heap_step` bytes at
/// a time, if that is given. It does nothing if the environment has the setting already, from the
/// user or from the first execution. A system or allocator without the setting ignores it.
pub fn request(heap_step: Option<u32>) {
    if env::var_os(IS_SECOND).is_some() {
        return;
    }
    let tunables = with_huge_pages(env::var_os(TUNABLES).as_deref(), heap_step);
    let (Some(tunables), Ok(program)) = (tunables, env::current_exe()) else { return };
    let mut arguments = env::args_os();
    let mut anew = Command::new(program);
    if let Some(name) = arguments.next() {
        anew.arg0(name);
    }
    // It returns only if it fails, and then all goes on, slower.
    let _ = anew.args(arguments).env(IS_SECOND, "requested").env(TUNABLES, tunables).exec();
}

/// `tunables` with huge pages, or `None` if they have a value for these already.
fn with_huge_pages(tunables: Option<&OsStr>, heap_step: Option<u32>) -> Option<OsString> {
    let mut tunables = tunables.unwrap_or_default().to_owned();
    let text = tunables.to_string_lossy();
    if text.split(':').any(|tunable| tunable.split('=').next() == Some(HUGE_PAGES)) {
        return None;
    }
    if !tunables.is_empty() {
        tunables.push(":");
    }
    tunables.push(format!("{HUGE_PAGES}=1"));
    if let Some(bytes) = heap_step {
        tunables.push(format!(":{HEAP_STEP}={bytes}"));
    }
    Some(tunables)
}

#[cfg(test)]
mod tests;
