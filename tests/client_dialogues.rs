//! The dialogues of SPEC.md, as printed: the client on a terminal, the server as a process.

mod support;

use std::net::{Ipv4Addr, UdpSocket};

use support::beacon::{Air, beacon, expired, valid};
use support::client::{
    BLOCKED, Client, GOODBYE, NOW_BLOCKED, PROGRAM, Setup, WELCOME, WRONG, announced_port,
};
use support::data::{Data, EIGHT, NINE, SEVEN};
use support::record::Record;
use support::server::{self, Server};
use support::terminal::{self, Terminal};
use support::wait::{Deadline, unix_seconds};

const SAMPLE_LOG: &[u8] = include_bytes!("../data/assignment/+61410999999_contactlog.txt");

/// The TempID in the row below the last `TempID:`.
fn temp_id_on(terminal: &Terminal) -> String {
    let rows = terminal.look(support::terminal::Shown::rows);
    let above = rows.iter().rposition(|row| row == "TempID:").expect("a TempID is shown");
    assert!(rows[above + 1].len() == 20, "{rows:#?}");
    rows[above + 1].clone()
}

fn wait_for_second_after(second: i64) {
    let deadline = Deadline::new();
    while unix_seconds() <= second {
        deadline.check("the next second");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

#[test]
fn logged_out_two_users_dialogue_is_as_printed() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let mut temp_ids = Vec::new();
    for account in [EIGHT, NINE] {
        let mut terminal = Terminal::start(server.address, &data);
        terminal.log_in(account);
        terminal.command("Download_tempID");
        temp_ids.push(temp_id_on(&terminal));
        if account == EIGHT {
            terminal.command("whatsthedate");
        }
        terminal.type_keys("logout\r");
        terminal.assert_ended_well(0);
        let username = format!("Username: {}", account.user);
        let temp_id = temp_ids.last().expect("just added");
        let mut rows =
            vec![&username[..], "Password:", WELCOME, "> Download_tempID", "TempID:", temp_id];
        if account == EIGHT {
            rows.extend(["> whatsthedate", "Error. Invalid command"]);
        }
        rows.extend(["> logout", GOODBYE]);
        terminal.wait_for_rows(&rows);
    }
    server.stdout.assert_exactly(&format!(
        "> user: +61410888888\n> TempID:\n{}\n> +61410888888 logout\n\
         > user: +61410999999\n> TempID:\n{}\n> +61410999999 logout",
        temp_ids[0], temp_ids[1]
    ));
}

#[test]
fn logged_in_sample_log_uploaded_is_traced() {
    let (server_data, data) = (Data::sample(), Data::empty());
    data.write("+61410999999_contactlog.txt", SAMPLE_LOG);
    let server = Server::start(&server_data);
    let mut terminal = Terminal::logged_in(server.address, &data, NINE);
    terminal.command("Upload_contact_log");
    let entries = [
        "12345678901234567891,",
        "13/05/2020 17:54:06,",
        "13/05/2020 18:09:05;",
        "12345678901234567892,",
        "14/05/2020 17:45:06,",
        "14/05/2020 18:00:05;",
    ];
    let begin = ["Username: +61410999999", "Password:", WELCOME, "> Upload_contact_log"];
    terminal.wait_for_rows(&[&begin[..], &entries, &[">"]].concat());
    server.stdout.assert_exactly(&format!(
        "> received contact log from +61410999999\n{}\n> Contact log checking\n\
         +61410888888,\n13/05/2020 17:54:06,\n12345678901234567891;\n\
         +61410777777,\n14/05/2020 17:45:06,\n12345678901234567892;",
        entries.join("\n")
    ));
}

#[test]
fn logged_in_beacon_of_another_user_is_valid_and_its_replay_is_not() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let lifetime = server::Setup::new(&server_data).arguments(&["--tempid-lifetime", "5"]);
    let server = lifetime.start();
    let mut receiver = Terminal::logged_in(server.address, &data, NINE);
    let mut sender = Terminal::logged_in(server.address, &data, EIGHT);
    let air = Air::new();
    sender.command("Download_tempID");
    sender.command(&format!("Beacon 127.0.0.1 {}", receiver.udp_port()));
    sender.command(&format!("Beacon 127.0.0.1 {}", air.address().port()));
    let bytes = air.receive();
    let (record, version) = bytes.split_at(58);
    assert_eq!(version, b"1");
    let record = Record::from_wire(record);
    assert_eq!(record.temp_id, temp_id_on(&sender));

    receiver.wait_for_row("The beacon is valid.");
    let log = data.file("+61410999999_contactlog.txt");
    let logged = std::fs::read_to_string(&log).expect("written before it is shown");
    assert_eq!(logged, format!("{record}\n"));
    let of_record =
        [record.temp_id.clone() + ",", record.start.clone() + ",", record.expiry.clone() + "."];
    sender.wait_until("the beacon that it sends", |shown| {
        shown.rows().windows(3).filter(|rows| *rows == &of_record[..]).count() == 2
    });
    receiver.wait_until("what it received", |shown| {
        let rows = shown.dialogue();
        let at = rows.iter().position(|row| row == "received beacon:").expect("it is valid");
        let time = rows[at + 5].strip_suffix('.').map(str::len);
        rows[at + 1..at + 4] == of_record
            && rows[at + 4] == "Current time is:"
            && time == Some(19)
            && rows[at + 6] == "The beacon is valid."
            && rows[at + 7] == ">"
    });

    wait_for_second_after(record.expiry_seconds());
    air.send_bytes(receiver.udp_port(), &bytes);
    receiver.wait_for_row("The beacon is invalid.");
    assert_eq!(std::fs::read_to_string(&log).expect("still there"), format!("{record}\n"));
    // Issued, uploaded and traced: what is uploaded is what is in memory.
    receiver.command("Upload_contact_log");
    server.stdout.wait_until("the TempID as issued, uploaded and traced", |lines| {
        let count = lines.iter().filter(|line| line.starts_with(&record.temp_id)).count();
        (count == 3).then_some(())
    });
}

