//! TempIDs that are encrypted: nothing is stored for them, and a server with the keys and the
//! numbers of users traces them after any restart.

mod support;

use std::fs;
use std::process::{Command, Output};

use support::data::{Account, Data, EIGHT, NINE, SAMPLE_CREDENTIALS, SEVEN};
use support::phone::Phone;
use support::process::Signal;
use support::record::Record;
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};

const KEYS: &str = "keys";

/// Makes a key in the data directory.
fn new_key(data: &Data) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["key", "new"]).arg(data.file(KEYS)).output().expect("the program runs")
}

#[track_caller]
fn add_key(data: &Data) {
    let output = new_key(data);
    assert!(output.status.success(), "{output:?}");
}

/// The users of the assignment and a key.
fn data() -> Data {
    let data = Data::with_users();
    data.set_mode("credentials.txt", 0o600);
    add_key(&data);
    data
}

fn setup(data: &Data, kind: &str) -> Setup {
    Setup::new(data).arguments(&["--temp-ids", kind, "--key", &data.argument(KEYS)])
}

fn encrypted(data: &Data) -> Server {
    setup(data, "encrypted").start()
}

fn temp_id(server: &Server, account: Account) -> Record {
    Phone::logged_in(server, account).temp_id()
}

/// Whom the server names for an upload of these records, in its words.
#[track_caller]
fn traced(server: &Server, records: &[Record]) -> Vec<String> {
    let before = server.stdout.count();
    let mut phone = Phone::logged_in(server, NINE);
    assert_eq!(phone.upload(records), Reply::Integer(records.len() as i64));
    phone.ask("QUIT");
    let end = format!("> {} logout", NINE.user);
    server.stdout.wait_until("the end of the contact log checking", |lines| {
        let lines = &lines[before..];
        let checked = lines.iter().position(|line| line == "> Contact log checking")?;
        let end = lines.iter().skip(checked).position(|line| *line == end)?;
        Some(lines[checked + 1..checked + end].to_vec())
    })
}

fn shown(record: &Record, account: Account) -> Vec<String> {
    record.shown_with(account.user).lines().map(str::to_owned).collect()
}

fn users(data: &Data) -> String {
    fs::read_to_string(data.file("users.txt")).expect("users.txt")
}

#[test]
fn nothing_is_stored_and_a_killed_server_still_knows_everybody() {
    let data = data();
    let server = encrypted(&data);
    let records = [temp_id(&server, EIGHT), temp_id(&server, SEVEN)];
    assert_eq!(records[0].expiry_seconds() - records[0].start_seconds(), 899);
    server.crash();
    assert_eq!(fs::read(data.file("tempIDs.txt")).expect("tempIDs.txt"), b"");
    assert_eq!(data.mode("users.txt"), 0o600);
    // Other lines at other places change nobody's number.
    data.write("credentials.txt", "+61499999999 new\n+61410999999 bada4568\n");
    let server = encrypted(&data);
    let mut expected = shown(&records[0], EIGHT);
    expected.extend(shown(&records[1], SEVEN));
    assert_eq!(traced(&server, &records), expected);
    server.stop();
    let numbers = "+61410666666 00000000\n+61410777777 00000001\n+61410888888 00000002\n\
        +61410999999 00000003\n+61499999999 00000004\n";
    assert_eq!(users(&data), numbers);
}

#[test]
fn times_of_a_record_are_checked_against_the_temp_id() {
    let data = data();
    let server = encrypted(&data);
    let record = temp_id(&server, EIGHT);
    let of_day = |record: &Record| Record { start: "01/01/2020 00:00:00".into(), ..record.clone() };
    // With another start, it is somebody's guess or replay.
    assert_eq!(traced(&server, &[of_day(&record)]), [""; 0]);
    server.stderr.wait_for_part("entries with a TempID that was never issued here: 1 of 1");
    let longer = Record { expiry: "31/12/2999 00:00:00".into(), ..record.clone() };
    assert_eq!(traced(&server, std::slice::from_ref(&longer)), shown(&longer, EIGHT));
    server.stderr.wait_for_part("entries whose times differ from what was issued: 1 (1 of 1)");
    server.stop();
}

