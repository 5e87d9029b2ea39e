//! A TempID is in the file before anybody is told it, whatever happens then: a crash, a full disk,
//! a stop, an operator who does not read.

mod support;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::process::Resource;
use support::data::{Account, Data, EIGHT, Line, NINE, SEVEN, SIX};
use support::phone::{Phone, frame, frame_of};
use support::process::{Signal, limit, resident_kib};
use support::record::{Record, wire};
use support::reply::Reply;
use support::server::{PROGRAM, Server, Setup};
use support::small_disk::SmallDisk;
use support::wait::{Watched, background};

const NOT_RECORDED: &str = "IOERR TempID not recorded: ";
const NOT_TAKEN: &str = "IOERR contact log not taken: ";

/// Phones that download TempIDs as fast as they can, until the server is gone.
struct Load {
    told: Arc<Watched<usize>>,
    phones: Vec<JoinHandle<Vec<Line>>>,
}

impl Load {
    fn start(server: &Server) -> Self {
        let told = Arc::new(Watched::default());
        let accounts = [SIX, SEVEN, EIGHT, NINE, NINE];
        let phones = accounts.into_iter().enumerate().map(|(number, account)| {
            let (phone, told) = (Phone::logged_in(server, account), Arc::clone(&told));
            background(move || download_until_gone(phone, account, number, &told))
        });
        Self { phones: phones.collect(), told }
    }

    #[track_caller]
    fn wait_for(&self, count: usize) {
        let told = self.told.wait(|told| (*told >= count).then_some(()));
        assert!(told.is_some(), "only {} TempIDs were told", self.told.read(|told| *told));
    }

    /// What the phones were told, when all have lost their connections.
    fn told(self) -> Vec<Line> {
        let lines = |phone: JoinHandle<Vec<Line>>| phone.join().expect("a phone that was served");
        self.phones.into_iter().flat_map(lines).collect()
    }
}

/// Always has `number` requests more under way than it waits for.
fn download_until_gone(
    mut phone: Phone,
    account: Account,
    number: usize,
    told: &Watched<usize>,
) -> Vec<Line> {
    let request = frame_of("TEMPID");
    let mut lines = Vec::new();
    let send = |phone: &mut Phone, count| phone.try_send_bytes(&request.repeat(count));
    if send(&mut phone, number).is_err() {
        return lines;
    }
    while send(&mut phone, 1).is_ok() || number > 0 {
        match phone.try_reply() {
            Ok(Reply::Bulk(bytes)) => {
                let record = Record::from_wire(&bytes);
                lines.push(Line { user: account.user.to_owned(), record });
                told.update(|told| *told += 1);
            }
            Ok(reply) => panic!("no TempID: {reply:?}"),
            Err(_) => break,
        }
    }
    lines
}

#[track_caller]
fn assert_each_once(told: &[Line], in_file: &[Line]) {
    let mut by_temp_id = HashMap::new();
    for line in in_file {
        let earlier = by_temp_id.insert(&line.record.temp_id, line);
        assert_eq!(earlier, None, "a TempID twice in the file");
    }
    for line in told {
        let recorded = by_temp_id.get(&line.record.temp_id);
        assert_eq!(recorded, Some(&line), "told, but not in the file");
    }
}

#[test]
fn loaded_server_is_killed_and_every_told_temp_id_is_in_the_file() {
    let data = Data::with_users();
    let mut all_told = Vec::new();
    for _ in 0..3 {
        let server = Server::start(&data);
        let load = Load::start(&server);
        load.wait_for(200);
        server.crash();
        let told = load.told();
        assert_each_once(&told, &data.temp_ids_after_crash());
        all_told.extend(told);
    }
    assert_each_once(&all_told, &data.temp_ids_after_crash());
    let recorded = data.temp_id_count();
    let server = Server::start(&data);
    // The last line may lack nothing but its end.
    let counts = [0, 1].map(|torn| format!(" {} TempIDs", recorded + torn));
    server.stderr.wait_for("all TempIDs", |line| counts.iter().any(|count| line.contains(count)));
    let log: Vec<_> = all_told.iter().map(|line| line.record.clone()).collect();
    Phone::logged_in(&server, SIX).upload(&log);
    let shown: String = log.iter().map(Record::shown).collect();
    let traced: String = all_told.iter().map(|line| line.record.shown_with(&line.user)).collect();
    server.stdout.assert_exactly(&format!(
        "> received contact log from {}\n{shown}> Contact log checking\n{traced}",
        SIX.user
    ));
}

