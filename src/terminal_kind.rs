//! What the variable `TERM` says about a terminal.

use std::ffi::OsStr;
use std::os::fd::AsFd;

use rustix::termios::isatty;

/// Terminals that cannot move their cursor: those that terminfo describes as generic lines without
/// abilities, and the shells inside editors.
const WITHOUT_CURSOR: &[&str] = &[
    "",
    "arpanet",
    "bussplexer",
    "dialup",
    "dumb",
    "emacs",
    "ethernet",
    "glasstty",
    "lpr",
    "network",
    "patch",
    "plugboard",
    "printer",
    "switch",
    "tty",
    "unknown",
];

/// Whether the terminal named by `TERM` understands escape sequences for its cursor. A terminal
/// without a name does not.
pub fn understands_escapes(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| WITHOUT_CURSOR.iter().all(|name| term != *name))
}

/// Whether `output` is a terminal that understands escape sequences.
pub fn is_capable_terminal(output: impl AsFd) -> bool {
    isatty(output) && understands_escapes(std::env::var_os("TERM").as_deref())
}

#[cfg(test)]
mod tests;
