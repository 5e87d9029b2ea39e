use std::net::{Ipv4Addr, UdpSocket};

use socket2::{Domain, InterfaceIndexOrAddress, Socket, Type};

use super::beacon::beacon;
use super::record::Record;
use super::wait::PATIENCE;

/// The loopback has this number on every machine.
const LOOPBACK: u32 = 1;

/// A multicast group on the loopback of this machine, with a member of nobody in particular: it
/// hears everybody, and sends what a test wants.
#[derive(Debug)]
pub struct Group {
    address: Ipv4Addr,
    port: u16,
    member: UdpSocket,
    /// Keeps the port, and with it the group, from other tests.
    _ours: UdpSocket,
}

impl Group {
    /// A group that no other test has.
    pub fn new() -> Self {
        let ours = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = ours.local_addr().expect("bound").port();
        let [high, low] = port.to_be_bytes();
        let address = Ipv4Addr::new(239, 255, high, low);
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("an option of every socket");
        let loopback = InterfaceIndexOrAddress::Index(LOOPBACK);
        socket.join_multicast_v4_n(&address, &loopback).expect("joined");
        socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).expect("the loopback's address");
        socket.bind(&std::net::SocketAddr::from((address, port)).into()).expect("bound");
        let member = UdpSocket::from(socket);
        member.set_read_timeout(Some(PATIENCE)).expect("an option of every socket");
        Self { address, port, member, _ours: ours }
    }

    /// The options of a client that is in the group, and beacons every second.
    pub fn options(&self) -> [String; 4] {
        let Self { address, port, .. } = self;
        let group = format!("{address}%lo:{port}");
        ["--air".to_owned(), group, "--beacon-every".to_owned(), "1".to_owned()]
    }

    /// The next beacon that somebody sends to the group, be it ourselves.
    #[track_caller]
    pub fn hear(&self) -> Record {
        let mut bytes = [0; 1024];
        let len = self.member.recv(&mut bytes).expect("somebody beacons");
        assert_eq!((len, bytes[Record::LEN]), (Record::LEN + 1, b'1'));
        Record::from_wire(&bytes[..Record::LEN])
    }

    pub fn send(&self, record: &Record) {
        self.send_bytes(&beacon(record));
    }

    pub fn send_bytes(&self, bytes: &[u8]) {
        let sent = self.member.send_to(bytes, (self.address, self.port));
        assert_eq!(sent.expect("the loopback takes it"), bytes.len());
    }
}