#[test]
fn logged_in_invalid_beacon_is_shown_and_not_logged() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let terminal = Terminal::logged_in(server.address, &data, NINE);
    Air::new().send(terminal.udp_port(), &expired(1));
    terminal.wait_for_row("The beacon is invalid.");
    terminal.wait_for_last_row(">");
    assert!(!data.file("+61410999999_contactlog.txt").exists());
}

#[test]
fn logged_in_beacon_without_temp_id_says_to_download_one() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let mut client = Client::logged_in(server.address, &data, EIGHT);
    client.type_line(&format!("Beacon 127.0.0.1 {}", Air::new().address().port()));
    client.type_line("logout");
    let ended = client.wait();
    assert_eq!(ended.stdout.len(), 3, "{ended:?}");
    assert!(ended.stdout[1].contains("Download_tempID"), "{ended:?}");
}

#[test]
fn logged_in_beacon_with_expired_temp_id_is_sent_with_a_warning() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = server::Setup::new(&server_data).arguments(&["--tempid-lifetime", "1"]).start();
    let air = Air::new();
    let mut terminal = Terminal::logged_in(server.address, &data, EIGHT);
    terminal.command("Download_tempID");
    let issued = server_data.temp_ids().pop().expect("on disk before it is shown");
    wait_for_second_after(issued.record.expiry_seconds());
    terminal.command(&format!("Beacon 127.0.0.1 {}", air.address().port()));
    assert_eq!(air.receive(), beacon(&issued.record));
    let rows = terminal.look(terminal::Shown::dialogue);
    let warning = &rows[rows.len() - 5];
    assert!(warning.contains("expired"), "{rows:#?}");
    assert_eq!(rows[rows.len() - 4], format!("{},", issued.record.temp_id));
}

#[test]
fn logged_in_beacon_to_nowhere_is_a_wrong_command() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let mut client = Client::logged_in(server.address, &data, EIGHT);
    let wrong = ["Beacon", "Beacon 127.0.0.1", "Beacon 127.0.0.1 0", "Beacon 127.0.0.1 65536"];
    for line in [&wrong[..], &["Beacon localhost 1", "beacon 127.0.0.1 1"]].concat() {
        client.type_line(line);
    }
    client.type_line("logout");
    let ended = client.wait();
    let refused = ended.stdout.iter().filter(|line| *line == "Error. Invalid command").count();
    assert_eq!(refused, 6, "{ended:?}");
    let said = |part: &str| ended.stdout.iter().filter(|line| line.contains(part)).count();
    assert_eq!(said("Usage: Beacon"), 2, "{ended:?}");
    assert_eq!(said("needs a port from 1 to 65535"), 2, "{ended:?}");
    assert_eq!(
        said("needs an IP address, such as 127.0.0.1 or ::1, and \"localhost\""),
        1,
        "{ended:?}"
    );
}

