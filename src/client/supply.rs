//! The TempIDs that a client fetches without being told to, between the requests of its user.

use std::time::Instant;

use super::dialogue::Action;
use super::phone::Outgoing;
use super::renewal::{BATCH, Renewal};
use super::session::Event;
use super::{Client, ClientError, TempIdSupply};
use crate::clock::Now;

/// The automatic supply with TempIDs, if it is switched on.
#[derive(Debug)]
pub(super) struct Supply {
    renewal: Option<Renewal>,
    /// What the user wants while a batch is on its way: a session has one request at a time.
    postponed: Option<Action>,
}

impl Supply {
    pub(super) fn new(supply: TempIdSupply) -> Self {
        let renewal = match supply {
            TempIdSupply::ByHand => None,
            TempIdSupply::Automatic => Some(Renewal::default()),
        };
        Self { renewal, postponed: None }
    }

    pub(super) fn logged_in(&mut self) {
        if let Some(renewal) = &mut self.renewal {
            renewal.logged_in();
        }
    }

    /// Notes the end of the connection, and with it of what the user waits for.
    pub(super) fn lost(&mut self) {
        self.postponed = None;
        if let Some(renewal) = &mut self.renewal {
            renewal.lost();
        }
    }
}

impl Client {
    /// When to fetch a batch, unless a reply or an upload must come first.
    pub(super) fn next_fetch(&self, now: Now) -> Option<Instant> {
        let is_idle = self.session.is_logged_in() && !self.session.is_waiting();
        let is_free = is_idle && self.waiting_upload.is_none();
        let renewal = self.supply.renewal.as_ref().filter(|_| is_free)?;
        renewal.next(&self.phone, now)
    }

    /// Fetches a batch if it is time to, and does what waited for one.
    pub(super) fn supply_temp_ids(&mut self, now: Now) -> Result<(), ClientError> {
        if !self.session.is_waiting()
            && let Some(action) = self.supply.postponed.take()
        {
            self.act(action, now)?;
        }
        let is_due = self.next_fetch(now).is_some_and(|at| at <= now.monotonic);
        if is_due && let Some(renewal) = &mut self.supply.renewal {
            renewal.asked();
            self.say(|session, out| session.download(BATCH, out));
            self.expect_reply(now);
        }
        Ok(())
    }

    /// Takes an event that answers the request for a batch. Returns whether it was one, so that
    /// there is nothing to tell the dialogue.
    pub(super) fn take_supply(&mut self, event: &Event, now: Now) -> bool {
        let Some(renewal) = self.supply.renewal.as_mut().filter(|it| it.is_asked()) else {
            return false;
        };
        let problem = match event {
            Event::TempIds(records) => renewal.fetched(records, &mut self.phone, now),
            Event::Refused { message, .. } => renewal.refused(message, now),
            Event::Notice(_)
            | Event::Acknowledged(_)
            | Event::NotAcknowledged(_)
            | Event::LoggedIn(_)
            | Event::WrongPassword(_)
            | Event::NowBlocked(_)
            | Event::Blocked(_)
            | Event::CodeSent
            | Event::WrongCode(_)
            | Event::Token(_)
            | Event::NoToken(_)
            | Event::Forgotten(_)
            | Event::Uploaded(_)
            | Event::Answered
            | Event::LoggedOut
            | Event::Broken(_) => return false,
        };
        if let Some(problem) = problem {
            self.dialogue.trouble(&problem, &mut self.lines);
        }
        true
    }

    /// Keeps an action for later if it must wait for a batch; else returns it.
    pub(super) fn postpone(&mut self, action: Action, now: Now) -> Option<Action> {
        let Some(renewal) = &self.supply.renewal else { return Some(action) };
        let must_wait = match action {
            Action::Download | Action::Upload(_) | Action::Forget => renewal.is_asked(),
            Action::Beacon(_) => renewal.is_under_way() && !self.has_valid_temp_id(now),
            Action::LogIn { .. }
            | Action::LogInWithToken { .. }
            | Action::FetchToken
            | Action::KeepToken { .. }
            | Action::DropToken { .. }
            | Action::Register { .. }
            | Action::Confirm { .. }
            | Action::Erase(_)
            | Action::LogOut => false,
        };
        self.supply.postponed = None;
        if must_wait {
            self.supply.postponed = Some(action);
            return None;
        }
        Some(action)
    }

    fn has_valid_temp_id(&self, now: Now) -> bool {
        matches!(self.phone.beacon(now), Outgoing::Valid(_))
    }
}
