//! What a user may type at the prompt.

use std::net::{IpAddr, SocketAddr};

/// What a user types who is logged in.
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

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandError {
    /// There is no such command.
    Unknown,
    /// `Beacon` without an address and a port.
    NoDestination,
}

impl Command {
    /// The words that Tab completes; what takes arguments ends with a blank.
    pub const WORDS: &[&str] =
        &["Download_tempID", "Upload_contact_log", "Beacon ", "logout", "help"];

    /// What `help` shows.
    pub const HELP: &[&str] = &[
        "Download_tempID               get a TempID from the server",
        "Upload_contact_log            send the contact log to the server",
        "Beacon <dest IP> <dest port>  send the TempID to a phone nearby",
        "logout                        log out and leave",
        "help                          show this list",
    ];

    /// Reads a line that has at least one word.
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
    let address: IpAddr = address.parse().map_err(|_| CommandError::NoDestination)?;
    match port.parse() {
        Ok(port) if port > 0 => Ok(SocketAddr::new(address, port)),
        Ok(_) | Err(_) => Err(CommandError::NoDestination),
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
        for line in [
            "Beacon",
            "Beacon 127.0.0.1",
            "Beacon here 1",
            "Beacon 127.0.0.1 0",
            "Beacon ::1 65536",
        ] {
            assert_eq!(Command::decode(line), Err(CommandError::NoDestination), "{line}");
        }
    }
}