#[test]
fn loaded_server_is_told_to_stop_and_every_told_temp_id_is_in_the_file() {
    for signal in [Signal::TERM, Signal::INT] {
        let data = Data::with_users();
        let server = Server::start(&data);
        let load = Load::start(&server);
        load.wait_for(200);
        server.signal(signal);
        let ended = server.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert_each_once(&load.told(), &data.temp_ids());
        Server::start(&data).stderr.wait_for_part(&format!(" {} TempIDs", data.temp_ids().len()));
    }
}

#[test]
fn idle_server_stops_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let data = Data::with_users();
        let server = Server::start(&data);
        let address = server.address;
        server.signal(signal);
        let ended = server.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(Phone::try_connect(address, address.ip()).is_err());
    }
}

#[test]
fn stopping_server_answers_what_was_sent_and_closes() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut idle = Phone::logged_in(&server, EIGHT);
    let mut asking = Phone::logged_in(&server, NINE);
    let mut uploading = Phone::logged_in(&server, SEVEN);
    server.while_frozen(|| {
        asking.send_bytes(&frame_of("TEMPID").repeat(5));
        uploading.send_bytes(&frame(&[b"UPLOAD", b""]));
        server.signal(Signal::TERM);
    });
    idle.assert_closed();
    assert_eq!(uploading.reply(), Reply::Integer(0));
    uploading.assert_closed();
    for reply in asking.replies(5) {
        assert!(matches!(reply, Reply::Bulk(_)), "{reply:?}");
    }
    asking.assert_closed();
    drop((idle, asking, uploading));
    let ended = server.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(data.temp_ids().len(), 5);
}

#[test]
fn stopping_server_answers_a_request_larger_than_one_read() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    let records = &wire(&many_records()[..2_000]);
    server.while_frozen(|| {
        phone.send_bytes(&frame(&[b"UPLOAD", records]));
        server.signal(Signal::TERM);
    });
    assert_eq!(phone.reply(), Reply::Integer(2_000));
    phone.assert_closed();
    drop(phone);
    assert_eq!(server.wait().status.code(), Some(0));
}

#[test]
fn stopping_server_takes_no_more_requests_behind_those_it_answers() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    server.while_frozen(|| {
        phone.send("TEMPID");
        server.signal(Signal::TERM);
    });
    assert!(matches!(phone.reply(), Reply::Bulk(_)));
    // Who asks again and again must not keep the server for as long as it waits for the slow ones.
    let _ = phone.try_send_bytes(&frame_of("TEMPID"));
    phone.assert_closed();
    drop(phone);
    server.wait();
    assert_eq!(data.temp_ids().len(), 1);
}

#[test]
fn stopping_server_leaves_at_once_at_the_second_signal() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut idle = Phone::logged_in(&server, EIGHT);
    let mut stalled = Phone::connect(&server);
    while stalled.send_without_waiting(&b"HELLO\r\n".repeat(20_000)) > 0 {
        idle.ping();
    }
    server.signal(Signal::TERM);
    // It stops, and waits for the phone that does not read.
    idle.assert_closed();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().status.code(), Some(1));
}

#[test]
fn stopping_server_does_not_wait_for_ever() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut idle = Phone::logged_in(&server, EIGHT);
    let mut stalled = Phone::connect(&server);
    while stalled.send_without_waiting(&b"HELLO\r\n".repeat(20_000)) > 0 {
        idle.ping();
    }
    server.stop();
}

#[test]
fn server_on_a_full_disk_tells_nobody_a_temp_id_and_recovers() {
    let data = Data::with_users();
    let Some(disk) = SmallDisk::start(&data) else { return };
    let mut phone = Phone::logged_in(&disk.server, EIGHT);
    let mut told = vec![phone.temp_id()];
    disk.fill();
    told.extend(download_until_refused(&mut phone));
    assert_refused_and_served(&disk.server, &mut phone, &told[0]);
    assert_eq!(recorded(disk.temp_ids()), told, "no more and no less, and no torn line");
    disk.make_space();
    told.push(phone.temp_id());
    disk.server.stderr.wait_for_part("tempIDs.txt: recording again");
    assert_eq!(recorded(disk.temp_ids()), told);
}

