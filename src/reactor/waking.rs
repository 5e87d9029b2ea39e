use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mio::Waker;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};

/// Signals that a thread causes itself.
const OWN_SIGNALS: [Signal; 6] = [
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
    Signal::SIGSYS,
];

/// Starts a thread for work that would make the event loop wait. It takes no signal from outside:
/// the kernel may give one to any thread, and then the event loop would see it later than what came
/// after it.
///
/// # Errors
///
/// What the system says if there can be no thread.
#[expect(clippy::disallowed_methods, reason = "the one place where threads begin")]
pub fn spawn_helper(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let mut signals = SigSet::all();
    OWN_SIGNALS.into_iter().for_each(|signal| signals.remove(signal));
    // A thread inherits the mask, so that there is no moment at which it takes signals.
    let earlier = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    earlier.thread_set_mask()?;
    thread
}

/// Starts a program from a thread of [`spawn_helper`], whose signals it does not inherit: it is to
/// end when it is told to.
///
/// # Errors
///
/// What the system says.
pub fn spawn_program(command: &mut Command) -> io::Result<Child> {
    let helper = SigSet::empty().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let child = command.spawn();
    helper.thread_set_mask()?;
    child
}

/// Wakes an event loop when it is dropped, also by a panic: what holds it on another thread cannot
/// end unseen.
#[derive(Debug)]
pub struct WakeWhenDropped(pub Arc<Waker>);

impl Drop for WakeWhenDropped {
    fn drop(&mut self) {
        // It fails only if the event loop has ended.
        let _ = self.0.wake();
    }
}
