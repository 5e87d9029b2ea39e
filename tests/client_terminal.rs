//! The client on a terminal: what is on the screen while somebody types, and what is left behind.

mod support;

use rustix::termios::LocalModes;
use support::beacon::{Air, valid};
use support::client::{self, BLOCKED, GOODBYE, WELCOME, WRONG};
use support::data::EIGHT;
use support::process::Signal;
use support::terminal::{Scene, Setup, Shown, Terminal};

const CTRL_A: &str = "\x01";
const CTRL_B: &str = "\x02";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_E: &str = "\x05";
const CTRL_K: &str = "\x0b";
const CTRL_L: &str = "\x0c";
const CTRL_U: &str = "\x15";
const CTRL_W: &str = "\x17";
const CTRL_Z: &str = "\x1a";
const BACKSPACE: &str = "\x7f";
const LEFT: &str = "\x1b[D";
const RIGHT: &str = "\x1b[C";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const HOME: &str = "\x1b[H";
const END: &str = "\x1b[F";
const DELETE: &str = "\x1b[3~";

/// Waits until the rows from `above` over the cursor's on are `rows`, and the cursor is in
/// `column`.
#[track_caller]
fn wait_for_line(terminal: &Terminal, rows: &[&str], above: u16, column: u16) {
    terminal.wait_until(&format!("{rows:#?} with the cursor in column {column}"), |shown| {
        let (mut seen, at) = shown.around_cursor(above);
        let last = seen.iter().rposition(|row| !row.is_empty()).map_or(1, |last| last + 1);
        seen.truncate(last);
        seen == rows && at == column
    });
}

#[test]
fn asking_password_typed_is_never_on_the_screen() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    // Every way of making a line visible: edits, Tab, the history.
    terminal.type_keys(&format!("sesame{LEFT}{LEFT}{BACKSPACE}\t{UP}{DOWN}{CTRL_L}\r"));
    terminal.wait_until("the second question", |shown| {
        shown.count(WRONG) == 1 && shown.last_row() == "Password:"
    });
    terminal.type_keys("comp3331\r");
    terminal.wait_for_last_row(">");
    terminal.type_keys(&format!("{UP}{UP}logout\r"));
    terminal.assert_ended_well(0);
    for secret in ["comp3331", "comp", "3331", "sesame", "sesme"] {
        assert!(!terminal.look(|shown| shown.has_sent(secret.as_bytes())), "{secret}");
    }
    assert!(terminal.look(|shown| shown.has_sent(b"+61410888888")));
}

#[test]
fn starting_password_typed_ahead_is_never_on_the_screen() {
    let scene = Scene::new();
    let mut terminal = scene.setup().start();
    // Not before the terminal is raw, or the kernel echoes it.
    terminal.wait_until("the first word", |shown| !shown.raw().is_empty());
    terminal.type_keys("+61410888888\rcomp3331\rDownload_tempID\rlogout\r");
    terminal.assert_ended_well(0);
    assert!(!terminal.look(|shown| shown.has_sent(b"comp3331")));
    let rows = terminal.look(Shown::dialogue);
    assert_eq!(rows[..4], ["Username: +61410888888", "Password:", WELCOME, "> Download_tempID"]);
    assert_eq!(rows[6..], ["> logout", GOODBYE]);
}

#[test]
fn typing_beacon_arrives_above_and_the_line_stays() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys(&format!("Beacon 127.0.0.1{LEFT}{LEFT}{LEFT}"));
    wait_for_line(&terminal, &["> Beacon 127.0.0.1"], 0, 15);
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_row("The beacon is valid.");
    wait_for_line(&terminal, &["The beacon is valid.", "> Beacon 127.0.0.1"], 1, 15);
    terminal.type_keys("x");
    wait_for_line(&terminal, &["The beacon is valid.", "> Beacon 127.0.x0.1"], 1, 16);
    let rows = terminal.look(Shown::dialogue);
    assert_eq!(rows[3], "received beacon:", "{rows:#?}");
    assert_eq!(rows.len(), 3 + 7 + 1, "{rows:#?}");
}

