//! `client --auto`: TempIDs that the phone fetches by itself.

mod support;

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, channel};

use support::beacon::Air;
use support::client::{Client, Setup, WELCOME, server_again};
use support::data::{Data, EIGHT};
use support::group::Group;
use support::liar::{Answer, Liar, Truth, bulk};
use support::record::Record;
use support::server::{self, Server};
use support::wait::{Deadline, PATIENCE, unix_seconds};

const BATCH: usize = 100;

#[track_caller]
fn start(server: &Server, data: &Data) -> Client {
    let mut client = Setup::new(server.address, data).also(&["--auto"]).start();
    client.log_in(EIGHT);
    client
}

/// Sends a beacon to `air`, and returns the record in it.
#[track_caller]
fn beacon(client: &mut Client, air: &Air) -> Record {
    client.type_line(&format!("Beacon 127.0.0.1 {}", air.address().port()));
    let datagram = air.receive();
    Record::from_wire(&datagram[..Record::LEN])
}

#[test]
fn logged_in_a_beacon_needs_no_download() {
    let (server_data, data, air) = (Data::with_users(), Data::empty(), Air::new());
    let server = Server::start(&server_data);
    let mut client = start(&server, &data);
    let sent = beacon(&mut client, &air);
    let issued: Vec<_> = server_data.temp_ids().into_iter().map(|line| line.record).collect();
    assert_eq!((issued.len(), &issued[0]), (BATCH, &sent));
    // The user sees the beacon, and nothing of the batch.
    client.stdout.wait_for_part(&format!("{}.", sent.expiry));
    let shown = [format!("{},", sent.temp_id), format!("{},", sent.start)];
    assert_eq!(client.shown()[..3], [&[WELCOME.to_owned()][..], &shown].concat());
}

#[test]
fn downloaded_temp_id_is_shown_and_used() {
    let (server_data, data, air) = (Data::with_users(), Data::empty(), Air::new());
    let server = Server::start(&server_data);
    let mut client = start(&server, &data);
    client.type_line("Download_tempID");
    client.stdout.wait_for_part("TempID:");
    let sent = beacon(&mut client, &air);
    let issued = server_data.temp_ids();
    assert_eq!((issued.len(), &issued[BATCH].record), (BATCH + 1, &sent));
    client.stdout.wait_for("the TempID", |line| line == sent.temp_id);
    assert_eq!(client.shown()[1..3], ["TempID:".to_owned(), sent.temp_id.clone()]);
}

#[test]
fn window_that_ends_changes_the_temp_id() {
    let (server_data, data, air) = (Data::with_users(), Data::empty(), Air::new());
    let setup = server::Setup::new(&server_data).arguments(&["--tempid-lifetime", "1"]);
    let server = setup.start();
    let mut client = start(&server, &data);
    let first = beacon(&mut client, &air);
    let deadline = Deadline::new();
    let mut next = beacon(&mut client, &air);
    while next == first {
        deadline.check("another TempID");
        next = beacon(&mut client, &air);
    }
    let issued: Vec<_> = server_data.temp_ids().into_iter().map(|line| line.record).collect();
    let place = |sent: &Record| issued.iter().position(|it| it == sent).expect("issued");
    assert!(place(&first) < place(&next));
    assert!(!client.shown().iter().any(|line| line.contains("Warning")), "{:?}", client.shown());
}