#[test]
fn logged_out_wrong_password_asks_only_for_the_password_again() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let mut terminal = Terminal::start(server.address, &data);
    terminal.wait_for_last_row("Username:");
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("wrong\r");
    terminal.wait_for_rows(&["Username: +61410888888", "Password:", WRONG, "Password:"]);
    terminal.type_keys("comp3331\r");
    terminal.wait_for_last_row(">");
    let begin = ["Username: +61410888888", "Password:", WRONG, "Password:", WELCOME, ">"];
    terminal.wait_for_rows(&begin);
}

#[test]
fn logged_out_third_wrong_password_blocks_and_exits() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    // An unknown user is treated the same.
    for user in ["+61410888888", "+61400000000"] {
        let mut terminal = Terminal::start(server.address, &data);
        terminal.wait_for_last_row("Username:");
        terminal.type_keys(&format!("{user}\r"));
        for failures in 0..3 {
            terminal.wait_until("the password prompt", |shown| {
                shown.last_row() == "Password:" && shown.count(WRONG) == failures
            });
            terminal.type_keys("wrong\r");
        }
        terminal.assert_ended_well(1);
        let username = format!("Username: {user}");
        let wrong = ["Password:", WRONG];
        let rows = [&[&username[..]], &wrong[..], &wrong, &["Password:", NOW_BLOCKED]].concat();
        terminal.wait_for_rows(&rows);
    }
    let mut terminal = Terminal::start(server.address, &data);
    terminal.wait_for_last_row("Username:");
    terminal.type_keys("+61410888888\r");
    terminal.wait_for_last_row("Password:");
    terminal.type_keys("comp3331\r");
    terminal.assert_ended_well(1);
    terminal.wait_for_rows(&["Username: +61410888888", "Password:", BLOCKED]);
}

#[test]
fn blocked_block_over_logs_in() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = server::Setup::with_block(&server_data, 1).start();
    let mut client = Client::start(server.address, &data);
    client.type_bytes(b"+61410888888\n1\n2\n3\n");
    assert_eq!(client.wait().stdout, [WRONG, WRONG, NOW_BLOCKED]);
    let deadline = Deadline::new();
    loop {
        deadline.check("the end of the block");
        let mut client = Client::start(server.address, &data);
        client.type_bytes(b"+61410888888\ncomp3331\nlogout\n");
        let ended = client.wait();
        if ended.stdout == [WELCOME, GOODBYE] {
            assert_eq!(ended.status.code(), Some(0));
            return;
        }
        assert_eq!((ended.stdout, ended.status.code()), (vec![BLOCKED.to_owned()], Some(1)));
    }
}

#[test]
fn listening_datagram_that_is_no_beacon_is_refused_in_a_line_that_names_the_sender() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let terminal = Terminal::logged_in(server.address, &data, NINE);
    let air = Air::new();
    let mut other_version = beacon(&valid(1));
    other_version[58] = b'2';
    let mut letters = beacon(&valid(1));
    letters[3] = b'x';
    let mut no_date = beacon(&valid(1));
    no_date[20..22].copy_from_slice(b"32");
    let long = [beacon(&valid(1)), vec![b' ']].concat();
    let datagrams =
        [b"".to_vec(), b"\x1b[2J\x1b]0;x\x07".to_vec(), other_version, letters, no_date];
    for (count, datagram) in datagrams.iter().chain([&long]).enumerate() {
        air.send_bytes(terminal.udp_port(), datagram);
        let start = format!("refused a datagram from {}: ", air.address());
        terminal.wait_until("one line more", |shown| {
            let rows = shown.dialogue();
            let refused = rows.iter().filter(|row| row.starts_with(&start)).count();
            refused == count + 1 && rows.len() == 4 + refused && shown.last_row() == ">"
        });
    }
    assert!(!terminal.look(|shown| shown.has_sent(b"\x1b[2J") || shown.has_sent(b"\x1b]")));
    assert!(!data.file("+61410999999_contactlog.txt").exists());
}

#[test]
fn listening_stream_of_equal_beacons_is_shown_once_and_counted() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let client = Client::logged_in(server.address, &data, NINE);
    let (air, record) = (Air::new(), valid(1));
    for _ in 0..50 {
        air.send(client.udp_port(), &record);
    }
    let shown = client.stdout.wait_until("what was counted", |lines| {
        lines.iter().any(|line| line.contains(" more time")).then(|| lines.to_vec())
    });
    let verdicts = shown.iter().filter(|line| *line == "The beacon is valid.").count();
    let counted: Vec<_> = shown.iter().filter(|line| line.contains(" more time")).collect();
    assert_eq!((verdicts, counted.len()), (1, 1), "{shown:#?}");
    assert_eq!(counted[0], "received the same beacon from 127.0.0.1 49 more times: valid");
    // Nobody types as fast as that: the next one is shown again.
    air.send(client.udp_port(), &record);
    client.stdout.wait_until("the beacon again", |lines| {
        (lines.iter().filter(|line| *line == "The beacon is valid.").count() == 2).then_some(())
    });
}

