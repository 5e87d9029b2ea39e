//! The air around a client: a multicast group to which it sends beacons by itself, and in which it
//! hears those of phones nearby.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::Registry;
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use super::beat::Beat;
use super::contact_log::Sender;
use super::heard::Heard;
use super::phone::Outgoing;
use super::{AIR, AirSettings, Client, ClientError};
use crate::clock::Now;
use crate::protocol::Beacon;
use crate::reactor::{DatagramSocket, Group};

/// A group that the client has joined.
#[derive(Debug)]
pub(super) struct Air {
    group: Group,
    socket: DatagramSocket,
    beat: Beat,
    heard: Heard,
    /// Whether the last beacon could not be sent.
    is_failing: bool,
}

impl Air {
    pub(super) fn join(settings: &AirSettings, registry: &Registry) -> Result<Self, ClientError> {
        let AirSettings { group, beacon_every } = settings;
        let socket = DatagramSocket::join(group, registry, AIR)
            .map_err(|source| ClientError::Air { group: group.clone(), source })?;
        let rng = ChaCha12Rng::try_from_rng(&mut SysRng).map_err(io::Error::other)?;
        let beat = Beat::new(*beacon_every, rng);
        let (group, heard) = (group.clone(), Heard::default());
        Ok(Self { group, socket, beat, heard, is_failing: false })
    }

    pub(super) fn note_readable(&mut self) {
        self.socket.note_readable();
    }

    /// When to send or to receive although no event will tell.
    pub(super) fn next_wake(&self, now: Instant) -> Option<Instant> {
        [self.beat.next(), self.socket.next_attempt(now)].into_iter().flatten().min()
    }

    /// Sends a beacon. An interface that is gone or replaced takes the membership with it.
    fn send(&mut self, beacon: &Beacon, registry: &Registry) -> io::Result<()> {
        if self.is_failing {
            self.socket = DatagramSocket::join(&self.group, registry, AIR)?;
        } else {
            self.socket.rejoin(&self.group)?;
        }
        self.heard.note_own(beacon.0.temp_id);
        let mut datagram = Vec::with_capacity(Beacon::LEN);
        beacon.encode(&mut datagram);
        self.group.send(&datagram)
    }
}

impl Client {
    /// Sends a beacon to the group when it is time to.
    pub(super) fn beacon_by_air(&mut self, now: Now) {
        let Self { air: Some(air), phone, dialogue, lines, event_loop, .. } = self else { return };
        let outgoing = phone.beacon(now);
        if outgoing != Outgoing::None {
            air.beat.start(now.monotonic);
        }
        if !air.beat.take(now.monotonic) {
            return;
        }
        let outcome = match outgoing {
            Outgoing::None => return,
            Outgoing::Valid(beacon) => air.send(&beacon, event_loop.registry()),
            Outgoing::NotValidNow(Beacon(record)) if now.wall < record.start => {
                let to_come = record.start.seconds_since(now.wall);
                return air.beat.hurry(now.monotonic, Duration::from_secs(to_come));
            }
            Outgoing::NotValidNow(_) => Err(io::Error::other("it has no TempID that is valid now")),
        };
        let was_failing = std::mem::replace(&mut air.is_failing, outcome.is_err());
        match outcome {
            Ok(()) if was_failing => {
                dialogue.note(&format!("Beacons are sent to {} again.", air.group), lines);
            }
            Err(problem) if !was_failing => {
                let text = format!("This phone sends no beacons to {}: {problem}", air.group);
                dialogue.trouble(&text, lines);
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Receives what phones nearby say, and shows what the user has not seen.
    pub(super) fn receive_by_air(&mut self, now: Now) {
        let Self { air: Some(air), phone, keeper, dialogue, lines, .. } = self else { return };
        let Air { socket, heard, .. } = air;
        let take = |datagram: &[u8], sender: SocketAddr| {
            if heard.is_own(datagram) {
                return;
            }
            let reception = keeper.receive(Sender::at(sender.ip()), datagram, phone, now);
            if heard.is_news(&reception, sender.ip()) {
                dialogue.received(&reception, sender, now, lines);
            }
        };
        if let Err(error) = socket.receive(now.monotonic, take) {
            let text = format!("No beacons can be heard by air for now: {error}");
            dialogue.trouble(&text, lines);
        }
        self.tell_of_log();
    }
}
