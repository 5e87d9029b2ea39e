//! The server on a store that is late: replies wait for it, in order, and not for ever.

use super::*;
use crate::clock::Now;
use crate::protocol::Timestamp;
use crate::server::authority::{Policy, TempIdKind};
use crate::server::waits::STORE_TIMEOUT;
use crate::world::clock::VirtualClock;
use crate::world::disks::Disks;
use crate::world::ids::PersonId;
use crate::world::kernel::Done;
use crate::world::network::ConnectionId;
use crate::world::phone::{password, username};
use crate::world::random::{Purpose, stream};
use crate::world::server::{Secrets, ServerSettings, SimulatedServer};

const SECOND: Duration = Duration::from_secs(1);

/// A server, a clock that only the test moves, and what each of two phones has received.
struct Fixture {
    server: SimulatedServer,
    clock: VirtualClock,
    received: [String; 2],
}

impl Fixture {
    /// Both phones have logged in. Then the store is late.
    fn new(seed: u64, lateness: Lateness) -> Self {
        let clock = VirtualClock::starting_at(Timestamp::from_unix_seconds(1_600_000_000));
        let server = started(Disks::default(), seed, clock.now());
        let mut fixture = Self { server, clock, received: Default::default() };
        for phone in 0..2 {
            fixture.server.accept(ConnectionId(phone), fixture.clock.now());
            let person = PersonId::new(phone as u32);
            let (user, password) = (username(person), password(person));
            fixture.send(phone, &format!("AUTH {user} {password}\r\n"));
            assert_eq!(fixture.take(phone), "+OK\r\n");
        }
        fixture.server.set_lateness(lateness);
        fixture
    }

    fn send(&mut self, phone: u64, requests: &str) {
        assert!(self.server.kernel().arrive(ConnectionId(phone), requests.as_bytes()));
        self.tick();
    }

    /// Lets the server do all that it has to do now.
    fn tick(&mut self) {
        loop {
            for (ConnectionId(phone), done) in self.server.tick(self.clock.now()).done {
                if let Done::Wrote(bytes) = done {
                    self.received[phone as usize] += std::str::from_utf8(&bytes).expect("ASCII");
                }
            }
            if !self.server.is_busy() {
                return;
            }
        }
    }

    /// Lets all happen for which the server waits, and says how long that took.
    fn run_out(&mut self) -> Duration {
        let start = self.clock.elapsed();
        while let Some(wake) = self.server.next_wake() {
            self.clock.advance_to(self.clock.elapsed_at(wake));
            self.tick();
        }
        self.clock.elapsed() - start
    }

    /// What a phone has received since the last call, with records as `*`.
    fn take(&mut self, phone: u64) -> String {
        let received = std::mem::take(&mut self.received[phone as usize]);
        let is_record = |line: &str| line.len() == 58;
        received
            .split_inclusive("\r\n")
            .map(|line| if is_record(line.trim_end()) { "*" } else { line })
            .collect()
    }
}

fn started(disks: Disks, seed: u64, now: Now) -> SimulatedServer {
    let settings = ServerSettings {
        block_duration: SECOND,
        temp_ids: TempIdKind::Random,
        temp_id_lifetime: 900,
        login_timeout: 60 * SECOND,
        window: 65_536,
        secrets: Secrets::Passwords,
        policy: Policy::default(),
    };
    let rngs =
        [Purpose::TempIds, Purpose::Store, Purpose::Hashes].map(|purpose| stream(seed, purpose));
    SimulatedServer::start(&settings, 2, &Vec::new(), disks, rngs, now).expect("it starts")
}

#[test]
fn late_completions_keep_the_order_of_the_replies_of_a_connection() {
    for seed in 0..20 {
        let lateness = Lateness { delay: 5 * SECOND, ..Lateness::NONE };
        let mut fixture = Fixture::new(seed, lateness);
        fixture.send(0, "PING\r\nTEMPID\r\nPING\r\nTEMPID\r\nPING\r\n");
        assert_eq!(fixture.take(0), "+PONG\r\n", "the rest waits for the store");
        fixture.send(1, "PING\r\n");
        assert_eq!(fixture.take(1), "+PONG\r\n", "nobody else waits");
        fixture.run_out();
        assert_eq!(fixture.take(0), "$58\r\n*+PONG\r\n$58\r\n*+PONG\r\n");
        assert_eq!(fixture.server.registry().len(), 2);
    }
}

#[test]
fn completions_that_overtake_each_other_reach_their_own_connections() {
    let overtaken = (0..20).filter(|seed| {
        let mut fixture = Fixture::new(*seed, Lateness { delay: 5 * SECOND, ..Lateness::NONE });
        fixture.send(0, "TEMPID\r\n");
        fixture.send(1, "TEMPID 2\r\n");
        let mut is_overtaken = false;
        while let Some(wake) = fixture.server.next_wake() {
            fixture.clock.advance_to(fixture.clock.elapsed_at(wake));
            fixture.tick();
            is_overtaken |= fixture.received[0].is_empty() && !fixture.received[1].is_empty();
        }
        assert!(fixture.take(0).starts_with("$58\r\n") && fixture.take(1).starts_with("$116\r\n"));
        is_overtaken
    });
    assert!((1..20).contains(&overtaken.count()));
}

#[test]
fn entry_that_never_reaches_the_store_is_refused_at_the_deadline_and_nowhere() {
    let mut fixture = Fixture::new(1, Lateness { lost_entries: 1000, ..Lateness::NONE });
    fixture.send(0, "TEMPID\r\nPING\r\n");
    assert_eq!(fixture.take(0), "");
    assert!(fixture.run_out() >= STORE_TIMEOUT);
    let expected = "-IOERR TempID not recorded: the store does not answer\r\n+PONG\r\n";
    assert_eq!(fixture.take(0), expected);
    assert_eq!((fixture.server.registry().len(), fixture.server.files().0.bytes()), (0, &b""[..]));
    fixture.server.set_lateness(Lateness::NONE);
    fixture.send(0, "TEMPID\r\n");
    assert_eq!(fixture.take(0), "$58\r\n*");
}

#[test]
fn entry_whose_completion_is_lost_is_told_to_nobody_and_known_after_a_restart() {
    let mut fixture = Fixture::new(1, Lateness { lost_completions: 1000, ..Lateness::NONE });
    fixture.send(0, "TEMPID\r\n");
    fixture.run_out();
    assert!(fixture.take(0).starts_with("-IOERR "));
    assert_eq!(fixture.server.registry().len(), 0);
    let server = started(fixture.server.die(), 1, fixture.clock.now());
    assert_eq!(server.registry().len(), 1);
}

#[test]
fn completion_for_a_connection_that_is_gone_still_issues_its_temp_ids() {
    let mut fixture = Fixture::new(1, Lateness { delay: 5 * SECOND, ..Lateness::NONE });
    fixture.send(0, "TEMPID\r\n");
    fixture.server.kernel().reset(ConnectionId(0));
    fixture.run_out();
    assert_eq!((fixture.server.registry().len(), fixture.take(0).as_str()), (1, ""));
    assert_eq!(fixture.server.connections().0, 1);
}
