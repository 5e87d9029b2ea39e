//! What the server reads and appends, what it makes of malformed files, and how it refuses to
//! start.

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use support::data::{Data, EIGHT, NINE, SAMPLE_CREDENTIALS, SAMPLE_TEMP_IDS, SEVEN, SIX};
use support::phone::Phone;
use support::process::{Ended, Signal};
use support::record::Record;
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::wait::{let_pass, now};

const LINE: &str = "+61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";

/// Asserts that a server said why it does not start, in one line, and nothing else.
#[track_caller]
fn assert_refused(ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!(ended.stdout, [""; 0]);
    let [line] = &ended.stderr[..] else { panic!("not one line: {:?}", ended.stderr) };
    for part in parts {
        assert!(line.contains(part), "{part:?} is missing in {line:?}");
    }
}

#[track_caller]
fn refused_start(data: &Data, parts: &[&str]) {
    assert_refused(&Setup::new(data).run_to_the_end(), parts);
}

#[test]
fn file_that_is_none_is_refused_and_not_waited_for() {
    for name in ["credentials.txt", "tempIDs.txt"] {
        let data = Data::with_users();
        let _ = std::fs::remove_file(data.file(name));
        let made = std::process::Command::new("mkfifo").arg(data.file(name)).status();
        assert!(made.expect("mkfifo is everywhere").success());
        refused_start(&data, &[name, "not a regular file"]);
    }
}

#[test]
fn malformed_credentials_line_is_named() {
    let data = Data::empty();
    let good = "+61410777777 datha457\n";
    for (line, problem) in [
        ("+61410888888", "no space"),
        ("+61410888888 ", "password is empty"),
        (" comp3331", "username is empty"),
        ("+61410888888  comp3331", "more than one space"),
        ("+61410888888 comp3331 ", "more than one space"),
        ("+61410888888\tcomp3331", "no space"),
        ("+614/0888888 comp3331", "slash"),
        ("+6141088888888888888 comp3331", "longer than 16"),
        ("+61410888888 comp\u{7}3331", "control character"),
        ("+61410777777 comp3331", "earlier line"),
        ("\u{feff}+61410888888 comp3331", "ASCII"),
    ] {
        data.write("credentials.txt", format!("{good}\r\n{line}\n"));
        let place = format!("{}:3: ", data.file("credentials.txt").display());
        refused_start(&data, &[&place, problem, "expected", "<username> <password>"]);
    }
    let long = format!("+61410888888 {}\n", "x".repeat(2000));
    data.write("credentials.txt", long);
    refused_start(&data, &["credentials.txt:1: ", "longer than"]);
}

#[test]
fn malformed_credentials_line_is_refused_without_the_password() {
    let data = Data::empty();
    data.write("credentials.txt", "+61410888888 secret more\n");
    let ended = Setup::new(&data).run_to_the_end();
    assert!(!ended.stderr[0].contains("secret"), "{ended:?}");
}

#[test]
fn malformed_temp_id_line_is_named() {
    for (line, problem) in [
        ("word".to_owned(), "one word"),
        (LINE.replace("+61410888888", "+6141088888888888888"), "longer than 16"),
        (LINE.replace("891 ", "89 "), "TempID"),
        (LINE.replace("891 ", "89x "), "TempID"),
        (LINE.replace("891 ", "891  "), "TempID"),
        (LINE.replace("13/05/2020 17", "31/02/2020 17"), "start"),
        (LINE.replace("17:54", "24:54"), "start"),
        (LINE.replace("18:09:05", "18:60:05"), "expiry"),
        (LINE.replace("18:09:05", "18:09"), "TempID"),
        (format!("{LINE} more"), "TempID"),
        (LINE.replace("17:54:06 ", "17:54:06\0"), "TempID"),
    ] {
        let data = Data::with_temp_ids(format!("\n{LINE}\r\n{line}\n{LINE}\n"));
        let place = format!("{}:3: ", data.file("tempIDs.txt").display());
        refused_start(&data, &[&place, problem, "expected", "<username> <TempID"]);
    }
}

