//! Checks of upload codes.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::protocol::UploadCode;
use crate::server::session::MAX_PARTS;
use crate::world::database_disk::DatabaseDisk;
use crate::world::ids::PersonId;
use crate::world::network::ConnectionId;
use crate::world::phone::username;

/// The upload codes that users were given, and what they did with them. If the server asks for
/// codes, it checks that
///
/// - nothing is taken with a code that the user was not given, or that a later one has replaced,
/// - a code allows the parts of one upload on one connection, and nothing else, also after a crash.
#[derive(Debug)]
pub struct Codes {
    /// Whether the server asks for them.
    are_needed: bool,
    /// By person.
    users: Vec<User>,
}

#[derive(Debug, Default)]
struct User {
    /// The oldest first.
    made: Vec<Made>,
    /// Whether the operator is about to make one.
    is_awaited: bool,
    latest: Option<Sent>,
}

/// A code that the operator made.
#[derive(Debug)]
struct Made {
    code: UploadCode,
    at: Duration,
    /// How often it was sent, on each connection.
    sent: BTreeMap<ConnectionId, u8>,
    /// The connection on which an upload was taken, and how many were.
    taken: Option<(ConnectionId, u8)>,
}

/// The latest upload of a user.
#[derive(Debug, Clone, Copy)]
struct Sent {
    code: Option<UploadCode>,
    connection: ConnectionId,
    at: Duration,
}

impl Codes {
    /// No codes, for users who need them or not.
    pub fn new(people: u32, are_needed: bool) -> Self {
        Self { are_needed, users: (0..people).map(|_| User::default()).collect() }
    }

    /// Number of codes that users were given.
    pub fn made_in_all(&self) -> usize {
        self.users.iter().map(|user| user.made.len()).sum()
    }

    /// Notes that a user needs a code, and returns whether to ask the operator for it.
    pub fn need(&mut self, person: PersonId) -> bool {
        !std::mem::replace(&mut self.users[person.index()].is_awaited, true)
    }

    /// Notes that the operator made a code for a user, who is told it at `now`.
    pub fn made(&mut self, person: PersonId, code: UploadCode, now: Duration) {
        let User { made, is_awaited, .. } = &mut self.users[person.index()];
        *is_awaited = false;
        made.push(Made { code, at: now, sent: BTreeMap::new(), taken: None });
    }

    /// The code that a user types next: mostly the latest, sometimes an earlier one, or a wrong
    /// one.
    pub fn typed(&self, person: PersonId, rng: &mut ChaCha12Rng) -> Option<UploadCode> {
        let made = &self.users[person.index()].made;
        match rng.random_range(0..8) {
            0 => UploadCode::from_number(rng.random_range(0..UploadCode::COUNT)),
            1 => made.first().map(|made| made.code),
            _ => made.last().map(|made| made.code),
        }
    }

    /// Notes that a user sends a contact log with a code.
    pub fn sent(
        &mut self,
        person: PersonId,
        code: Option<&[u8]>,
        connection: ConnectionId,
        now: Duration,
    ) {
        let code = code.and_then(|code| UploadCode::decode(code).ok());
        let User { made, latest, .. } = &mut self.users[person.index()];
        *latest = Some(Sent { code, connection, at: now });
        if let Some(made) = made.iter_mut().rfind(|made| Some(made.code) == code) {
            *made.sent.entry(connection).or_default() += 1;
        }
    }

    /// Notes that a user is told that the latest contact log was taken.
    ///
    /// # Errors
    ///
    /// A message if its code does not allow that.
    pub fn taken(&mut self, person: PersonId) -> Result<(), String> {
        let User { made, latest, .. } = &mut self.users[person.index()];
        let Some(Sent { code, connection, at }) = latest.filter(|_| self.are_needed) else {
            return Ok(());
        };
        let later = made.last().filter(|later| later.at < at).map(|later| later.code);
        let Some(made) = made.iter_mut().rfind(|made| Some(made.code) == code) else {
            return Err(format!("an upload of {person} was taken with a code that nobody made"));
        };
        if later.is_some_and(|later| later != made.code) {
            return Err(format!("an upload of {person} was taken with a code that was replaced"));
        }
        let (on, parts) = made.taken.get_or_insert((connection, 0));
        *parts += 1;
        if *on != connection || *parts > MAX_PARTS {
            return Err(format!("a code of {person} allowed two uploads"));
        }
        Ok(())
    }

    /// Compares what was sent with the cases on the disk: those of which nobody heard count too.
    ///
    /// # Errors
    ///
    /// A message if a user has more cases than codes allow.
    pub fn check(&self, disk: &DatabaseDisk) -> Result<(), String> {
        for (number, User { made, .. }) in self.users.iter().enumerate().filter(|_| self.are_needed)
        {
            let person = PersonId::new(number as u32);
            let most_of_one = |made: &Made| made.sent.values().copied().max().unwrap_or_default();
            let most = |made: &Made| usize::from(most_of_one(made).min(MAX_PARTS));
            let most: usize = made.iter().map(most).sum();
            let cases = disk.records().cases().iter();
            let taken = cases.filter(|case| case.uploader == username(person)).count();
            if taken > most {
                return Err(format!("the codes of {person} allow {most} cases, and {taken} exist"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