#[test]
fn typing_on_narrow_terminal_beacon_arrives_above_the_wrapped_line() {
    let scene = Scene::new();
    let mut terminal = scene.setup().rows_and_columns(40, 20).start();
    terminal.log_in(EIGHT);
    let port = terminal.udp_port();
    // The last one fills two rows exactly, with the cursor behind it.
    for (number, columns) in [25, 41, 38].into_iter().enumerate() {
        let line: String = ('a'..='z').cycle().take(columns).collect();
        terminal.type_keys(&line);
        let whole = format!("> {line}");
        let rows: Vec<_> = whole.as_bytes().chunks(20).map(|row| str::from_utf8(row)).collect();
        let rows: Vec<_> = rows.into_iter().map(|row| row.expect("letters")).collect();
        let column = u16::try_from(whole.len() % 20).expect("small");
        let above = u16::try_from(whole.len() / 20).expect("small");
        wait_for_line(&terminal, &rows, above, column);
        Air::new().send(port, &valid(7 + u32::try_from(number).expect("small")));
        terminal.wait_until("one more beacon", |shown| {
            shown.count("The beacon is valid.") == number + 1
        });
        // It fills its row, and no empty row follows.
        let with_above = [&["The beacon is valid."][..], &rows].concat();
        wait_for_line(&terminal, &with_above, above + 1, column);
        terminal.type_keys(CTRL_U);
        wait_for_line(&terminal, &["The beacon is valid.", ">"], 1, 2);
    }
}

#[test]
fn asking_password_beacon_arrives_above_and_the_password_is_kept() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("comp");
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_row("The beacon is valid.");
    wait_for_line(&terminal, &["The beacon is valid.", "Password:"], 1, 10);
    terminal.type_keys("3331\r");
    terminal.wait_for_last_row(">");
    assert_eq!(terminal.look(|shown| (shown.count("Password:"), shown.count(WRONG))), (1, 0));
    assert_eq!(terminal.look(|shown| shown.count("Username: +61410888888")), 1);
}

#[test]
fn asking_username_beacon_arrives_above_and_the_name_is_kept() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("+61410");
    wait_for_line(&terminal, &["Username: +61410"], 0, 16);
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_row("The beacon is valid.");
    wait_for_line(&terminal, &["The beacon is valid.", "Username: +61410"], 1, 16);
    assert_eq!(terminal.look(Shown::dialogue)[0], "received beacon:");
}

#[test]
fn typing_tab_completes_commands() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys("D\t");
    wait_for_line(&terminal, &["> Download_tempID"], 0, 17);
    terminal.type_keys(&format!("{CTRL_U}b\t"));
    wait_for_line(&terminal, &["> Beacon"], 0, 9);
    terminal.type_keys(&format!("{CTRL_U}x\t"));
    wait_for_line(&terminal, &["> x"], 0, 3);
    terminal.type_keys(&format!("{CTRL_U}\t"));
    terminal.wait_for_row("Download_tempID  Upload_contact_log  Beacon  Forget_me  logout  help");
    wait_for_line(&terminal, &[">"], 0, 2);
    terminal.type_keys("lo\t\r");
    terminal.assert_ended_well(0);
    terminal.wait_for_row("> logout");
}

#[test]
fn typing_with_a_keyboard_in_another_mode_works() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    // Cursor keys in application mode, and keys as kitty and modifyOtherKeys encode them.
    terminal.type_keys("xhelp\x1bOH\x1bOC\x1b[127u\x1b[13u");
    terminal.wait_until("the list of commands, and the next prompt", |shown| {
        shown.count("> help") == 1 && shown.last_row() == ">"
    });
    terminal.type_keys("half\x1b[117;5uonce\x1bOA\x1b[27;5;99~");
    terminal.assert_ended_well(0);
    terminal.wait_for_last_row(GOODBYE);
}

#[test]
fn every_way_out_gives_the_keyboard_back_as_it_was() {
    let scene = Scene::new();
    for (key, code) in [(CTRL_C, 0), ("\x1b[99;5u", 0), (CTRL_D, 0), ("1\r1\r2\r3\r", 1)] {
        let mut terminal = scene.logged_out();
        terminal.wait_until("pastes to be marked", Shown::marks_pastes);
        assert!(terminal.look(|shown| shown.has_sent(b"\x1b[>0u") && shown.has_sent(b"\x1b[?1l")));
        terminal.type_keys(key);
        terminal.assert_ended_well(code);
        assert!(!terminal.look(Shown::marks_pastes), "{key:?}");
        assert!(terminal.look(|shown| shown.has_sent(b"\x1b[<1u")), "{key:?}");
    }
}