#[test]
fn malformed_temp_id_line_stays_in_the_file() {
    let content = format!("{LINE}\nword\n{LINE}");
    let data = Data::with_temp_ids(&content);
    refused_start(&data, &["tempIDs.txt:2"]);
    assert_eq!(fs::read_to_string(data.file("tempIDs.txt")).expect("there"), content);
}

#[test]
fn sample_files_are_taken_with_every_line_end() {
    for line_end in ["\n", "\r\n", "\n\n", "\r\n\r\n"] {
        for last in ["", line_end] {
            let data = Data::empty();
            data.write("credentials.txt", SAMPLE_CREDENTIALS.replace("\r\n", line_end) + last);
            data.write("tempIDs.txt", SAMPLE_TEMP_IDS.replace("\r\n", line_end) + last);
            let server = Server::start(&data);
            server.stderr.wait_for_part("4 users, 3 TempIDs");
            for account in [SIX, SEVEN, EIGHT, NINE] {
                Phone::logged_in(&server, account).temp_id();
            }
            server.stop();
            assert_eq!(data.temp_ids().len(), 7, "after {line_end:?} and {last:?}");
            Server::start(&data).stderr.wait_for_part("7 TempIDs");
        }
    }
}

#[test]
fn whole_last_line_without_end_is_kept_and_ended() {
    let data = Data::with_temp_ids(LINE);
    let server = Server::start(&data);
    let record = Phone::logged_in(&server, EIGHT).temp_id();
    let lines = data.temp_ids();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].record.temp_id, "12345678901234567891");
    assert_eq!(lines[1].record, record);
}

#[test]
fn torn_last_line_is_cut_off_with_a_warning() {
    for torn in [1, 12, 13, 14, 33, LINE.len() - 1] {
        let data = Data::with_temp_ids(format!("{LINE}\n{}", &LINE.replace("891", "892")[..torn]));
        let server = Server::start(&data);
        server.stderr.wait_for("a warning", |line| {
            line.contains("tempIDs.txt: torn by a crash at byte 74; lines cut out: 1, kept behind it: 0; a copy")
        });
        server.stderr.wait_for_part("1 TempID");
        let record = Phone::logged_in(&server, NINE).temp_id();
        let lines = data.temp_ids();
        assert_eq!((lines.len(), &lines[1].record), (2, &record), "torn behind {torn} bytes");
    }
}

#[test]
fn torn_line_end_does_not_spoil_the_next_line() {
    for end in ["\r", "\n\r", "\r\n\r"] {
        let data = Data::with_temp_ids(format!("{LINE}{end}"));
        let server = Server::start(&data);
        Phone::logged_in(&server, NINE).temp_id();
        server.stop();
        assert_eq!(data.temp_ids().len(), 2, "behind {end:?}");
        Server::start(&data).stderr.wait_for_part("2 TempIDs");
    }
}

#[test]
fn repeated_temp_id_counts_once_with_a_warning() {
    let repeated = LINE.replace(EIGHT.user, SEVEN.user);
    let data = Data::with_temp_ids(format!("{LINE}\n{repeated}\n"));
    let server = Server::start(&data);
    server.stderr.wait_for_part("tempIDs.txt:2: ");
    let record = Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
    Phone::logged_in(&server, NINE).upload(std::slice::from_ref(&record));
    server.stdout.wait_for_part(&format!("{},", EIGHT.user));
    assert!(!server.stop().stdout.join("\n").contains(SEVEN.user));
}

#[test]
fn missing_temp_ids_file_is_made() {
    let data = Data::with_users();
    let server = Server::start(&data);
    assert_eq!(data.temp_ids(), []);
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(data.temp_ids().len(), 1);
}

#[test]
fn files_that_others_can_read_draw_a_warning_and_keep_their_mode() {
    let data = Data::sample();
    data.set_mode("credentials.txt", 0o604);
    data.set_mode("tempIDs.txt", 0o660);
    let server = Server::start(&data);
    server
        .stderr
        .wait_for("a warning", |line| line.contains("credentials.txt: others can read it"));
    server
        .stderr
        .wait_for("a warning", |line| line.contains("tempIDs.txt: others can read and change it"));
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!((data.mode("credentials.txt"), data.mode("tempIDs.txt")), (0o604, 0o660));
}