#[test]
fn new_key_is_in_force_after_sighup_and_the_old_one_traces_until_it_is_removed() {
    let data = data();
    let server = encrypted(&data);
    let old = temp_id(&server, EIGHT);
    add_key(&data);
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("keys of TempIDs read again: 2 keys");
    let new = temp_id(&server, SEVEN);
    let mut expected = shown(&old, EIGHT);
    expected.extend(shown(&new, SEVEN));
    assert_eq!(traced(&server, &[old.clone(), new.clone()]), expected);
    let text = fs::read_to_string(data.file(KEYS)).expect("keys");
    let oldest = text.lines().last().expect("a key");
    data.write(KEYS, text.replace(oldest, "# gone"));
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("keys of TempIDs read again: 1 key");
    assert_eq!(traced(&server, &[old, new.clone()]), shown(&new, SEVEN));
    data.write(KEYS, "word\n");
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("keys:1: it is no key and time; expected");
    server.stderr.wait_for_part("the keys read earlier stay in force");
    assert_eq!(traced(&server, std::slice::from_ref(&new)), shown(&new, SEVEN));
    server.stop();
}

#[test]
fn temp_ids_of_both_kinds_are_traced_whatever_is_made_now() {
    let data = data();
    let server = Server::start(&data);
    let random = temp_id(&server, EIGHT);
    server.stop();
    let server = encrypted(&data);
    let encrypted = temp_id(&server, SEVEN);
    let both = [random.clone(), encrypted.clone()];
    let mut expected = shown(&random, EIGHT);
    expected.extend(shown(&encrypted, SEVEN));
    assert_eq!(traced(&server, &both), expected);
    server.stop();
    let server = setup(&data, "random").start();
    assert_eq!(traced(&server, &both), expected);
    let later = temp_id(&server, SEVEN);
    server.stop();
    let stored: Vec<String> =
        data.temp_ids().iter().map(|line| line.record.temp_id.clone()).collect();
    assert_eq!(stored, [random.temp_id.clone(), later.temp_id]);
    // Without the keys, what was encrypted is unknown.
    let server = Server::start(&data);
    assert_eq!(traced(&server, &both), shown(&random, EIGHT));
    server.stop();
}

#[test]
fn user_who_came_with_a_reload_is_numbered_before_the_first_temp_id() {
    let data = data();
    let server = encrypted(&data);
    let new = Account { user: "+61400000001", password: "new" };
    data.write("credentials.txt", format!("{SAMPLE_CREDENTIALS}\n{} {}\n", new.user, new.password));
    server.signal(Signal::HUP);
    server.stderr.wait_for_part("credentials read again: 5 users");
    let record = temp_id(&server, new);
    server.crash();
    assert!(users(&data).ends_with("\n+61400000001 00000004\n"), "{}", users(&data));
    let server = encrypted(&data);
    assert_eq!(traced(&server, std::slice::from_ref(&record)), shown(&record, new));
    server.stop();
}

#[test]
fn torn_end_of_the_numbers_is_cut_out_and_other_damage_refused() {
    let data = data();
    data.write("users.txt", "+61410888888 00000007\n+61410777777 0000000");
    let server = encrypted(&data);
    server.stderr.wait_for_part("users.txt: torn by a crash at byte 22");
    server.stop();
    // The torn number was used by nobody.
    assert!(
        users(&data).starts_with("+61410888888 00000007\n+61410666666 00000008\n"),
        "{}",
        users(&data)
    );
    data.write("users.txt", "+61410888888 00000007\n+61410666666 00000007\n");
    let ended = setup(&data, "encrypted").run_to_the_end();
    assert_eq!(ended.status.code(), Some(1));
    let problem = "users.txt:2: an earlier line gives 7 to somebody else; expected \"<username> ";
    assert!(ended.stderr[0].contains(problem), "{ended:?}");
}

#[test]
fn keys_that_are_missing_or_no_secret_are_refused() {
    let data = data();
    let ended = Setup::new(&data).arguments(&["--temp-ids", "encrypted"]).run_to_the_end();
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr.iter().any(|line| line.contains("--key <FILE>")), "{ended:?}");
    data.set_mode(KEYS, 0o644);
    let ended = setup(&data, "encrypted").run_to_the_end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr[0].contains("keys: others can use it (mode 644)"), "{ended:?}");
    let output = new_key(&data);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    fs::remove_file(data.file(KEYS)).expect("it was there");
    let ended = setup(&data, "encrypted").run_to_the_end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr[0].contains("keys: No such file"), "{ended:?}");
}
