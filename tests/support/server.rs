use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::Pid;

use super::data::Data;
use super::lines::Lines;
use super::process::{self, Ended, Signal};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_server");

/// A block that outlasts every test.
const LONG_BLOCK: u32 = 3600;

/// How a server is to be started.
#[derive(Debug)]
pub struct Setup {
    command: Command,
    stdout: Stdout,
    stderr: Stderr,
}

/// Who reads the standard output of a server.
#[derive(Debug)]
enum Stdout {
    Collected,
    Unread,
    Elsewhere(Stdio),
}

/// Who reads the standard error of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stderr {
    Collected,
    ClosedAfterALine,
}

impl Setup {
    /// A server of `data` on a free port of the loopback, with blocks that outlast the test.
    pub fn new(data: &Data) -> Self {
        Self::with_block(data, LONG_BLOCK)
    }

    /// The same with another block duration, in seconds.
    pub fn with_block(data: &Data, seconds: u32) -> Self {
        Self::program(PROGRAM).arguments(&["0", &seconds.to_string()]).on(data.path())
    }

    /// The program at `path`, without arguments.
    pub fn program(path: impl AsRef<Path>) -> Self {
        Self::command(Command::new(path.as_ref()))
    }

    /// A command that ends up being the server.
    pub fn command(command: Command) -> Self {
        Self { command, stdout: Stdout::Collected, stderr: Stderr::Collected }
    }

    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn in_directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Leaves the standard output to whoever calls [`Server::take_stdout`].
    pub fn leaving_stdout_unread(mut self) -> Self {
        self.stdout = Stdout::Unread;
        self
    }

    /// Lets the standard output be something else than a pipe.
    pub fn writing_to(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Stdout::Elsewhere(stdout.into());
        self
    }

    /// Closes the pipe of the diagnostics when the server has said that it listens.
    pub fn closing_stderr_after_a_line(mut self) -> Self {
        self.stderr = Stderr::ClosedAfterALine;
        self
    }

    /// Starts a server that must come up.
    #[track_caller]
    pub fn start(self) -> Server {
        let mut server = self.spawn();
        let line = server.stderr.wait_for("the port", |line| announced(line).is_some());
        server.address = announced(&line).expect("just found");
        server
    }

    /// Runs a server that must not come up.
    #[track_caller]
    pub fn run_to_the_end(self) -> Ended {
        self.spawn().wait()
    }

    fn on(self, directory: &Path) -> Self {
        let directory = directory.to_str().expect("a path in UTF-8");
        self.arguments(&["--bind", "127.0.0.1", "--data", directory])
    }

    fn spawn(self) -> Server {
        let Self { mut command, stdout, stderr } = self;
        let (stdout, is_collected) = match stdout {
            Stdout::Collected => (Stdio::piped(), true),
            Stdout::Unread => (Stdio::piped(), false),
            Stdout::Elsewhere(stdout) => (stdout, false),
        };
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let pipe = child.stderr.take().expect("piped");
        let stderr = match stderr {
            Stderr::Collected => Lines::collect(pipe),
            Stderr::ClosedAfterALine => Lines::collect_first(pipe),
        };
        let stdout = if is_collected {
            Lines::collect(child.stdout.take().expect("piped"))
        } else {
            Lines::none()
        };
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        Server { child, address, stdout, stderr }
    }
}

/// A running server, killed when it goes out of scope.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub stdout: Lines,
    pub stderr: Lines,
}

impl Server {
    /// Starts one with the usual setup.
    #[track_caller]
    pub fn start(data: &Data) -> Self {
        Setup::new(data).start()
    }

    pub fn id(&self) -> Pid {
        process::id(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        process::send(self.id(), signal);
    }

    /// Stops the process for as long as `meanwhile` takes, so that it finds everything that
    /// happened meanwhile at once.
    pub fn while_frozen<R>(&self, meanwhile: impl FnOnce() -> R) -> R {
        process::freeze(self.id());
        let result = meanwhile();
        self.signal(Signal::CONT);
        result
    }

    /// The standard output that nobody reads.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("left unread")
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        // Nobody else holds its standard error, so the end of one is the end of the other.
        self.stderr.wait_for_end();
        let status = self.child.wait().expect("our own child");
        self.stdout.wait_for_end();
        Ended { status, stdout: self.stdout.so_far(), stderr: self.stderr.so_far() }
    }

    /// Tells it to stop, which it must do without complaint.
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        let ended = self.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        ended
    }

    /// Ends it as a crash does.
    #[track_caller]
    pub fn crash(self) -> Ended {
        self.signal(Signal::KILL);
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both do nothing if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let stderr = self.stderr.so_far();
            let tail = &stderr[stderr.len().saturating_sub(12)..];
            eprintln!("the last diagnostics of the server at {}: {tail:#?}", self.address);
        }
    }
}

/// The address in the line with which a server says that it listens.
fn announced(line: &str) -> Option<SocketAddr> {
    let (address, _) = line.strip_prefix("listening on ")?.split_once(" for at most ")?;
    let address: SocketAddr = address.parse().ok()?;
    let is_any = address.ip().is_unspecified();
    Some(if is_any { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address })
}