#[test]
fn typing_several_lines_pasted_waits_for_enter() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys("\x1b[200~whatsthedate\nDownload_tempID\nlogout\n\x1b[201~");
    wait_for_line(&terminal, &["> whatsthedate\u{23ce}Download_tempID\u{23ce}logout"], 0, 37);
    assert_eq!(scene.server.stdout.count(), 0);
    terminal.type_keys("\r");
    terminal.assert_ended_well(0);
    terminal.wait_until("each line carried out at a prompt of its own", |shown| {
        let rows = shown.dialogue();
        let at = |row: &str| rows.iter().position(|other| other == row);
        at("Error. Invalid command") < at("> Download_tempID")
            && at("> Download_tempID").is_some()
            && at("TempID:") < at("> logout")
            && shown.last_row() == GOODBYE
    });
}

#[test]
fn asking_username_lines_pasted_never_show_the_password() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("\x1b[200~+61410888888\ncomp3331\n\x1b[201~");
    wait_for_line(&terminal, &["Username: +61410888888"], 0, 22);
    terminal.wait_for_row("Only the first of the pasted lines is taken.");
    terminal.type_keys("\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("\x1b[200~comp3331\n\x1b[201~\r");
    terminal.wait_for_last_row(">");
    assert!(!terminal.look(|shown| shown.has_sent(b"comp3331")));
}

#[test]
fn typing_username_tab_completes_nothing() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("D\tx");
    wait_for_line(&terminal, &["Username: Dx"], 0, 12);
}

#[test]
fn typing_editing_keys_edit() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    let steps = [
        ("one two", "> one two", 9),
        (CTRL_A, "> one two", 2),
        (RIGHT, "> one two", 3),
        (DELETE, "> oe two", 3),
        (BACKSPACE, "> e two", 2),
        (END, "> e two", 7),
        (LEFT, "> e two", 6),
        (CTRL_D, "> e tw", 6),
        (CTRL_W, "> e", 4),
        (HOME, "> e", 2),
        (CTRL_E, "> e", 4),
        (CTRL_B, "> e", 3),
        (CTRL_K, "> e", 3),
        (CTRL_U, ">", 2),
        ("caf\u{e9} \u{4e2d}", "> caf\u{e9} \u{4e2d}", 9),
        (LEFT, "> caf\u{e9} \u{4e2d}", 7),
        (BACKSPACE, "> caf\u{e9}\u{4e2d}", 6),
        // Keys that mean nothing leave nothing.
        ("\x1b[15~\x1b[24;5~\x1bOP\x1b[200~\x1b[201~", "> caf\u{e9}\u{4e2d}", 6),
        (CTRL_U, "> \u{4e2d}", 2),
    ];
    for (key, row, column) in steps {
        terminal.type_keys(key);
        wait_for_line(&terminal, &[row], 0, column);
    }
}

#[test]
fn typing_arrows_recall_the_history_without_the_password() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.command("one");
    terminal.command("two");
    terminal.type_keys("thr");
    for (key, row) in
        [(UP, "> two"), (UP, "> one"), (UP, "> one"), (DOWN, "> two"), (DOWN, "> thr")]
    {
        terminal.type_keys(key);
        wait_for_line(&terminal, &[row], 0, u16::try_from(row.len()).expect("short"));
    }
    terminal.type_keys(&format!("{CTRL_U}{UP}{UP}\r"));
    terminal.wait_until("one again", |shown| shown.count("> one") == 2 && shown.last_row() == ">");
}

#[test]
fn typing_clear_screen_keeps_the_line() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys(&format!("logo{CTRL_L}"));
    terminal.wait_until("nothing but the line", |shown| shown.rows() == ["> logo"]);
    assert_eq!(terminal.look(Shown::cursor), (0, 6));
}

#[test]
fn typing_window_of_another_height_shows_the_line_once() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    for rows in [30, 10, 24, 59, 60] {
        terminal.resize(rows, 120);
        terminal.type_keys("x");
    }
    terminal.wait_for_last_row("Username: xxxxx");
    let prompts =
        |shown: &Shown| shown.rows().iter().filter(|row| row.starts_with("Username:")).count();
    assert_eq!(terminal.look(prompts), 1);
}

#[test]
fn typing_window_of_another_width_wraps_the_line_anew() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys("Beacon 127.0.0.1 8001");
    wait_for_line(&terminal, &["> Beacon 127.0.0.1 8001"], 0, 23);
    terminal.resize(60, 100);
    terminal.type_keys("2");
    wait_for_line(&terminal, &["> Beacon 127.0.0.1 80012"], 0, 24);
    terminal.resize(60, 140);
    terminal.type_keys(BACKSPACE);
    wait_for_line(&terminal, &["> Beacon 127.0.0.1 8001"], 0, 23);
    terminal.type_keys(&"y".repeat(140));
    wait_for_line(
        &terminal,
        &[&format!("> Beacon 127.0.0.1 8001{}", "y".repeat(117)), &"y".repeat(23)],
        1,
        23,
    );
}

