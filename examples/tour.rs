//! A guided tour: a real server and real phones on loopback play the dialogues of the assignment,
//! then what an authority needs besides. Every line that they show is shown here, behind the name
//! of its terminal; only batches of TempIDs are cut short.
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

/// A phone that renews its TempIDs by itself fetches a hundred.
const SHOWN_OF_A_BATCH: usize = 2;

/// No line of the tour takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(10);

const ANN: &str = "+61410888888";
const BOB: &str = "+61410999999";
const EVE: &str = "+61410777777";
/// Has no account at first.
const CAT: &str = "+61412345678";

const WELCOME: &str = "Welcome to the BlueTrace Simulator!";
const VALID: &str = "The beacon is valid.";

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
    play_assignment(&mut stage)?;
    play_authority(&mut stage)?;
    stage.say(&format!("That was the tour, in {:.1} s.", begin.elapsed().as_secs_f64()));
    Ok(())
}

/// The dialogues of the assignment.
fn play_assignment(stage: &mut Stage) -> Outcome {
    stage.say("A health authority starts its server; three people start their phones.");
    let lifetime = TEMP_ID_LIFETIME.as_secs().to_string();
    stage.start_server(&["--tempid-lifetime", &lifetime])?;
    let ann = stage.start_phone("ann", &[])?;
    let bob = stage.start_phone("bob", &[])?;
    let eve = stage.start_phone("eve", &[])?;

    stage.say("Ann and Bob log in. Eve mistypes her password and is asked for it again.");
    stage.log_in(ann, ANN, "comp3331")?;
    stage.log_in(bob, BOB, "bada4568")?;
    stage.types(eve, "Username: ", EVE)?;
    stage.types(eve, "Password: ", "kara1234")?;
    stage.expect(eve, "Invalid Password. Please try again")?;
    stage.types(eve, "Password: ", "datha457")?;
    stage.expect(eve, WELCOME)?;

    stage.say("Ann downloads a TempID, which the server shows as well, and mistypes a command.");
    stage.types(ann, "> ", "Download_tempID")?;
    let temp_id = stage.line_after(ann, "TempID:")?;
    let downloaded = Instant::now();
    stage.expect(stage.server, &temp_id)?;
    stage.types(ann, "> ", "whatsthedate")?;
    stage.expect(ann, "Error. Invalid command")?;

    stage.say("Ann meets Bob: her phone sends a beacon to his. Somebody nearby records it.");
    let recorder = free_udp_port()?;
    recorder.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
    let recorder_port = port_of(&recorder)?;
    let bob_port = stage.port(bob);
    stage.types(ann, "> ", &format!("Beacon 127.0.0.1 {bob_port}"))?;
    stage.line_with(ann, ".")?;
    stage.expect(bob, VALID)?;
    stage.types(ann, "> ", &format!("Beacon 127.0.0.1 {recorder_port}"))?;
    let mut beacon = [0; 64];
    let len = recorder.recv(&mut beacon).map_err(|error| error.to_string())?;
    stage.line_with(ann, ".")?;

    stage.say("Bob falls ill and uploads his contact log; the server knows whom to call.");
    stage.types(bob, "> ", "Upload_contact_log")?;
    stage.expect(stage.server, "> Contact log checking")?;
    stage.expect(stage.server, &format!("{ANN},"))?;
    stage.expect(stage.server, &format!("{temp_id};"))?;

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
    // A script with a mistyped command ends with 1.
    stage.log_out(ann, ANN, 1)?;
    stage.log_out(bob, BOB, 0)?;
    stage.log_out(eve, EVE, 0)?;
    stage.stop_server()
}

