//! The inhabitants of a world.

use std::fmt::Debug;
use std::time::Duration;

use super::ids::{PersonId, PhoneId};
use super::{Core, Happening};
use crate::client::phone::Reception;
use crate::server::decision::Decision;
use crate::world::kernel::Done;
use crate::world::network::ConnectionId;
use crate::world::phone::{Learned, Pause};

/// The inhabitants of a [`World`](super::World): what they do of their own accord, and how they
/// react to what they notice. The rest of the world is the [`Core`].
pub trait Inhabitants: Sized {
    /// Events among them, besides those between their phones and the server.
    type Event: Debug;

    /// Handles an event that they scheduled.
    ///
    /// # Errors
    ///
    /// A message if a check fails, which ends the run.
    fn act(&mut self, event: &Self::Event, core: &mut Core<Self::Event>) -> Result<(), String>;

    /// Handles a notice about a phone or the server.
    ///
    /// # Errors
    ///
    /// A message if a check fails, which ends the run.
    fn notice(&mut self, notice: Notice<'_>, core: &mut Core<Self::Event>) -> Result<(), String>;

    /// Length of a pause of the user of a phone.
    fn pause(&mut self, phone: PhoneId, pause: Pause) -> Duration;

    /// Owner of a phone, whose number does not depend on who else has a phone.
    fn owner(&self, phone: PhoneId) -> PersonId {
        PersonId::new(phone.number())
    }

    /// Runs before each event, at its time.
    ///
    /// # Errors
    ///
    /// A message if a check fails, which ends the run.
    fn before(&mut self, _core: &mut Core<Self::Event>) -> Result<(), String> {
        Ok(())
    }

    /// Runs after each event.
    fn after(&mut self, _at: Duration, _happening: Happening<Self::Event>) {}
}

/// What happens between phones and the server.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A phone sent a request.
    Asked {
        /// The phone.
        phone: PhoneId,
        /// Connection to the server.
        connection: ConnectionId,
        /// Whether its password is right, if it is a login.
        is_right: Option<bool>,
        /// Bytes of the request.
        bytes: &'a [u8],
    },
    /// A phone received bytes.
    Heard {
        /// The phone.
        phone: PhoneId,
        /// Connection to the server.
        connection: ConnectionId,
        /// At least one.
        bytes: &'a [u8],
    },
    /// A phone learned a fact from bytes that it received.
    Learned {
        /// The phone.
        phone: PhoneId,
        /// The fact, and when the phone asked for it.
        learned: Learned,
    },
    /// A datagram reached a phone.
    Received {
        /// The phone.
        phone: PhoneId,
        /// What the phone made of it.
        reception: Reception,
    },
    /// The program of a phone was killed and started again.
    PhoneBeganAgain(PhoneId),
    /// A phone has lost its connection.
    Lost {
        /// The phone.
        phone: PhoneId,
        /// The lost connection.
        connection: ConnectionId,
        /// Whether the connection broke; otherwise the server ended it.
        is_broken: bool,
    },
    /// The server accepted a connection.
    Accepted(ConnectionId),
    /// The server's kernel received the end of a stream.
    HungUp(ConnectionId),
    /// The server's kernel learned that a connection broke.
    Broke(ConnectionId),
    /// The server finished a tick.
    Ticked {
        /// Connections that it read from or wrote to; one may occur more than once.
        touched: &'a [ConnectionId],
        /// Decisions of the tick.
        decisions: &'a [Decision],
    },
    /// The server acted on a stream.
    Did(ConnectionId, &'a Done),
    /// The server's machine lost power.
    Crashed,
    /// The server was started again.
    Restarted,
}
