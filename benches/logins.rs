//! Whole sessions against a server in the same process, on a second thread: connect, log in, get a
//! TempID that is on disk, leave. 1, 64 and 1,024 at once, driven by the phone's own session machine.
//!
//! Both threads share the machine, so the figure is a session of both sides together. What the server
//! alone costs is measured from outside, as `benches/README.md` says.

#![allow(clippy::disallowed_methods, reason = "a benchmark has a thread for the server")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use bluetrace::client::session::{Event, Session};
use bluetrace::reactor::{Connection, ConnectionTable, Flushed, Received, Token};
use bluetrace::server::{Server, Settings};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mio::{Events, Poll};

/// Sessions of one iteration, so that 1,024 at once is a steady state.
const SESSIONS: usize = 4096;

fn start_server() -> SocketAddr {
    let directory = tempfile::tempdir().expect("a directory").keep();
    std::fs::write(directory.join("credentials.txt"), "+61410888888 comp3331\n").expect("written");
    let settings = Settings {
        address: "127.0.0.1:0".parse().expect("an address"),
        data: directory,
        block_duration: Duration::from_secs(60),
        temp_id_lifetime: Settings::DEFAULT_TEMP_ID_LIFETIME,
        login_timeout: Duration::from_secs(60),
        max_connections: None,
    };
    let server = Server::start_embedded(&settings).expect("the server starts");
    let address = server.local_address();
    thread::spawn(move || server.run());
    address
}

/// Phones that each do one session after the other, until as many sessions are done as wanted.
struct Crowd {
    address: SocketAddr,
    poll: Poll,
    connections: ConnectionTable<Session>,
    to_start: usize,
    to_finish: usize,
}

impl Crowd {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            poll: Poll::new().expect("a poll"),
            connections: ConnectionTable::new(),
            to_start: 0,
            to_finish: 0,
        }
    }

    fn run(&mut self, sessions: usize, concurrency: usize) {
        (self.to_start, self.to_finish) = (sessions, sessions);
        (0..concurrency.min(sessions)).for_each(|_| self.start());
        let mut events = Events::with_capacity(1024);
        while self.to_finish > 0 {
            self.poll.poll(&mut events, None).expect("polled");
            for event in &events {
                self.handle(event);
            }
            for token in self.connections.take_queued() {
                self.serve(token);
            }
            self.connections.free_closed();
        }
    }

    fn start(&mut self) {
        if self.to_start == 0 {
            return;
        }
        self.to_start -= 1;
        let mut connection = Connection::connect(self.address).expect("begun to connect");
        let token = self.connections.next_token();
        connection.register(self.poll.registry(), token).expect("registered");
        let mut session = Session::default();
        session.log_in("+61410888888", "comp3331", connection.output());
        self.connections.insert(connection, session);
    }

    fn handle(&mut self, event: &mio::event::Event) {
        let token = Token::from(event.token());
        if let Some(slot) = self.connections.slot(token) {
            slot.connection.note(event);
            self.serve(token);
        }
    }

    fn serve(&mut self, token: Token) {
        let Some((slot, buffer)) = self.connections.slot_and_buffer(token) else { return };
        let (session, mut told) = (&mut slot.state, Vec::new());
        let received = slot
            .connection
            .receive(buffer, |bytes, out| session.receive(bytes, out, |event| told.push(event)));
        let mut is_done = false;
        for event in told {
            match event {
                Event::LoggedIn(_) => slot.state.download(1, slot.connection.output()),
                Event::TempIds(records) => {
                    black_box(records);
                    is_done = true;
                }
                other => panic!("{other:?}"),
            }
        }
        match slot.connection.flush(self.poll.registry(), token) {
            Flushed::Everything | Flushed::Blocked { .. } => {}
            Flushed::Over | Flushed::Failed(_) => panic!("the server hung up"),
        }
        match received {
            _ if is_done => {
                self.connections.close(token);
                self.to_finish -= 1;
                self.start();
            }
            Received::Waiting => {}
            Received::MoreLeft => self.connections.queue(token),
            Received::Ended | Received::Failed(_) => panic!("the server hung up"),
        }
    }
}

fn logins(criterion: &mut Criterion) {
    let mut crowd = Crowd::new(start_server());
    let mut group = criterion.benchmark_group("logins");
    group.sample_size(10);
    for concurrency in [1, 64, 1024] {
        let sessions = if concurrency == 1 { SESSIONS / 16 } else { SESSIONS };
        group.throughput(Throughput::Elements(sessions as u64));
        group.bench_function(BenchmarkId::from_parameter(concurrency), |bencher| {
            bencher.iter(|| crowd.run(sessions, concurrency));
        });
    }
    group.finish();
}

criterion_group!(benches, logins);
criterion_main!(benches);
