//! The program `simulate`, from outside.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use super::data::Data;
use super::process::Ended;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_simulate");

/// Runs the program in the directory of `data`, with options separated by blanks.
pub fn simulate(data: &Data, options: &str) -> Ended {
    run(data, options.split_whitespace())
}

/// Runs the program in the directory of `data`.
pub fn run(data: &Data, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ended {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(data.path())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let lines = |bytes: Vec<u8>| -> Vec<String> {
        String::from_utf8(bytes).expect("text").lines().map(str::to_owned).collect()
    };
    Ended { status: output.status, stdout: lines(output.stdout), stderr: lines(output.stderr) }
}

/// What it prints, of a run that ends well and says nothing else.
#[track_caller]
pub fn printed(data: &Data, options: &str) -> Vec<String> {
    let ended = simulate(data, options);
    assert_eq!(ended.status.code(), Some(0), "{options}: {ended:#?}");
    assert_eq!(ended.stderr, [""; 0], "{options}: no bar where there is no terminal");
    ended.stdout
}
