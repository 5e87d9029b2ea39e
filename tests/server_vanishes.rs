//! The client when its server goes away, at whatever point, and comes back.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use support::beacon::{Air, valid};
use support::client::{GOODBYE, WELCOME, WRONG, server_again};
use support::data::{Data, EIGHT};
use support::phone::Phone;
use support::process::{Signal, descriptors};
use support::server::{self, Server};
use support::terminal::{Shown, Terminal};
use support::wait::{Deadline, background};

const AGAIN: &str = "Beacons are still received. Please log in again.";

/// A server, a directory for the client, and what there is to say when the server is gone.
struct Scene {
    server: Server,
    address: SocketAddr,
    data: Data,
    server_data: Data,
}

impl Scene {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let server_data = Data::with_users();
        let server = server::Setup::new(&server_data).arguments(arguments).start();
        Self { address: server.address, server, data: Data::empty(), server_data }
    }

    fn logged_out(&self) -> Terminal {
        let terminal = Terminal::start(self.address, &self.data);
        terminal.wait_for_last_row("Username:");
        terminal
    }

    fn asked_for_password(&self) -> Terminal {
        let mut terminal = self.logged_out();
        terminal.type_keys("+61410888888\r");
        terminal.wait_for_last_row("Password:");
        terminal
    }

    fn logged_in(&self) -> Terminal {
        Terminal::logged_in(self.address, &self.data, EIGHT)
    }

    /// Lets the server crash, and gives what it leaves.
    fn crash(self) -> After {
        let Self { server, address, data, server_data } = self;
        server.crash();
        After { address, data, server_data }
    }
}

/// A place where a server was.
struct After {
    address: SocketAddr,
    data: Data,
    server_data: Data,
}

impl After {
    fn restart(&self) -> Server {
        server_again(self.address, &self.server_data)
    }

    /// A beacon is received, and it is in the log.
    #[track_caller]
    fn assert_receives(&self, terminal: &Terminal, number: u32) {
        let valid_before = terminal.look(|shown| shown.count("The beacon is valid."));
        let record = valid(number);
        Air::new().send(terminal.udp_port(), &record);
        terminal.wait_until("one more beacon", |shown| {
            shown.count("The beacon is valid.") == valid_before + 1
        });
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.file("+61410888888_contactlog.txt")).unwrap_or_default()
    }
}

/// The terminal asks to log in again, having said so once.
#[track_caller]
fn wait_for_question(terminal: &Terminal, reason: &str) {
    terminal.wait_until(&format!("{reason:?} and the question"), |shown| {
        let rows = shown.rows();
        let [.., said, again, question] = &rows[..] else { return false };
        said.contains(reason) && again == AGAIN && question == "Username:"
    });
}

/// Waits until the server has closed every connection that it has.
#[track_caller]
fn wait_until_closed(server: &Server, idle: usize) {
    let deadline = Deadline::new();
    while descriptors(server.id()).len() > idle {
        deadline.check("the server to close its connections");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

#[test]
fn asking_username_server_gone_is_said_at_login_and_asked_again() {
    let scene = Scene::new();
    let mut terminal = scene.logged_out();
    let after = scene.crash();
    terminal.answer_both_questions(EIGHT);
    wait_for_question(&terminal, "Connection refused");
    after.assert_receives(&terminal, 1);
    let _server = after.restart();
    terminal.log_in(EIGHT);
    assert_eq!(after.log(), format!("{}\n", valid_as_logged(&terminal)));
}

#[test]
fn asking_password_server_gone_is_said_at_login_and_asked_again() {
    let scene = Scene::new();
    let mut terminal = scene.asked_for_password();
    let after = scene.crash();
    after.assert_receives(&terminal, 1);
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("comp3331\r");
    wait_for_question(&terminal, "Connection refused");
    let _server = after.restart();
    terminal.log_in(EIGHT);
}

#[test]
fn asking_password_server_back_logs_in_without_a_word() {
    let scene = Scene::new();
    let mut terminal = scene.asked_for_password();
    let after = scene.crash();
    let _server = after.restart();
    terminal.type_keys("comp3331\r");
    terminal.wait_for_last_row(">");
    terminal.wait_for_rows(&["Username: +61410888888", "Password:", WELCOME, ">"]);
}

#[test]
fn prompting_server_gone_is_said_at_once_and_nothing_is_lost() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.command("Download_tempID");
    terminal.type_keys("half a command");
    terminal.wait_for_last_row("> half a command");
    let after = scene.crash();
    wait_for_question(&terminal, "The server closed the connection.");
    after.assert_receives(&terminal, 1);
    let logged = after.log();
    assert_eq!(logged, format!("{}\n", valid_as_logged(&terminal)));
    // More than one attempt, until the server is back.
    for _ in 0..2 {
        terminal.answer_both_questions(EIGHT);
        wait_for_question(&terminal, "Connection refused");
    }
    let server = after.restart();
    terminal.log_in(EIGHT);
    assert_eq!(after.log(), logged);
    terminal.command("Upload_contact_log");
    server.stdout.wait_for_part("> received contact log from +61410888888");
    // The TempID is still the phone's.
    let air = Air::new();
    terminal.command(&format!("Beacon 127.0.0.1 {}", air.address().port()));
    assert_eq!(air.receive().len(), 59);
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
}

#[test]
fn prompting_half_a_command_stays_in_sight_and_comes_back_with_cursor_up() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    terminal.type_keys("Beacon 127.0.0.1 80");
    terminal.wait_for_last_row("> Beacon 127.0.0.1 80");
    let after = scene.crash();
    wait_for_question(&terminal, "The server closed the connection.");
    assert_eq!(terminal.look(|shown| shown.count("> Beacon 127.0.0.1 80")), 1);
    // The end of another command, from habit.
    terminal.type_keys("logout\r");
    terminal.wait_for_row("Nobody is logged in. Please log in again, or leave with Ctrl-D.");
    let _server = after.restart();
    terminal.log_in(EIGHT);
    terminal.type_keys("\x1b[A");
    terminal.wait_for_last_row("> Beacon 127.0.0.1 80");
}

