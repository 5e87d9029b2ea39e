//! A world notices what must not be: each test lets something go wrong that no server here does.

use super::scenario::{calm, troubled};
use super::*;
use crate::server::frontend::ConnectionStatus;
use crate::server::session::MAX_REQUESTS_PER_TURN;
use crate::workload::step::Step;
use crate::world::kernel::Kernel;
use crate::world::network::{ConnectionId, NetworkFaults};
use crate::world::trouble::{Mishap, Trouble};

const ID: ConnectionId = ConnectionId(77);

/// A few phones, and nothing that goes wrong.
fn world() -> World<Crowd> {
    Crowd::in_world(&calm(1, 5))
}

/// One phone with a plan.
fn lonely(plan: &[Step]) -> World<Crowd> {
    let settings = calm(1, 1);
    let mut world = Crowd::in_world(&settings);
    let retention = settings.contact_retention;
    world.core.phones =
        vec![SimulatedPhone::new(PersonId::new(0), retention, plan.iter().copied().collect())];
    world
}

fn problem(mut world: World<Crowd>) -> String {
    world.run_out().expect_err("something is wrong")
}

fn is_kept(world: &mut World<Crowd>, promise: Promise) -> bool {
    world.inhabitants.is_kept(promise, &mut world.core)
}

/// The same, with a server that has accepted a connection.
fn accepting() -> (World<Crowd>, Kernel) {
    let mut world = world();
    let now = world.core.clock.now();
    let server = world.core.machine.server().expect("it runs");
    server.accept(ID, now);
    let kernel = server.kernel().clone();
    (world, kernel)
}

#[test]
fn calm_world_loses_no_connection_and_no_reply() {
    let report = run(&calm(1, 5)).expect("all is well");
    assert_eq!((report.resets, report.blocked), (0, 0));
    assert!(report.logins >= 5 && report.temp_ids > 0, "{report:?}");
}

#[test]
fn reply_that_comes_late_is_a_violation() {
    let mut world = world();
    let delay = Duration::from_secs(9_999);
    world.core.network.set_faults(NetworkFaults { delay, ..NetworkFaults::NONE });
    assert!(problem(world).contains("Reply"));
}

#[test]
fn connection_that_may_stay_logged_out_is_a_violation() {
    let mut world = lonely(&[Step::Loiter, Step::LogOut]);
    let mut settings = calm(1, 1);
    settings.server.login_timeout *= 2;
    world.core.machine = Machine::new(settings.machine());
    world.core.machine.start(world.core.clock.now()).expect("it starts");
    assert!(problem(world).contains("Login"));
    assert!(lonely(&[Step::Loiter, Step::LogOut]).run_out().is_ok());
}

#[test]
fn goodbye_without_an_end_is_a_violation() {
    let mut world = lonely(&[Step::LogOut]);
    world.core.phones[0].connects(ID, Duration::ZERO);
    let farewell = Promise::Farewell { phone: PhoneId::new(0), connection: ID };
    assert!(!is_kept(&mut world, farewell));
    world.core.phones[0].reset();
    assert!(is_kept(&mut world, farewell));
}

#[test]
fn promises_about_an_open_stream_are_not_kept() {
    let (mut world, _kernel) = accepting();
    assert!(!is_kept(&mut world, Promise::Login(ID)));
    assert!(!is_kept(&mut world, Promise::Close(ID)));
    assert!(!is_kept(&mut world, Promise::HangUp(ID)));
    assert!(!is_kept(&mut world, Promise::Drop(ID)));
}

#[test]
fn promises_about_a_stream_that_is_gone_are_kept() {
    let (mut world, kernel) = accepting();
    kernel.reset(ID);
    world.tick().expect("all is well");
    assert_eq!(kernel.status(ID), None);
    for promise in [
        Promise::Login(ID),
        Promise::Progress { connection: ID, written: 0 },
        Promise::Close(ID),
        Promise::HangUp(ID),
        Promise::Drop(ID),
    ] {
        assert!(is_kept(&mut world, promise), "{promise:?}");
    }
}

