//! The shell of one phone on its connection, from the connect to the end.

use std::io;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::phone::Phone;
use super::step::{Ending, Step};
use super::{Storm, Timer};
use crate::clock::Now;
use crate::reactor::{Connection, Flushed, Received, TimerKey, Token};

/// State of a storm's connection.
#[derive(Debug)]
pub(super) struct Participant {
    phone: Phone,
    timer: Option<TimerKey>,
    presence: Presence,
}

/// Progress of a phone, as far as the shell has to know it.
#[derive(Debug)]
enum Presence {
    /// The phone takes this step when the connection is established, because it sends no request
    /// whose reply would prove that.
    Connecting(Step),
    /// The phone sends, or waits for a reply.
    Active,
    /// The phone stays silent.
    Staying,
    /// The phone stays silent and never reads.
    StayingDeaf,
}

impl Presence {
    fn is_staying(&self) -> bool {
        match self {
            Self::Connecting(_) | Self::Active => false,
            Self::Staying | Self::StayingDeaf => true,
        }
    }
}

impl Storm {
    pub(super) fn begin(&mut self, scheduled: Instant) {
        let (script, index) = self.casting.cast();
        let (user, password) = self.settings.users.account(index);
        let rng = Xoshiro256PlusPlus::from_rng(&mut self.generators);
        let mut phone = Phone::new(script, user, scheduled, self.crowd.manner.says_goodbye, rng);
        let entry = self.connections.vacant_entry();
        let (registry, token) = (self.event_loop.registry(), entry.token());
        let connected = self.sources.connect(self.settings.server);
        let outcome = connected.and_then(|stream| {
            let mut connection = Connection::connecting(self.settings.connector.connect(stream));
            let step = phone.begin(&password, connection.output(), &mut self.crowd);
            let (step, presence) = match step {
                Step::Wait | Step::WaitFor(_) => {
                    connection.flush_and_register(registry, token)?;
                    (Some(step), Presence::Active)
                }
                Step::Stay { .. } | Step::Over(_) => {
                    // Asks for writability, which tells when the connection is there.
                    connection.register(registry, token)?;
                    (None, Presence::Connecting(step))
                }
            };
            Ok((connection, step, presence))
        });
        match outcome {
            Ok((connection, step, presence)) => {
                entry.insert(connection, Participant { phone, timer: None, presence });
                self.joined(token, step);
            }
            Err(error) => {
                if let Step::Over(ending) = phone.failed(&error) {
                    self.count(phone.script(), scheduled, ending);
                }
            }
        }
    }

    /// Adds a phone, which takes its first step unless that waits for the connection.
    fn joined(&mut self, token: Token, step: Option<Step>) {
        self.most_at_once = self.most_at_once.max(self.connections.len());
        match step {
            Some(step) => self.take(token, step),
            None => {
                self.wait(token, self.crowd.manner.patience);
                self.come_about(token);
            }
        }
    }

    /// Lets a phone whose step waits for the connection take it, if the connection is established.
    fn come_about(&mut self, token: Token) {
        let Some((slot, buffer)) = self.connections.slot_and_buffer(token) else { return };
        let step = match slot.connection.establish(self.event_loop.registry(), token, buffer) {
            Ok(true) => match std::mem::replace(&mut slot.state.presence, Presence::Active) {
                Presence::Connecting(step) => step,
                Presence::Active | Presence::Staying | Presence::StayingDeaf => return,
            },
            Ok(false) => {
                if slot.connection.has_more() {
                    self.connections.queue(token);
                }
                return;
            }
            Err(error) => slot.state.phone.failed(&error),
        };
        self.take(token, step);
        // The event that told of the connection may have told of bytes as well.
        self.connections.queue(token);
    }

    /// Handles an event of a connection, or work left over from the last tick.
    pub(super) fn serve(&mut self, token: Token) {
        let Some(slot) = self.connections.slot(token) else { return };
        match slot.state.presence {
            Presence::Connecting(_) => self.come_about(token),
            Presence::Active | Presence::Staying => self.receive(token),
            Presence::StayingDeaf => self.go_on(token),
        }
    }

