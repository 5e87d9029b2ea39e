//! What the server program holds in memory and how long it takes to start: for each idle, logged-in
//! connection, each line of `tempIDs.txt` and each user; and whether a session costs more when
//! there are many of both. It prints tables; there is nothing that criterion could average.
//!
//! `cargo bench --bench footprint [-- --connections 10000 --lines 10000000 --users 1000000]`

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time and blocks")]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bluetrace::protocol::{ContactRecord, TempId, Timestamp, Username};
use bluetrace::reactor::descriptors;
use bluetrace::server::journal;
#[cfg(feature = "tls")]
use bluetrace::transport::{
    self_signed,
    trust::{self, Sessions},
};
#[cfg(feature = "tls")]
use rustls::{ClientConnection, StreamOwned, pki_types::ServerName};
use socket2::{Domain, Socket, Type};

/// Connections from one address, so that its ports suffice.
const CONNECTIONS_PER_ADDRESS: usize = 1000;

/// Keeps the server from asking for huge pages, one of which is a hundred bytes for each phone.
const SMALL_PAGES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0");

/// Phones that are there before memory is measured.
const FIRST_PHONES: usize = 100;

/// Users who take turns in `tempIDs.txt`.
const USERS_OF_LINES: usize = 10_000;

/// Starts of which the median counts.
const STARTS: usize = 5;

/// Sessions that are measured, one after the other.
const SESSIONS: usize = 5_000;

fn main() {
    let connections = option("--connections").unwrap_or(10_000);
    let lines = option("--lines").map_or(vec![1_000_000, 10_000_000], |lines| vec![lines]);
    let users = option("--users").unwrap_or(1_000_000);
    let room = descriptors::raise_limit();
    assert!(connections < room, "the limit of descriptors allows {room} connections");
    idle_connections(connections);
    #[cfg(feature = "tls")]
    idle_tls_connections(connections);
    println!("| | bytes each | listening after |");
    lines.iter().for_each(|count| temp_id_lines(*count));
    user_lines(users);
    println!("| | CPU of a session |");
    sessions(1, 0);
    sessions(users, *lines.last().expect("one at least"));
}

/// The value of an option of this program; cargo adds options of its own.
fn option(name: &str) -> Option<usize> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

fn idle_connections(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    write_users(directory.path(), 1);
    let server = Server::start_with(directory.path(), &[], &[SMALL_PAGES]);
    let each = memory_of_each(&server, count, |number| server.log_in(number, 0));
    println!("{count} idle logged-in connections: {each} bytes each");
}

/// The same over TLS.
#[cfg(feature = "tls")]
fn idle_tls_connections(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    write_users(directory.path(), 1);
    let mut make = Command::new(env!("CARGO_BIN_EXE_server"));
    make.args(["certificate", "127.0.0.1", "--data"]).arg(directory.path());
    assert!(make.stdout(Stdio::null()).status().expect("it runs").success());
    let file = |name| directory.path().join(name).into_os_string().into_string().expect("UTF-8");
    let (certificate, key) = (file(self_signed::CERTIFICATE), file(self_signed::KEY));
    let options = ["--tls-cert", &certificate, "--tls-key", &key];
    let server = Server::start_with(directory.path(), &options, &[SMALL_PAGES]);
    let config = trust::read(certificate.as_ref(), Sessions::Fresh).expect("a certificate");
    let phone = |number| {
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        let tls = ClientConnection::new(config.clone(), name).expect("a configuration");
        server.log_in_over(StreamOwned::new(tls, server.connect(number)), 0)
    };
    let each = memory_of_each(&server, count, phone);
    println!("{count} idle logged-in connections with TLS: {each} bytes each");
}

/// Bytes of the server for each of so many phones.
fn memory_of_each<P>(server: &Server, count: usize, log_in: impl Fn(usize) -> P) -> usize {
    // The first ones bring pages of the program into memory, which are no part of theirs.
    let mut phones: Vec<P> = (0..FIRST_PHONES).map(&log_in).collect();
    let before = server.resident_bytes();
    phones.extend((FIRST_PHONES..count).map(&log_in));
    (server.resident_bytes() - before) / (count - FIRST_PHONES)
}

fn temp_id_lines(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    write_users(directory.path(), 1);
    let empty = Server::start(directory.path()).resident_bytes();
    write_temp_ids(directory.path(), count, USERS_OF_LINES);
    report("lines of tempIDs.txt", count, directory.path(), empty);
}

fn user_lines(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    write_users(directory.path(), 1);
    let empty = Server::start(directory.path()).resident_bytes();
    write_users(directory.path(), count);
    report("users", count, directory.path(), empty);
}

