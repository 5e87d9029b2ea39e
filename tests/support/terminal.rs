use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Pid;
use rustix::termios::{InputModes, LocalModes, OutputModes, tcgetattr};

use super::client::{self, announced_port};
use super::data::{Account, Data, EIGHT};
use super::process::{self, Signal};
use super::server::Server;
use super::wait::{PATIENCE, Watched, background};

/// What follows the last byte of a program that has ended: nothing that a program here prints.
const END_MARK: &[u8] = b"\x1b]end of the program\x07";

/// Rows that have left the screen at its top are not looked at.
const SCROLLBACK: usize = 0;

/// How a program on a terminal of its own is to be started.
#[derive(Debug)]
pub struct Setup {
    command: CommandBuilder,
    size: PtySize,
}

impl Setup {
    /// A client on a terminal that is wider and higher than any dialogue.
    pub fn new(server: SocketAddr, data: &Data) -> Self {
        Self::program(client::PROGRAM, &client::arguments(server, data), data)
    }

    /// Another program, in the directory of `data`.
    pub fn program(path: &str, arguments: &[String], data: &Data) -> Self {
        let mut command = CommandBuilder::new(path);
        command.args(arguments);
        command.cwd(data.path());
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        Self { command, size: size(60, 120) }
    }

    pub fn rows_and_columns(mut self, rows: u16, columns: u16) -> Self {
        self.size = size(rows, columns);
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn start(self) -> Terminal {
        let pair = native_pty_system().openpty(self.size).expect("a pseudo-terminal");
        let path = pair.master.tty_name().expect("its name");
        let other_side = File::options().read(true).write(true).open(path).expect("its other side");
        let modes_before = Modes::of(&other_side);
        let mut child = pair.slave.spawn_command(self.command).expect("the program starts");
        let id = child.process_id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let status = Arc::new(Watched::default());
        let ended = Arc::clone(&status);
        background(move || {
            let code = child.wait().expect("our own child").exit_code();
            ended.update(|status| *status = Some(code));
        });
        Terminal {
            shown: show(pair.master.try_clone_reader().expect("a reader"), self.size),
            keyboard: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            other_side,
            modes_before,
            id: id.expect("a process has an id"),
            status,
        }
    }
}

/// A program on a pseudo-terminal, killed when it goes out of scope.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    shown: Arc<Watched<Shown>>,
    /// The side of the program, held open so that its attributes outlive the program.
    other_side: File,
    modes_before: Modes,
    id: Pid,
    /// The exit code, once there is one.
    status: Arc<Watched<Option<u32>>>,
}

/// The attributes of a terminal that programs change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modes {
    pub input: InputModes,
    pub output: OutputModes,
    pub local: LocalModes,
    codes: String,
}

/// What a terminal shows.
#[derive(Default)]
pub struct Shown {
    parser: vt100::Parser,
    raw: Vec<u8>,
}

impl Terminal {
    #[track_caller]
    pub fn start(server: SocketAddr, data: &Data) -> Self {
        Setup::new(server, data).start()
    }

    #[track_caller]
    pub fn logged_in(server: SocketAddr, data: &Data, account: Account) -> Self {
        let mut terminal = Self::start(server, data);
        terminal.log_in(account);
        terminal
    }

    /// Answers the two questions, each when it is asked, and waits for the prompt.
    #[track_caller]
    pub fn log_in(&mut self, account: Account) {
        self.answer_both_questions(account);
        self.wait_for_last_row(">");
    }

    /// Answers the two questions, each when it is asked.
    #[track_caller]
    pub fn answer_both_questions(&mut self, account: Account) {
        self.wait_for_last_row("Username:");
        self.type_keys(&format!("{}\r", account.user));
        self.wait_for_last_row("Password:");
        self.type_keys(&format!("{}\r", account.password));
        self.wait_until("an answer to the password", |shown| shown.last_row() != "Password:");
    }

