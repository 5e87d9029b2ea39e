//! The UDP side of a client: beacons are sent and received, and received ones are logged.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use mio::Registry;

use super::contact_log::Sender;
use super::phone::Outgoing;
use super::{Client, ClientError, DATAGRAMS, Settings};
use crate::clock::Now;
use crate::protocol::Beacon;
use crate::reactor::DatagramSocket;

/// Binds the UDP port on all addresses of the server's address family.
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
        self.keeper.tidy(&mut self.phone, now);
        self.tell_of_log();
    }

    pub(super) fn tell_of_log(&mut self) {
        for notice in self.keeper.notices() {
            self.dialogue.trouble(&notice.to_string(), &mut self.lines);
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
            let reception = keeper.receive(Sender::at(sender.ip()), datagram, phone, now);
            dialogue.received(&reception, sender, now, lines);
        });
        if let Err(error) = received {
            dialogue.trouble(&format!("No beacons can be received for now: {error}"), lines);
        }
        self.tell_of_log();
    }
}

/// Sends a beacon from a new port that the system chooses, so that the port does not link two
/// beacons of one phone.
fn send_datagram(beacon: &Beacon, destination: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(any_address(destination, 0))?;
    socket.set_nonblocking(true)?;
    let mut datagram = Vec::with_capacity(Beacon::LEN);
    beacon.encode(&mut datagram);
    socket.send_to(&datagram, destination).map(|_| ())
}

/// Returns the unspecified address of the family of `peer`.
fn any_address(peer: SocketAddr, port: u16) -> SocketAddr {
    match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, port).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, port).into(),
    }
}
