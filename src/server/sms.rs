//! Messages to phones, by a command of the operator.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use mio::Waker;

use super::registration::CODE_LIFETIME;
use crate::protocol::{RegistrationCode, Username};
use crate::reactor::{WakeWhenDropped, spawn_helper, spawn_program};

/// Messages that wait for the command, at most. More of them are told and not sent.
const MAX_WAITING: usize = 1_000;

/// Problems that wait to be told, at most.
const MAX_PROBLEMS: usize = 16;

/// Runs the command for one message after the other, on a thread of its own: with the number and
/// the text as its arguments.
#[derive(Debug)]
pub struct SmsSender {
    messages: SyncSender<(Username, String)>,
    problems: Receiver<String>,
}

impl SmsSender {
    /// Starts the thread, which wakes the server with `waker` when it has a problem.
    ///
    /// # Errors
    ///
    /// What the system says if there can be no thread.
    pub fn start(command: PathBuf, waker: Arc<Waker>) -> io::Result<Self> {
        let (messages, orders) = sync_channel::<(Username, String)>(MAX_WAITING);
        let (to_server, problems) = sync_channel::<String>(MAX_PROBLEMS);
        spawn_helper("sms", move || {
            let waking = WakeWhenDropped(waker);
            while let Ok((number, text)) = orders.recv() {
                if let Err(problem) = run(&command, number, &text) {
                    let problem = format!("{}: {problem}", command.display());
                    // If many wait to be told already, this is no news.
                    let _ = to_server.try_send(problem);
                    // It fails only if the server has ended.
                    let _ = waking.0.wake();
                }
            }
        })?;
        Ok(Self { messages, problems })
    }

    /// Sends a message, or says why it cannot.
    ///
    /// # Errors
    ///
    /// A message if too many wait, or the thread has ended.
    pub fn send(&self, number: Username, text: String) -> Result<(), &'static str> {
        self.messages.try_send((number, text)).map_err(|error| match error {
            TrySendError::Full(_) => "too many messages wait for the command, so one is not sent",
            TrySendError::Disconnected(_) => "sending messages ended by a fault of the program",
        })
    }

    /// A problem that is not told yet.
    pub fn next_problem(&self) -> Option<String> {
        self.problems.try_recv().ok()
    }
}

fn run(command: &PathBuf, number: Username, text: &str) -> Result<(), String> {
    let mut program = Command::new(command);
    program.args([number.as_str(), text]).stdin(Stdio::null()).stdout(Stdio::null());
    let status = spawn_program(&mut program)
        .and_then(|mut child| child.wait())
        .map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("message not sent, {status}")) }
}

/// The message with a code. It alone says whether the number has an account.
pub fn text(code: RegistrationCode, has_account: bool) -> String {
    let minutes = CODE_LIFETIME.as_secs() / 60;
    let account = if has_account {
        " There is an account for this number, whose password you can change with it."
    } else {
        ""
    };
    format!(
        "BlueTrace code: {}. It is valid for {minutes} minutes; tell it nobody.{account}",
        code.as_str()
    )
}

#[cfg(test)]
mod tests;
