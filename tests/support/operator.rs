use std::process::{Command, Output};

use super::data::Data;
use super::server::PROGRAM;

/// Runs a subcommand of the server on a data directory.
fn operate(data: &Data, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--data").arg(data.path());
    command.output().expect("the program runs")
}

/// What a subcommand of the server says.
#[track_caller]
pub fn told_operator(data: &Data, arguments: &[&str]) -> String {
    let output = operate(data, arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a subcommand of the server says is wrong.
#[track_caller]
pub fn problem(data: &Data, arguments: &[&str], code: i32) -> String {
    let output = operate(data, arguments);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(code), &b""[..]), "{output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}
