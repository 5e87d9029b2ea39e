use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::Pid;

use super::data::{Account, Data};
use super::lines::Lines;
use super::process::{self, Ended, Signal};
use super::server::{self, Server};
use super::wait::Deadline;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_client");

/// What the client says first if it was to choose its port.
const ANNOUNCEMENT: &str = "Listening for beacons on UDP port ";

pub const WELCOME: &str = "Welcome to the BlueTrace Simulator!";
pub const GOODBYE: &str = "Goodbye!";
pub const WRONG: &str = "Invalid Password. Please try again";
pub const NOW_BLOCKED: &str =
    "Invalid Password. Your account has been blocked. Please try again later";
pub const BLOCKED: &str =
    "Your account is blocked due to multiple login failures. Please try again later";

/// The arguments of a client whose contact log is in `data`, on a port that the system chooses.
pub fn arguments(server: SocketAddr, data: &Data) -> Vec<String> {
    let directory = data.path().to_str().expect("a path in UTF-8").to_owned();
    vec![
        server.ip().to_string(),
        server.port().to_string(),
        "0".to_owned(),
        "--data".to_owned(),
        directory,
    ]
}

/// The port in the line with which a client says where it listens.
pub fn announced_port(line: &str) -> Option<u16> {
    line.strip_prefix(ANNOUNCEMENT)?.parse().ok()
}

/// A server that comes back where one was, as far as clients can tell.
#[track_caller]
pub fn server_again(address: SocketAddr, data: &Data) -> Server {
    let directory = data.path().to_str().expect("a path in UTF-8");
    server::Setup::program(server::PROGRAM)
        .arguments(&[&address.port().to_string(), "3600", "--bind", &address.ip().to_string()])
        .arguments(&["--data", directory])
        .start()
}

/// How a client without a terminal is to be started.
#[derive(Debug)]
pub struct Setup {
    command: Command,
    is_stdout_collected: bool,
}

impl Setup {
    /// A client with a pipe for its input, which the test holds.
    pub fn new(server: SocketAddr, data: &Data) -> Self {
        Self::with_arguments(&[]).also(&arguments(server, data))
    }

    /// A client with these arguments and no others.
    pub fn with_arguments(arguments: &[&str]) -> Self {
        Self::command(Command::new(PROGRAM)).also(arguments)
    }

    /// A command that ends up being the client.
    pub fn command(mut command: Command) -> Self {
        command.env("TERM", "xterm-256color").env_remove("NO_COLOR");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, is_stdout_collected: true }
    }

    pub fn also(mut self, arguments: &[impl AsRef<str>]) -> Self {
        self.command.args(arguments.iter().map(AsRef::as_ref));
        self
    }

    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Leaves the standard output to whoever calls [`Client::take_stdout`].
    pub fn leaving_stdout_unread(mut self) -> Self {
        self.is_stdout_collected = false;
        self
    }

    /// Lets it write its output elsewhere.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self.leaving_stdout_unread()
    }

    pub fn start(self) -> Client {
        let Self { mut command, is_stdout_collected } = self;
        let mut child = command.spawn().expect("the program starts");
        let stdin = child.stdin.take();
        let stderr = Lines::collect(child.stderr.take().expect("piped"));
        let stdout = match is_stdout_collected {
            true => Lines::collect(child.stdout.take().expect("piped")),
            false => Lines::none(),
        };
        Client { child, stdin, stdout, stderr }
    }
}

/// A running client without a terminal, killed when it goes out of scope.
#[derive(Debug)]
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    pub stdout: Lines,
    pub stderr: Lines,
}

impl Client {
    #[track_caller]
    pub fn start(server: SocketAddr, data: &Data) -> Self {
        Setup::new(server, data).start()
    }

    #[track_caller]
    pub fn logged_in(server: SocketAddr, data: &Data, account: Account) -> Self {
        let mut client = Self::start(server, data);
        client.log_in(account);
        client
    }

    #[track_caller]
    pub fn log_in(&mut self, account: Account) {
        let welcomes = self.welcomes();
        self.type_line(account.user);
        self.type_line(account.password);
        self.stdout.wait_until("one more welcome", |lines| {
            (lines.iter().filter(|line| *line == WELCOME).count() > welcomes).then_some(())
        });
    }

    /// Where it listens for beacons.
    #[track_caller]
    pub fn udp_port(&self) -> u16 {
        let line = self.stdout.wait_for("the port", |line| announced_port(line).is_some());
        announced_port(&line).expect("just found")
    }

    #[track_caller]
    pub fn type_line(&mut self, line: &str) {
        self.type_bytes(format!("{line}\n").as_bytes());
    }

    #[track_caller]
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("a pipe that is still open");
        stdin.write_all(bytes).expect("the client reads");
    }

    /// Types a line again and again until the program has ended.
    ///
    /// Once is not enough if the test has closed the other end of a pipe: a process that another
    /// test has forked and that is about to load its program may still hold it for a moment.
    #[track_caller]
    pub fn type_until_end(&mut self, line: &str) {
        let deadline = Deadline::new();
        while self.child.try_wait().expect("our own child").is_none() {
            deadline.check("the end of the client");
            let stdin = self.stdin.as_mut().expect("a pipe that is still open");
            // It may end this very moment.
            let _ = stdin.write_all(format!("{line}\n").as_bytes());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// What the user was shown, without the line that names the port.
    pub fn shown(&self) -> Vec<String> {
        self.stdout.so_far().into_iter().filter(|line| announced_port(line).is_none()).collect()
    }

    pub fn id(&self) -> Pid {
        process::id(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        process::send(self.id(), signal);
    }

    /// The standard output that nobody reads.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("left unread")
    }

    /// Waits for the end of the program, without ending its input.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        // Nobody else holds its standard error, so the end of one is the end of the other.
        self.stderr.wait_for_end();
        let status = self.child.wait().expect("our own child");
        self.stdout.wait_for_end();
        Ended { status, stdout: self.shown(), stderr: self.stderr.so_far() }
    }

    /// Ends it as a crash does.
    #[track_caller]
    pub fn crash(self) -> Ended {
        self.signal(Signal::KILL);
        self.wait()
    }

    fn welcomes(&self) -> usize {
        self.stdout.so_far().iter().filter(|line| *line == WELCOME).count()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Both do nothing if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let (stdout, stderr) = (self.stdout.so_far(), self.stderr.so_far());
            let tail = &stdout[stdout.len().saturating_sub(12)..];
            eprintln!("the last lines of a client: {tail:#?}; its diagnostics: {stderr:#?}");
        }
    }
}
