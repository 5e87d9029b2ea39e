//! How long honest logins take while others wait to be hashed, beside how long they take without:
//! rounds of both in turn, on one server program. An honest login here is one that needs no hash,
//! of a name that is blocked: connect, `AUTH`, reply.
//!
//! `cargo bench --bench hashing [-- --rounds 5 --waiting 200]`

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time and blocks")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bluetrace::server::password_hash::{Cost, PasswordHash, Workspace};

/// Logins of a round.
const LOGINS: usize = 1000;

/// Time between the starts of two logins; each is measured from when it should have begun.
const PACE: Duration = Duration::from_millis(2);

/// The name that is blocked.
const BLOCKED: &str = "+61400000000";

fn main() {
    let rounds = option("--rounds").unwrap_or(5);
    let waiting = option("--waiting").unwrap_or(200);
    let server = Server::start();
    for _ in 0..3 {
        server.log_in(BLOCKED);
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let (mut refused, mut last) = (0, Duration::MAX);
    for round in 0..=rounds {
        let quiet = honest_logins(&server);
        let phones: Vec<_> = (0..waiting).map(|number| server.send_login(round, number)).collect();
        let busy = honest_logins(&server);
        let begun = Instant::now();
        refused += phones.into_iter().filter_map(refusal).count();
        last = last.min(begun.elapsed());
        // The first round warms up.
        if round > 0 {
            without.extend(quiet);
            with.extend(busy);
        }
    }
    let beside = format!("beside {waiting} that wait to be hashed");
    println!("| honest logins | p50 | p99 | longest |");
    println!("|---|--:|--:|--:|");
    let [quiet, busy] = [("alone", &mut without), (&*beside, &mut with)].map(|(what, times)| {
        times.sort_unstable();
        let quantile = |of_1000: usize| times[(times.len() - 1) * of_1000 / 1000];
        let [p50, p99, longest] = [500, 990, 1000].map(quantile);
        println!("| {what} | {p50:.1?} | {p99:.1?} | {longest:.1?} |");
        p99
    });
    println!(
        "\nThe last of those who wait was told {last:.1?} or more after the round, and {refused} were refused."
    );
    println!("The p99 is {:.2} times as long.", busy.as_secs_f64() / quiet.as_secs_f64());
}

/// The value of an option of this program; cargo adds options of its own.
fn option(name: &str) -> Option<usize> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

/// The times of a round of logins.
fn honest_logins(server: &Server) -> Vec<Duration> {
    let start = Instant::now();
    let login = |number: usize| {
        let due = start + PACE * number as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let reply = server.log_in(BLOCKED);
        assert!(reply.starts_with("-BLOCKED "), "{reply}");
        due.elapsed()
    };
    (0..LOGINS).map(login).collect()
}

/// Waits for the verdict, or for the refusal of a server that hashes too slowly.
fn refusal(mut phone: TcpStream) -> Option<()> {
    let mut reply = [0; 16];
    let len = phone.read(&mut reply).expect("a reply");
    let reply = &reply[..len];
    assert!(reply.starts_with(b"-WRONGPASS") || reply.starts_with(b"-BUSYPASSWORDS"), "{reply:?}");
    reply.starts_with(b"-BUSY").then_some(())
}

/// The server program, killed at the end.
struct Server {
    child: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let hash =
            PasswordHash::make(b"secret", &[7; 16], Cost::RECOMMENDED, &mut Workspace::default());
        let line = format!("+61411111111 {}\n", hash.as_str());
        fs::write(directory.path().join("credentials.txt"), line).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(["0", "3600", "--bind", "127.0.0.1", "--data"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut lines = stderr.lines().map(|line| line.expect("text"));
        let port = lines.find_map(|line| {
            line.split_once("listening on ")?.1.split(' ').next()?.parse::<SocketAddr>().ok()
        });
        // Nobody may close the pipe, as the server would tell of that.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: port.expect("it listens"), _directory: directory }
    }

    /// The reply to a login.
    fn log_in(&self, user: &str) -> String {
        let mut phone = TcpStream::connect(self.address).expect("connected");
        phone.write_all(format!("AUTH {user} wrong\r\n").as_bytes()).expect("sent");
        let mut reply = String::new();
        BufReader::new(phone).read_line(&mut reply).expect("a reply");
        reply
    }

    /// Sends a login that has to be hashed, under a name of its own.
    fn send_login(&self, round: usize, number: usize) -> TcpStream {
        let mut phone = TcpStream::connect(self.address).expect("connected");
        let login = format!("AUTH +615{round:04}{number:04} wrong\r\n");
        phone.write_all(login.as_bytes()).expect("sent");
        phone
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