/// Starts several times, as the first one may have to wait for memory that the host of a virtual
/// machine has yet to give.
fn report(what: &str, count: usize, directory: &Path, empty: usize) {
    let measure = |server: Server| (server.took, server.resident_bytes());
    let mut starts: Vec<_> = (0..STARTS).map(|_| measure(Server::start(directory))).collect();
    starts.sort_unstable();
    let (took, resident) = starts[STARTS / 2];
    let each = (resident - empty) as f64 / count as f64;
    println!("| {count} {what} | {each:.1} | {:.2} s |", took.as_secs_f64());
}

/// Sessions of users spread over all, each with a login and a TempID.
fn sessions(users: usize, lines: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    write_users(directory.path(), users);
    write_temp_ids(directory.path(), lines, users);
    let server = Server::start(directory.path());
    let before = server.cpu_time();
    for number in 0..SESSIONS {
        let mut phone = server.log_in(number, scattered(number) as usize % users);
        phone.write_all(b"TEMPID\r\n").expect("sent");
        phone.read_exact(&mut [0; ContactRecord::LEN]).expect("answered");
    }
    let each = (server.cpu_time() - before) / SESSIONS as u32;
    println!("| {users} users, {lines} TempIDs | {each:.1?} |");
}

fn write_users(directory: &Path, count: usize) {
    write(&directory.join("credentials.txt"), |file| {
        (0..count).try_for_each(|number| writeln!(file, "{} {}", user(number), password(number)))
    });
}

/// What a server would have issued to users who take turns, all of them once in 15 minutes.
fn write_temp_ids(directory: &Path, count: usize, users: usize) {
    let first = Timestamp::decode(b"13/05/2020 17:54:06").expect("a time");
    let mut line = Vec::new();
    write(&directory.join(journal::FILE_NAME), |file| {
        (0..count).try_for_each(|number| {
            let temp_id = TempId::from_number(scattered(number).into()).expect("below 10^20");
            let start = first.after_seconds((number * 900 / users) as u64);
            let record = ContactRecord { temp_id, start, expiry: start.after_seconds(899) };
            line.clear();
            journal::encode_line(user(number % users), &record, &mut line);
            file.write_all(&line)
        })
    });
}

/// Writes a file that the system is done with, so that it writes nothing while we measure.
fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
    let mut file = BufWriter::new(File::create(path).expect("created"));
    content(&mut file).expect("written");
    file.into_inner().expect("written").sync_all().expect("synced");
}

/// Numbers that are spread like random ones and differ for certain: an odd factor permutes the
/// numbers below a power of two.
fn scattered(number: usize) -> u64 {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn user(number: usize) -> Username {
    Username::decode(format!("+614{number:08}").as_bytes()).expect("a number")
}

fn password(number: usize) -> String {
    format!("comp{number:08}")
}

struct Server {
    process: Child,
    address: SocketAddr,
    took: Duration,
}

impl Server {
    fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[], &[])
    }

    fn start_with(directory: &Path, options: &[&str], environment: &[(&str, &str)]) -> Self {
        let start = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(["0", "60", "--bind", "127.0.0.1", "--data"])
            .arg(directory)
            .args(options)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        // Before, it warns of files that others can read.
        let address = stderr.lines().map_while(Result::ok).find_map(|line| {
            line.strip_prefix("listening on ")?.split_whitespace().next()?.parse().ok()
        });
        let took = start.elapsed();
        Self { process, address: address.expect("the server says where it listens"), took }
    }

    /// Logs a user in, from an address that depends on the `number` of the connection.
    fn log_in(&self, number: usize, of_user: usize) -> TcpStream {
        self.log_in_over(self.connect(number), of_user)
    }

    fn connect(&self, number: usize) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source = Ipv4Addr::new(127, 1, 0, 1 + (number / CONNECTIONS_PER_ADDRESS) as u8);
        socket.bind(&SocketAddrV4::new(source, 0).into()).expect("bound");
        socket.connect(&self.address.into()).expect("connected");
        TcpStream::from(socket)
    }

    fn log_in_over<S: Read + Write>(&self, mut phone: S, of_user: usize) -> S {
        let request = format!("AUTH {} {}\r\n", user(of_user), password(of_user));
        phone.write_all(request.as_bytes()).expect("sent");
        let mut reply = [0; 5];
        phone.read_exact(&mut reply).expect("answered");
        assert_eq!(&reply, b"+OK\r\n");
        phone
    }

    /// The time that its thread has run, in nanoseconds before the first blank of the file.
    fn cpu_time(&self) -> Duration {
        let statistics = fs::read_to_string(format!("/proc/{}/schedstat", self.process.id()));
        let statistics = statistics.expect("the server lives, on Linux");
        let nanoseconds = statistics.split_whitespace().next().and_then(|word| word.parse().ok());
        Duration::from_nanos(nanoseconds.expect("a number of nanoseconds"))
    }

    fn resident_bytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the server lives");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux");
        let kilobytes = line.split_whitespace().nth(1).and_then(|word| word.parse::<usize>().ok());
        kilobytes.expect("a number of kB") * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
