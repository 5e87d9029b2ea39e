//! Standard input and output of the client, on a terminal or not.

use std::io;

use super::command::Command;
use super::dialogue::{Line, Prompt, Tone};
use super::line_editor::{Fed, LineEditor, LineKind, Outcome, end_of_interrupt};
use super::terminal::{ChangedTerminal, Environment, Input, screen_size};
use crate::reactor::{Buffer, Output};

/// Bytes of type-ahead, at most. A script that is ahead by more is not read for the moment.
const MAX_TYPED_BYTES: usize = 64 * 1024;

/// Longest line of a script, in bytes, as on a terminal.
const MAX_LINE_BYTES: usize = super::line_editor::LINE_LIMIT_BYTES;

/// Brings the keyboard into the mode that we read, whatever another program left behind: pastes are
/// marked, keys are not encoded by modifyOtherKeys nor by the kitty protocol, the cursor keys and
/// the keypad are not in application mode. Terminals pass over what they do not know.
const PLAIN_KEYS: &[u8] = b"\x1b[?2004h\x1b[>4;0m\x1b[=0;1u\x1b[?1l\x1b>";

/// Puts the keyboard mode of whoever had the terminal before aside, and takes it back.
const PUT_KEYS_ASIDE: &[u8] = b"\x1b[>0u";
const GIVE_KEYS_BACK: &[u8] = b"\x1b[?2004l\x1b[>4m\x1b[<1u";

/// Standard input and output, on a terminal or in a script.
///
/// On a terminal, what is shown while a line is being typed appears above that line, which stays as
/// it was. In a script there are no prompts: one line in, the answers out.
pub struct Screen {
    mode: Mode,
    has_colour: bool,
    /// Prompt that is shown.
    asked: Option<Prompt>,
    typed: Buffer,
    is_input_ended: bool,
    /// Whether the rest of a line that was too long is being skipped.
    is_skipping: bool,
    /// Whether the keyboard is in our mode.
    has_keyboard: bool,
    out: Vec<u8>,
    output: Output,
}

enum Mode {
    /// A terminal whose lines we edit.
    Edited { editor: Box<LineEditor>, terminal: ChangedTerminal },
    /// A terminal whose lines the kernel edits.
    KernelEdited { echo_off: Option<ChangedTerminal> },
    /// A pipe or a file.
    Unattended,
}

impl Screen {
    /// Takes over the standard input and output of this process.
    ///
    /// # Errors
    ///
    /// An error of the terminal.
    pub fn open(environment: &Environment, output: Output) -> io::Result<Self> {
        let mode = match environment.input() {
            Input::Edited => Mode::Edited {
                editor: Box::new(LineEditor::new(screen_size(), Command::WORDS)),
                terminal: ChangedTerminal::raw()?,
            },
            Input::KernelEdited => Mode::KernelEdited { echo_off: None },
            Input::Unattended => Mode::Unattended,
        };
        let mut screen = Self {
            mode,
            has_colour: environment.allows_colour(),
            asked: None,
            typed: Buffer::default(),
            is_input_ended: false,
            is_skipping: false,
            has_keyboard: false,
            out: Vec::new(),
            output,
        };
        screen.take_keyboard();
        Ok(screen)
    }

    /// Whether nobody types, but a script is read.
    pub fn is_unattended(&self) -> bool {
        matches!(self.mode, Mode::Unattended)
    }

    /// Leaves the terminal to others. What is still to be seen is written by
    /// [`flush`](Self::flush).
    pub fn close(&mut self) {
        if std::mem::take(&mut self.has_keyboard) {
            self.out.extend_from_slice(GIVE_KEYS_BACK);
        }
    }

    fn take_keyboard(&mut self) {
        if let Mode::Edited { .. } = self.mode {
            if !std::mem::replace(&mut self.has_keyboard, true) {
                self.out.extend_from_slice(PUT_KEYS_ASIDE);
            }
            self.out.extend_from_slice(PLAIN_KEYS);
        }
    }

    /// Shows lines and then `prompt`. If that prompt is shown already, the lines appear above it
    /// and what was typed behind it; otherwise what was typed is set aside.
    ///
    /// # Errors
    ///
    /// An error of the terminal.
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

