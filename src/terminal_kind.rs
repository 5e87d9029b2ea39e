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
mod tests {
    use super::*;

    #[test]
    fn terminal_without_a_name_or_abilities_understands_no_escapes() {
        assert!(!understands_escapes(None));
        for term in ["", "dumb", "unknown", "network"] {
            assert!(!understands_escapes(Some(OsStr::new(term))), "{term}");
        }
        for term in ["xterm-256color", "linux", "vt100", "screen", "tmux-256color", "foot"] {
            assert!(understands_escapes(Some(OsStr::new(term))), "{term}");
        }
    }
}
