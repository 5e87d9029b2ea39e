//! The standard input and output of the client, a terminal or not.

use std::io;

use super::command::Command;
use super::dialogue::{Line, Prompt, Tone};
use super::line_editor::{Fed, LineEditor, LineKind, Outcome};
use super::terminal::{EchoOff, Environment, Input, RawTerminal, screen_size};
use crate::reactor::{Buffer, Output};

/// Bytes of type-ahead, at most; a script that is ahead of us by more is not read for the moment.
const MAX_TYPED_BYTES: usize = 64 * 1024;

/// Longest line of a script, in bytes, as on a terminal.
const MAX_LINE_BYTES: usize = super::line_editor::LINE_LIMIT_BYTES;

const CTRL_C: u8 = 0x03;

/// What the user sees and types, on a terminal or in a script.
///
/// On a terminal, what is shown while a line is being typed appears above that line, which stays as
/// it was. In a script there are no prompts: one line in, the answers out.
pub struct Screen {
    mode: Mode,
    has_colour: bool,
    /// What is asked for at the moment.
    asked: Option<Prompt>,
    typed: Buffer,
    is_input_ended: bool,
    /// Whether what is typed belongs to a line that was too long, and is left out.
    is_skipping: bool,
    out: Vec<u8>,
    output: Output,
}

enum Mode {
    /// A terminal whose lines we edit.
    Edited { editor: LineEditor, terminal: RawTerminal },
    /// A terminal whose lines the kernel edits.
    KernelEdited { echo_off: Option<EchoOff> },
    /// A pipe or a file.
    Unattended,
}

