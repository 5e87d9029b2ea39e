//! What the server program holds in memory and how long it takes to start: for each idle, logged-in
//! connection, and for each line of `tempIDs.txt`. It prints a table; there is nothing to repeat that
//! criterion could average.
//!
//! `cargo bench --bench footprint [-- --connections 10000 --lines 1000000]`

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time and blocks")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bluetrace::reactor::descriptors;
use socket2::{Domain, Socket, Type};

const CREDENTIALS: &str = "+61410888888 comp3331\n";

/// Connections from one address, so that its ports suffice.
const CONNECTIONS_PER_ADDRESS: usize = 1000;

fn main() {
    let connections = option("--connections", 10_000);
    let lines = option("--lines", 1_000_000);
    let room = descriptors::raise_limit();
    assert!(connections < room, "the limit of descriptors allows {room} connections");
    idle_connections(connections);
    temp_id_lines(lines);
}

/// The value of an option of this program; cargo adds options of its own.
fn option(name: &str, default: usize) -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name);
    at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
}

fn idle_connections(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    let before = server.resident_bytes();
    let phones: Vec<TcpStream> = (0..count).map(|number| server.log_in(number)).collect();
    let each = (server.resident_bytes() - before) / phones.len();
    println!("{count} idle logged-in connections: {each} bytes each");
}

fn temp_id_lines(count: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let empty = Server::start(directory.path()).resident_bytes();
    fs::write(directory.path().join("tempIDs.txt"), temp_ids(count)).expect("written");
    let server = Server::start(directory.path());
    let each = (server.resident_bytes() - empty) as f64 / count as f64;
    let took = server.took;
    println!("{count} lines of tempIDs.txt: {each:.1} bytes each, listening after {took:.0?}");
}

/// Lines with TempIDs that are spread like random ones and differ for certain: an odd factor permutes
/// the numbers below a power of two.
fn temp_ids(count: usize) -> String {
    let mut text = String::with_capacity(count * 75);
    for number in 0..count as u64 {
        let (user, digits) = (number % 10_000, number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let times = "13/05/2020 17:54:06 13/05/2020 18:09:05";
        writeln!(text, "+614{user:08} {digits:020} {times}").expect("a String takes all");
    }
    text
}

struct Server {
    process: Child,
    address: SocketAddr,
    took: Duration,
}

impl Server {
    fn start(directory: &Path) -> Self {
        fs::write(directory.join("credentials.txt"), CREDENTIALS).expect("written");
        let start = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(["0", "60", "--bind", "127.0.0.1", "--data"])
            .arg(directory)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let mut stderr = BufReader::new(process.stderr.take().expect("piped"));
        stderr.read_line(&mut line).expect("the server says where it listens");
        let took = start.elapsed();
        let address = line.split_whitespace().nth(2).and_then(|word| word.parse().ok());
        Self { process, address: address.unwrap_or_else(|| panic!("{line}")), took }
    }

    fn log_in(&self, number: usize) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source = Ipv4Addr::new(127, 1, 0, 1 + (number / CONNECTIONS_PER_ADDRESS) as u8);
        socket.bind(&SocketAddrV4::new(source, 0).into()).expect("bound");
        socket.connect(&self.address.into()).expect("connected");
        let mut phone = TcpStream::from(socket);
        phone.write_all(b"AUTH +61410888888 comp3331\r\n").expect("sent");
        let mut reply = [0; 5];
        phone.read_exact(&mut reply).expect("answered");
        assert_eq!(&reply, b"+OK\r\n");
        phone
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