    #[track_caller]
    pub fn type_keys(&mut self, keys: &str) {
        self.type_bytes(keys.as_bytes());
    }

    #[track_caller]
    pub fn type_bytes(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).expect("the terminal takes the keys");
    }

    /// Types a command at a prompt, and waits until the next prompt is there.
    #[track_caller]
    pub fn command(&mut self, command: &str) {
        let prompts =
            |shown: &Shown| shown.rows().iter().filter(|row| row.starts_with('>')).count();
        let before = self.shown.read(prompts);
        self.type_keys(&format!("{command}\r"));
        self.wait_until(&format!("the prompt after {command:?}"), |shown| {
            prompts(shown) > before && shown.last_row() == ">"
        });
    }

    /// Waits until what is shown is as `is_so` wants it.
    #[track_caller]
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&Shown) -> bool) {
        let found = self.shown.wait(|shown| is_so(shown).then_some(()));
        assert!(found.is_some(), "waited {PATIENCE:?} in vain for {what}; {}", self.dump());
    }

    /// Waits for a row, wherever it is.
    #[track_caller]
    pub fn wait_for_row(&self, row: &str) {
        self.wait_until(&format!("the row {row:?}"), |shown| shown.rows().iter().any(|r| r == row));
    }

    /// Waits until the row of the cursor, or the last one that is not empty, is `row`.
    #[track_caller]
    pub fn wait_for_last_row(&self, row: &str) {
        self.wait_until(&format!("the last row {row:?}"), |shown| shown.last_row() == row);
    }

    /// Waits until the screen shows exactly these rows, the announcement of the port left out.
    #[track_caller]
    pub fn wait_for_rows(&self, rows: &[&str]) {
        self.wait_until(&format!("exactly {rows:#?}"), |shown| shown.dialogue() == rows);
    }

    /// What is shown at the moment.
    pub fn look<R>(&self, look: impl FnOnce(&Shown) -> R) -> R {
        self.shown.read(look)
    }

    /// Where the client listens for beacons.
    #[track_caller]
    pub fn udp_port(&self) -> u16 {
        let found = self.shown.wait(Shown::announced_port);
        found.unwrap_or_else(|| panic!("no port is announced; {}", self.dump()))
    }

    /// Gives the terminal another size: first the picture, then the program is told, as terminals
    /// do.
    pub fn resize(&self, rows: u16, columns: u16) {
        let (height, width) = (cells(rows), cells(columns));
        self.shown.update(|shown| shown.parser.screen_mut().set_size(height, width));
        self.master.resize(size(rows, columns)).expect("a size");
    }

    /// The attributes before the program started.
    pub fn modes_before(&self) -> &Modes {
        &self.modes_before
    }

    pub fn modes(&self) -> Modes {
        Modes::of(&self.other_side)
    }

    pub fn id(&self) -> Pid {
        self.id
    }

    pub fn signal(&self, signal: Signal) {
        process::send(self.id, signal);
    }

    /// Waits for the end of the program and for its last byte, and gives its exit code.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> u32 {
        let code = self.status.wait(|status| *status);
        let code = code.unwrap_or_else(|| panic!("the program does not end; {}", self.dump()));
        self.other_side.write_all(END_MARK).expect("the terminal is there");
        self.wait_until("the last byte", |shown| shown.raw.ends_with(END_MARK));
        code
    }

    /// The end of a program that has left the terminal as it was.
    #[track_caller]
    pub fn assert_ended_well(&mut self, code: u32) {
        assert_eq!(self.wait_for_end(), code, "{}", self.dump());
        assert_eq!(self.modes(), self.modes_before, "{}", self.dump());
    }

    fn dump(&self) -> String {
        self.shown.read(|shown| {
            let rows = shown.all_rows();
            let last = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
            let mut dump = format!("the screen, cursor at {:?}:\n", shown.cursor());
            for row in &rows[..last] {
                writeln!(dump, "  |{row}").expect("a String takes every byte");
            }
            dump
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.status.read(Option::is_none) {
            // It may end this very moment.
            let _ = rustix::process::kill_process(self.id, Signal::KILL);
        }
    }
}

impl Modes {
    fn of(terminal: &File) -> Self {
        let now = tcgetattr(terminal).expect("a terminal has attributes");
        Self {
            input: now.input_modes,
            output: now.output_modes,
            local: now.local_modes,
            codes: format!("{:?}", now.special_codes),
        }
    }
}

impl Shown {
    /// Every byte that the program has sent.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the program has sent `bytes` in one piece.
    pub fn has_sent(&self, bytes: &[u8]) -> bool {
        self.raw.windows(bytes.len()).any(|window| window == bytes)
    }

    /// The rows of the screen down to the last one that is not empty, without blanks at their ends.
    pub fn rows(&self) -> Vec<String> {
        let mut rows = self.all_rows();
        let last = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        rows.truncate(last);
        rows
    }

    /// The same without the announcement of the port.
    pub fn dialogue(&self) -> Vec<String> {
        self.rows().into_iter().filter(|row| announced_port(row).is_none()).collect()
    }

    pub fn last_row(&self) -> String {
        self.rows().pop().unwrap_or_default()
    }

    /// How many rows are `row`.
    pub fn count(&self, row: &str) -> usize {
        self.rows().iter().filter(|other| *other == row).count()
    }

    /// The port that the client announced, also if the announcement is wrapped.
    fn announced_port(&self) -> Option<u16> {
        let text = self.all_rows().concat();
        let (_, after) = text.split_once("on UDP port ")?;
        let end = after.find(|character: char| !character.is_ascii_digit())?;
        after[..end].parse().ok()
    }

    /// Whether the terminal marks where a paste begins and ends.
    pub fn marks_pastes(&self) -> bool {
        self.parser.screen().bracketed_paste()
    }

    /// Row and column, counted from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }

    /// The rows from `rows_above` above the cursor's, and the column of the cursor.
    pub fn around_cursor(&self, rows_above: u16) -> (Vec<String>, u16) {
        let (row, column) = self.cursor();
        let first = usize::from(row.saturating_sub(rows_above));
        (self.all_rows().split_off(first), column)
    }

    fn all_rows(&self) -> Vec<String> {
        let screen = self.parser.screen();
        let columns = screen.size().1.get();
        screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
    }
}

/// Follows what the program prints.
fn show(mut reader: Box<dyn Read + Send>, size: PtySize) -> Arc<Watched<Shown>> {
    let shown = Arc::new(Watched::<Shown>::default());
    shown.update(|shown| {
        shown.parser = vt100::Parser::new(cells(size.rows), cells(size.cols), SCROLLBACK);
    });
    let watched = Arc::clone(&shown);
    background(move || {
        let mut bytes = [0; 4096];
        // The end of a terminal is an error.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            watched.update(|shown| {
                shown.parser.process(&bytes[..count]);
                shown.raw.extend_from_slice(&bytes[..count]);
            });
        }
    });
    shown
}

fn size(rows: u16, columns: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

/// A server and a directory for the client.
pub struct Scene {
    pub server: Server,
    pub data: Data,
    _server_data: Data,
}

impl Scene {
    pub fn new() -> Self {
        let server_data = Data::with_users();
        Self { server: Server::start(&server_data), data: Data::empty(), _server_data: server_data }
    }

    pub fn setup(&self) -> Setup {
        Setup::new(self.server.address, &self.data)
    }

    pub fn logged_out(&self) -> Terminal {
        let terminal = self.setup().start();
        terminal.wait_for_last_row("Username:");
        terminal
    }

    pub fn logged_in(&self) -> Terminal {
        Terminal::logged_in(self.server.address, &self.data, EIGHT)
    }
}
