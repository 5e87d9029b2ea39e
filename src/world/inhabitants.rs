//! Who lives in a world.

use std::fmt::Debug;
use std::time::Duration;

use super::{Core, Happening};
use crate::server::decision::Decision;
use crate::world::kernel::Done;
use crate::world::network::ConnectionId;
use crate::world::phone::{Learned, Pause};

/// Who lives in a [`World`](super::World): what they do of their own accord, and what they make of what
/// they notice. The world itself is the [`Core`].
pub trait Inhabitants: Sized {
    /// What happens among them, besides what happens between their phones and the server.
    type Event: Debug;

    /// Something happens that they scheduled.
    ///
    /// # Errors
    ///
    /// That something is as it must never be; it ends the run.
    fn act(&mut self, event: &Self::Event, core: &mut Core<Self::Event>) -> Result<(), String>;

    /// Something happened that concerns a phone or the server.
    ///
    /// # Errors
    ///
    /// That something is as it must never be; it ends the run.
    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Self::Event>) -> Result<(), String>;

    /// How long the user of a phone pauses.
    fn pause(&mut self, phone: u32, pause: Pause) -> Duration;

    /// Whose a phone is, by a number that does not depend on who else has one.
    fn owner(&self, phone: u32) -> u32 {
        phone
    }

    /// Time has come to the next happening, which is about to happen.
    ///
    /// # Errors
    ///
    /// That something is as it must never be; it ends the run.
    fn before(&mut self, _core: &mut Core<Self::Event>) -> Result<(), String> {
        Ok(())
    }

    /// Something has happened.
    fn after(&mut self, _at: Duration, _happening: Happening<Self::Event>) {}
}

/// What there is to notice between phones and the server.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A phone sent a request.
    Asked {
        /// Which one.
        phone: u32,
        /// To where.
        connection: ConnectionId,
        /// Whether the password in it is right, if it is an attempt to log in.
        is_right: Option<bool>,
        /// The request.
        bytes: &'a [u8],
    },
    /// A phone received bytes.
    Heard {
        /// Which one.
        phone: u32,
        /// From where.
        connection: ConnectionId,
        /// At least one.
        bytes: &'a [u8],
    },
    /// A phone learned something from them.
    Learned {
        /// Which one.
        phone: u32,
        /// What.
        fact: Learned,
    },
    /// A phone has lost its connection.
    Lost {
        /// Which one.
        phone: u32,
        /// Which connection.
        connection: ConnectionId,
        /// Whether it broke; otherwise the server ended it.
        is_broken: bool,
    },
    /// The server has a new connection.
    Accepted(ConnectionId),
    /// The server's kernel has heard that a peer sent everything.
    HungUp(ConnectionId),
    /// The server's kernel has heard that a connection broke.
    Broke(ConnectionId),
    /// The server has had a tick.
    Ticked {
        /// The connections that it read from or wrote to, some maybe more than once.
        touched: &'a [ConnectionId],
        /// What it decided.
        decisions: &'a [Decision],
    },
    /// The server did something to a stream.
    Did(ConnectionId, &'a Done),
    /// The server's machine has died.
    Crashed,
    /// The server was started again.
    Restarted,
}
