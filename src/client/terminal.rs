//! The attributes and the size of the terminal, and what the environment says about it.
//!
//! This module owns the attributes that the terminal had before the client changed them, and
//! restores them on every way out: when a guard is dropped, when the program panics, and with
//! [`restore`] where a program ends without unwinding. It must not read or write a byte of the
//! terminal.

use std::ffi::OsString;
use std::io;
use std::panic;
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};

use rustix::io::retry_on_intr;
use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr,
    tcgetwinsize, tcsetattr,
};

use super::line_editor::ScreenSize;
use crate::terminal_kind;

/// The size of a VT100, for terminals that do not know theirs.
const SIZE_FALLBACK: ScreenSize = ScreenSize { columns: 80, rows: 24 };

/// Attributes of standard input before they were changed: `Some` exactly while they are changed.
///
/// Global because a panic hook has no other way to it, and because the process has only one
/// standard input.
static ORIGINAL: Mutex<Option<Termios>> = Mutex::new(None);

static RESTORE_ON_PANIC: Once = Once::new();

/// Source of the user's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A terminal on both sides that understands cursor movements: raw mode and the line editor.
    Edited,
    /// A terminal whose lines the kernel edits; a password is read
    /// [without an echo](ChangedTerminal::without_echo).
    KernelEdited,
    /// A file or a pipe, without a user.
    Unattended,
}

/// Facts on which decisions about the terminal depend.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// The variable `TERM`.
    pub term: Option<OsString>,
    /// The variable `NO_COLOR`.
    pub no_color: Option<OsString>,
}

impl Environment {
    /// Asks the system.
    pub fn read() -> Environment {
        Environment {
            stdin_is_terminal: isatty(stdin()),
            stdout_is_terminal: isatty(stdout()),
            term: std::env::var_os("TERM"),
            no_color: std::env::var_os("NO_COLOR"),
        }
    }

    /// Returns the source of lines: edited by us if both sides are a terminal with a movable
    /// cursor.
    pub fn input(&self) -> Input {
        match (self.stdin_is_terminal, self.stdout_is_terminal) {
            (true, true) if self.understands_escapes() => Input::Edited,
            (true, _) => Input::KernelEdited,
            (false, _) => Input::Unattended,
        }
    }

    /// Whether output may be coloured: on a terminal that can, unless `NO_COLOR` is "present and
    /// not an empty string" (no-color.org).
    pub fn allows_colour(&self) -> bool {
        let is_refused = self.no_color.as_deref().is_some_and(|value| !value.is_empty());
        self.stdout_is_terminal && self.understands_escapes() && !is_refused
    }

    fn understands_escapes(&self) -> bool {
        terminal_kind::understands_escapes(self.term.as_deref())
    }
}

/// Keeps the attributes of standard input changed as long as it exists.
#[derive(Debug)]
pub struct ChangedTerminal(fn(&Termios) -> Termios);

impl ChangedTerminal {
    /// Enters raw mode: every byte comes at once, unechoed, and Ctrl-C is a byte too.
    ///
    /// Output is still processed (`OPOST` stays as it is), so that `\n` starts a line in every
    /// message, whoever prints it.
    ///
    /// # Errors
    /// Standard input is no terminal, or has gone.
    pub fn raw() -> io::Result<Self> {
        Self::enter(raw)
    }

    /// Keeps a terminal whose lines the kernel edits from showing what is typed, except the end of
    /// the line.
    ///
    /// # Errors
    /// Standard input is no terminal, or has gone.
    pub fn without_echo() -> io::Result<Self> {
        Self::enter(silent)
    }

    fn enter(modes: fn(&Termios) -> Termios) -> io::Result<Self> {
        change(modes)?;
        Ok(Self(modes))
    }

    /// Changes the attributes again, after [`restore`] or after somebody else has changed the
    /// terminal: a shell does while the program is stopped, so this is what `SIGCONT` calls for.
    ///
    /// # Errors
    /// Standard input has gone.
    pub fn resume(&mut self) -> io::Result<()> {
        change(self.0)
    }

    /// Stops the program as Ctrl-Z does, with the terminal restored meanwhile; returns with changed
    /// attributes when it is continued.
    ///
    /// # Errors
    /// Standard input has gone.
    pub fn stop_program(&mut self) -> io::Result<()> {
        restore()?;
        // Returns once the program is continued, or at once where nobody could do that (an orphaned
        // process group).
        kill_current_process_group(Signal::TSTP)?;
        self.resume()
    }
}

impl Drop for ChangedTerminal {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        let _ = restore();
    }
}

/// Restores the attributes of standard input; does nothing if they are not changed. Guards do this
/// when they are dropped, which `std::process::exit` does not wait for.
///
/// # Errors
/// Standard input has gone.
pub fn restore() -> io::Result<()> {
    put_back(&mut original())
}

/// Returns the size of the terminal on standard output, or 80 columns and 24 rows if that is not
/// known.
pub fn screen_size() -> ScreenSize {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            ScreenSize { columns: size.ws_col, rows: size.ws_row }
        }
        Ok(_) | Err(_) => SIZE_FALLBACK,
    }
}

/// Sets attributes derived from the original ones, which are kept.
fn change(modes: fn(&Termios) -> Termios) -> io::Result<()> {
    RESTORE_ON_PANIC.call_once(restore_on_panic);
    let mut original = original();
    let before = match &*original {
        Some(attributes) => attributes.clone(),
        None => tcgetattr(stdin())?,
    };
    // Kept before the change, so that there is no moment in which a changed terminal has nothing to
    // go back to.
    let modes = modes(original.insert(before));
    set(&modes)
}

fn restore_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // First restored, then reported: the message must be readable. A lock that is taken is our
        // own thread's, in the middle of a change, and waiting for it would be forever.
        match ORIGINAL.try_lock() {
            Ok(mut original) => drop(put_back(&mut original)),
            Err(TryLockError::Poisoned(poisoned)) => drop(put_back(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => {}
        }
        report(info);
    }));
}

fn original() -> MutexGuard<'static, Option<Termios>> {
    // Nothing in here can be half done: the attributes are set or they are not.
    ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put_back(original: &mut Option<Termios>) -> io::Result<()> {
    match original.take() {
        Some(attributes) => set(&attributes),
        None => Ok(()),
    }
}

fn set(attributes: &Termios) -> io::Result<()> {
    // At once: nothing about the output changes, and a terminal that has stopped taking it must
    // not keep the program. The call is interrupted when it stops a program in the background
    // (SIGTTOU) and the program is continued.
    Ok(retry_on_intr(|| tcsetattr(stdin(), OptionalActions::Now, attributes))?)
}

/// `cfmakeraw` without the parts that concern output and the line's parity and character size.
fn raw(original: &Termios) -> Termios {
    let mut modes = original.clone();
    modes.input_modes -= InputModes::BRKINT
        | InputModes::ICRNL
        | InputModes::IGNCR
        | InputModes::INLCR
        | InputModes::INPCK
        | InputModes::ISTRIP
        | InputModes::IXON;
    modes.local_modes -= LocalModes::ECHO
        | LocalModes::ECHONL
        | LocalModes::ICANON
        | LocalModes::IEXTEN
        | LocalModes::ISIG;
    // A read returns with the first byte.
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    modes
}

fn silent(original: &Termios) -> Termios {
    let mut modes = original.clone();
    modes.local_modes -= LocalModes::ECHO;
    modes.local_modes |= LocalModes::ECHONL;
    modes
}

#[cfg(test)]
mod tests;