#[test]
fn server_whose_file_must_not_grow_tells_nobody_a_temp_id_and_recovers() {
    let data = Data::with_users();
    let server = setup_with_limits(&data).start();
    let mut phone = Phone::logged_in(&server, EIGHT);
    let mut told = vec![phone.temp_id()];
    let unlimited = limit(server.id(), Resource::Fsize, Some(1000));
    told.extend(download_until_refused(&mut phone));
    assert_refused_and_served(&server, &mut phone, &told[0]);
    assert_eq!(recorded(data.temp_ids()), told, "no more and no less, and no torn line");
    limit(server.id(), Resource::Fsize, unlimited);
    told.push(phone.temp_id());
    server.stderr.wait_for_part("tempIDs.txt: recording again");
    server.stop();
    assert_eq!(recorded(data.temp_ids()), told);
    Server::start(&data).stderr.wait_for_part(&format!(" {} TempIDs", told.len()));
}

#[test]
fn server_whose_file_is_deleted_issues_no_temp_id_that_a_restart_would_not_find() {
    let data = Data::with_users();
    let server = Server::start(&data);
    let mut phone = Phone::logged_in(&server, EIGHT);
    phone.temp_id();
    std::fs::remove_file(data.file("tempIDs.txt")).expect("deleted");
    let refusal = phone.ask("TEMPID");
    assert!(refusal.is_error("IOERR "), "{refusal:?}");
    server.stderr.wait_for_part("the file was moved or deleted");
    phone.ping();
    server.crash();
    let server = Server::start(&data);
    Phone::logged_in(&server, EIGHT).temp_id();
    assert_eq!(data.temp_ids().len(), 1);
}

#[test]
fn server_whose_output_is_closed_serves_on() {
    let data = Data::sample();
    let mut server = Setup::new(&data).leaving_stdout_unread().start();
    drop(server.take_stdout());
    server.stderr.wait_for_part("standard output: its reader is gone");
    let mut phone = Phone::logged_in(&server, EIGHT);
    for _ in 0..10 {
        phone.temp_id();
    }
    assert_eq!(phone.upload(&many_records()), Reply::Integer(18_000));
    drop(phone);
    server.stop();
}

#[test]
fn server_whose_output_nobody_reads_takes_contact_logs_and_leaves_out_events() {
    let data = Data::sample();
    let mut server = Setup::new(&data).leaving_stdout_unread().start();
    let stdout = server.take_stdout();
    assert_serves_without_reader(server, stdout);
}

#[test]
fn server_whose_output_is_a_socket_that_nobody_reads_takes_contact_logs_and_leaves_out_events() {
    let data = Data::sample();
    let (stdout, reader) = UnixStream::pair().expect("a pair");
    let server = Setup::new(&data).writing_to(OwnedFd::from(stdout)).start();
    assert_serves_without_reader(server, reader);
}

/// More contact logs than the output has room for are all taken.
#[track_caller]
fn assert_serves_without_reader(server: Server, mut stdout: impl Read) {
    // Each makes 2 MB of output, of which 64 MiB may wait.
    const LOGS: usize = 40;
    let log = many_records();
    // Several users, as each has only a share of the server's time.
    let mut phones = [SIX, SEVEN, EIGHT, NINE].map(|account| Phone::logged_in(&server, account));
    for number in 0..LOGS {
        let phone = &mut phones[number % 4];
        assert_eq!(phone.upload(&log), Reply::Integer(18_000));
    }
    let [phone, ..] = &mut phones;
    phone.temp_id();
    let memory = resident_kib(server.id());
    assert!(memory < 192 * 1024, "{memory} KiB");
    // Whoever reads again finds whole events, and how many lines are missing.
    const END: &[u8] = b" lines left out: nobody read)\n";
    let (mut text, mut buffer) = (Vec::new(), vec![0; 1024 * 1024]);
    while !text.ends_with(END) {
        let count = stdout.read(&mut buffer).expect("the server serves on");
        assert_ne!(count, 0, "the output ends");
        text.extend_from_slice(&buffer[..count]);
    }
    let shown = String::from_utf8_lossy(&text).matches("> Contact log checking\n").count();
    assert!((10..LOGS).contains(&shown), "{shown} logs are shown");
    assert_eq!(phone.upload(&[known_record()]), Reply::Integer(1));
    drop(stdout);
    server.stop();
}

#[test]
fn server_whose_output_file_must_not_grow_shows_later_what_it_took() {
    let data = Data::sample();
    let output = Output::new(&data);
    let server = setup_with_limits(&data).writing_to(output.open()).start();
    let mut phone = Phone::logged_in(&server, NINE);
    let unlimited = limit(server.id(), Resource::Fsize, Some(Output::EARLIER_BYTES as u64));
    for _ in 0..2 {
        assert_eq!(phone.upload(&[known_record()]), Reply::Integer(1));
    }
    server.stderr.wait_for_part("standard output: ");
    phone.temp_id();
    assert_eq!(output.shown(), "");
    limit(server.id(), Resource::Fsize, unlimited);
    server.stderr.wait_for_part("standard output: written again");
    server.stop();
    assert_eq!(output.shown().matches("> Contact log checking").count(), 2);
}