    /// Erases the prompt and what was typed behind it, as far as the terminal can.
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
                    if prompt.is_some_and(|prompt| prompt.kind() == LineKind::Password) {
                        *echo_off = Some(ChangedTerminal::without_echo()?);
                    }
                }
                self.out.extend_from_slice(prompt.map_or("", Prompt::text).as_bytes());
            }
            (Mode::Unattended, _) => {}
        }
        Ok(())
    }

    /// Whether there is room for more input.
    pub fn wants_input(&self) -> bool {
        let is_listening = self.asked.is_some() || matches!(self.mode, Mode::Edited { .. });
        is_listening && !self.is_input_ended && self.typed.len() < MAX_TYPED_BYTES
    }

    /// Takes bytes of the input. No bytes are its end.
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.is_input_ended = true;
        }
        self.typed.extend(bytes);
    }

    /// Returns what the user did next, if a prompt is shown. Ctrl-C needs no prompt.
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
        let outcome = outcome.map(|outcome| self.first_line(outcome));
        if matches!(outcome, Some(Outcome::Line(_))) {
            self.asked = None;
        }
        let is_at_end = self.is_input_ended && self.typed.is_empty();
        outcome.or(is_at_end.then_some(Outcome::EndOfInput))
    }

    /// Leaves the first line of several to be carried out, and takes the others for typed ahead.
    fn first_line(&mut self, outcome: Outcome) -> Outcome {
        let Outcome::Line(text) = &outcome else { return outcome };
        let Some((first, rest)) = text.split_once('\n') else { return outcome };
        let mut typed = rest.replace('\n', "\r").into_bytes();
        typed.push(b'\r');
        typed.extend_from_slice(self.typed.as_slice());
        self.typed.consume(self.typed.len());
        self.typed.extend(&typed);
        Outcome::Line(first.to_owned())
    }

    /// Writes pending output, now or when there is room, and returns whether its reader (of a pipe,
    /// or the terminal) has just gone.
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

    /// Returns why pending output is not written, unless it waits for its reader.
    pub fn output_problem(&self) -> Option<&io::Error> {
        self.output.problem()
    }

    /// Adapts to the new size of the terminal.
    pub fn resize(&mut self) {
        if let Mode::Edited { editor, .. } = &mut self.mode {
            editor.resize(screen_size(), &mut self.out);
        }
    }

    /// Takes the terminal over again after the program was stopped and the shell used it.
    ///
    /// # Errors
    ///
    /// An error of the terminal.
    pub fn resume(&mut self) -> io::Result<()> {
        match &mut self.mode {
            Mode::Edited { editor, terminal } => {
                terminal.resume()?;
                editor.resize(screen_size(), &mut self.out);
                editor.hide(&mut self.out);
                editor.show(&mut self.out);
                self.take_keyboard();
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
    /// An error of the terminal.
    pub fn suspend(&mut self) -> io::Result<()> {
        if let Mode::Edited { editor, .. } = &mut self.mode {
            editor.hide(&mut self.out);
        }
        self.close();
        self.flush();
        if let Mode::Edited { terminal, .. } = &mut self.mode {
            terminal.stop_program()?;
        }
        self.take_keyboard();
        if let Mode::Edited { editor, .. } = &mut self.mode {
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

    /// Finds Ctrl-C in the type-ahead. What was typed before it is dropped, as on any terminal.
    fn take_interrupt(&mut self) -> Option<Outcome> {
        let Mode::Edited { .. } = self.mode else { return None };
        self.typed.consume(end_of_interrupt(self.typed.as_slice())?);
        Some(Outcome::Interrupted)
    }

    /// Returns the next line of a script. One that is too long is cut, and the rest is skipped.
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

    /// Skips input up to the end of the line, and returns whether that was found.
    fn skip_line(&mut self) -> bool {
        let end = memchr::memchr(b'\n', self.typed.as_slice());
        self.typed.consume(end.map_or(self.typed.len(), |at| at + 1));
        self.is_skipping = end.is_none();
        !self.is_skipping
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Everybody who types after us, if this is not the regular end.
        self.close();
        self.flush();
    }
}

impl Prompt {
    fn text(self) -> &'static str {
        match self {
            Self::Username => "Username: ",
            Self::Password => "Password: ",
            Self::Number => "Phone number: ",
            Self::Code => "Code: ",
            Self::NewPassword => "New password: ",
            Self::NewPasswordAgain => "New password again: ",
            Self::Command => "> ",
            Self::EndOfAccount => "Type yes to end your account: ",
        }
    }

    fn kind(self) -> LineKind {
        match self {
            Self::Username | Self::Number | Self::Code | Self::EndOfAccount => LineKind::Answer,
            Self::Password | Self::NewPassword | Self::NewPasswordAgain => LineKind::Password,
            Self::Command => LineKind::Command,
        }
    }
}
