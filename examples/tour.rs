//! A guided tour: a real server and three real phones on loopback play the dialogues of the
//! assignment, and every line that they show is shown here, behind the name of its terminal.
//!
//! `cargo run --release --example tour`

#![allow(clippy::disallowed_methods, reason = "the tour is a spectator with a thread a terminal")]

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Short, so that a replay after it fits into the tour.
const TEMP_ID_LIFETIME: Duration = Duration::from_secs(4);

/// No line of the tour takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(10);

type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    match tour() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("tour: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn tour() -> Outcome {
    let programs = build_programs()?;
    let mut stage = Stage::open(programs)?;
    let begin = Instant::now();

    stage.say("A health authority starts its server; three people start their phones.");
    stage.start_server()?;
    let ann = stage.start_phone("ann")?;
    let bob = stage.start_phone("bob")?;
    let eve = stage.start_phone("eve")?;

    stage.say("Ann and Bob log in. Eve mistypes her password and is asked for it again.");
    stage.log_in(ann, "+61410888888", "comp3331")?;
    stage.log_in(bob, "+61410999999", "bada4568")?;
    stage.types(eve, "Username: ", "+61410777777")?;
    stage.types(eve, "Password: ", "kara1234")?;
    stage.expect(eve, "Invalid Password. Please try again")?;
    stage.types(eve, "Password: ", "datha457")?;
    stage.expect(eve, "Welcome to the BlueTrace Simulator!")?;

    stage.say("Ann downloads a TempID, which the server shows as well, and mistypes a command.");
    stage.types(ann, "> ", "Download_tempID")?;
    let temp_id = stage.line_after(ann, "TempID:")?;
    let downloaded = Instant::now();
    stage.expect(SERVER, &temp_id)?;
    stage.types(ann, "> ", "whatsthedate")?;
    stage.expect(ann, "Error. Invalid command")?;

    stage.say("Ann meets Bob: her phone sends a beacon to his. Somebody nearby records it.");
    let recorder = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    recorder.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
    let recorder_port = recorder.local_addr().map_err(|error| error.to_string())?.port();
    let bob_port = stage.port(bob);
    stage.types(ann, "> ", &format!("Beacon 127.0.0.1 {bob_port}"))?;
    stage.line_with(ann, ".")?;
    stage.expect(bob, "The beacon is valid.")?;
    stage.types(ann, "> ", &format!("Beacon 127.0.0.1 {recorder_port}"))?;
    let mut beacon = [0; 64];
    let len = recorder.recv(&mut beacon).map_err(|error| error.to_string())?;
    stage.line_with(ann, ".")?;

    stage.say("Bob falls ill and uploads his contact log; the server knows whom to call.");
    stage.types(bob, "> ", "Upload_contact_log")?;
    stage.expect(SERVER, "> Contact log checking")?;
    stage.expect(SERVER, "+61410888888,")?;
    stage.expect(SERVER, &format!("{temp_id};"))?;

    stage.say("A contact tracer opens the case, which was stored before Bob's phone was answered.");
    let tracer = stage.start("tracer", "server", &["cases", "show", "1"])?;
    stage.line_with(tracer, &temp_id)?;
    stage.ends(tracer, 0)?;

    stage.say("When the TempID has expired, the recorded beacon is sent to Eve: a replay.");
    let expiry = TEMP_ID_LIFETIME + Duration::from_secs(1);
    thread::sleep(expiry.saturating_sub(downloaded.elapsed()));
    let eve_address = ("127.0.0.1", stage.port(eve));
    recorder.send_to(&beacon[..len], eve_address).map_err(|error| error.to_string())?;
    stage.expect(eve, "The beacon is invalid.")?;

    stage.say("Everybody logs out, and the authority stops its server.");
    for (phone, user) in [(ann, "+61410888888"), (bob, "+61410999999"), (eve, "+61410777777")] {
        stage.types(phone, "> ", "logout")?;
        stage.expect(SERVER, &format!("> {user} logout"))?;
        stage.expect(phone, "Goodbye!")?;
        // A script with a mistyped command ends with 1.
        stage.ends(phone, if phone == ann { 1 } else { 0 })?;
    }
    stage.stop_server()?;
    stage.say(&format!("That was the tour, in {:.1} s.", begin.elapsed().as_secs_f64()));
    Ok(())
}

/// Makes the programs that belong to this example, next to it, and says where they are.
fn build_programs() -> Outcome<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--bins", "--manifest-path"]);
    build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let status = build.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err("the programs cannot be built".to_owned());
    }
    let example = std::env::current_exe().map_err(|error| error.to_string())?;
    let programs = example.parent().and_then(Path::parent).map(Path::to_owned);
    programs.ok_or_else(|| "the programs are not where they should be".to_owned())
}

/// Which terminal: the server's, then those of the phones.
type Terminal = usize;

const SERVER: Terminal = 0;

/// The terminals, and what they have shown.
struct Stage {
    programs: PathBuf,
    directory: PathBuf,
    actors: Vec<Actor>,
    shown: Receiver<(Terminal, String)>,
    show: Sender<(Terminal, String)>,
    server_port: u16,
}

struct Actor {
    name: &'static str,
    process: Child,
    keyboard: Option<ChildStdin>,
    /// Lines that it has shown and that nobody has waited for yet.
    unread: Vec<String>,
    udp_port: u16,
}

