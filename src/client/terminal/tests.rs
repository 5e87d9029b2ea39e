use std::fs::File;
use std::io::{Read, Write};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;

const MARK: &str = "the terminal is raw";

fn at_a_terminal() -> Environment {
    Environment {
        stdin_is_terminal: true,
        stdout_is_terminal: true,
        term: Some("xterm".into()),
        no_color: None,
    }
}

#[test]
fn terminal_both_sides_edits_and_colours() {
    assert_eq!(at_a_terminal().input(), Input::Edited);
    assert!(at_a_terminal().allows_colour());
}

#[test]
fn terminal_dumb_or_unnamed_leaves_editing_to_kernel() {
    for term in [None, Some("dumb".into()), Some("unknown".into())] {
        let environment = Environment { term, ..at_a_terminal() };
        assert_eq!(environment.input(), Input::KernelEdited);
        assert!(!environment.allows_colour());
    }
}

#[test]
fn redirected_output_leaves_editing_to_kernel_without_colour() {
    let environment = Environment { stdout_is_terminal: false, ..at_a_terminal() };
    assert_eq!(environment.input(), Input::KernelEdited);
    assert!(!environment.allows_colour());
}

#[test]
fn redirected_input_is_unattended() {
    let environment = Environment { stdin_is_terminal: false, ..at_a_terminal() };
    assert_eq!(environment.input(), Input::Unattended);
    assert!(environment.allows_colour());
}

#[test]
fn no_color_counts_unless_empty() {
    let set = |value: &str| Environment { no_color: Some(value.into()), ..at_a_terminal() };
    assert!(!set("0").allows_colour());
    assert!(set("").allows_colour());
}

/// Everything that `raw` and `silent` may change.
fn modes(terminal: &File) -> (InputModes, LocalModes, u8, u8) {
    let now = tcgetattr(terminal).expect("a terminal has attributes");
    let codes = &now.special_codes;
    let (vmin, vtime) = (codes[SpecialCodeIndex::VMIN], codes[SpecialCodeIndex::VTIME]);
    (now.input_modes, now.local_modes, vmin, vtime)
}

/// Runs the ignored test `name` of this program on a terminal of its own, and returns the
/// attributes before, when it says that the terminal is changed, and after its end.
fn modes_around(name: &str) -> [(InputModes, LocalModes, u8, u8); 3] {
    let pair = native_pty_system().openpty(PtySize::default()).expect("a pseudo-terminal");
    let path = pair.master.tty_name().expect("its name");
    let terminal = File::options().read(true).write(true).open(path).expect("its other side");
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
    let (_, module) = module_path!().split_once("::").expect("a module of the crate");
    let name = format!("{module}::{name}");
    command.args(["--exact", "--ignored", "--nocapture", "--test-threads=1", &name]);
    let before = modes(&terminal);
    let mut child = pair.slave.spawn_command(command).expect("this program starts");
    read_until_mark(&mut pair.master.try_clone_reader().expect("a reader"));
    let during = modes(&terminal);
    let mut writer = pair.master.take_writer().expect("a writer");
    writer.write_all(b"\n").expect("the key is taken");
    child.wait().expect("the program ends");
    [before, during, modes(&terminal)]
}

fn read_until_mark(reader: &mut dyn Read) {
    let (mut seen, mut byte) = (String::new(), [0]);
    while !seen.contains(MARK) {
        assert!(!seen.contains("test result"), "the program ended early: {seen}");
        reader.read_exact(&mut byte).expect("the program prints");
        seen.push(char::from(byte[0]));
    }
}

fn wait_for_key() {
    println!("{MARK}");
    io::stdin().read_exact(&mut [0]).expect("a key");
}

#[test]
#[ignore = "run by the tests below, on a terminal"]
fn raw_child_drops_guard() {
    let _guard = ChangedTerminal::raw().expect("a terminal");
    wait_for_key();
}

#[test]
#[ignore = "run by the tests below, on a terminal"]
fn raw_child_panics() {
    // Forgotten, so that only the hook can restore.
    std::mem::forget(ChangedTerminal::raw().expect("a terminal"));
    wait_for_key();
    panic!("on purpose");
}

#[test]
#[ignore = "run by the tests below, on a terminal"]
fn raw_child_stops_and_goes_on() {
    let mut guard = ChangedTerminal::raw().expect("a terminal");
    restore().expect("a terminal");
    let restored = tcgetattr(stdin()).expect("a terminal");
    assert!(restored.local_modes.contains(LocalModes::ISIG));
    guard.resume().expect("a terminal");
    wait_for_key();
}

#[test]
#[ignore = "run by the tests below, on a terminal"]
fn silent_child_drops_guard() {
    let _guard = ChangedTerminal::without_echo().expect("a terminal");
    wait_for_key();
}

fn assert_raw_then_restored(name: &str) {
    let [before, during, after] = modes_around(name);
    let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    assert!(before.1.contains(cooked), "before");
    assert!(!during.1.intersects(cooked) && !during.0.contains(InputModes::ICRNL), "during");
    assert_eq!(after, before, "after");
}

#[test]
fn raw_guard_dropped_restores() {
    assert_raw_then_restored("raw_child_drops_guard");
}

#[test]
fn raw_panic_restores() {
    assert_raw_then_restored("raw_child_panics");
}

#[test]
fn raw_restore_and_resume_is_raw_again() {
    assert_raw_then_restored("raw_child_stops_and_goes_on");
}

#[test]
fn silent_guard_dropped_restores() {
    let [before, during, after] = modes_around("silent_child_drops_guard");
    assert!(!during.1.contains(LocalModes::ECHO));
    assert!(during.1.contains(LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHONL));
    assert_eq!(after, before);
}
