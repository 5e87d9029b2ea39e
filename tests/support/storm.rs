use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Resource, getrlimit};
use serde_json::Value;

use super::data::{Data, Line, read_temp_ids};
use super::lines::Lines;
use super::notice;
use super::process::{self, Ended, Signal, unread_bytes};
use super::server::Server;
use super::wait::{Deadline, let_pass};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_storm");

/// Descriptors that server and storm need for anything but their phones, at most.
const OTHER_DESCRIPTORS: u64 = 64;

/// How many phones there are at once: as many as are `wanted`, or fewer, which is said loudly, if
/// the system allows a process only few descriptors.
pub fn crowd(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    // Where phones come and go, the server may not have noticed yet that some have gone.
    let room = limit.saturating_sub(OTHER_DESCRIPTORS) / 2;
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if room < wanted {
        notice::say(&format!(
            "SCALED DOWN: {room} phones at once and not {wanted}, as a process may have no more \
             than {limit} descriptors here (ulimit -Hn)"
        ));
    }
    wanted.min(room)
}

/// Users of the pattern that [`storm_server`] has.
pub const USERS: usize = 20;

/// A server with the users of the assignment and the first of the pattern.
pub fn storm_server() -> (Data, Server) {
    let data = Data::with_storm_users(USERS);
    let server = Server::start(&data);
    (data, server)
}

/// What comes of a storm on it, with these options.
#[track_caller]
pub fn storm_on(server: &Server, options: &str) -> Outcome {
    Setup::new(server.address, &format!("--users {USERS} {options}")).run()
}

/// Waits until so many phones of the pattern have said who they are, to a server that stands still.
#[track_caller]
pub fn wait_for_logins(server: SocketAddr, phones: usize) {
    const AUTH_BYTES: u64 = 54;
    let deadline = Deadline::new();
    while unread_bytes(server) < phones as u64 * AUTH_BYTES {
        deadline.check("phones that wait");
        let_pass(Duration::from_millis(5));
    }
}

/// How a storm is to be started.
#[derive(Debug)]
pub struct Setup {
    command: Command,
    /// Where it writes its result.
    directory: Data,
}

impl Setup {
    /// A storm on a server, with `options` separated by blanks, whose result is read afterwards.
    pub fn new(server: SocketAddr, options: &str) -> Self {
        let (ip, port) = (server.ip().to_string(), server.port().to_string());
        let setup = Self::with_arguments(&[&ip, &port]);
        let json = setup.path(JSON);
        setup.also(&["--json", &json]).also(&options.split_whitespace().collect::<Vec<_>>())
    }

    /// A storm with these arguments and no others.
    pub fn with_arguments(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, directory: Data::empty() }
    }

    pub fn also(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Lets it write its output elsewhere, where it is not collected.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    pub fn start(mut self) -> Storm {
        let mut child = self.command.spawn().expect("the program starts");
        let stdout = child.stdout.take().map_or_else(Lines::none, Lines::collect);
        let stderr = Lines::collect(child.stderr.take().expect("piped"));
        Storm { child, stdout, stderr, directory: Some(self.directory) }
    }

    /// Waits for the end of the storm.
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Keeps what the phones are told.
    pub fn keeping_told(self) -> Self {
        let told = self.path(TOLD);
        self.also(&["--told", &told])
    }

    fn path(&self, name: &str) -> String {
        self.directory.argument(name)
    }
}

const JSON: &str = "storm.json";
const TOLD: &str = "told.txt";

/// A running storm, killed when it goes out of scope.
#[derive(Debug)]
pub struct Storm {
    child: Child,
    pub stdout: Lines,
    pub stderr: Lines,
    directory: Option<Data>,
}

impl Storm {
    pub fn id(&self) -> Pid {
        process::id(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        process::send(self.id(), signal);
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_some()
    }

    /// Waits until all its phones are connected and only stay.
    #[track_caller]
    pub fn wait_for_gathering(&self, phones: usize) {
        self.stderr.wait_for_part(&format!("{phones} phones are connected and stay"));
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        // Nobody else holds its standard error, so the end of one is the end of the other.
        self.stderr.wait_for_end();
        let status = self.child.wait().expect("our own child");
        self.stdout.wait_for_end();
        let directory = self.directory.take().expect("until the end");
        let json = fs::read(directory.file(JSON)).unwrap_or_default();
        Outcome {
            ended: Ended { status, stdout: self.stdout.so_far(), stderr: self.stderr.so_far() },
            json: serde_json::from_slice(&json).unwrap_or_default(),
            directory,
        }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // Both do nothing if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a storm.
#[derive(Debug)]
pub struct Outcome {
    pub ended: Ended,
    /// Its result, or null if there is none.
    pub json: Value,
    directory: Data,
}

impl Outcome {
    pub fn code(&self) -> Option<i32> {
        self.ended.status.code()
    }

    /// What the phones were told, of a storm that keeps it.
    #[track_caller]
    pub fn told(&self) -> Vec<Line> {
        read_temp_ids(&self.directory.file(TOLD))
    }

    /// A number of the result.
    #[track_caller]
    pub fn count(&self, name: &str) -> u64 {
        self.json[name].as_u64().unwrap_or_else(|| panic!("no number {name}: {self:#?}"))
    }

    /// A latency of the result, in microseconds.
    #[track_caller]
    pub fn latency(&self, name: &str, quantile: &str) -> u64 {
        let value = self.json[name][quantile].as_u64();
        value.unwrap_or_else(|| panic!("no latency {name} {quantile}: {self:#?}"))
    }

    /// How many sessions failed, by reason.
    #[track_caller]
    pub fn reasons(&self) -> BTreeMap<&str, u64> {
        let reasons = self.json["failed_by_reason"].as_object();
        let reasons = reasons.unwrap_or_else(|| panic!("no reasons: {self:#?}")).iter();
        reasons.map(|(reason, count)| (reason.as_str(), count.as_u64().expect("a count"))).collect()
    }

    /// Every session went as its script expects.
    #[track_caller]
    pub fn assert_all_done(&self, phones: usize) {
        assert_eq!(self.code(), Some(0), "{self:#?}");
        assert_eq!((self.count("done"), self.count("failed")), (phones as u64, 0), "{self:#?}");
    }

    /// So many sessions went well, and the others failed for this one reason.
    #[track_caller]
    pub fn assert_failed(&self, done: usize, failed: usize, reason: &str) {
        assert_eq!(self.code(), Some(1), "{self:#?}");
        assert_eq!(self.reasons(), BTreeMap::from([(reason, failed as u64)]), "{self:#?}");
        assert_eq!(self.count("done"), done as u64, "{self:#?}");
        let row = format!("{failed:>12} failed  {reason}");
        assert!(self.ended.stdout.contains(&row), "{self:#?}");
    }

    /// So many sessions went well, and the others failed for reasons that begin like this.
    #[track_caller]
    pub fn assert_failed_like(&self, done: usize, failed: usize, reason: &str) {
        assert_eq!(self.code(), Some(1), "{self:#?}");
        let reasons = self.reasons();
        assert!(reasons.keys().all(|other| other.starts_with(reason)), "{self:#?}");
        assert_eq!(reasons.values().sum::<u64>(), failed as u64, "{self:#?}");
        assert_eq!(self.count("done"), done as u64, "{self:#?}");
    }
}
