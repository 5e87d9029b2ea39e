//! The client on terminals of several kinds: that can show colours or should not, and that can do
//! nothing.

mod support;

use rustix::termios::LocalModes;
use support::beacon::{Air, valid};
use support::client::{GOODBYE, WELCOME, WRONG};
use support::data::EIGHT;
use support::process::Signal;
use support::terminal::{Scene, Shown};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// Everything that a client sends to its terminal that sees a wrong password, a command, a beacon,
/// and the end.
fn output_with(variables: &[(&str, &str)]) -> Vec<u8> {
    let scene = Scene::new();
    let setup =
        variables.iter().fold(scene.setup(), |setup, (name, value)| setup.variable(name, value));
    let mut terminal = setup.start();
    terminal.wait_for_last_row("Username:");
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("wrong\r");
    terminal.wait_until("another question", |shown| {
        shown.count(WRONG) == 1 && shown.last_row() == "Password:"
    });
    terminal.type_keys("comp3331\r");
    terminal.wait_for_last_row(">");
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_until("the beacon, and the prompt again", |shown| {
        shown.count("The beacon is valid.") == 1 && shown.last_row() == ">"
    });
    terminal.command("Upload_contact_log");
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
    assert!(!terminal.look(|shown| shown.has_sent(b"comp3331")), "{variables:?}");
    terminal.wait_for_last_row(GOODBYE);
    terminal.look(|shown| shown.raw().to_vec())
}

fn is_coloured(output: &[u8]) -> bool {
    output.windows(5).any(|bytes| bytes.starts_with(b"\x1b[3") && bytes.ends_with(b"m"))
}

#[test]
fn terminal_that_can_is_coloured() {
    assert!(is_coloured(&output_with(&[])));
    assert!(is_coloured(&output_with(&[("NO_COLOR", "")])));
}

#[test]
fn terminal_of_who_wants_no_colour_is_not_coloured() {
    let output = output_with(&[("NO_COLOR", "1")]);
    assert!(!is_coloured(&output));
    assert!(output.contains(&0x1b), "the line is still edited by us");
}

#[test]
fn terminal_without_abilities_works_line_by_line_without_escapes() {
    for term in ["dumb", "unknown", ""] {
        let output = output_with(&[("TERM", term)]);
        // The mark of the test itself is the only one.
        assert_eq!(output.iter().filter(|byte| **byte == 0x1b).count(), 1, "{term:?}");
    }
}

#[test]
fn dumb_terminal_dialogue_is_as_printed() {
    let scene = Scene::new();
    let mut terminal = scene.setup().variable("TERM", "dumb").start();
    terminal.log_in(EIGHT);
    terminal.command("whatsthedate");
    terminal.type_keys("logout\n");
    terminal.assert_ended_well(0);
    terminal.wait_for_rows(&[
        "Username: +61410888888",
        "Password:",
        WELCOME,
        "> whatsthedate",
        "Error. Invalid command",
        "> logout",
        GOODBYE,
    ]);
}

#[test]
fn dumb_terminal_beacon_arrives_on_rows_of_its_own() {
    let scene = Scene::new();
    let mut terminal = scene.setup().variable("TERM", "dumb").start();
    terminal.log_in(EIGHT);
    terminal.type_keys("log");
    terminal.wait_for_last_row("> log");
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_last_row(">");
    terminal.wait_for_row("received beacon:");
    terminal.wait_for_row("The beacon is valid.");
    // The kernel still has what was typed.
    terminal.type_keys("out\r");
    terminal.assert_ended_well(0);
    terminal.wait_for_last_row(GOODBYE);
}

#[test]
fn dumb_terminal_ctrl_c_and_ctrl_d_say_goodbye_on_a_row_of_its_own() {
    let scene = Scene::new();
    for key in [CTRL_C, CTRL_D] {
        let mut terminal = scene.setup().variable("TERM", "dumb").start();
        terminal.log_in(EIGHT);
        terminal.type_keys(key);
        terminal.assert_ended_well(0);
        terminal.wait_until("the goodbye", |shown| shown.last_row().contains(GOODBYE));
        assert_eq!(terminal.look(Shown::last_row), GOODBYE);
    }
}

#[test]
fn dumb_terminal_terminated_while_asking_for_the_password_echoes_again() {
    let scene = Scene::new();
    let mut terminal = scene.setup().variable("TERM", "dumb").start();
    terminal.wait_for_last_row("Username:");
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    assert!(!terminal.modes().local.contains(LocalModes::ECHO));
    terminal.signal(Signal::TERM);
    terminal.assert_ended_well(0);
}
