//! A storm while it lasts: signals, the bar, a server that stands still.

mod support;

use std::time::Duration;

use support::data::EIGHT;
use support::phone::Phone;
use support::process::{Signal, descriptors};
use support::server::Server;
use support::storm::{Outcome, PROGRAM, Setup, Storm, USERS, storm_server, wait_for_logins};
use support::terminal;
use support::wait::{let_pass, now};

fn interrupt(storm: Storm, signal: Signal) -> Outcome {
    storm.signal(signal);
    storm.wait()
}

#[test]
fn signal_ends_the_storm_with_what_it_has_and_1() {
    for signal in [Signal::INT, Signal::TERM] {
        let (_data, server) = storm_server();
        let done = storm_until_gathered(&server, "--script tempid:1,idle:9 --phones 50 --seed 1");
        let outcome = interrupt(done, signal);
        assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
        let (done, interrupted) = (outcome.count("done"), outcome.count("interrupted"));
        assert_eq!(done + interrupted, 50);
        assert_eq!((outcome.count("failed"), outcome.count("breaches")), (interrupted, 0));
        let row = format!("{interrupted:>12} failed  interrupted by a signal");
        assert!(outcome.ended.stdout.contains(&row), "{outcome:#?}");
    }
}

/// Those that were still to come are missing as well, even if nobody was there to be cut short.
#[test]
fn signal_between_two_phones_ends_the_storm_with_1() {
    let (_data, server) = storm_server();
    let mut witness = Phone::logged_in(&server, EIGHT);
    let before = descriptors(server.id()).len();
    // The first phone comes at once, the second one in a thousand seconds.
    let options = format!("--users {USERS} --rate 0.001 --arrivals even --phones 2");
    let storm = Setup::new(server.address, &options).start();
    server.stdout.wait_for_part("+61400000000 logout");
    let is_gone = || descriptors(server.id()).len() == before;
    witness.ping_until("the first phone to be gone", is_gone);
    let outcome = interrupt(storm, Signal::INT);
    assert_eq!(outcome.code(), Some(1), "{outcome:#?}");
    assert_eq!((outcome.count("done"), outcome.count("failed")), (1, 0));
    assert_eq!(outcome.json["ended_early"], true);
    let row = "ended early by a signal";
    assert!(outcome.ended.stdout.iter().any(|line| line == row), "{outcome:#?}");
}

fn storm_until_gathered(server: &Server, options: &str) -> Storm {
    let usual = format!("--users {USERS} --concurrency 50 --hold 60");
    let storm = Setup::new(server.address, &format!("{usual} {options}")).start();
    storm.stderr.wait_for_part("phones are connected and stay");
    storm
}

#[test]
fn bar_is_shown_on_a_terminal_and_cleared_at_the_end() {
    let (data, server) = storm_server();
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let arguments = format!("{ip} {port} --users 5 --script idle --phones 7 --hold 1");
    let arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
    let mut terminal = terminal::Setup::program(PROGRAM, &arguments, &data).start();
    let is_bar = |row: &String| row.contains("0 of 7 phones, 7 connected, ");
    terminal.wait_until("the bar", |shown| shown.rows().iter().any(is_bar));
    terminal.assert_ended_well(0);
    let rows = terminal.look(terminal::Shown::rows);
    assert!(!rows.iter().any(|row| row.contains("connected, ")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("7 sessions done, 0 failed")), "{rows:#?}");
}

#[test]
fn bar_on_a_narrow_terminal_is_one_row() {
    let (data, server) = storm_server();
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let arguments = format!("{ip} {port} --users 5 --script idle --phones 7 --hold 60");
    let arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
    let setup = terminal::Setup::program(PROGRAM, &arguments, &data).rows_and_columns(20, 40);
    let terminal = setup.start();
    let is_bar = |row: &String| row.contains("s 0 of 7 phones, 7 connected");
    let is_line = |row: &String| row == "7 phones are connected and stay";
    terminal.wait_until("a line and the bar", |shown| {
        let rows = shown.rows();
        matches!(&rows[..], [line, bar] if is_line(line) && is_bar(bar))
    });
    // It follows the width of the terminal.
    terminal.resize(20, 90);
    terminal.wait_until("a wider bar", |shown| {
        let rows = shown.rows();
        matches!(&rows[..], [line, bar] if is_line(line) && bar.contains("s [    ") && bar.len() > 80)
    });
}

/// An open loop asks as often as it was told to, whatever the server does: phones go on coming
/// while it stands still, and what they waited is in the latencies.
#[test]
fn open_loop_goes_on_while_the_server_is_frozen() {
    let (_data, server) = storm_server();
    let options = format!("--users {USERS} --rate 200 --arrivals even --phones 300");
    let (storm, frozen) = server.while_frozen(|| {
        let storm = Setup::new(server.address, &options).start();
        wait_for_logins(server.address, 1);
        let start = now();
        wait_for_logins(server.address, 100);
        (storm, start.elapsed())
    });
    let outcome = storm.wait();
    outcome.assert_all_done(300);
    assert_waits_are_counted(&outcome, "p99", frozen);
}

/// Phones that cannot begin when they should, since others still wait, have waited as well: to
/// leave that out would be coordinated omission.
#[test]
fn open_loop_counts_the_wait_of_phones_that_begin_late() {
    let (_data, server) = storm_server();
    let load = "--rate 200 --arrivals even --phones 300 --concurrency 4";
    let frozen = Duration::from_millis(800);
    let storm = server.while_frozen(|| {
        let options = format!("--users {USERS} {load}");
        let storm = Setup::new(server.address, &options).start();
        wait_for_logins(server.address, 4);
        let_pass(frozen);
        storm
    });
    let outcome = storm.wait();
    outcome.assert_all_done(300);
    // Only four of 300 have a request under way meanwhile, and half of all should.
    assert_waits_are_counted(&outcome, "p90", frozen);
}

#[track_caller]
fn assert_waits_are_counted(outcome: &Outcome, quantile: &str, frozen: Duration) {
    for name in ["login_latency", "session_latency"] {
        let latency = Duration::from_micros(outcome.latency(name, quantile));
        assert!(latency > frozen / 2, "{name}: {latency:?} of {frozen:?}");
    }
}
