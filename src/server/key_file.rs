//! The file with the keys of encrypted TempIDs: its form, reading it, adding a key.
//!
//! A line is a key, `<64 hexadecimal digits> <time at which it was made>`, blank, or a comment,
//! which begins with `#`. The first key encrypts; all of them decrypt, in their order.

use std::fmt;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::clock::Now;
use crate::protocol::Timestamp;
use crate::text_file::{self, FileError, read_lines_of};
use crate::whole_file::{self, PRIVATE, sync_directory};

/// Length of a key, in bytes: that of AES-256.
pub const KEY_BYTES: usize = 32;

/// Most keys in a file. Each makes tracing an unknown TempID longer; with a new key each month, the
/// oldest one is a year old.
pub const MAX_KEYS: usize = 16;

/// The name of the file where none is given.
pub const DEFAULT_NAME: &str = "tempIDs.key";

/// The form of a line.
const EXPECTED: &str =
    "\"<64 hexadecimal digits> <DD/MM/YYYY HH:MM:SS>\", as `server key new` writes it";

/// What a line begins with that is passed over.
const COMMENT: &[u8] = b"#";

/// The first lines of a new file.
const HEADING: &str = "\
# Keys of encrypted TempIDs, the newest first. Whoever has one can tell whose TempIDs are whose.
# Without the key of a TempID, nobody can trace it.
";

/// The permissions of everybody but the owner.
const OTHERS: u32 = 0o077;

/// A secret key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// The key with these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn decode(text: &[u8]) -> Option<Self> {
        let text: &[u8; 2 * KEY_BYTES] = text.try_into().ok()?;
        let (pairs, _) = text.as_chunks::<2>();
        let mut key = [0; KEY_BYTES];
        for (byte, [high, low]) in key.iter_mut().zip(pairs) {
            let digit = |text: u8| char::from(text).to_digit(16);
            *byte = (digit(*high)? << 4 | digit(*low)?) as u8;
        }
        Some(Self(key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Reads the keys at `path`, the newest first; there is at least one.
///
/// # Errors
///
/// [`FileError`] if the file cannot be read, others can read or change it, it has no key or more
/// than [`MAX_KEYS`], or a line is malformed or repeats a key.
pub fn read(path: &Path) -> Result<Vec<Key>, FileError> {
    let (keys, _) = read_with_text(path)?;
    if keys.is_empty() {
        let problem = format!("it has no key; expected {EXPECTED}");
        return Err(FileError::io(path, io::Error::new(ErrorKind::InvalidData, problem)));
    }
    Ok(keys)
}

/// Adds a random key, made now, as [`add`] does.
///
/// # Errors
///
/// [`FileError`] as of [`add`], or if the system has no random numbers.
pub fn add_random(path: &Path) -> Result<usize, FileError> {
    let mut key = [0; KEY_BYTES];
    SysRng
        .try_fill_bytes(&mut key)
        .map_err(|error| FileError::io(path, io::Error::other(error)))?;
    add(path, &Key(key), Now::read().wall)
}

/// Adds `key`, made at `now`, in front of the keys at `path`, and returns the number of keys. A
/// file that is not there is made. Whatever happens, the file has its old or its new content; if
/// this returns, the new one survives a crash.
///
/// # Errors
///
/// [`FileError`] as of [`read`], or if the file cannot be written.
pub fn add(path: &Path, key: &Key, now: Timestamp) -> Result<usize, FileError> {
    let with_path = |error| FileError::io(path, error);
    let (keys, text) = match read_with_text(path) {
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            (Vec::new(), HEADING.as_bytes().to_vec())
        }
        read => read?,
    };
    if keys.len() == MAX_KEYS {
        let problem = format!(
            "it has {MAX_KEYS} keys, and that is the limit; delete the last line once nobody \
             uploads TempIDs of that key any more"
        );
        return Err(with_path(io::Error::other(problem)));
    }
    let first_key = first_key(&text);
    whole_file::replace(path, PRIVATE, |file| {
        file.write_all(&text[..first_key])?;
        file.write_all(line(key, now).as_bytes())?;
        file.write_all(&text[first_key..])
    })
    // The bare name of a file has no directory to sync.
    .and_then(|()| sync_directory(&path.canonicalize()?))
    .map_err(with_path)?;
    Ok(keys.len() + 1)
}

/// The keys at `path`, and all text of the file.
fn read_with_text(path: &Path) -> Result<(Vec<Key>, Vec<u8>), FileError> {
    let with_path = |error| FileError::io(path, error);
    let mut file = text_file::open(path).map_err(with_path)?;
    check_mode(&file.metadata().map_err(with_path)?).map_err(with_path)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(with_path)?;
    let mut keys: Vec<Key> = Vec::new();
    read_lines_of(&text[..], path, EXPECTED, |line| {
        if line.text.starts_with(COMMENT) {
            return Ok(());
        }
        let key = decode_line(line.text)?;
        if keys.contains(&key) {
            return Err("an earlier line has the same key".to_owned());
        }
        if keys.len() == MAX_KEYS {
            return Err(format!("it is key number {}, and {MAX_KEYS} may be", MAX_KEYS + 1));
        }
        keys.push(key);
        Ok(())
    })?;
    Ok((keys, text))
}

fn check_mode(metadata: &Metadata) -> io::Result<()> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let problem = format!(
        "others can use it (mode {mode:03o}), so its keys may be no secret; chmod 600 keeps \
         them out, `server key new` makes a new key"
    );
    Err(io::Error::new(ErrorKind::PermissionDenied, problem))
}

/// Reads a line. A message never quotes it.
fn decode_line(line: &[u8]) -> Result<Key, String> {
    let problem = "it is no key and time";
    let (key, time) = line.split_at_checked(2 * KEY_BYTES).ok_or(problem)?;
    let key = Key::decode(key).ok_or("the key is not 64 hexadecimal digits")?;
    let time = time.strip_prefix(b" ").ok_or(problem)?;
    Timestamp::decode(time).map_err(|error| error.to_string())?;
    Ok(key)
}

fn line(key: &Key, made_at: Timestamp) -> String {
    let mut line = String::new();
    for byte in key.0 {
        write!(line, "{byte:02x}").expect("a String takes every character");
    }
    writeln!(line, " {made_at}").expect("a String takes every character");
    line
}

/// Where the line of the first key begins, behind the comments at the beginning.
fn first_key(text: &[u8]) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines
        .take_while(|line| line.starts_with(COMMENT) && line.ends_with(b"\n"))
        .map(<[u8]>::len)
        .sum()
}

#[cfg(test)]
mod tests;
