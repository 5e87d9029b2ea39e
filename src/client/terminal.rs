//! The attributes and the size of the terminal, and what the environment says about it.
//!
//! This module owns the attributes that the terminal had before the client changed them, and restores
//! them on every way out: when a guard is dropped, when the program panics, and with [`restore`] where
//! a program ends without unwinding. It must not read or write a byte of the terminal.

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
    /// A terminal whose lines the kernel edits; a password is read under [`EchoOff`].
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

    /// Returns the source of lines: edited by us if both sides are a terminal with a movable cursor.
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

/// Keeps standard input in raw mode: every byte comes at once, unechoed, and Ctrl-C is a byte too.
///
/// Output is still processed (`OPOST` stays as it is), so that `\n` starts a line in every message,
/// whoever prints it.
#[derive(Debug)]
pub struct RawTerminal(());

impl RawTerminal {
    /// Enters raw mode.
    ///
    /// # Errors
    /// Standard input is no terminal, or has gone.
    pub fn enter() -> io::Result<RawTerminal> {
        change(raw)?;
        Ok(RawTerminal(()))
    }

    /// Enters raw mode again, after [`restore`] or after somebody else has changed the terminal: a
    /// shell does while the program is stopped, so this is what `SIGCONT` calls for.
    ///
    /// # Errors
    /// Standard input has gone.
    pub fn resume(&mut self) -> io::Result<()> {
        change(raw)
    }

    /// Stops the program as Ctrl-Z does, with the terminal restored meanwhile; returns in raw mode
    /// when it is continued.
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

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        let _ = restore();
    }
}

/// Keeps a terminal whose lines the kernel edits from showing what is typed, except the end of the
/// line.
#[derive(Debug)]
pub struct EchoOff(());

impl EchoOff {
    /// Switches the echo off.
    ///
    /// # Errors
    /// Standard input is no terminal, or has gone.
    pub fn enter() -> io::Result<EchoOff> {
        change(silent)?;
        Ok(EchoOff(()))
    }

    /// Switches the echo off again, after [`restore`] or after `SIGCONT`.
    ///
    /// # Errors
    /// Standard input has gone.
    pub fn resume(&mut self) -> io::Result<()> {
        change(silent)
    }
}

impl Drop for EchoOff {
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

/// Returns the size of the terminal on standard output, or 80 columns and 24 rows if that is not known.
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
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    const MARK: &str = "the terminal is raw";

    fn at_a_terminal() -> Environment {
        Environment {
            stdin_is_terminal: true,
            stdout_is_terminal: true,
            term: Some("xterm".into()),
            no_color: None,
        }
    }

    #[test]
    fn terminal_both_sides_edits_and_colours() {
        assert_eq!(at_a_terminal().input(), Input::Edited);
        assert!(at_a_terminal().allows_colour());
    }

    #[test]
    fn terminal_dumb_or_unnamed_leaves_editing_to_kernel() {
        for term in [None, Some("dumb".into()), Some("unknown".into())] {
            let environment = Environment { term, ..at_a_terminal() };
            assert_eq!(environment.input(), Input::KernelEdited);
            assert!(!environment.allows_colour());
        }
    }

    #[test]
    fn redirected_output_leaves_editing_to_kernel_without_colour() {
        let environment = Environment { stdout_is_terminal: false, ..at_a_terminal() };
        assert_eq!(environment.input(), Input::KernelEdited);
        assert!(!environment.allows_colour());
    }

    #[test]
    fn redirected_input_is_unattended() {
        let environment = Environment { stdin_is_terminal: false, ..at_a_terminal() };
        assert_eq!(environment.input(), Input::Unattended);
        assert!(environment.allows_colour());
    }

    #[test]
    fn no_color_counts_unless_empty() {
        let set = |value: &str| Environment { no_color: Some(value.into()), ..at_a_terminal() };
        assert!(!set("0").allows_colour());
        assert!(set("").allows_colour());
    }

