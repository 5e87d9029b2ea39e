//! Storms of thousands of phones on the real server: everybody gets what is theirs, whatever
//! happens to the server meanwhile, and nothing is left of a storm when it is over.

mod support;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use support::client::server_again;
use support::data::{Data, EIGHT, Line};
use support::phone::Phone;
use support::process::Signal;
use support::scene::Scene;
use support::server::Setup;
use support::small_disk::SmallDisk;
use support::storm::{self, crowd, wait_for_logins};
use support::wait::{Deadline, now};

/// What a server may have in memory at any time of a storm, in KiB: a multiple of what it has. It
/// keeps every TempID, which is little, and of each phone only its connection.
const MOST_MEMORY_KIB: u64 = 32 * 1024;

/// What phones may be told that lose their server.
const LOST: [&str; 3] = [
    "connection lost during the login: ",
    "connection lost during the request: ",
    "connection lost during the logout: ",
];
const REFUSED: &str = "no connection: Connection refused (os error 111)";

const BUSY: &str = "server full (BUSY)";
const BLOCKED: &str = "account blocked (BLOCKED)";

/// Nobody was told a TempID that is not in the file, or that is somebody else's, or that somebody
/// else was told as well.
#[track_caller]
fn assert_each_once(told: &[Line], recorded: &[Line]) {
    let recorded: HashSet<_> = recorded.iter().map(|line| (&line.record, &line.user)).collect();
    let mut seen = HashSet::new();
    for line in told {
        assert!(recorded.contains(&(&line.record, &line.user)), "not in the file: {line:?}");
        assert!(seen.insert(&line.record.temp_id), "told twice: {line:?}");
    }
}

/// Every reason begins with one of those that are expected.
#[track_caller]
fn assert_only(reasons: &BTreeMap<&str, u64>, expected: &[&str]) {
    let is_expected = |reason: &&str| expected.iter().any(|start| reason.starts_with(start));
    assert!(reasons.keys().all(is_expected), "{reasons:#?}");
}

#[test]
fn thousands_of_different_phones_all_get_what_is_theirs() {
    let mut scene = Scene::new(2_000, &[]);
    let at_once = crowd(1_000);
    let scripts = "--script mixed --byte-interval 1 --seed 1";
    let options = format!("--users 2000 --phones 5000 --concurrency {at_once} {scripts}");
    let storm = scene.storm(&options).keeping_told().start();
    let outcome = scene.serve_during(storm);
    outcome.assert_all_done(5_000);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
    scene.server.stop();
    assert_each_once(&outcome.told(), &scene.data.temp_ids());
}

