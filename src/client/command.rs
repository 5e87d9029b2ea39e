//! Commands at the prompt.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use crate::text_width::{clean, cut};

/// Columns of a word that an error quotes, at most. The longest IPv6 address has 39.
const MAX_QUOTED_COLUMNS: usize = 40;

/// A command of a user who is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `Download_tempID`
    Download,
    /// `Upload_contact_log`
    Upload,
    /// `Beacon <dest IP> <dest port>`
    Beacon(SocketAddr),
    /// `logout`
    LogOut,
    /// `help`
    Help,
}

/// Reason for which a line is no command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// The first word is no command, or has arguments that it does not take.
    #[error("There is no such command.")]
    Unknown,
    /// `Beacon` does not have two arguments.
    #[error("Usage: Beacon <dest IP> <dest port>")]
    NoDestination,
    /// The first argument of `Beacon`, quoted here, is no IP address.
    #[error(
        "Beacon needs an IP address, such as 127.0.0.1 or ::1, and \"{0}\" is none. Names are not \
         looked up."
    )]
    NoAddress(String),
    /// The second argument of `Beacon`, quoted here, is no port.
    #[error("Beacon needs a port from 1 to 65535, and \"{0}\" is none.")]
    NoPort(String),
}

impl Command {
    /// Words that Tab completes. Those that take arguments end with a space.
    pub const WORDS: &[&str] =
        &["Download_tempID", "Upload_contact_log", "Beacon ", "logout", "help"];

    /// Lines that `help` shows.
    pub const HELP: &[&str] = &[
        "Download_tempID               get a TempID from the server",
        "Upload_contact_log            send the contact log to the server",
        "Beacon <dest IP> <dest port>  send the TempID to a phone nearby",
        "logout                        log out and leave",
        "help                          show this list",
    ];

    /// Parses a line that has at least one word.
    ///
    /// # Errors
    ///
    /// [`CommandError`]
    pub fn decode(line: &str) -> Result<Self, CommandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["Download_tempID"] => Ok(Self::Download),
            ["Upload_contact_log"] => Ok(Self::Upload),
            ["Beacon", address, port] => decode_destination(address, port).map(Self::Beacon),
            ["Beacon", ..] => Err(CommandError::NoDestination),
            ["logout"] => Ok(Self::LogOut),
            ["help"] => Ok(Self::Help),
            _ => Err(CommandError::Unknown),
        }
    }
}

fn decode_destination(address: &str, port: &str) -> Result<SocketAddr, CommandError> {
    let quoted = |word: &str| cut(&clean(word), MAX_QUOTED_COLUMNS);
    let ip: IpAddr = address.parse().map_err(|_| CommandError::NoAddress(quoted(address)))?;
    match port.parse() {
        Ok(port) if port > 0 => Ok(SocketAddr::new(ip, port)),
        Ok(_) | Err(_) => Err(CommandError::NoPort(quoted(port))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_the_assignment_writes_them() {
        assert_eq!(Command::decode("Download_tempID"), Ok(Command::Download));
        assert_eq!(Command::decode("  Upload_contact_log "), Ok(Command::Upload));
        assert_eq!(Command::decode("logout"), Ok(Command::LogOut));
        let destination = "127.0.0.1:8001".parse().expect("an address");
        assert_eq!(Command::decode("Beacon 127.0.0.1 8001"), Ok(Command::Beacon(destination)));
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["whatsthedate", "logout now", "download_tempid", "Download_tempID 2"] {
            assert_eq!(Command::decode(line), Err(CommandError::Unknown), "{line}");
        }
        for line in ["Beacon", "Beacon 127.0.0.1", "Beacon 127.0.0.1 1 2"] {
            assert_eq!(Command::decode(line), Err(CommandError::NoDestination), "{line}");
        }
    }

    #[test]
    fn beacon_to_a_name_or_a_wrong_port_is_refused_with_what_is_expected() {
        let told = |line: &str| Command::decode(line).expect_err(line).to_string();
        let expected = "Beacon needs an IP address, such as 127.0.0.1 or ::1, and \"localhost\" is none. \
                        Names are not looked up.";
        assert_eq!(told("Beacon localhost 8001"), expected);
        for port in ["0", "65536", "-1", "http"] {
            let expected = format!("Beacon needs a port from 1 to 65535, and \"{port}\" is none.");
            assert_eq!(told(&format!("Beacon ::1 {port}")), expected);
        }
        let hostile = told(&format!("Beacon \x1b[2J{} 1", "x".repeat(500)));
        assert!(hostile.len() < 200 && !hostile.chars().any(char::is_control), "{hostile}");
    }
}
