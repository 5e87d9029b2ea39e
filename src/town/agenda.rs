//! The meetings to come.

use std::time::Duration;

use super::Core;
use super::event::Event;
use super::meetings::{Change, Meetings};

/// The meetings to come, in the order of time.
#[derive(Debug)]
pub struct Agenda {
    meetings: Meetings,
    next: Option<Change>,
    /// When people begin to meet, from the start of the run.
    beginning: Duration,
}

impl Agenda {
    /// The agenda of meetings that begin at `beginning`.
    pub fn new(mut meetings: Meetings, beginning: Duration) -> Self {
        let next = meetings.next();
        Self { meetings, next, beginning }
    }

    /// Schedules the next change of who is near whom, if there is one.
    pub fn schedule_next(&self, core: &mut Core<Event>) {
        if let Some(change) = self.next {
            core.schedule(self.beginning + change.at, Event::Meet);
        }
    }

    /// Takes the next change that is due at `now`, if there is one.
    pub fn take_due(&mut self, now: Duration) -> Option<Change> {
        let due = self.next.take_if(|change| self.beginning + change.at == now)?;
        self.next = self.meetings.next();
        Some(due)
    }

    /// All meetings.
    pub fn meetings(&self) -> &Meetings {
        &self.meetings
    }
}
