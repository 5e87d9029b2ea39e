//! The standard input and output of the client, a terminal or not.

use std::io::{self, Write};

use super::command::Command;
use super::dialogue::{Line, Prompt, Tone};
use super::line_editor::{Fed, LineEditor, LineKind, Outcome};
use super::terminal::{EchoOff, Environment, Input, RawTerminal, screen_size};
use crate::reactor::Buffer;

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
    out: Vec<u8>,
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
    /// The standard input and output of this process.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn open(environment: &Environment) -> io::Result<Self> {
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
            out: Vec::new(),
        })
    }

    /// Shows lines, above the line that is being typed.
    pub fn show(&mut self, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        match &mut self.mode {
            Mode::Edited { editor, .. } => editor.hide(&mut self.out),
            // What is typed cannot be taken off the screen, but need not run into our line.
            Mode::KernelEdited { .. } if self.asked.is_some() => self.out.push(b'\n'),
            Mode::KernelEdited { .. } | Mode::Unattended => {}
        }
        for line in lines {
            self.print(line);
        }
        match &mut self.mode {
            Mode::Edited { editor, .. } => editor.show(&mut self.out),
            Mode::KernelEdited { .. } => {
                self.out.extend_from_slice(self.asked.map_or("", Prompt::text).as_bytes());
            }
            Mode::Unattended => {}
        }
    }

    /// Asks for what `prompt` says, or for nothing; what was typed of another answer is gone.
    ///
    /// # Errors
    ///
    /// What the system says about the terminal.
    pub fn ask(&mut self, prompt: Option<Prompt>) -> io::Result<()> {
        if self.asked == prompt {
            return Ok(());
        }
        self.asked = prompt;
        match (&mut self.mode, prompt) {
            (Mode::Edited { editor, .. }, Some(prompt)) => {
                editor.start(prompt.text(), prompt.kind(), &mut self.out);
            }
            (Mode::Edited { editor, .. }, None) => {
                if !editor.is_idle() {
                    editor.hide(&mut self.out);
                    editor.stop(&mut self.out);
                }
            }
            (Mode::KernelEdited { echo_off }, prompt) => {
                *echo_off = match prompt {
                    Some(Prompt::Password) => Some(EchoOff::enter()?),
                    Some(Prompt::Username | Prompt::Command) | None => None,
                };
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

    /// Writes what has to be seen.
    ///
    /// # Errors
    ///
    /// What the system says; the reader of a pipe may have gone.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&self.out)?;
        self.out.clear();
        stdout.flush()
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
            Mode::KernelEdited { echo_off: Some(echo_off) } => echo_off.resume()?,
            Mode::KernelEdited { echo_off: None } | Mode::Unattended => {}
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
        self.flush()?;
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

    fn take_line(&mut self) -> Option<Outcome> {
        let typed = self.typed.as_slice();
        let end = memchr::memchr(b'\n', typed);
        let is_whole = end.is_some() || self.is_input_ended || typed.len() > MAX_LINE_BYTES;
        if typed.is_empty() || !is_whole {
            return None;
        }
        let len = end.unwrap_or(typed.len());
        let line = typed[..len].strip_suffix(b"\r").unwrap_or(&typed[..len]);
        let line = String::from_utf8_lossy(line).into_owned();
        self.typed.consume(end.map_or(len, |at| at + 1));
        Some(Outcome::Line(line))
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