    /// Gives received bytes to a phone.
    fn receive(&mut self, token: Token) {
        let Some((slot, buffer)) = self.connections.slot_and_buffer(token) else { return };
        let (phone, crowd, now) = (&mut slot.state.phone, &mut self.crowd, Now::read().monotonic);
        let (mut step, has_heard) = (Step::Wait, &mut self.has_heard);
        let received = slot.connection.receive(buffer, |bytes, out| {
            *has_heard = true;
            let (consumed, next) = phone.receive(bytes, out, crowd, now);
            step = next;
            consumed
        });
        if !matches!(step, Step::Over(_)) {
            match received {
                Received::Waiting => {}
                Received::MoreLeft => self.connections.queue(token),
                Received::Ended => step = phone.ended(),
                Received::Failed(error) => step = phone.failed(&error),
            }
        }
        self.take(token, step);
    }

    /// Lets a phone that does not read send as much as the server takes.
    fn go_on(&mut self, token: Token) {
        let Some(slot) = self.connections.slot(token) else { return };
        match slot.connection.flush(self.event_loop.registry(), token) {
            Flushed::Everything => {
                slot.state.phone.go_on(slot.connection.output());
                self.connections.queue(token);
            }
            Flushed::Blocked { .. } => {}
            Flushed::Over => {
                let step = slot.state.phone.ended();
                self.take(token, step);
            }
            Flushed::Failed(error) => {
                let step = slot.state.phone.failed(&error);
                self.take(token, step);
            }
        }
    }

    /// Handles the end of a wait.
    pub(super) fn time_is_up(&mut self, token: Token) {
        let Some(slot) = self.connections.slot(token) else { return };
        let Participant { phone, timer, presence } = &mut slot.state;
        *timer = None;
        let step = match presence {
            Presence::Connecting(_) => phone.failed(&io::ErrorKind::TimedOut.into()),
            Presence::Active | Presence::Staying | Presence::StayingDeaf => {
                let now = Now::read().monotonic;
                phone.time_is_up(slot.connection.output(), &mut self.crowd, now)
            }
        };
        self.take(token, step);
    }

    /// Carries out a step of a phone.
    fn take(&mut self, token: Token, mut step: Step) {
        let Some(slot) = self.connections.slot(token) else { return };
        if let Flushed::Failed(error) = slot.connection.flush(self.event_loop.registry(), token)
            && !matches!(step, Step::Over(_))
        {
            step = slot.state.phone.failed(&error);
        }
        match step {
            Step::Wait => {}
            Step::WaitFor(time) => self.wait(token, time),
            Step::Stay { time, reads } => {
                self.staying += usize::from(!slot.state.presence.is_staying());
                slot.state.presence = if reads { Presence::Staying } else { Presence::StayingDeaf };
                self.wait(token, time);
                if !reads {
                    self.connections.queue(token);
                }
            }
            Step::Over(ending) => self.end(token, ending),
        }
    }

    fn wait(&mut self, token: Token, time: Duration) {
        let Some(slot) = self.connections.slot(token) else { return };
        let timers = &mut self.timers;
        if let Some(key) = slot.state.timer.take() {
            timers.cancel(key);
        }
        let deadline = Now::read().monotonic + time;
        slot.state.timer = Some(timers.insert(deadline, Timer::Phone(token)));
    }

    fn end(&mut self, token: Token, ending: Ending) {
        let Some(slot) = self.connections.slot(token) else { return };
        self.tls_resumed += u64::from(slot.connection.stream().is_resumed());
        if ending.is_abort {
            slot.connection.abort();
        } else {
            slot.connection.part();
        }
        if let Some(key) = slot.state.timer.take() {
            self.timers.cancel(key);
        }
        self.staying -= usize::from(slot.state.presence.is_staying());
        let (script, scheduled) = (slot.state.phone.script(), slot.state.phone.scheduled());
        self.connections.close(token);
        self.count(script, scheduled, ending);
    }
}
