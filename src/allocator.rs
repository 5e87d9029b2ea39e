//! Settings of the allocator of the GNU C library, which a program requests for itself.
//!
//! What holds a million TempIDs, or a town of phones, is touched at other places each time. With
//! small pages of 4 KiB most of these accesses miss the TLB, and on a virtual machine the page
//! walks take a tenth of the time of a server, and half of that of a town. Huge pages have 2 MiB.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Environment variable with the settings, read once when a program starts.
const TUNABLES: &str = "GLIBC_TUNABLES";

/// Environment variable that says that the program has executed itself. Where it runs with the
/// rights of its file, the loader takes away the tunables, so that these cannot say so.
const IS_SECOND: &str = "BLUETRACE_ALLOCATOR";

/// A setting, with its value.
#[derive(Debug, Clone, Copy)]
pub struct Setting(&'static str, &'static str);

impl Setting {
    /// Huge pages wherever they fit.
    pub const HUGE_PAGES: Self = Self("glibc.malloc.hugetlb", "1");

    /// The heap grows by 64 MiB at a time. The kernel gives a huge page only if all of it belongs
    /// to the heap at the first touch; a heap that grows by 2 MiB from an unaligned start may never
    /// get one.
    pub const LARGE_STEPS: Self = Self("glibc.malloc.top_pad", "67108864");

    /// All threads share one heap: each further one reserves 64 MiB of an address space that may be
    /// limited.
    pub const ONE_HEAP: Self = Self("glibc.malloc.arena_max", "1");
}

/// Requests settings by executing the program again, with the same arguments and as the same
/// process, so it must come first in `main`. It does nothing if the environment has a value for
/// each of them already, from the user or from the first execution. A system or allocator without a
/// setting ignores it.
pub fn request(settings: &[Setting]) {
    if env::var_os(IS_SECOND).is_some() {
        return;
    }
    let tunables = with_settings(env::var_os(TUNABLES).as_deref(), settings);
    let (Some(tunables), Ok(program)) = (tunables, env::current_exe()) else { return };
    let mut arguments = env::args_os();
    let mut anew = Command::new(program);
    if let Some(name) = arguments.next() {
        anew.arg0(name);
    }
    // It returns only if it fails, and then all goes on, slower.
    let _ = anew.args(arguments).env(IS_SECOND, "requested").env(TUNABLES, tunables).exec();
}

/// `tunables` with the settings that they have no value for, or `None` if there is none.
fn with_settings(tunables: Option<&OsStr>, settings: &[Setting]) -> Option<OsString> {
    let mut tunables = tunables.unwrap_or_default().to_owned();
    let text = tunables.to_string_lossy().into_owned();
    let is_set = |name| text.split(':').any(|tunable| tunable.split('=').next() == Some(name));
    let missing: Vec<_> = settings.iter().filter(|Setting(name, _)| !is_set(*name)).collect();
    for Setting(name, value) in &missing {
        let separator = if tunables.is_empty() { "" } else { ":" };
        tunables.push(format!("{separator}{name}={value}"));
    }
    (!missing.is_empty()).then_some(tunables)
}

#[cfg(test)]
mod tests;