#[test]
fn prompting_server_stopped_in_order_is_said_too() {
    let scene = Scene::new();
    let terminal = scene.logged_in();
    scene.server.stop();
    wait_for_question(&terminal, "The server closed the connection.");
}

#[test]
fn asked_again_user_who_leaves_has_failed() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    let _after = scene.crash();
    wait_for_question(&terminal, "The server closed the connection.");
    terminal.type_keys("\x04");
    terminal.assert_ended_well(1);
}

#[test]
fn waiting_server_gone_is_said_and_asked_again() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    scene.server.signal(Signal::STOP);
    terminal.type_keys("Download_tempID\r");
    terminal.wait_for_row("> Download_tempID");
    // Phones nearby do not wait for the server.
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_row("The beacon is valid.");
    let after = scene.crash();
    // A reset, as the request was never read.
    wait_for_question(&terminal, "The connection to the server is lost");
    after.assert_receives(&terminal, 2);
    assert_eq!(after.log().lines().count(), 2);
    let _server = after.restart();
    terminal.log_in(EIGHT);
    terminal.command("Download_tempID");
    assert_eq!(terminal.look(|shown| shown.count("TempID:")), 1);
}

#[test]
fn logging_in_server_gone_is_said_and_asked_again() {
    let scene = Scene::new();
    let mut terminal = scene.asked_for_password();
    scene.server.signal(Signal::STOP);
    terminal.type_keys("comp3331\r");
    Air::new().send(terminal.udp_port(), &valid(1));
    terminal.wait_for_row("The beacon is valid.");
    let after = scene.crash();
    terminal.wait_until("the question", |shown| {
        shown.count(AGAIN) == 1 && shown.last_row() == "Username:"
    });
    let _server = after.restart();
    terminal.log_in(EIGHT);
}

#[test]
fn waiting_server_goes_on_answers() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    scene.server.while_frozen(|| {
        terminal.type_keys("Download_tempID\rwhatsthedate\r");
        terminal.wait_for_row("> Download_tempID");
    });
    terminal.wait_until("both answers", |shown| {
        shown.count("TempID:") == 1 && shown.count("Error. Invalid command") == 1
    });
    terminal.wait_for_last_row(">");
}

#[test]
fn waiting_ctrl_c_leaves_without_the_server() {
    let scene = Scene::new();
    for keys in [&["\x03"][..], &["\x03", "\x03"]] {
        let mut terminal = scene.logged_in();
        scene.server.signal(Signal::STOP);
        terminal.type_keys("Download_tempID\r");
        terminal.wait_for_row("> Download_tempID");
        keys.iter().for_each(|key| terminal.type_keys(key));
        terminal.assert_ended_well(0);
        scene.server.signal(Signal::CONT);
        // What it was asked last, it hears in the end.
        scene.server.stdout.wait_for_part("> +61410888888 logout");
    }
}

