//! What a phone shows of its health authority: notices, and that an upload needs a code.

mod support;

use std::process::Command;

use support::beacon::{Air, valid};
use support::client::{Client, WELCOME};
use support::data::{Data, EIGHT, NINE};
use support::phone::Phone;
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::terminal::Terminal;

const LEFT: &str = "\x1b[D";
const HEADING: &str = "Notice of your health authority about a contact on ";
const TEXT: &str = "Please stay at home.";

/// A server that tells people of each upload that names them.
fn notifying(data: &Data) -> Server {
    Setup::new(data).arguments(&["--notify", "--notice-text", TEXT]).start()
}

/// [`NINE`] uploads a log that names [`EIGHT`].
#[track_caller]
fn name_eight(server: &Server) {
    let heard = Phone::logged_in(server, EIGHT).temp_id();
    assert_eq!(Phone::logged_in(server, NINE).upload(&[heard]), Reply::Integer(1));
}

/// Waits until the server knows that [`EIGHT`] has been shown every notice.
#[track_caller]
fn wait_until_acknowledged(server: &Server) {
    let (mut phone, mut asking) = (Phone::connect(server), Phone::logged_in(server, EIGHT));
    phone.ping_until("the acknowledgement", || asking.ask("NOTICES") == Reply::Array(vec![]));
}

#[test]
fn typing_notice_arrives_above_and_the_line_stays() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = notifying(&data);
    let mut terminal = Terminal::logged_in(server.address, &phone, EIGHT);
    terminal.type_keys(&format!("Beacon 127.0.0.1{LEFT}{LEFT}{LEFT}"));
    terminal.wait_for_last_row("> Beacon 127.0.0.1");
    name_eight(&server);
    terminal.wait_until("the notice above the line", |shown| {
        let (rows, column) = shown.around_cursor(2);
        rows[0].starts_with(HEADING) && rows[1..3] == [TEXT, "> Beacon 127.0.0.1"] && column == 15
    });
    wait_until_acknowledged(&server);
    terminal.type_keys("x");
    terminal.wait_for_last_row("> Beacon 127.0.x0.1");
    assert_eq!(terminal.look(|shown| shown.count(TEXT)), 1);
}

#[test]
fn notice_that_came_meanwhile_is_shown_once_after_the_next_login() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = notifying(&data);
    name_eight(&server);
    let client = Client::logged_in(server.address, &phone, EIGHT);
    client.stdout.wait_for("the notice", |line| line == TEXT);
    wait_until_acknowledged(&server);
    client.crash();
    let mut client = Client::logged_in(server.address, &phone, EIGHT);
    client.type_line("logout");
    assert!(!client.wait().stdout.iter().any(|line| line == TEXT));
}

#[test]
fn upload_without_the_code_that_the_server_wants_says_how_to_give_it() {
    let (data, phone) = (Data::with_users(), Data::empty());
    let server = Setup::new(&data).arguments(&["--upload-codes"]).start();
    let mut client = Client::logged_in(server.address, &phone, EIGHT);
    Air::new().send(client.udp_port(), &valid(1));
    client.stdout.wait_for("a beacon", |line| line == "The beacon is valid.");
    client.type_line("Upload_contact_log");
    let advice = "Type the code behind the command: Upload_contact_log 12345678";
    client.stdout.wait_for("the advice", |line| line == advice);
    let mut command = Command::new(PROGRAM);
    command.args(["code", EIGHT.user, "--data"]).arg(data.path());
    let output = command.output().expect("the program runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let mut words = printed.split(|character: char| !character.is_ascii_digit());
    let code = words.find(|digits| digits.len() == 8).expect("a code").to_owned();
    client.type_line(&format!("Upload_contact_log {code}"));
    server.stdout.wait_for("the upload", |line| line.contains("received contact log from"));
    client.type_line("logout");
    let ended = client.wait();
    assert_eq!(ended.stdout.iter().filter(|line| **line == WELCOME).count(), 1);
    assert!(!ended.stdout.iter().any(|line| line.contains(&code)), "{ended:?}");
}