impl Screen {
    /// The standard input of this process, and its standard output.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn open(environment: &Environment, output: Output) -> io::Result<Self> {
        let mode = match environment.input() {
            Input::Edited => Mode::Edited {
                editor: LineEditor::new(screen_size(), Command::WORDS),
                terminal: RawTerminal::enter()?,
            },
            Input::KernelEdited => Mode::KernelEdited { echo_off: None },
            Input::Unattended => Mode::Unattended,
        };
        Ok(Self {
            mode,
            has_colour: environment.allows_colour(),
            asked: None,
            typed: Buffer::default(),
            is_input_ended: false,
            is_skipping: false,
            out: Vec::new(),
            output,
        })
    }

    /// Shows lines, and then asks for what `prompt` says, or for nothing. If that is what is asked for
    /// already, the lines appear above what was typed so far; if not, that is set aside.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn update(&mut self, lines: &[Line], prompt: Option<Prompt>) -> io::Result<()> {
        let is_same = self.asked == prompt;
        if is_same && lines.is_empty() {
            return Ok(());
        }
        self.put_away(is_same);
        for line in lines {
            self.print(line);
        }
        self.asked = prompt;
        self.ask(is_same)
    }

    /// Takes the prompt and what was typed behind it off the screen, as far as that can be done.
    fn put_away(&mut self, is_same: bool) {
        let is_asking = self.asked.is_some();
        match &mut self.mode {
            Mode::Edited { editor, .. } => {
                if is_same {
                    editor.hide(&mut self.out);
                } else {
                    editor.set_aside(&mut self.out);
                }
            }
            // What the kernel edits stays where it is, but the next line need not run into it.
            Mode::KernelEdited { .. } if is_asking => self.out.push(b'\n'),
            Mode::KernelEdited { .. } | Mode::Unattended => {}
        }
    }

    fn ask(&mut self, is_same: bool) -> io::Result<()> {
        match (&mut self.mode, self.asked) {
            (Mode::Edited { editor, .. }, Some(prompt)) if !is_same => {
                editor.start(prompt.text(), prompt.kind(), &mut self.out);
            }
            (Mode::Edited { editor, .. }, _) => editor.show(&mut self.out),
            (Mode::KernelEdited { echo_off }, prompt) => {
                if !is_same {
                    // The old guard goes first, as it gives the echo back.
                    *echo_off = None;
                    if prompt == Some(Prompt::Password) {
                        *echo_off = Some(EchoOff::enter()?);
                    }
                }
                self.out.extend_from_slice(prompt.map_or("", Prompt::text).as_bytes());
            }
            (Mode::Unattended, _) => {}
        }
        Ok(())
    }

    /// Whether it is worth reading more of what the user types.
    pub fn wants_input(&self) -> bool {
        let is_listening = self.asked.is_some() || matches!(self.mode, Mode::Edited { .. });
        is_listening && !self.is_input_ended && self.typed.len() < MAX_TYPED_BYTES
    }

    /// Takes bytes that were typed; none at all is the end of the input.
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.is_input_ended = true;
        }
        self.typed.extend(bytes);
    }

    /// What the user did next, as far as it is asked for. Ctrl-C is never waited for.
    pub fn next_outcome(&mut self) -> Option<Outcome> {
        if self.asked.is_none() {
            return self.take_interrupt();
        }
        let outcome = match &mut self.mode {
            Mode::Edited { editor, .. } => {
                let Fed { used, outcome } = editor.feed(self.typed.as_slice(), &mut self.out);
                self.typed.consume(used);
                outcome
            }
            Mode::KernelEdited { .. } | Mode::Unattended => self.take_line(),
        };
        if matches!(outcome, Some(Outcome::Line(_))) {
            self.asked = None;
        }
        let is_at_end = self.is_input_ended && self.typed.is_empty();
        outcome.or(is_at_end.then_some(Outcome::EndOfInput))
    }

    /// Writes what has to be seen, now or when there is room, and says whether whoever saw it has just
    /// gone: the reader of a pipe, or the terminal.
    pub fn flush(&mut self) -> bool {
        let was_closed = self.output.is_closed();
        self.output.write(&mut self.out);
        self.output.flush();
        self.output.is_closed() && !was_closed
    }

    /// Whether everything is written.
    pub fn is_flushed(&self) -> bool {
        self.output.is_empty()
    }

    /// Why the rest is not written, if that is not for want of a reader.
    pub fn output_problem(&self) -> Option<&io::Error> {
        self.output.problem()
    }

    /// The terminal has another size.
    pub fn resize(&mut self) {
        if let Mode::Edited { editor, .. } = &mut self.mode {
            editor.resize(screen_size(), &mut self.out);
        }
    }

    /// The program goes on after it was stopped; meanwhile the shell used the terminal.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn resume(&mut self) -> io::Result<()> {
        match &mut self.mode {
            Mode::Edited { editor, terminal } => {
                terminal.resume()?;
                editor.resize(screen_size(), &mut self.out);
                editor.hide(&mut self.out);
                editor.show(&mut self.out);
            }
            Mode::KernelEdited { echo_off } => {
                if let Some(echo_off) = echo_off {
                    echo_off.resume()?;
                }
                self.out.extend_from_slice(self.asked.map_or("", Prompt::text).as_bytes());
            }
            Mode::Unattended => {}
        }
        Ok(())
    }

    /// Stops the program until the shell continues it.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn suspend(&mut self) -> io::Result<()> {
        if let Mode::Edited { editor, .. } = &mut self.mode {
            editor.hide(&mut self.out);
        }
        self.flush();
        if let Mode::Edited { editor, terminal } = &mut self.mode {
            terminal.stop_program()?;
            editor.resize(screen_size(), &mut self.out);
            editor.show(&mut self.out);
        }
        Ok(())
    }

    fn print(&mut self, line: &Line) {
        let colour = match line.tone {
            Tone::Good if self.has_colour => "\x1b[32m",
            Tone::Bad if self.has_colour => "\x1b[31m",
            Tone::Plain | Tone::Good | Tone::Bad => "",
        };
        self.out.extend_from_slice(colour.as_bytes());
        self.out.extend_from_slice(line.text.as_bytes());
        self.out.extend_from_slice(if colour.is_empty() { b"\n" } else { b"\x1b[0m\n" });
    }

    /// Ctrl-C among what was typed ahead; what was typed before it is gone, as on any terminal.
    fn take_interrupt(&mut self) -> Option<Outcome> {
        let Mode::Edited { .. } = self.mode else { return None };
        let at = memchr::memchr(CTRL_C, self.typed.as_slice())?;
        self.typed.consume(at + 1);
        Some(Outcome::Interrupted)
    }

    /// The next line of a script. One that is too long is cut, and what is behind the cut is no line of
    /// its own.
    fn take_line(&mut self) -> Option<Outcome> {
        if self.is_skipping && !self.skip_line() {
            return None;
        }
        let typed = self.typed.as_slice();
        let end = memchr::memchr(b'\n', typed);
        let is_too_long = end.unwrap_or(typed.len()) > MAX_LINE_BYTES;
        if typed.is_empty() || !(end.is_some() || self.is_input_ended || is_too_long) {
            return None;
        }
        let len = end.unwrap_or(typed.len()).min(MAX_LINE_BYTES);
        let line = typed[..len].strip_suffix(b"\r").unwrap_or(&typed[..len]);
        let line = String::from_utf8_lossy(line).into_owned();
        self.typed.consume(len);
        self.is_skipping = true;
        self.skip_line();
        Some(Outcome::Line(line))
    }

    /// Leaves out what is typed up to the end of the line, and says whether that was there.
    fn skip_line(&mut self) -> bool {
        let end = memchr::memchr(b'\n', self.typed.as_slice());
        self.typed.consume(end.map_or(self.typed.len(), |at| at + 1));
        self.is_skipping = end.is_none();
        !self.is_skipping
    }
}

impl Prompt {
    fn text(self) -> &'static str {
        match self {
            Self::Username => "Username: ",
            Self::Password => "Password: ",
            Self::Command => "> ",
        }
    }

    fn kind(self) -> LineKind {
        match self {
            Self::Username => LineKind::Answer,
            Self::Password => LineKind::Password,
            Self::Command => LineKind::Command,
        }
    }
}
