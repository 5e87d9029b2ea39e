//! Files of messages, one JSON object per line.

use std::io::{self, Write};
use std::path::Path;

use crate::text_file::{self, FileError};
use crate::town::message::Message;
use crate::whole_file::{self, PUBLIC};

/// Latest time of a message, in seconds from the start of the run: longer than any run.
pub const MAX_T_SECONDS: f64 = 1e9;

/// Expected form of a line, for error messages.
const EXPECTED: &str =
    r#"{"t":0.5,"from":"phone 1","to":"server","via":"tcp","text":"QUIT"}, via tcp or udp"#;

/// Writes messages, one per line.
///
/// # Errors
///
/// An error of the system.
pub fn write(out: &mut impl Write, messages: &[Message]) -> io::Result<()> {
    messages.iter().try_for_each(|message| {
        serde_json::to_writer(&mut *out, message)?;
        out.write_all(b"\n")
    })
}

/// Writes messages to a file, which replaces an older one.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn write_file(path: &Path, messages: &[Message]) -> Result<(), FileError> {
    whole_file::replace(path, PUBLIC, |mut out| write(&mut out, messages))
        .map_err(|source| FileError::io(path, source))
}

/// Reads all messages of a file; `-` is standard input.
///
/// # Errors
///
/// [`FileError`]; the first line that is no message ends the reading.
pub fn read_file(path: &Path) -> Result<Vec<Message>, FileError> {
    let mut messages = Vec::new();
    let mut take = |line: text_file::Line<'_>| {
        messages.push(decode(line.text)?);
        Ok(())
    };
    if path == Path::new("-") {
        text_file::read_lines_of(io::stdin().lock(), "standard input".as_ref(), EXPECTED, take)?;
    } else {
        text_file::read_lines(path, EXPECTED, &mut take)?;
    }
    Ok(messages)
}

fn decode(line: &[u8]) -> Result<Message, String> {
    let message: Message = serde_json::from_slice(line)
        .map_err(|error| format!("it is no message, from column {} on", error.column()))?;
    if !(0.0..=MAX_T_SECONDS).contains(&message.t) {
        return Err(format!("t is {}, not from 0 to {MAX_T_SECONDS} s", message.t));
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