#[test]
fn every_state_ctrl_c_and_ctrl_d_leave_and_restore_the_terminal() {
    let scene = Scene::new();
    for (number, key) in [CTRL_C, CTRL_D].into_iter().enumerate() {
        let mut terminal = scene.logged_out();
        terminal.type_keys(key);
        terminal.assert_ended_well(0);

        let mut terminal = scene.logged_out();
        terminal.type_keys("+61410888888\r");
        terminal.wait_for_last_row("Password:");
        terminal.type_keys(key);
        terminal.assert_ended_well(0);

        let mut terminal = scene.logged_in();
        assert!(!terminal.modes().local.intersects(LocalModes::ECHO | LocalModes::ICANON));
        terminal.type_keys(key);
        terminal.assert_ended_well(0);
        terminal.wait_for_last_row(GOODBYE);
        // Once for each key: nobody logs out who was not logged in.
        let logouts = ["> +61410888888 logout"; 2];
        scene.server.stdout.assert_exactly(&logouts[..=number].join("\n"));
    }
}

#[test]
fn typing_ctrl_c_leaves_with_half_a_line_typed() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys(&format!("Beac{CTRL_C}"));
    terminal.assert_ended_well(0);
    terminal.wait_until("goodbye below the line", |shown| {
        let rows = shown.rows();
        rows.ends_with(&["> Beac".to_owned(), GOODBYE.to_owned()])
    });
    scene.server.stdout.assert_exactly("> +61410888888 logout");
}

#[test]
fn every_state_terminated_restores_the_terminal() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.signal(Signal::TERM);
    terminal.assert_ended_well(0);
    for (count, signal) in [Signal::TERM, Signal::INT, Signal::HUP].into_iter().enumerate() {
        let mut terminal = scene.logged_in();
        terminal.type_keys("half a line");
        terminal.wait_for_last_row("> half a line");
        terminal.signal(signal);
        terminal.assert_ended_well(0);
        terminal.wait_for_last_row(GOODBYE);
        scene
            .server
            .stdout
            .wait_until("one more logout", |lines| (lines.len() == count + 1).then_some(()));
    }
}

#[test]
fn logging_in_refused_restores_the_terminal() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    terminal.type_keys("+61410888888\r1\r2\r3\r");
    terminal.assert_ended_well(1);
    let mut terminal = scene.logged_out();
    terminal.type_keys("+61410888888\rcomp3331\r");
    terminal.assert_ended_well(1);
    terminal.wait_for_last_row(BLOCKED);
}

#[test]
fn logged_in_window_closed_logs_out() {
    let scene = Scene::new();
    // The shell owns the terminal; with it, the terminal goes.
    let mut arguments = vec!["-c".to_owned(), "\"$@\"; true".to_owned(), "sh".to_owned()];
    arguments.push(client::PROGRAM.to_owned());
    arguments.extend(client::arguments(scene.server.address, &scene.data));
    let mut terminal = Setup::program("/bin/sh", &arguments, &scene.data).start();
    terminal.log_in(EIGHT);
    terminal.signal(Signal::KILL);
    scene.server.stdout.assert_exactly("> +61410888888 logout");
}

#[test]
fn typing_suspended_and_continued_has_the_line_again() {
    let scene = Scene::new();
    let arguments = ["--norc", "--noprofile", "-i"].map(str::to_owned);
    let mut shell =
        Setup::program("/bin/bash", &arguments, &scene.data).variable("PS1", "shell: ").start();
    shell.wait_for_last_row("shell:");
    let port = scene.server.address.port();
    shell.type_keys(&format!("{} 127.0.0.1 {port} 0\r", client::PROGRAM));
    shell.log_in(EIGHT);
    shell.type_keys(&format!("logo{CTRL_Z}"));
    shell.wait_for_last_row("shell:");
    shell.wait_until("the shell's word for it", |shown| {
        shown.rows().iter().any(|row| row.contains("Stopped"))
    });
    shell.type_keys("echo still $((40+2))\r");
    shell.wait_for_row("still 42");
    shell.type_keys("fg\r");
    shell.wait_for_last_row("> logo");
    shell.type_keys("ut\r");
    shell.wait_for_row(GOODBYE);
    shell.wait_for_last_row("shell:");
    shell.type_keys("exit\r");
    shell.assert_ended_well(0);
    scene.server.stdout.assert_exactly("> +61410888888 logout");
}