#[test]
fn stopping_server_that_cannot_show_all_events_fails() {
    let data = Data::sample();
    let output = Output::new(&data);
    let server = setup_with_limits(&data).writing_to(output.open()).start();
    let mut phone = Phone::logged_in(&server, NINE);
    limit(server.id(), Resource::Fsize, Some(Output::EARLIER_BYTES as u64));
    assert_eq!(phone.upload(&[known_record()]), Reply::Integer(1));
    server.signal(Signal::TERM);
    let ended = server.wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("bytes are lost")), "{ended:?}");
}

/// A file for the output of a server that has something in it already, so that a limit to the size
/// of files which is reached there is not reached by `tempIDs.txt`.
struct Output {
    path: PathBuf,
}

impl Output {
    const EARLIER_BYTES: usize = 100_000;

    fn new(data: &Data) -> Self {
        let path = data.file("output.txt");
        std::fs::write(&path, [b'x'; Self::EARLIER_BYTES]).expect("written");
        Self { path }
    }

    fn open(&self) -> File {
        File::options().append(true).open(&self.path).expect("opened")
    }

    fn shown(&self) -> String {
        std::fs::read_to_string(&self.path).expect("read").split_off(Self::EARLIER_BYTES)
    }
}

/// A server that sees an error if a file must not grow.
fn setup_with_limits(data: &Data) -> Setup {
    let mut command = Command::new("sh");
    // Otherwise the signal ends the program; to ignore it is inherited.
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", PROGRAM]);
    let directory = data.path().to_str().expect("UTF-8");
    Setup::command(command).arguments(&["0", "3600", "--bind", "127.0.0.1", "--data", directory])
}

#[test]
fn server_whose_diagnostics_nobody_reads_any_more_serves_on() {
    let data = Data::sample();
    let server = Setup::new(&data).closing_stderr_after_a_line().start();
    let mut phone = Phone::logged_in(&server, EIGHT);
    for _ in 0..10 {
        let unknown =
            Record::new("55555555555555555555", "13/05/2020 17:54:06", "13/05/2020 18:09:05");
        assert_eq!(phone.upload(&[unknown]), Reply::Integer(1));
    }
    phone.temp_id();
}

fn recorded(lines: Vec<Line>) -> Vec<Record> {
    lines.into_iter().map(|line| line.record).collect()
}

fn download_until_refused(phone: &mut Phone) -> Vec<Record> {
    // More than fit into the rest of a page.
    const ENOUGH: usize = 200;
    let mut told = Vec::new();
    loop {
        match phone.ask("TEMPID") {
            Reply::Bulk(bytes) => told.push(Record::from_wire(&bytes)),
            Reply::Error(text) => {
                assert!(text.starts_with(NOT_RECORDED), "{text}");
                return told;
            }
            reply => panic!("{reply:?}"),
        }
        assert!(told.len() < ENOUGH, "nothing is ever full");
    }
}

#[track_caller]
fn assert_refused_and_served(server: &Server, phone: &mut Phone, known: &Record) {
    server.stderr.wait_for_part("no TempID is issued until it can be recorded");
    for request in ["TEMPID", "TEMPID 100", "TEMPID 2"] {
        let reply = phone.ask(request);
        assert!(reply.is_error(NOT_RECORDED), "{request}: {reply:?}");
    }
    phone.send_bytes(&[frame_of("TEMPID"), frame_of("PING"), frame_of("TEMPID")].concat());
    assert!(phone.reply().is_error(NOT_RECORDED));
    assert_eq!(phone.reply(), Reply::pong());
    assert!(phone.reply().is_error(NOT_RECORDED));
    let mut other = Phone::logged_in(server, NINE);
    let reply = other.upload(std::slice::from_ref(known));
    assert!(reply.is_error(NOT_TAKEN), "{reply:?}");
    assert_eq!(other.ask("QUIT"), Reply::ok());
    let complaints = server.stderr.so_far();
    let complaints = complaints.iter().filter(|line| line.starts_with("tempIDs.txt: "));
    assert_eq!(complaints.count(), 1, "said once, not for each request");
}

fn known_record() -> Record {
    Record::new("12345678901234567891", "13/05/2020 17:54:06", "13/05/2020 18:09:05")
}

fn many_records() -> Vec<Record> {
    vec![known_record(); 18_000]
}