#[test]
fn phones_that_log_in_all_at_once_are_let_in_and_a_witness_is_served() {
    let mut scene = Scene::new(3_000, &[]);
    let phones = crowd(3_000);
    let options = format!("--users 3000 --phones {phones} --concurrency {phones} --script login");
    let storm = scene.storm(&options).start();
    scene.serve_during(storm).assert_all_done(phones);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn phones_that_come_before_the_server_looks_are_all_let_in() {
    let mut scene = Scene::new(1_000, &[]);
    // As many as the kernel lets wait if its somaxconn is as small as it ever is.
    let phones = crowd(128);
    let options = format!("--users 1000 --phones {phones} --script idle --hold 0.1");
    let storm = scene.server.while_frozen(|| {
        let storm = scene.storm(&options).start();
        wait_for_logins(scene.server.address, phones);
        storm
    });
    let outcome = storm.wait();
    outcome.assert_all_done(phones);
    assert_eq!(outcome.count("most_at_once"), phones as u64);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn server_killed_in_a_storm_and_started_again_has_recorded_what_was_told() {
    let Scene { server, mut witness, data, .. } = Scene::new(1_000, &[]);
    let address = server.address;
    let at_once = crowd(500);
    // Phones come until they are told to stop.
    let load = format!("--rate 1500 --concurrency {at_once} --duration 60");
    let options = format!("--users 1000 --script tempid:9,vanish:1 --seed 1 {load}");
    let storm = storm::Setup::new(address, &options).keeping_told().start();
    witness.ping_until("TempIDs", || data.temp_id_count() > 300);
    server.crash();
    let before = data.temp_id_count();
    let server = server_again(address, &data);
    let mut witness = Phone::logged_in(&server, EIGHT);
    witness.ping_until("more TempIDs", || data.temp_id_count() > before + 300);
    storm.signal(Signal::INT);
    let outcome = storm.wait();
    assert_eq!(outcome.code(), Some(1));
    assert_only(&outcome.reasons(), &[&LOST[..], &[REFUSED]].concat());
    assert_eq!(outcome.count("breaches"), 0);
    server.stop();
    let (told, recorded) = (outcome.told(), data.temp_ids());
    assert_each_once(&told, &recorded);
    for part in [&recorded[..before], &recorded[before..]] {
        let part: HashSet<_> = part.iter().map(|line| &line.record).collect();
        let count = told.iter().filter(|line| part.contains(&line.record)).count();
        assert!(count > 200, "only {count} phones were told something before or after the crash");
    }
}

#[test]
fn server_on_a_full_disk_tells_no_phone_a_temp_id_and_recovers() {
    let data = Data::with_users();
    let Some(disk) = SmallDisk::start(&data) else { return };
    let credentials = data.file("credentials.txt");
    let options = format!("--credentials {} --rate 100 --duration 60", credentials.display());
    let storm = storm::Setup::new(disk.server.address, &options).keeping_told().start();
    let mut witness = Phone::logged_in(&disk.server, EIGHT);
    witness.ping_until("TempIDs", || disk.temp_id_count() > 20);
    disk.fill();
    disk.server.stderr.wait_for_part("no TempID is issued until it can be recorded");
    let while_full = disk.temp_id_count();
    disk.make_space();
    disk.server.stderr.wait_for_part("tempIDs.txt: recording again");
    witness.ping_until("more TempIDs", || disk.temp_id_count() > while_full + 20);
    storm.signal(Signal::INT);
    let outcome = storm.wait();
    assert_only(
        &outcome.reasons(),
        &["request refused (IOERR): TempID not recorded: No space left on device"],
    );
    assert!(outcome.count("failed") > outcome.count("interrupted"), "{outcome:#?}");
    // What phones asked last that were cut short is recorded before this.
    witness.temp_id();
    assert_each_once(&outcome.told(), &disk.temp_ids());
    assert!(outcome.told().len() > while_full, "{outcome:#?}");
}

/// Phones of which a tenth guess. They have the last tenth of the users to themselves.
const GUESSED: &str = "--users 500 --phones 2000 --concurrency 250 --seed 1 \
    --script tempid:9,wrong-password:1";

fn log_in(scene: &Scene, users: &str) -> storm::Outcome {
    scene.storm(&format!("--users {users} --phones 50 --script login --concurrency 50")).run()
}

#[test]
fn guessed_accounts_are_blocked_and_no_others() {
    // Blocks here outlast the test.
    let mut scene = Scene::new(500, &[]);
    scene.storm(GUESSED).run().assert_all_done(2_000);
    log_in(&scene, "450..500").assert_failed(0, 50, BLOCKED);
    log_in(&scene, "0..450").assert_all_done(50);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn guessed_accounts_are_let_in_when_the_block_is_over_and_not_before() {
    const BLOCK: Duration = Duration::from_secs(2);
    let data = Data::with_storm_users(500);
    let setup = Setup::with_block(&data, BLOCK.as_secs() as u32);
    let mut scene = Scene::with_server(data, setup);
    let started = now();
    scene.storm(GUESSED).run().assert_all_done(2_000);
    let deadline = Deadline::new();
    while log_in(&scene, "450..500").code() != Some(0) {
        deadline.check("the end of the block");
        scene.witness.ping();
    }
    assert!(started.elapsed() >= BLOCK, "a block ended before its time");
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn server_told_to_stop_in_a_storm_answers_what_it_was_asked_and_ends() {
    let Scene { server, mut witness, data, .. } = Scene::new(1_000, &[]);
    let load = "--users 1000 --script tempid:9,unread:1 --hold 60 --seed 1";
    let options = format!("{load} --concurrency {} --duration 60", crowd(300));
    let storm = storm::Setup::new(server.address, &options).keeping_told().start();
    witness.ping_until("TempIDs", || data.temp_id_count() > 300);
    drop(witness);
    // It gives peers that do not read 4 seconds, and says with 0 that it was not cut short itself.
    server.stop();
    storm.signal(Signal::INT);
    let told = storm.wait().told();
    assert_each_once(&told, &data.temp_ids());
    assert!(told.len() > 200, "{}", told.len());
}

#[test]
fn full_server_refuses_and_lets_phones_in_when_others_have_left() {
    let connections = crowd(200);
    let mut scene = Scene::new(1_000, &["--max-connections", &connections.to_string()]);
    // The witness has a connection as well.
    let staying = connections - 1;
    let options = format!("--users 1000 --script idle --phones {staying} --hold 60");
    let guests = scene.storm(&options).start();
    guests.wait_for_gathering(staying);
    let options = format!("--users 1000 --script login --concurrency {}", crowd(1_000));
    scene.storm(&options).run().assert_failed(0, 1_000, BUSY);
    scene.witness.temp_id();
    guests.signal(Signal::INT);
    assert_eq!(guests.wait().count("interrupted"), staying as u64);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
    let half = connections / 2;
    let options = format!("--users 1000 --script tempid --concurrency {half}");
    scene.storm(&options).run().assert_all_done(1_000);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}