#[test]
fn prompting_logout_of_frozen_server_ends_with_goodbye() {
    let scene = Scene::new();
    let mut terminal = scene.logged_in();
    scene.server.signal(Signal::STOP);
    terminal.type_keys("logout\r");
    terminal.assert_ended_well(0);
    terminal.wait_for_last_row(GOODBYE);
}

#[test]
fn logged_out_login_overdue_reconnects_without_a_word() {
    let scene = Scene::with(&["--login-timeout", "1"]);
    let idle = descriptors(scene.server.id()).len();
    let mut terminal = scene.logged_out();
    wait_until_closed(&scene.server, idle);
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("wrong\r");
    terminal.wait_until("the question", |shown| {
        shown.count(WRONG) == 1 && shown.last_row() == "Password:"
    });
    wait_until_closed(&scene.server, idle);
    terminal.type_keys("comp3331\r");
    terminal.wait_for_last_row(">");
    let rows = ["Username: +61410888888", "Password:", WRONG, "Password:", WELCOME, ">"];
    terminal.wait_for_rows(&rows);
}

#[test]
fn logged_out_server_full_is_said_and_asked_again() {
    let scene = Scene::with(&["--max-connections", "1"]);
    let mut first = Phone::connect(&scene.server);
    first.ping();
    let mut terminal = scene.logged_out();
    for attempts in 1..4 {
        terminal.answer_both_questions(EIGHT);
        terminal.wait_until("a word about it, and the question", |shown| {
            let rows = shown.rows();
            let refused = rows.iter().filter(|row| row.contains("too many connections")).count();
            refused == attempts && shown.last_row() == "Username:"
        });
    }
    let idle = descriptors(scene.server.id()).len();
    drop(first);
    wait_until_closed(&scene.server, idle - 1);
    terminal.log_in(EIGHT);
    assert_eq!(terminal.look(|shown| shown.count(WELCOME)), 1);
}

/// Something that is no BlueTrace server: it greets every connection, answers everything that it is
/// sent in the same way, and hangs up after so many answers.
#[expect(clippy::disallowed_methods, reason = "a few connections, and no loop to put them in")]
fn impostor(greeting: &'static str, answer: &'static str, answers: usize) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    background(move || {
        for stream in listener.incoming() {
            background(move || {
                let mut stream = stream.expect("a connection");
                let _ = stream.write_all(greeting.as_bytes());
                for _ in 0..answers {
                    if !stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {
                        break;
                    }
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    address
}

#[test]
fn logging_in_refused_by_a_server_that_does_not_hang_up_asks_again() {
    let data = Data::empty();
    for (greeting, answer) in [("", "-ERR no\r\n"), ("-BUSY no\r\n", "-BUSY no\r\n")] {
        let mut terminal = Terminal::start(impostor(greeting, answer, usize::MAX), &data);
        for attempts in 1..4 {
            terminal.answer_both_questions(EIGHT);
            terminal.wait_until("a word about it, and the question", |shown| {
                let refused = shown.count("The server refuses: no");
                refused == attempts && shown.last_row() == "Username:"
            });
        }
        terminal.type_keys("\x03");
        terminal.assert_ended_well(1);
    }
}

#[test]
fn logging_in_answer_of_another_protocol_is_said_and_shown_harmless() {
    let data = Data::empty();
    let answers =
        ["HTTP/1.1 400\r\n", "-WRONGPASS \x1b[2J\x1b]0;x\x07\r\n", "$999999999\r\n", ":1\r\n"];
    for (answer, count) in answers.iter().flat_map(|answer| [(answer, 1), (answer, usize::MAX)]) {
        let mut terminal = Terminal::start(impostor("", answer, count), &data);
        terminal.answer_both_questions(EIGHT);
        terminal.wait_until("a word about it, and the question", |shown| {
            let rows = shown.rows();
            rows.iter().any(|row| row.starts_with("Connection closed: "))
                && shown.last_row() == "Username:"
        });
        // Said once, also if it hangs up at the same moment.
        assert!(!terminal.look(|shown| shown.has_sent(b"cannot reach")), "{answer:?}");
        assert!(!terminal.look(|shown| shown.has_sent(b"\x1b[2J") || shown.has_sent(b"\x1b]0")));
    }
}

/// The record of the last beacon on the screen.
fn valid_as_logged(terminal: &Terminal) -> String {
    let rows = terminal.look(Shown::rows);
    let at = rows.iter().rposition(|row| row == "received beacon:").expect("a beacon");
    let field = |below: usize| rows[at + below].trim_end_matches([',', '.']).to_owned();
    [field(1), field(2), field(3)].join(" ")
}
