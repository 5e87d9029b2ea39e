//! Commands at the prompt.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use crate::protocol::UploadCode;
use crate::text_width::{clean, cut};

/// Columns of a word that an error quotes, at most. The longest IPv6 address has 39.
const MAX_QUOTED_COLUMNS: usize = 40;

/// A command of a user who is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `Download_tempID`
    Download,
    /// `Upload_contact_log [code]`
    Upload(Option<UploadCode>),
    /// `Beacon <dest IP> <dest port>`
    Beacon(SocketAddr),
    /// `Forget_me`
    Forget,
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
    /// The argument of `Upload_contact_log`, quoted here, is no code.
    #[error(
        "Upload_contact_log takes the code of {digits} digits that your health authority gave you, \
         and \"{0}\" is none.",
        digits = UploadCode::DIGITS
    )]
    NoCode(String),
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
        &["Download_tempID", "Upload_contact_log", "Beacon ", "Forget_me", "logout", "help"];

    /// Lines that `help` shows.
    pub const HELP: &[&str] = &[
        "Download_tempID               get a TempID from the server",
        "Upload_contact_log [code]     send the contact log to the server",
        "Beacon <dest IP> <dest port>  send the TempID to a phone nearby",
        "Forget_me                     end your account",
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
            ["Upload_contact_log"] => Ok(Self::Upload(None)),
            ["Upload_contact_log", code] => match UploadCode::decode(code.as_bytes()) {
                Ok(code) => Ok(Self::Upload(Some(code))),
                Err(_) => Err(CommandError::NoCode(quoted(code))),
            },
            ["Beacon", address, port] => decode_destination(address, port).map(Self::Beacon),
            ["Beacon", ..] => Err(CommandError::NoDestination),
            ["Forget_me"] => Ok(Self::Forget),
            ["logout"] => Ok(Self::LogOut),
            ["help"] => Ok(Self::Help),
            _ => Err(CommandError::Unknown),
        }
    }
}

fn decode_destination(address: &str, port: &str) -> Result<SocketAddr, CommandError> {
    let ip: IpAddr = address.parse().map_err(|_| CommandError::NoAddress(quoted(address)))?;
    match port.parse() {
        Ok(port) if port > 0 => Ok(SocketAddr::new(ip, port)),
        Ok(_) | Err(_) => Err(CommandError::NoPort(quoted(port))),
    }
}

fn quoted(word: &str) -> String {
    cut(&clean(word), MAX_QUOTED_COLUMNS)
}

#[cfg(test)]
mod tests;
