//! What the fuzz targets share: ways to cut a stream, and files in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Separates the parts of an input that stands for several files or arguments.
const SEPARATOR: &[u8] = b"\n----\n";

/// Cuts `stream` into pieces whose lengths follow from `seed`, so that the fuzzer controls them.
pub fn cut(stream: &[u8], seed: u8) -> Vec<&[u8]> {
    let (mut rest, mut state, mut pieces) = (stream, u32::from(seed), Vec::new());
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let len = 1 + (state >> 24) as usize % if seed.is_multiple_of(2) { 4 } else { 64 };
        let (piece, behind) = rest.split_at(len.min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The first `N` parts of an input; those that it does not have are empty.
pub fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut rest = Some(input);
    std::array::from_fn(|part| {
        let all = rest.take().unwrap_or_default();
        let is_last = part + 1 == N;
        let end = all.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        match end.filter(|_| !is_last) {
            Some(end) => {
                rest = Some(&all[end + SEPARATOR.len()..]);
                &all[..end]
            }
            None => all,
        }
    })
}

/// A directory of this process, in memory where the system has such a file system.
pub fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<TempDir> = OnceLock::new();
    let memory = Path::new("/dev/shm");
    let make = || match memory.is_dir() {
        true => TempDir::with_prefix_in("bluetrace-fuzz-", memory),
        false => TempDir::with_prefix("bluetrace-fuzz-"),
    };
    DIRECTORY.get_or_init(|| make().expect("a temporary directory")).path()
}

/// Writes a file for one run of a target, in [`directory`].
pub fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = directory().join(name);
    fs::write(&path, content).expect("a file in memory");
    path
}

/// Checks that the message of an error is something to read: one line, without control characters.
pub fn check_message(error: &impl std::fmt::Display) {
    let message = error.to_string();
    assert!(!message.is_empty(), "an error without a message");
    assert!(!message.chars().any(char::is_control), "control characters: {message:?}");
}
