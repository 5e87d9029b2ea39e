use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::OnceLock;

use super::record::Record;
use super::wait::{PATIENCE, unix_seconds};

/// An hour, longer than any test.
const LONG: i64 = 3600;

/// A socket of nobody in particular: it sends beacons, and receives them.
#[derive(Debug)]
pub struct Air(UdpSocket);

impl Air {
    pub fn new() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        socket.set_read_timeout(Some(PATIENCE)).expect("an option of every socket");
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("bound")
    }

    /// Sends a beacon to the phone that listens on `port`.
    pub fn send(&self, port: u16, record: &Record) {
        self.send_bytes(port, &beacon(record));
    }

    pub fn send_bytes(&self, port: u16, bytes: &[u8]) {
        let sent = self.0.send_to(bytes, (Ipv4Addr::LOCALHOST, port));
        assert_eq!(sent.expect("the loopback takes it"), bytes.len());
    }

    /// The next datagram that somebody sends here.
    #[track_caller]
    pub fn receive(&self) -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        let len = self.0.recv(&mut bytes).expect("somebody sends a datagram");
        bytes.truncate(len);
        bytes
    }
}

/// The datagram as the documentation of `protocol` specifies it.
pub fn beacon(record: &Record) -> Vec<u8> {
    let mut bytes = record.wire();
    bytes.push(b'1');
    bytes
}

/// A record that is valid now and for longer than any test; always the same for a number.
pub fn valid(number: u32) -> Record {
    static START: OnceLock<i64> = OnceLock::new();
    let now = *START.get_or_init(unix_seconds);
    Record::new(&format!("{number:020}"), &moment(now - LONG), &moment(now + LONG))
}

/// A record that was valid once.
pub fn expired(number: u32) -> Record {
    Record::new(&format!("{number:020}"), "13/05/2020 17:54:06", "13/05/2020 18:09:05")
}

/// `DD/MM/YYYY HH:MM:SS` in UTC of seconds since 1970.
fn moment(seconds: i64) -> String {
    let moment = chrono::DateTime::from_timestamp(seconds, 0).expect("a moment of our days");
    moment.format("%d/%m/%Y %H:%M:%S").to_string()
}
