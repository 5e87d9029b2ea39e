//! Phones nearby: beacons in and out, and the log of those that came in.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use mio::Registry;

use super::phone::{Outgoing, Reception};
use super::{Client, ClientError, DATAGRAMS, Settings};
use crate::clock::Now;
use crate::protocol::Beacon;
use crate::reactor::DatagramSocket;

/// Listens for beacons, on all addresses of the kind that the server has.
pub(super) fn listen(
    settings: &Settings,
    registry: &Registry,
) -> Result<DatagramSocket, ClientError> {
    let port = settings.udp_port;
    let address = any_address(settings.server, port);
    DatagramSocket::bind(address, registry, DATAGRAMS)
        .map_err(|source| ClientError::Listen { port, source })
}

impl Client {
    pub(super) fn tidy(&mut self, now: Now) {
        if let Err(error) = self.keeper.tidy(&mut self.phone, now) {
            let text = format!("{error}; the contact log is kept in memory");
            self.dialogue.trouble(&text, &mut self.lines);
        }
    }

    pub(super) fn send_beacon(&mut self, destination: SocketAddr, now: Now) {
        let beacon = match self.phone.beacon(now) {
            Outgoing::Valid(beacon) => beacon,
            Outgoing::NotValidNow(beacon) => {
                self.dialogue.beacon_not_valid(&beacon.0, now.wall, &mut self.lines);
                beacon
            }
            Outgoing::None => {
                let problem = "There is no TempID to send yet: Download_tempID gets one.";
                return self.dialogue.beacon_sent(Err(problem), &mut self.lines);
            }
        };
        match send_datagram(&beacon, destination) {
            Ok(()) => self.dialogue.beacon_sent(Ok(beacon.0), &mut self.lines),
            Err(error) => {
                let problem = format!("The beacon cannot be sent to {destination}: {error}");
                self.dialogue.beacon_sent(Err(&problem), &mut self.lines);
            }
        }
    }

    pub(super) fn receive_datagrams(&mut self, now: Now) {
        let Self { datagrams, phone, keeper, dialogue, lines, .. } = self;
        let received = datagrams.receive(now.monotonic, |datagram, sender| {
            if let Err(error) = keeper.follow(phone, now) {
                dialogue.trouble(&format!("{error}; what is in it is left alone"), lines);
            }
            let reception = phone.receive(datagram, now);
            dialogue.received(&reception, sender, now.wall, lines);
            if let Reception::Valid(record, added) = reception
                && let Err(error) = keeper.keep(&record, added, phone)
            {
                dialogue.trouble(&format!("{error}; the beacon is kept in memory"), lines);
            }
        });
        if let Err(error) = received {
            dialogue.trouble(&format!("No beacons can be received for now: {error}"), lines);
        }
    }
}

/// Sends a beacon from a port that the system chooses anew, so that it does not tell two beacons of
/// one phone from those of two.
fn send_datagram(beacon: &Beacon, destination: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(any_address(destination, 0))?;
    socket.set_nonblocking(true)?;
    let mut datagram = Vec::with_capacity(Beacon::LEN);
    beacon.encode(&mut datagram);
    socket.send_to(&datagram, destination).map(|_| ())
}

/// All local addresses of the kind that `peer` has.
fn any_address(peer: SocketAddr, port: u16) -> SocketAddr {
    match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, port).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, port).into(),
    }
}
