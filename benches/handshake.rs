//! What the server's half of a TLS handshake costs by itself: rustls in memory, with the
//! configuration of our server, a session ticket at the end, and no socket.
//!
//! It prints microseconds of processor time a handshake; `benches/tls.sh` adds them to those of a
//! session without TLS.
//!
//! `cargo run --release --example handshake -- DIRECTORY HANDSHAKES`, with the directory in which
//! `server certificate 127.0.0.1` has written

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bluetrace::transport::arguments::server_name;
use bluetrace::transport::identity::IdentityFiles;
use bluetrace::transport::self_signed::{CERTIFICATE, KEY};
use bluetrace::transport::trust::{self, Sessions};
use rustix::time::{ClockId, clock_gettime};
use rustls::{ClientConnection, ServerConnection};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(directory), Some(count)) =
        (arguments.first(), arguments.get(1).and_then(|count| count.parse::<u32>().ok()))
    else {
        eprintln!("Usage: handshake DIRECTORY HANDSHAKES");
        std::process::exit(2);
    };
    let directory = Path::new(directory);
    let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
    let client = trust::read(&certificate, Sessions::Fresh).expect("a certificate");
    let server = IdentityFiles { certificate, key }.read().expect("both");
    let mut spent = Duration::ZERO;
    for _ in 0..count {
        let name = server_name("127.0.0.1").expect("an address");
        let mut client = ClientConnection::new(Arc::clone(&client), name).expect("it fits");
        let hello = sent_by(&mut client);
        let began = processor_time();
        let mut server = ServerConnection::new(Arc::clone(&server)).expect("it fits");
        let flight = answer(&mut server, &hello);
        spent += processor_time() - began;
        receive(&mut client, &flight);
        let finished = sent_by(&mut client);
        let began = processor_time();
        let ticket = answer(&mut server, &finished);
        assert!(!server.is_handshaking() && !ticket.is_empty());
        drop(server);
        spent += processor_time() - began;
    }
    println!("{:.2}", spent.as_secs_f64() * 1e6 / f64::from(count));
}

fn sent_by(client: &mut ClientConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).expect("a vector takes it");
    bytes
}

fn receive(client: &mut ClientConnection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        client.read_tls(&mut bytes).expect("room");
        client.process_new_packets().expect("our own server");
    }
}

fn answer(server: &mut ServerConnection, mut bytes: &[u8]) -> Vec<u8> {
    while !bytes.is_empty() {
        server.read_tls(&mut bytes).expect("room");
        server.process_new_packets().expect("our own client");
    }
    let mut answer = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut answer).expect("a vector takes it");
    }
    answer
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below 10^9"))
}