#[test]
fn server_that_comes_back_is_asked_again_after_the_next_login() {
    let (server_data, data, air) = (Data::with_users(), Data::empty(), Air::new());
    let server = Server::start(&server_data);
    let mut client = start(&server, &data);
    beacon(&mut client, &air);
    let address = server.address;
    server.crash();
    client.stdout.wait_for_part("log in again");
    let _server = server_again(address, &server_data);
    client.log_in(EIGHT);
    let deadline = Deadline::new();
    while server_data.temp_id_count() < 2 * BATCH {
        deadline.check("another batch");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    // The TempID of the batch before is used to its end.
    let sent = beacon(&mut client, &air);
    assert_eq!(server_data.temp_ids()[0].record, sent);
}

#[test]
fn script_that_sends_a_beacon_at_once_waits_for_the_batch() {
    let (server_data, data, air) = (Data::with_users(), Data::empty(), Air::new());
    let server = Server::start(&server_data);
    let port = air.address().port();
    let script = format!("{}\n{}\nBeacon 127.0.0.1 {port}\n", EIGHT.user, EIGHT.password);
    data.write("script", script);
    let stdin = File::open(data.file("script")).expect("written");
    let ended = Setup::new(server.address, &data).also(&["--auto"]).stdin(stdin).start().wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let sent = Record::from_wire(&air.receive()[..Record::LEN]);
    assert!(ended.stdout.contains(&format!("{},", sent.temp_id)), "{ended:?}");
}

/// A server that tells of each `TEMPID` of a batch, and answers it when the test says what.
struct Slow {
    liar: Liar,
    asked: Receiver<()>,
    answers: Sender<Vec<u8>>,
}

impl Slow {
    fn start() -> Self {
        let (ask, asked) = channel();
        let (answers, answer) = channel();
        let mut truth = Truth::default();
        let liar = Liar::about("TEMPID", move |words| match words {
            [_, _] => {
                // A test that is over does not mind.
                let _ = ask.send(());
                answer.recv_timeout(PATIENCE).map_or(Answer::Nothing, Answer::Say)
            }
            words => Answer::Say(truth.answer(words)),
        });
        Self { liar, asked, answers }
    }

    #[track_caller]
    fn client(&self, data: &Data) -> Client {
        let mut client = Setup::new(self.liar.address, data).also(&["--auto"]).start();
        client.log_in(EIGHT);
        client
    }

    #[track_caller]
    fn wait_for_request(&self) {
        self.asked.recv_timeout(PATIENCE).expect("the client asks for a batch");
    }

    fn answer(&self, bytes: Vec<u8>) {
        self.answers.send(bytes).expect("a client that waits");
    }
}

/// TempIDs for a hundred seconds in a row, the first of which began `since` seconds ago.
fn seconds_since(since: i64) -> Vec<u8> {
    let now = unix_seconds() - since;
    let moment = |second: i64| {
        let moment = chrono::DateTime::from_timestamp(now + second, 0).expect("our days");
        moment.format("%d/%m/%Y %H:%M:%S").to_string()
    };
    let record = |number: i64| {
        Record::new(&format!("{:020}", now + number), &moment(number), &moment(number)).wire()
    };
    bulk(&(0..BATCH as i64).flat_map(record).collect::<Vec<u8>>())
}

#[test]
fn batch_whose_half_is_over_is_renewed_without_the_user() {
    let (server, data) = (Slow::start(), Data::empty());
    let mut client = server.client(&data);
    server.wait_for_request();
    server.answer(seconds_since(48));
    server.wait_for_request();
    server.answer(seconds_since(0));
    client.type_line("no command");
    client.stdout.wait_for_part("Error. Invalid command");
    assert_eq!(client.shown(), [WELCOME, "Error. Invalid command"]);
}

#[test]
fn commands_typed_while_a_batch_is_on_its_way_are_carried_out_after_it() {
    let (server, data) = (Slow::start(), Data::empty());
    let mut client = server.client(&data);
    server.wait_for_request();
    client.type_line("Download_tempID");
    client.type_line("no command");
    server.answer(seconds_since(0));
    client.stdout.wait_for_part("Error. Invalid command");
    assert_eq!(client.shown()[1], "TempID:");
    assert_eq!(client.shown().len(), 4);
}

#[test]
fn temp_ids_that_run_out_are_told_once_and_so_is_the_next() {
    let (server, data, group) = (Slow::start(), Data::empty(), Group::new());
    let mut client = Setup::new(server.liar.address, &data).also(&group.options()).start();
    client.log_in(EIGHT);
    server.wait_for_request();
    server.answer(seconds_since(97));
    client.stdout.wait_for_part("it has no TempID that is valid now");
    server.wait_for_request();
    server.answer(seconds_since(0));
    client.stdout.wait_for_part("Beacons are sent to ");
    group.hear();
    client.type_line("no command");
    client.stdout.wait_for_part("Error. Invalid command");
    let shown = client.shown();
    let count = |part: &str| shown.iter().filter(|line| line.contains(part)).count();
    assert_eq!((count("sends no beacons"), count("Beacons are sent")), (1, 1), "{shown:?}");
}

#[test]
fn refusal_is_told_once_and_the_user_goes_on() {
    let (server, data) = (Slow::start(), Data::empty());
    let mut client = server.client(&data);
    server.wait_for_request();
    client.type_line("Beacon 127.0.0.1 9");
    server.answer(b"-IOERR TempID not recorded: no space\r\n".to_vec());
    client.stdout.wait_for_part("There is no TempID to send yet");
    // Five seconds later.
    server.wait_for_request();
    server.answer(b"-IOERR TempID not recorded: no space\r\n".to_vec());
    client.type_line("Download_tempID");
    client.stdout.wait_for_part("TempID:");
    let is_refusal = |line: &&String| line.starts_with("TempIDs cannot be fetched");
    assert_eq!(client.shown().iter().filter(is_refusal).count(), 1, "{:?}", client.shown());
}

#[test]
fn logout_does_not_wait_for_a_batch() {
    let (server, data) = (Slow::start(), Data::empty());
    let mut client = server.client(&data);
    server.wait_for_request();
    client.type_line("Download_tempID");
    client.end_input();
    client.signal(support::process::Signal::INT);
    let ended = client.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout.last().map(String::as_str), Some("Goodbye!"));
}

#[test]
fn answer_that_is_none_is_told_and_the_next_login_starts_anew() {
    let (server, data, server_data) = (Slow::start(), Data::empty(), Data::with_users());
    let mut client = server.client(&data);
    server.wait_for_request();
    client.type_line("Download_tempID");
    server.answer(b"$no\r\n".to_vec());
    client.stdout.wait_for_part("Connection closed: ");
    let address = server.liar.address;
    drop(server);
    let _server = server_again(address, &server_data);
    client.log_in(EIGHT);
    client.type_line("Download_tempID");
    client.stdout.wait_for_part("TempID:");
    assert_eq!(server_data.temp_id_count(), BATCH + 1);
}