    /// Everything that `raw` and `silent` may change.
    fn modes(terminal: &File) -> (InputModes, LocalModes, u8, u8) {
        let now = tcgetattr(terminal).expect("a terminal has attributes");
        let codes = &now.special_codes;
        let (vmin, vtime) = (codes[SpecialCodeIndex::VMIN], codes[SpecialCodeIndex::VTIME]);
        (now.input_modes, now.local_modes, vmin, vtime)
    }

    /// Runs the ignored test `name` of this program on a terminal of its own, and returns the
    /// attributes before, when it says that the terminal is changed, and after its end.
    fn modes_around(name: &str) -> [(InputModes, LocalModes, u8, u8); 3] {
        let pair = native_pty_system().openpty(PtySize::default()).expect("a pseudo-terminal");
        let path = pair.master.tty_name().expect("its name");
        let terminal = File::options().read(true).write(true).open(path).expect("its other side");
        let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
        let (_, module) = module_path!().split_once("::").expect("a module of the crate");
        let name = format!("{module}::{name}");
        command.args(["--exact", "--ignored", "--nocapture", "--test-threads=1", &name]);
        let before = modes(&terminal);
        let mut child = pair.slave.spawn_command(command).expect("this program starts");
        read_until_mark(&mut pair.master.try_clone_reader().expect("a reader"));
        let during = modes(&terminal);
        let mut writer = pair.master.take_writer().expect("a writer");
        writer.write_all(b"\n").expect("the key is taken");
        child.wait().expect("the program ends");
        [before, during, modes(&terminal)]
    }

    fn read_until_mark(reader: &mut dyn Read) {
        let (mut seen, mut byte) = (String::new(), [0]);
        while !seen.contains(MARK) {
            assert!(!seen.contains("test result"), "the program ended early: {seen}");
            reader.read_exact(&mut byte).expect("the program prints");
            seen.push(char::from(byte[0]));
        }
    }

    fn wait_for_key() {
        println!("{MARK}");
        io::stdin().read_exact(&mut [0]).expect("a key");
    }

    #[test]
    #[ignore = "run by the tests below, on a terminal"]
    fn raw_child_drops_guard() {
        let _guard = RawTerminal::enter().expect("a terminal");
        wait_for_key();
    }

    #[test]
    #[ignore = "run by the tests below, on a terminal"]
    fn raw_child_panics() {
        // Forgotten, so that only the hook can restore.
        std::mem::forget(RawTerminal::enter().expect("a terminal"));
        wait_for_key();
        panic!("on purpose");
    }

    #[test]
    #[ignore = "run by the tests below, on a terminal"]
    fn raw_child_stops_and_goes_on() {
        let mut guard = RawTerminal::enter().expect("a terminal");
        restore().expect("a terminal");
        let restored = tcgetattr(stdin()).expect("a terminal");
        assert!(restored.local_modes.contains(LocalModes::ISIG));
        guard.resume().expect("a terminal");
        wait_for_key();
    }

    #[test]
    #[ignore = "run by the tests below, on a terminal"]
    fn silent_child_drops_guard() {
        let _guard = EchoOff::enter().expect("a terminal");
        wait_for_key();
    }

    fn assert_raw_then_restored(name: &str) {
        let [before, during, after] = modes_around(name);
        let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        assert!(before.1.contains(cooked), "before");
        assert!(!during.1.intersects(cooked) && !during.0.contains(InputModes::ICRNL), "during");
        assert_eq!(after, before, "after");
    }

    #[test]
    fn raw_guard_dropped_restores() {
        assert_raw_then_restored("raw_child_drops_guard");
    }

    #[test]
    fn raw_panic_restores() {
        assert_raw_then_restored("raw_child_panics");
    }

    #[test]
    fn raw_restore_and_resume_is_raw_again() {
        assert_raw_then_restored("raw_child_stops_and_goes_on");
    }

    #[test]
    fn silent_guard_dropped_restores() {
        let [before, during, after] = modes_around("silent_child_drops_guard");
        assert!(!during.1.contains(LocalModes::ECHO));
        assert!(during.1.contains(LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHONL));
        assert_eq!(after, before);
    }
}