impl Stage {
    fn open(programs: PathBuf) -> Outcome<Self> {
        let directory = std::env::temp_dir().join(format!("bluetrace-tour-{}", std::process::id()));
        std::fs::create_dir(&directory).map_err(|error| error.to_string())?;
        let (show, shown) = channel();
        let actors = Vec::new();
        let stage = Self { programs, directory, actors, shown, show, server_port: 0 };
        let credentials =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("data/assignment/credentials.txt");
        std::fs::copy(&credentials, stage.directory.join("credentials.txt"))
            .and_then(|_| {
                // Passwords are nobody else's business, as the server would remark.
                let copy = stage.directory.join("credentials.txt");
                std::fs::set_permissions(copy, Permissions::from_mode(0o600))
            })
            .map_err(|error| format!("{}: {error}", credentials.display()))?;
        Ok(stage)
    }

    fn say(&self, text: &str) {
        println!("\n=== {text}");
    }

    fn start_server(&mut self) -> Outcome {
        let lifetime = TEMP_ID_LIFETIME.as_secs().to_string();
        self.start(
            "server",
            "server",
            &["0", "60", "--bind", "127.0.0.1", "--tempid-lifetime", &lifetime],
        )?;
        let line = self.line_with(SERVER, "listening on 127.0.0.1:")?;
        self.server_port = number_after(&line, "127.0.0.1:")?;
        Ok(())
    }

    fn start_phone(&mut self, name: &'static str) -> Outcome<Terminal> {
        let port = self.server_port.to_string();
        let terminal = self.start(name, "client", &["127.0.0.1", &port, "0"])?;
        let line = self.line_with(terminal, "UDP port ")?;
        self.actors[terminal].udp_port = number_after(&line, "UDP port ")?;
        Ok(terminal)
    }

    fn start(
        &mut self,
        name: &'static str,
        program: &str,
        arguments: &[&str],
    ) -> Outcome<Terminal> {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).arg("--data").arg(&self.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process =
            command.spawn().map_err(|error| format!("{program} does not start: {error}"))?;
        let terminal = self.actors.len();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(process.stdout.take().expect("piped")),
            Box::new(process.stderr.take().expect("piped")),
        ];
        for output in outputs {
            let show = self.show.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if show.send((terminal, line)).is_err() {
                        return;
                    }
                }
            });
        }
        let keyboard = process.stdin.take();
        self.actors.push(Actor { name, process, keyboard, unread: Vec::new(), udp_port: 0 });
        Ok(terminal)
    }

    fn port(&self, terminal: Terminal) -> u16 {
        self.actors[terminal].udp_port
    }

    fn log_in(&mut self, terminal: Terminal, user: &str, password: &str) -> Outcome {
        self.types(terminal, "Username: ", user)?;
        self.types(terminal, "Password: ", password)?;
        self.expect(terminal, "Welcome to the BlueTrace Simulator!")
    }

    fn types(&mut self, terminal: Terminal, prompt: &str, line: &str) -> Outcome {
        let actor = &mut self.actors[terminal];
        let seen = if prompt.starts_with("Password") { "" } else { line };
        println!("{:>7} | {prompt}{seen}", actor.name);
        let keyboard = actor.keyboard.as_mut().ok_or("the keyboard is gone")?;
        writeln!(keyboard, "{line}").map_err(|error| format!("{}: {error}", actor.name))
    }

    fn expect(&mut self, terminal: Terminal, line: &str) -> Outcome {
        self.wait_for(terminal, |shown| shown == line, line).map(|_| ())
    }

    fn line_with(&mut self, terminal: Terminal, part: &str) -> Outcome<String> {
        self.wait_for(terminal, |shown| shown.contains(part), part)
    }

    fn line_after(&mut self, terminal: Terminal, line: &str) -> Outcome<String> {
        self.expect(terminal, line)?;
        self.wait_for(terminal, |_| true, "one more line")
    }

    fn wait_for(
        &mut self,
        terminal: Terminal,
        is_it: impl Fn(&str) -> bool,
        wanted: &str,
    ) -> Outcome<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let unread = &mut self.actors[terminal].unread;
            if let Some(at) = unread.iter().position(|line| is_it(line)) {
                let line = unread.remove(at);
                unread.drain(..at);
                return Ok(line);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok((terminal, line)) => {
                    println!("{:>7} | {line}", self.actors[terminal].name);
                    self.actors[terminal].unread.push(line);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let name = self.actors[terminal].name;
                    return Err(format!("{name} does not show {wanted:?}"));
                }
            }
        }
    }

    fn stop_server(&mut self) -> Outcome {
        let process = Pid::from_child(&self.actors[SERVER].process);
        kill_process(process, Signal::TERM).map_err(|error| error.to_string())?;
        self.ends(SERVER, 0)
    }

    fn ends(&mut self, terminal: Terminal, code: i32) -> Outcome {
        let actor = &mut self.actors[terminal];
        let status = actor.process.wait().map_err(|error| error.to_string())?;
        if status.code() == Some(code) { Ok(()) } else { Err(format!("{}: {status}", actor.name)) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for actor in &mut self.actors {
            let _ = actor.process.kill();
            let _ = actor.process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn number_after(line: &str, part: &str) -> Outcome<u16> {
    let rest = line.split(part).nth(1).unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("no port in {line:?}"))
}
