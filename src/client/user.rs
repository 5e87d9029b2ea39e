//! Standard input: bytes are read, lines become actions, and actions are carried out.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Instant;

use mio::unix::SourceFd;
use mio::{Interest, Registry};

use super::dialogue::Action;
use super::line_editor::Outcome;
use super::link::Link;
use super::session::Session;
use super::{Client, ClientError, STDIN};
use crate::clock::Now;
use crate::protocol::UploadCode;

/// Bytes of one read of standard input.
const INPUT_BYTES: usize = 4096;

/// Readiness of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdin {
    /// A file: it cannot be polled, and a read never blocks.
    AlwaysReady,
    /// A terminal or a pipe for which an event came that no read has answered.
    Ready,
    /// A terminal or a pipe without anything to read; an event will say when.
    Waiting,
}

/// An upload that waits until nobody is saving the contact log.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingUpload {
    /// When the user asked for it.
    pub(super) asked: Instant,
    /// The code that goes with it.
    pub(super) code: Option<UploadCode>,
    /// When to look again.
    pub(super) next: Instant,
}

impl Stdin {
    pub(super) fn register(registry: &Registry) -> Self {
        let descriptor = rustix::stdio::stdin().as_raw_fd();
        match registry.register(&mut SourceFd(&descriptor), STDIN.into(), Interest::READABLE) {
            Ok(()) => Self::Waiting,
            Err(_) => Self::AlwaysReady,
        }
    }
}

impl Client {
    pub(super) fn may_read_input(&self) -> bool {
        self.stdin != Stdin::Waiting && self.screen.wants_input()
    }

    pub(super) fn read_input(&mut self) -> io::Result<()> {
        if !self.may_read_input() {
            return Ok(());
        }
        // One read an event does not block. `O_NONBLOCK` is out of the question, as the shell and
        // other programs on this terminal would have it, too.
        let mut bytes = [0; INPUT_BYTES];
        match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
            Ok(count) => self.screen.type_bytes(&bytes[..count]),
            Err(rustix::io::Errno::INTR) => return Ok(()),
            // Another program has it without blocking, and took what the event told of.
            Err(rustix::io::Errno::AGAIN) => {}
            // The terminal is gone.
            Err(_) => self.screen.type_bytes(&[]),
        }
        if self.stdin == Stdin::Ready {
            self.stdin = Stdin::Waiting;
            let descriptor = rustix::stdio::stdin().as_raw_fd();
            // What one read left over raises no event of its own; registering again does.
            self.event_loop.registry().reregister(
                &mut SourceFd(&descriptor),
                STDIN.into(),
                Interest::READABLE,
            )?;
        }
        Ok(())
    }

    /// Carries out what the user typed, line by line, as long as the dialogue asks for one.
    pub(super) fn follow_user(&mut self, now: Now) -> Result<(), ClientError> {
        loop {
            self.draw(now)?;
            let action = match self.screen.next_outcome() {
                Some(Outcome::Line(line)) => self.dialogue.line(&line, &mut self.lines),
                Some(Outcome::EndOfInput | Outcome::Interrupted) => self.dialogue.leave(),
                Some(Outcome::Suspended) => {
                    self.screen.suspend()?;
                    None
                }
                None => return Ok(()),
            };
            if let Some(action) = action {
                self.act(action, now)?;
            }
            if self.dialogue.ending().is_some() {
                return self.draw(now);
            }
        }
    }

    pub(super) fn leave(&mut self, now: Now) -> Result<(), ClientError> {
        match self.dialogue.leave() {
            Some(action) => self.act(action, now),
            None => Ok(()),
        }
    }

    pub(super) fn act(&mut self, action: Action, now: Now) -> Result<(), ClientError> {
        // Whoever logs out does not wait for it.
        self.waiting_upload = None;
        let Some(action) = self.postpone(action, now) else { return Ok(()) };
        if action.begins_conversation()
            && matches!(self.link, Link::Down)
            && let Err(error) = self.connect(now)
        {
            return self.lose_link(error, now);
        }
        match action {
            Action::LogIn { user, password } => {
                self.say(|session, out| session.log_in(&user, password.as_str(), out));
            }
            Action::LogInWithToken { user } => return self.log_in_with_token(user, now),
            Action::FetchToken => self.say(Session::request_token),
            Action::KeepToken { user, token } => self.keep_token(user, &token),
            Action::DropToken { user } => self.drop_token(&user),
            Action::Register { number } => {
                self.say(|session, out| session.register(&number, out));
            }
            Action::Confirm { number, code, password } => {
                self.say(|session, out| session.confirm(&number, code, password.as_str(), out));
            }
            Action::Download => self.say(|session, out| session.download(1, out)),
            Action::Upload(code) => self.upload(code, now.monotonic, now),
            Action::Beacon(destination) => self.send_beacon(destination, now),
            Action::Forget => self.say(Session::forget),
            Action::Erase(user) => self.erase(user),
            Action::LogOut => self.say(Session::log_out),
        }
        self.expect_reply(now);
        Ok(())
    }

    /// Uploads the contact log once nobody is saving its file; the user wanted it at `asked`.
    pub(super) fn upload(&mut self, code: Option<UploadCode>, asked: Instant, now: Now) {
        let log = self.keeper.log_to_upload(&mut self.phone, now);
        let next = self.keeper.next_look(asked, now.monotonic).filter(|_| log.is_ok());
        self.waiting_upload = next.map(|next| WaitingUpload { asked, code, next });
        match log {
            Ok(_) if next.is_some() => {}
            Ok(log) if log.is_empty() => self.dialogue.nothing_to_upload(&mut self.lines),
            Ok(log) => {
                self.dialogue.uploading(&log, &mut self.lines);
                self.say(|session, out| session.upload(log, code, out));
            }
            Err(notice) => self.dialogue.log_unreadable(&notice.to_string(), &mut self.lines),
        }
        self.tell_of_log();
    }
}