#[test]
fn stream_that_stays_full_makes_no_progress() {
    let (mut world, kernel) = accepting();
    let requests = 10_000;
    kernel.arrive(ID, &b"PING\r\n".repeat(requests));
    for _ in 0..requests / MAX_REQUESTS_PER_TURN {
        world.tick().expect("all is well");
    }
    let status = kernel.status(ID).expect("it is open");
    assert!(status.is_full);
    let written = status.written;
    assert!(!is_kept(&mut world, Promise::Progress { connection: ID, written }));
    // The peer reads, and the server goes on.
    kernel.acknowledge(ID, 1_000);
    world.tick().expect("all is well");
    assert!(is_kept(&mut world, Promise::Progress { connection: ID, written }));
}

#[test]
fn user_who_never_was_logged_in_is_a_violation() {
    assert!(problem(lonely(&[])).contains("never were logged in"));
}

#[test]
fn bytes_links_and_streams_that_are_left_are_violations() {
    let mut world = self::world();
    let status = ConnectionStatus { is_logged_out: false, input_bytes: 3, output_bytes: 0 };
    world.inhabitants.memory.enter(ID, status).expect("little");
    assert!(problem(world).contains("3 bytes are left"));

    let mut world = self::world();
    world.core.network.connect(PhoneId::new(0), PersonId::new(0), Duration::ZERO);
    assert!(problem(world).contains("1 links are left"));

    let (mut world, _kernel) = accepting();
    world.core.phones.clear();
    assert!(world.check_quiet().is_err());
}

#[test]
fn disk_that_loses_what_it_said_it_has_is_a_violation() {
    let mut world = lonely(&[Step::Download(1), Step::LogOut]);
    let last = loop {
        assert!(world.step().expect("all is well"), "the TempID is told some time");
        if world.inhabitants.ledger.temp_ids() > 0 {
            break world.core.clock.elapsed();
        }
    };
    assert!(world.core.clock.elapsed() == last && world.check_disk().is_ok());
    world.core.machine = Machine::new(calm(1, 1).machine());
    assert!(world.check_disk().is_err());
}

/// A world at the moment when a phone has received a beacon.
fn after_a_beacon() -> (World<Crowd>, PhoneId) {
    let mut world = world();
    loop {
        assert!(world.step().expect("all is well"), "a beacon is received some time");
        let phones = world.core.phones.iter_mut();
        let has_beacon = |phone: &mut SimulatedPhone| !phone.phone().log().is_empty();
        if let Some(index) = phones.map(has_beacon).position(|it| it) {
            return (world, PhoneId::new(index as u32));
        }
    }
}

#[test]
fn phone_that_forgets_a_beacon_is_a_violation() {
    let (mut world, phone) = after_a_beacon();
    assert_eq!(world.inhabitants.check_log(phone, &mut world.core), Ok(()));
    world.core.phones[phone.index()].phone().log_mut().retain(|_| false);
    let lost = world.inhabitants.check_log(phone, &mut world.core);
    assert!(lost.is_err_and(|lost| lost.contains("has lost the beacon")));
}

#[test]
fn beacon_that_outlives_no_restart_is_a_violation() {
    for (mishap, is_lost) in [(Mishap::Killed, false), (Mishap::PowerLost(3), true)] {
        let (mut world, phone) = after_a_beacon();
        world.begin_trouble(Trouble::Phone(phone, mishap)).expect("what is on the disk is there");
        let has_none = world.core.phones[phone.index()].phone().log().is_empty();
        assert_eq!(has_none, is_lost, "{mishap:?}");
    }
    let (mut world, phone) = after_a_beacon();
    let now = world.core.clock.now();
    world.core.phones[phone.index()].use_disk(LogDisk::default(), now);
    let lacking = world.inhabitants.check_log(phone, &mut world.core);
    assert!(lacking.is_err_and(|lacking| lacking.contains("lacks the beacon")));
}

#[test]
fn server_that_is_not_started_again_is_a_violation() {
    let mut settings = troubled(1, 5);
    settings.troubles = vec![(Duration::from_secs(10_000), Trouble::Crash)];
    assert!(problem(Crowd::in_world(&settings)).contains("not started again"));
}