#[test]
fn new_temp_ids_file_is_for_its_owner_only() {
    let data = Data::with_users();
    let server = Server::start(&data);
    assert_eq!(data.mode("tempIDs.txt"), 0o600);
    assert_eq!(server.stop().stderr.len(), 1, "no warning");
}

#[test]
fn restarted_server_traces_what_it_issued_before() {
    let data = Data::sample();
    let server = Server::start(&data);
    let of_eight = Phone::logged_in(&server, EIGHT).temp_id();
    let of_seven = Phone::logged_in(&server, SEVEN).temp_id();
    server.stop();
    let server = Server::start(&data);
    server.stderr.wait_for_part("5 TempIDs");
    let log = [of_seven.clone(), of_eight.clone()];
    Phone::logged_in(&server, NINE).upload(&log);
    server.stdout.assert_exactly(&format!(
        "> received contact log from {}\n{}{}> Contact log checking\n{}{}",
        NINE.user,
        of_seven.shown(),
        of_eight.shown(),
        of_seven.shown_with(SEVEN.user),
        of_eight.shown_with(EIGHT.user)
    ));
    assert_eq!(server.stop().stderr.len(), 1, "no times differ");
}

#[test]
fn second_server_on_the_same_directory_is_refused() {
    let data = Data::sample();
    let first = Server::start(&data);
    refused_start(&data, &[data.path().to_str().expect("UTF-8"), "another server"]);
    // Also where the directory goes by another name.
    let setup = Setup::program(PROGRAM).arguments(&["0", "60"]).in_directory(data.path());
    let whole = data.path().canonicalize().expect("it is there");
    assert_refused(&setup.run_to_the_end(), &[whole.to_str().expect("UTF-8"), "another server"]);
    Phone::logged_in(&first, EIGHT).temp_id();
    first.crash();
    Phone::logged_in(&Server::start(&data), EIGHT).temp_id();
}

#[test]
fn missing_files_are_named() {
    let data = Data::empty();
    refused_start(&data, &["credentials.txt: ", "No such file"]);
    assert!(!data.file("tempIDs.txt").exists(), "nothing was made");
    let missing = data.file("missing");
    let ended = Setup::program(PROGRAM)
        .arguments(&["0", "60", "--data", missing.to_str().expect("UTF-8")])
        .run_to_the_end();
    assert_refused(&ended, &["missing", "No such file"]);
}

#[test]
fn unreadable_temp_ids_file_is_named() {
    let data = Data::with_users();
    fs::create_dir(data.file("tempIDs.txt")).expect("a directory");
    refused_start(&data, &["tempIDs.txt: ", "directory"]);
}

#[test]
fn taken_port_is_named() {
    let (data, other) = (Data::sample(), Data::sample());
    let first = Server::start(&data);
    let port = first.address.port().to_string();
    let ended = Setup::program(PROGRAM)
        .arguments(&[&port, "60", "--data", other.path().to_str().expect("UTF-8")])
        .run_to_the_end();
    assert_refused(&ended, &["cannot listen on", &port, "in use"]);
    Phone::logged_in(&first, EIGHT).temp_id();
}

#[test]
fn restarted_server_gets_its_port_again_at_once() {
    let data = Data::sample();
    // Below those that the system gives out: one of them may be somebody else's by the time of the
    // restart.
    let port = (10_000 + std::process::id() % 20_000).to_string();
    let arguments = [&port, "60", "--data", data.path().to_str().expect("UTF-8")];
    let server = Setup::program(PROGRAM).arguments(&arguments).start();
    let mut phone = Phone::logged_in(&server, EIGHT);
    server.crash();
    let server = Setup::program(PROGRAM).arguments(&arguments).start();
    phone.assert_gone();
    Phone::logged_in(&server, EIGHT).temp_id();
}

