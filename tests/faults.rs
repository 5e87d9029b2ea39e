//! What a program says and leaves behind when it ends by a fault of its own, or by a signal that
//! would write its memory to a file.

mod support;

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::Resource;
use support::data::{Data, EIGHT};
use support::phone::Phone;
use support::process::{Signal, limit};
use support::server::Server;

/// Set where this program plays one that has a fault.
const FAULTY: &str = "BLUETRACE_TEST_FAULTY";

/// This program once more, as one that has a fault.
fn faulty() -> Command {
    let this = std::env::current_exe().expect("the program of this test");
    let mut command = Command::new(this);
    command.args(["--exact", "fault_of_a_program_is_told_and_ends_it_with_code_1", "--nocapture"]);
    command.env(FAULTY, "1").env_remove("RUST_BACKTRACE");
    command
}

#[test]
fn fault_of_a_program_is_told_and_ends_it_with_code_1() {
    if std::env::var_os(FAULTY).is_some() {
        let code = bluetrace::program::run("server", || panic!("a rule is broken"));
        std::process::exit(if code == ExitCode::FAILURE { 1 } else { 0 });
    }
    let output = faulty().output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let [line] = stderr.lines().collect::<Vec<_>>()[..] else { panic!("no single line: {stderr}") };
    assert!(line.starts_with("server: this is a fault of the program"), "{line}");
    assert!(line.contains("tests/faults.rs") && line.ends_with("a rule is broken"), "{line}");
}

#[test]
fn fault_that_cannot_be_told_ends_a_program_with_code_1() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let status = faulty().stdout(Stdio::null()).stderr(full).status().expect("it runs");
    assert_eq!(status.code(), Some(1), "{status:?}");
}

#[test]
fn crash_of_the_server_leaves_no_memory_in_a_file() {
    let data = Data::with_users();
    let server = Server::start(&data);
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(limit(server.id(), Resource::Core, Some(0)), Some(0), "set by the server itself");
    server.signal(Signal::ABORT);
    let status = server.wait().status;
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
}
