//! What every program does around its work: its own faults, and the secrets in its memory.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Runs the program `name`. A panic, which is a fault of the program itself, is told in one line on
/// standard error, and the exit code is 1. What the program holds is dropped first, so that a
/// terminal is left as it was found.
pub fn run(name: &'static str, main: impl FnOnce() -> ExitCode) -> ExitCode {
    set_hook(Box::new(move |fault| tell(name, fault)));
    // After a panic nothing of the program is used any more, so no broken invariant is seen.
    catch_unwind(AssertUnwindSafe(main)).unwrap_or(ExitCode::FAILURE)
}

fn tell(name: &str, fault: &PanicHookInfo<'_>) {
    // Its text has the place in the first line and the message in the second one.
    let text = fault.to_string().replacen('\n', " ", 1);
    // A panic here, as of `eprintln!` on a closed standard error, would abort the program.
    let mut stderr = io::stderr();
    let _ = writeln!(stderr, "{name}: this is a fault of the program, please report it: {text}");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(stderr, "{backtrace}");
    }
}

/// Keeps passwords and contact logs in the memory of this process from others: the kernel writes no
/// core dump of it, and only root may trace it or read its memory.
pub fn protect_memory() {
    // Where the kernel refuses, the program is as safe as others are.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A system can be set up to dump undumpable processes for root.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