#[test]
fn logged_in_empty_log_uploaded_is_a_plain_message() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    data.write("+61410888888_contactlog.txt", "");
    let server = Server::start(&server_data);
    for account in [SEVEN, EIGHT] {
        let mut client = Client::logged_in(server.address, &data, account);
        client.type_line("Upload_contact_log");
        client.type_line("logout");
        let ended = client.wait();
        assert_eq!(ended.stdout.len(), 3, "{ended:?}");
        assert!(ended.stdout[1].contains("empty"), "{ended:?}");
        assert_eq!(ended.status.code(), Some(0));
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
    server.stdout.assert_exactly("> +61410777777 logout\n> +61410888888 logout");
}

#[test]
fn starting_port_zero_prints_the_port_and_another_port_is_not_announced() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let client = Client::start(server.address, &data);
    Air::new().send(client.udp_port(), &expired(1));
    client.stdout.wait_for_part("The beacon is invalid.");
    let port = client.udp_port();
    drop(client);
    let directory = data.path().to_str().expect("a path in UTF-8");
    let (server_port, port) = (server.address.port().to_string(), port.to_string());
    let mut client =
        Setup::with_arguments(&["127.0.0.1", &server_port, &port, "--data", directory]).start();
    client.log_in(EIGHT);
    assert!(client.stdout.so_far().iter().all(|line| announced_port(line).is_none()));
    assert_eq!(client.shown(), [WELCOME]);
}

#[test]
fn starting_port_taken_fails_in_one_line() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    let first = Client::start(server.address, &data);
    let (port, server_port) = (first.udp_port().to_string(), server.address.port().to_string());
    let ended = Setup::with_arguments(&["127.0.0.1", &server_port, &port]).start().wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(ended.stderr.len(), 1, "{ended:?}");
    assert!(
        ended.stderr[0].starts_with("client: ") && ended.stderr[0].contains(&port),
        "{ended:?}"
    );
}

#[test]
fn starting_without_a_server_fails_in_one_line() {
    let data = Data::empty();
    // A port that nobody listens on for TCP, and nobody else is given meanwhile.
    let taken = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 77), 0)).expect("a free port");
    let address = taken.local_addr().expect("bound");
    let ended = Client::start(address, &data).wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    let [line] = &ended.stderr[..] else { panic!("{ended:?}") };
    assert!(line.contains(&address.to_string()) && line.contains("refused"), "{ended:?}");

    let mut terminal = Terminal::start(address, &data);
    terminal.assert_ended_well(1);
    terminal.wait_for_rows(&[line]);
}

#[test]
fn starting_without_a_directory_for_the_contact_log_fails_in_one_line() {
    let (server_data, data) = (Data::with_users(), Data::empty());
    let server = Server::start(&server_data);
    data.write("file", "");
    let file = data.file("file").to_str().expect("a path in UTF-8").to_owned();
    for (path, why) in [("/nonexistent", "No such file or directory"), (&*file, "Not a directory")]
    {
        let port = server.address.port().to_string();
        let ended =
            Setup::with_arguments(&["127.0.0.1", &port, "0", "--data", path]).start().wait();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stdout.is_empty(), "{ended:?}");
        let [line] = &ended.stderr[..] else { panic!("{ended:?}") };
        let expected = format!("client: cannot keep the contact log in {path}: {why}");
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[test]
fn starting_wrong_arguments_print_usage() {
    let wrong: &[&[&str]] = &[
        &[],
        &["127.0.0.1"],
        &["127.0.0.1", "9000"],
        &["127.0.0.1", "9000", "0", "more"],
        &["127.0.0.1", "0", "0"],
        &["127.0.0.1", "65536", "0"],
        &["127.0.0.1", "9000", "-1"],
        &["nowhere", "9000", "0"],
        &["127.0.0.1", "9000", "0", "--contact-retention", "0"],
        &["127.0.0.1", "9000", "0", "--nonsense"],
    ];
    for arguments in wrong {
        let ended = Setup::with_arguments(arguments).start().wait();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.iter().any(|line| line.starts_with("Usage: ")), "{ended:?}");
    }
    let help = Setup::with_arguments(&["--help"]).start().wait();
    assert_eq!(help.status.code(), Some(0), "{PROGRAM}");
    assert!(help.stdout.iter().any(|line| line.contains("server_IP")), "{help:?}");
}