#[test]
fn wrong_arguments_are_refused_with_the_usage() {
    let data = Data::sample();
    for arguments in [
        &[][..],
        &["0"],
        &["0", "60", "60"],
        &["port", "60"],
        &["65536", "60"],
        &["-1", "60"],
        &["0", "soon"],
        &["0", "-1"],
        &["0", "60", "--frobnicate"],
        &["0", "60", "--data"],
        &["0", "60", "--login-timeout", "0"],
        &["0", "60", "--max-connections", "0"],
        &["0", "60", "--tempid-lifetime", "0"],
        &["0", "60", "--bind", "localhost"],
    ] {
        let setup = Setup::program(PROGRAM).arguments(arguments).in_directory(data.path());
        let ended = setup.run_to_the_end();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {ended:?}");
        assert_eq!(ended.stdout, [""; 0]);
        assert!(ended.stderr.join("\n").contains("Usage: "), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn help_is_no_error() {
    let ended = Setup::program(PROGRAM).arguments(&["--help"]).run_to_the_end();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stdout.join("\n").contains("Usage: server"), "{ended:?}");
    assert_eq!(ended.stderr, [""; 0]);
}

#[test]
fn server_without_data_argument_uses_the_current_directory() {
    let (elsewhere, current) = (Data::empty(), Data::sample());
    let program = link_to_the_program(&elsewhere);
    let server = start_in(&program, current.path());
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(current.temp_ids().len(), 4);
    assert!(!elsewhere.file("tempIDs.txt").exists());
}

#[test]
fn server_without_data_argument_prefers_the_directory_of_the_program() {
    let (beside, current) = (Data::sample(), Data::sample());
    let program = link_to_the_program(&beside);
    let server = start_in(&program, current.path());
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(beside.temp_ids().len(), 4);
    assert_eq!(fs::read_to_string(current.file("tempIDs.txt")).expect("there"), SAMPLE_TEMP_IDS);
}

#[test]
fn changed_credentials_are_in_force_after_a_hangup_signal() {
    let data = Data::sample();
    let server = Server::start(&data);
    data.write("credentials.txt", "+61410888888 changed\n+61410000000 new\n");
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again: 2 users");
    let mut phone = Phone::connect(&server);
    assert!(phone.log_in(EIGHT).is_error("WRONGPASS"));
    assert!(phone.log_in(SEVEN).is_error("WRONGPASS"));
    assert_eq!(phone.ask("AUTH +61410000000 new"), Reply::ok());
    assert_eq!(Phone::connect(&server).ask("AUTH +61410888888 changed"), Reply::ok());
}

#[test]
fn sessions_of_users_who_are_gone_or_have_another_password_are_ended() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut others: Vec<_> = (0..100).map(|_| Phone::logged_in(&server, SEVEN)).collect();
    others.push(Phone::logged_in(&server, EIGHT));
    let mut same = Phone::logged_in(&server, NINE);
    let mut logged_out = Phone::connect(&server);
    data.write("new", "+61410888888 changed\n+61410999999 bada4568\n");
    fs::rename(data.file("new"), data.file("credentials.txt")).expect("moved to its place");
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again: 2 users; 101 sessions");
    others.iter_mut().for_each(Phone::assert_closed);
    same.temp_id();
    logged_out.ping();
    assert!(logged_out.log_in(SEVEN).is_error("WRONGPASS"));
}

#[test]
fn changed_credentials_end_no_block() {
    let data = Data::sample();
    let server = Server::start(&data);
    let mut phone = Phone::connect(&server);
    for _ in 0..3 {
        phone.ask("AUTH +61410888888 wrong");
    }
    data.write("credentials.txt", SAMPLE_CREDENTIALS.to_owned() + "\n");
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again: 4 users; 0 sessions");
    assert!(Phone::connect(&server).log_in(EIGHT).is_error("BLOCKED Your account is blocked"));
}

/// A pause between lines after which the server may take a copy for whole; it does after a second.
const LONG_PAUSE: Duration = Duration::from_millis(700);

#[test]
fn credentials_that_are_being_copied_are_in_force_when_the_copy_is_whole() {
    let data = Data::sample();
    // A test that is not let run for long pauses by itself, which shows nothing.
    let tries = std::iter::repeat_with(|| copy_credentials_slowly(&data));
    assert!(tries.take(10).any(|has_paused| !has_paused), "each copy paused for too long");
}

/// Copies credentials by and by under a server that reads them again, and returns whether the copy
/// paused for too long. If not, the server must have read them once.
fn copy_credentials_slowly(data: &Data) -> bool {
    let server = Server::start(data);
    let users: Vec<_> = (0..30).map(|number| format!("+6141000{number:04} secret\n")).collect();
    data.write("credentials.txt", "");
    let mut latest = now();
    server.signal(Signal::HUP);
    let mut copy =
        fs::OpenOptions::new().append(true).open(data.file("credentials.txt")).expect("there");
    let mut has_paused = false;
    for user in &users {
        copy.write_all(user.as_bytes()).expect("written");
        has_paused |= latest.elapsed() > LONG_PAUSE;
        latest = now();
        let_pass(Duration::from_millis(100));
    }
    if has_paused {
        return true;
    }
    server.stderr.wait_for_part("credentials read again: 30 users");
    let diagnostics = server.stderr.so_far();
    let ends = diagnostics.iter().filter(|line| line.contains("credentials")).count();
    assert_eq!(ends, 1, "no part of it was in force or refused: {diagnostics:#?}");
    false
}

#[test]
fn half_a_file_after_a_hangup_signal_leaves_the_old_one_in_force() {
    let data = Data::sample();
    let server = Server::start(&data);
    for half in ["+61410777777 datha457\n+61410888888 comp", "", "# only a comment\n"] {
        data.write("credentials.txt", half);
        let refused = |lines: &[String]| lines.iter().filter(|line| line.contains("stay")).count();
        let before = refused(&server.stderr.so_far());
        server.signal(Signal::HUP);
        server.stderr.wait_until("a refusal", |lines| (refused(lines) > before).then_some(()));
        assert!(Phone::connect(&server).ask("AUTH +61410888888 comp").is_error("WRONGPASS"));
        Phone::logged_in(&server, EIGHT).temp_id();
    }
}

#[test]
fn comments_and_a_byte_order_mark_in_the_credentials_are_passed_over() {
    let data = Data::empty();
    data.write(
        "credentials.txt",
        "\u{feff}# users\n+61410888888 comp3331\n#+61410777777 datha457\n",
    );
    let server = Server::start(&data);
    server.stderr.wait_for_part("; 1 user");
    assert!(Phone::connect(&server).ask("AUTH # users").is_error("WRONGPASS"));
    assert!(Phone::connect(&server).ask("AUTH #+61410777777 datha457").is_error("WRONGPASS"));
    Phone::logged_in(&server, EIGHT).temp_id();
}

#[test]
fn credentials_without_a_user_are_told_at_the_start() {
    let data = Data::empty();
    data.write("credentials.txt", "# nobody yet\n\n");
    let server = Server::start(&data);
    let lines = server.stderr.so_far();
    let path = data.argument("credentials.txt");
    assert!(
        lines[0].starts_with(&format!(
            "{path}: it has no user, so nobody can log in; expected lines of"
        )),
        "{lines:?}"
    );
    assert!(Phone::connect(&server).log_in(EIGHT).is_error("WRONGPASS"));
}

#[test]
fn malformed_credentials_after_a_hangup_signal_leave_the_old_ones_in_force() {
    let data = Data::sample();
    let server = Server::start(&data);
    for (content, part) in [(Some("+61410888888"), "credentials.txt:1: "), (None, "No such file")] {
        match content {
            Some(content) => data.write("credentials.txt", content),
            None => fs::remove_file(data.file("credentials.txt")).expect("it is there"),
        }
        server.signal(Signal::HUP);
        server.stderr.wait_for("the reason", |line| line.contains(part) && line.contains("stay"));
        Phone::logged_in(&server, SEVEN).temp_id();
    }
}

/// The program under another name, so that it is in the directory of `data`.
fn link_to_the_program(data: &Data) -> std::path::PathBuf {
    let link = data.file("linked-server");
    // Not a copy: a file that is open for writing anywhere cannot be started.
    fs::hard_link(PROGRAM, &link).expect("a link within the target directory");
    link
}

fn start_in(program: &Path, current: &Path) -> Server {
    let arguments = ["0", "60", "--bind", "127.0.0.1"];
    Setup::program(program).arguments(&arguments).in_directory(current).start()
}
