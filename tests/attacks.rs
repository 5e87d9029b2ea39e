//! Attacks on the real server, each by a crowd and for a second or two: honest phones are served
//! meanwhile, and afterwards nothing is left of the attackers.

mod support;

use support::data::Data;
use support::phone::{Phone, frame};
use support::process::unread_bytes;
use support::reply::Reply;
use support::scene::Scene;
use support::server::Setup;
use support::storm::crowd;
use support::wait::Deadline;

/// What a server may have in memory at any time of an attack, in KiB: a multiple of what it has,
/// and much less than if anything were kept of each attacker.
const MOST_MEMORY_KIB: u64 = 32 * 1024;

/// The same when it holds as much output as it may for whoever does not read it, which is 64 MiB.
const MOST_MEMORY_WITH_OUTPUT_KIB: u64 = 128 * 1024;

/// Long enough for honest phones on a busy machine.
const LOGIN_TIMEOUT: [&str; 2] = ["--login-timeout", "2"];

/// Attackers stay longer than a test waits, unless the server does something about them.
const FOR_EVER: &str = "--hold 600";

#[test]
fn silent_connections_are_closed_after_the_login_timeout() {
    let mut scene = Scene::new(0, &LOGIN_TIMEOUT);
    let phones = crowd(2_000);
    let options = format!("--users 1 --script silent --phones {phones} {FOR_EVER}");
    let storm = scene.storm(&options).start();
    scene.serve_during(storm).assert_all_done(phones);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn dribbling_connections_are_closed_after_the_login_timeout() {
    let mut scene = Scene::new(1, &LOGIN_TIMEOUT);
    let phones = crowd(500);
    // The login alone would take them five seconds.
    let options = "--users 1 --script slow --byte-interval 100";
    let options = format!("{options} --phones {phones} --concurrency {phones}");
    let storm = scene.storm(&options).start();
    let outcome = scene.serve_during(storm);
    outcome.assert_failed_like(0, phones, "connection lost during the login: ");
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn dribbling_phones_that_log_in_in_time_are_served_like_all_others() {
    let mut scene = Scene::new(1, &[]);
    let phones = crowd(500);
    let options = "--users 1 --script slow --byte-interval 5";
    let options = format!("{options} --phones {phones} --concurrency {phones}");
    let storm = scene.storm(&options).start();
    scene.serve_during(storm).assert_all_done(phones);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn users_who_leave_long_requests_unfinished_take_bounded_memory() {
    // Each holds 960 KiB of the 256 MiB that all together may hold.
    const PEERS: usize = 320;
    const HELD: usize = 960 * 1024;
    const HEAD: &[u8] = b"*2\r\n$6\r\nUPLOAD\r\n$1000000\r\n";
    let mut scene = Scene::new(0, &[]);
    let mut peers: Vec<Phone> =
        (0..PEERS).map(|_| Phone::logged_in(&scene.server, support::data::EIGHT)).collect();
    let mut unfinished = HEAD.to_vec();
    unfinished.resize(HELD, b'1');
    // Whoever is refused before all is sent cannot send the rest.
    let sent = peers.iter_mut().filter_map(|peer| peer.try_send_bytes(&unfinished).ok()).count();
    assert!(sent >= 200, "{sent}");
    let address = scene.server.address;
    scene.witness.ping_until("everything to be read", || unread_bytes(address) == 0);
    scene.serve_one();
    let rest = [vec![b'1'; 1_000_000 - (HELD - HEAD.len())], b"\r\n".to_vec()].concat();
    let is_refused = |peer: &mut Phone| {
        let answer = peer.try_send_bytes(&rest).and_then(|()| peer.try_reply());
        // Whoever may finish is told that 1,000,000 ones are no contact records.
        !matches!(answer, Ok(Reply::Error(text)) if text.starts_with("ERR"))
    };
    let refused = peers.iter_mut().map(is_refused).filter(|is_refused| *is_refused).count();
    assert!((20..=120).contains(&refused), "{refused}");
    drop(peers);
    // A buffer has up to twice the room that it needs.
    scene.assert_nothing_left(600 * 1024);
}

#[test]
fn users_who_begin_a_request_behind_a_long_one_hold_no_memory_of_that() {
    let mut scene = Scene::new(0, &[]);
    let long_and_begun = [frame(&[b"PING", &[b'x'; 1_000_000]]), b"*".to_vec()].concat();
    let peers: Vec<Phone> = (0..200)
        .map(|_| {
            let mut peer = Phone::logged_in(&scene.server, support::data::EIGHT);
            peer.send_bytes(&long_and_begun);
            assert!(peer.reply().is_error("ERR text is longer than"));
            peer
        })
        .collect();
    scene.serve_one();
    drop(peers);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn peers_that_never_read_hold_up_nobody() {
    let mut scene = Scene::new(1, &[]);
    let options = "--users 1 --script unread --phones 100 --hold 1";
    let storm = scene.storm(options).start();
    storm.wait_for_gathering(100);
    scene.serve_during(storm).assert_all_done(100);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn peers_that_never_read_cost_no_more_than_the_limit_of_unread_replies() {
    // A request of 7 bytes has a reply of 80, so what a peer asks makes 8 MB: more than the system
    // takes for it.
    const REQUESTS: usize = 100_000;
    let mut scene = Scene::new(0, &[]);
    let connect = |_| Phone::connect_with_small_buffer(&scene.server);
    let mut peers: Vec<_> = (0..20).map(connect).collect();
    for peer in &mut peers {
        peer.send_without_waiting(&b"HELLO\r\n".repeat(REQUESTS));
    }
    // A server that goes on has read more after so many turns, as one read is work for 600 of them.
    let mut waiting = u64::MAX;
    while waiting != unread_bytes(scene.server.address) {
        waiting = unread_bytes(scene.server.address);
        (0..2_000).for_each(|_| scene.witness.ping());
    }
    assert!(waiting > 0, "the server takes all requests");
    scene.serve_one();
    drop(peers);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn garbage_is_refused_and_holds_up_nobody() {
    let mut scene = Scene::new(0, &[]);
    let options = format!("--users 1 --script garbage --phones 3000 --concurrency {}", crowd(500));
    let storm = scene.storm(&options).start();
    scene.serve_during(storm).assert_all_done(3_000);
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn guesser_over_many_users_blocks_them_and_nobody_else() {
    let mut scene = Scene::new(2_000, &[]);
    let options = format!("--users 2000 --phones 2000 --concurrency {}", crowd(500));
    let storm = scene.storm(&format!("{options} --script wrong-password")).start();
    scene.serve_during(storm).assert_all_done(2_000);
    let outcome = scene.storm(&format!("{options} --script login")).run();
    outcome.assert_failed(0, 2_000, "account blocked (BLOCKED)");
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn flood_of_unknown_names_is_refused_and_holds_up_nobody() {
    let mut scene = Scene::new(0, &[]);
    let options = format!("--users 10000 --phones 10000 --concurrency {}", crowd(500));
    let storm = scene.storm(&format!("{options} --script login --seed 1")).start();
    let outcome = scene.serve_during(storm);
    outcome.assert_failed(0, 10_000, "right password refused (WRONGPASS)");
    scene.assert_nothing_left(MOST_MEMORY_KIB);
}

#[test]
fn unread_output_costs_no_contact_log_and_delays_nobody() {
    let data = Data::with_storm_users(10);
    let setup = Setup::new(&data).leaving_stdout_unread();
    let mut scene = Scene::with_server(data, setup);
    // Each log makes 4 MB of output, of which 64 MiB may wait.
    let options = "--users 10 --script upload --records 30000 --phones 30 --concurrency 5 --seed 1";
    scene.storm(options).run().assert_all_done(30);
    let mut storm = scene.storm("--users 10 --script tempid --phones 2000").start();
    let deadline = Deadline::new();
    while !storm.has_ended() {
        deadline.check("the end of the storm");
        scene.witness.temp_id();
    }
    storm.wait().assert_all_done(2_000);
    scene.assert_nobody_left(MOST_MEMORY_WITH_OUTPUT_KIB);
}