/// What an authority needs besides.
fn play_authority(stage: &mut Stage) -> Outcome {
    stage.say("The server starts again: people may register, and an upload needs a code.");
    stage.start_server(&["--registration", "--upload-codes"])?;
    // Nobody else has the port, and so nobody else the group.
    let air = free_udp_port()?;
    let port = port_of(&air)?;
    let [high, low] = port.to_be_bytes();
    let group = format!("239.255.{high}.{low}%lo:{port}");
    let in_the_air = ["--air", &group, "--beacon-every", "1"];

    stage.say("Cat has no account. She registers; the server shows the SMS that her number gets.");
    let cat = stage.start_phone("cat", &in_the_air)?;
    stage.types(cat, "Username: ", "register")?;
    stage.types(cat, "Phone number: ", CAT)?;
    let message = stage.line_with(stage.server, &format!("> SMS to {CAT}: "))?;
    stage.line_with(cat, "An empty line leads back")?;
    stage.types(cat, "Code: ", &digits_after(&message, "code: "))?;
    stage.types(cat, "New password: ", "correct horse")?;
    stage.types(cat, "New password again: ", "correct horse")?;
    stage.expect(cat, WELCOME)?;

    stage.say("Bob sits down beside Cat. Both phones are in the air, and nobody types a command.");
    let bob = stage.start_phone("bob", &in_the_air)?;
    stage.log_in(bob, BOB, "bada4568")?;
    stage.expect(bob, VALID)?;
    stage.expect(cat, VALID)?;

    stage.say("Cat falls ill. She cannot upload before the authority has given her a code.");
    stage.types(cat, "> ", "Upload_contact_log")?;
    stage.line_with(cat, "no valid upload code")?;
    let operator = stage.start("operator", "server", &["code", CAT])?;
    let line = stage.line_with(operator, "allows")?;
    stage.ends(operator, 0)?;
    stage.types(cat, "> ", &format!("Upload_contact_log {}", digits_after(&line, "")))?;
    stage.expect(stage.server, "> Contact log checking")?;
    stage.expect(stage.server, &format!("{BOB},"))?;
    stage.line_with(stage.server, ";")?;

    stage.say("The operator looks at the new case, and has Bob told. His phone shows the notice.");
    let operator = stage.start("operator", "server", &["cases", "show", "2"])?;
    stage.line_with(operator, BOB)?;
    stage.ends(operator, 0)?;
    let operator = stage.start("operator", "server", &["notify", "2"])?;
    stage.line_with(bob, "Notice of your health authority")?;
    stage.line_with(bob, "Please stay at home")?;
    stage.line_with(operator, "1 user to be told")?;
    stage.ends(operator, 0)?;

    stage.say("Both log out, and the authority stops its server.");
    // A script with a refused command ends with 1.
    stage.log_out(cat, CAT, 1)?;
    stage.log_out(bob, BOB, 0)?;
    stage.stop_server()
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

/// Which terminal, in the order in which they were opened.
type Terminal = usize;

/// The terminals, and what they have shown.
struct Stage {
    programs: PathBuf,
    directory: PathBuf,
    actors: Vec<Actor>,
    shown: Receiver<(Terminal, String)>,
    show: Sender<(Terminal, String)>,
    /// The terminal of the server that was started last.
    server: Terminal,
    server_port: u16,
}

struct Actor {
    name: &'static str,
    process: Child,
    keyboard: Option<ChildStdin>,
    /// Lines that it has shown and that nobody has waited for yet.
    unread: Vec<String>,
    /// TempIDs that it has shown in a row.
    batch: usize,
    udp_port: u16,
}

impl Stage {
    fn open(programs: PathBuf) -> Outcome<Self> {
        let directory = std::env::temp_dir().join(format!("bluetrace-tour-{}", std::process::id()));
        std::fs::create_dir(&directory).map_err(|error| error.to_string())?;
        let (show, shown) = channel();
        let actors = Vec::new();
        let stage = Self { programs, directory, actors, shown, show, server: 0, server_port: 0 };
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

    fn start_server(&mut self, options: &[&str]) -> Outcome {
        let arguments = [&["0", "60", "--bind", "127.0.0.1"], options].concat();
        self.server = self.start("server", "server", &arguments)?;
        let line = self.line_with(self.server, "listening on 127.0.0.1:")?;
        self.server_port = number_after(&line, "127.0.0.1:")?;
        Ok(())
    }

    fn start_phone(&mut self, name: &'static str, options: &[&str]) -> Outcome<Terminal> {
        let port = self.server_port.to_string();
        let terminal =
            self.start(name, "client", &[&["127.0.0.1", &port, "0"], options].concat())?;
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
        let unread = Vec::new();
        self.actors.push(Actor { name, process, keyboard, unread, batch: 0, udp_port: 0 });
        Ok(terminal)
    }

    fn port(&self, terminal: Terminal) -> u16 {
        self.actors[terminal].udp_port
    }

    fn log_in(&mut self, terminal: Terminal, user: &str, password: &str) -> Outcome {
        self.types(terminal, "Username: ", user)?;
        self.types(terminal, "Password: ", password)?;
        self.expect(terminal, WELCOME)
    }

    fn log_out(&mut self, terminal: Terminal, user: &str, code: i32) -> Outcome {
        self.types(terminal, "> ", "logout")?;
        self.expect(self.server, &format!("> {user} logout"))?;
        self.expect(terminal, "Goodbye!")?;
        self.ends(terminal, code)
    }

    fn types(&mut self, terminal: Terminal, prompt: &str, line: &str) -> Outcome {
        let actor = &mut self.actors[terminal];
        let seen = if prompt.to_lowercase().contains("password") { "" } else { line };
        println!("{:>8} | {prompt}{seen}", actor.name);
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
                    self.actors[terminal].show(&line);
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
        let process = Pid::from_child(&self.actors[self.server].process);
        kill_process(process, Signal::TERM).map_err(|error| error.to_string())?;
        self.ends(self.server, 0)
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

impl Actor {
    /// Shows a line, unless it is one of many TempIDs.
    fn show(&mut self, line: &str) {
        let is_temp_id = line.len() == 20 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.batch = if is_temp_id { self.batch + 1 } else { 0 };
        match self.batch {
            0..=SHOWN_OF_A_BATCH => println!("{:>8} | {line}", self.name),
            batch if batch == SHOWN_OF_A_BATCH + 1 => println!("{:>8} | …", self.name),
            _ => {}
        }
    }
}

/// A socket at a port that nobody else has.
fn free_udp_port() -> Outcome<UdpSocket> {
    UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())
}

fn port_of(socket: &UdpSocket) -> Outcome<u16> {
    socket.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn digits_after(line: &str, part: &str) -> String {
    let rest = line.split_once(part).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect()
}

fn number_after(line: &str, part: &str) -> Outcome<u16> {
    digits_after(line, part).parse().map_err(|_| format!("no port in {line:?}"))
}
