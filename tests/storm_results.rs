//! What a storm leaves behind: the result for machines, the plot, what the phones were told; and
//! what a seed repeats.

mod support;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::storm::{Setup, USERS, storm_on, storm_server};

#[test]
fn result_for_machines_has_the_documented_fields() {
    let (_data, server) = storm_server();
    let id = server.id().as_raw_nonzero();
    let outcome = storm_on(&server, &format!("--phones 30 --seed 7 --server-pid {id}"));
    outcome.assert_all_done(30);
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let expected = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    let fields = "settings seconds done failed breaches interrupted ended_early rate temp_ids most_at_once tls_resumed \
        done_by_script failed_by_reason login_latency request_latency session_latency \
        server_cpu_seconds server_cpu_us_per_session storm_cpu_us_per_session";
    assert_eq!(keys(&outcome.json), expected(fields));
    let settings = "server tls users user_numbers credentials phones duration_seconds concurrency rate \
        arrivals script records request hold_seconds byte_interval_seconds timeout_seconds leave source_addresses seed";
    assert_eq!(keys(&outcome.json["settings"]), expected(settings));
    assert_eq!(outcome.json["settings"]["server"], server.address.to_string());
    assert_eq!(outcome.json["settings"]["user_numbers"], format!("0..{USERS}"));
    assert_eq!(outcome.json["settings"]["credentials"], Value::Null);
    assert_eq!(outcome.json["settings"]["seed"], 7);
    assert_eq!(outcome.json["done_by_script"]["tempid"], 30);
    assert_eq!(outcome.json["ended_early"], false);
    assert_eq!(outcome.count("temp_ids"), 30);
    assert!((1..=30).contains(&outcome.count("most_at_once")));
    for name in ["login_latency", "request_latency", "session_latency"] {
        assert_eq!(keys(&outcome.json[name]), expected("count min p50 p90 p99 p999 max"));
        assert_eq!(outcome.latency(name, "count"), 30);
        let of = |quantile| outcome.latency(name, quantile);
        let quantiles = ["min", "p50", "p90", "p99", "p999", "max"].map(of);
        assert!(quantiles.is_sorted(), "{quantiles:?}");
    }
    // The system charges processor time by the tick, so that a short storm may have taken none.
    let measured =
        "seconds rate server_cpu_seconds server_cpu_us_per_session storm_cpu_us_per_session";
    for name in measured.split_whitespace() {
        assert!(outcome.json[name].is_f64(), "{name}");
    }
}

#[test]
fn result_for_machines_has_what_repeats_the_storm() {
    let (data, server) = storm_server();
    let file = data.argument("credentials.txt");
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let (json, request) = (data.argument("storm.json"), "LOOKUP %n twice");
    let arguments = [&ip, &port, "--credentials", &file, "--json", &json, "--phones", "1"];
    let setup = Setup::with_arguments(&arguments).also(&["--script", "request"]);
    setup.also(&["--request", request]).run();
    let json = fs::read_to_string(&json).expect("a result");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["settings"]["credentials"], file);
    assert_eq!(json["settings"]["user_numbers"], Value::Null);
    assert_eq!(json["settings"]["request"], request);
}

#[test]
fn same_seed_draws_the_same_scripts() {
    let (_data, server) = storm_server();
    let scripts = |seed| {
        let options = format!("--phones 200 --script mixed --byte-interval 1 --seed {seed}");
        let outcome = storm_on(&server, &options);
        outcome.assert_all_done(200);
        outcome.json["done_by_script"].clone()
    };
    assert_eq!(scripts(1), scripts(1));
    assert_ne!(scripts(1), scripts(2));
}

/// Who vanishes before what does not depend on the order in which the server answers.
#[test]
fn same_seed_draws_the_same_vanishing_points_however_many_there_are_at_once() {
    let (_data, server) = storm_server();
    let got = |concurrency: usize, seed: u64| {
        let load = format!("--phones 300 --concurrency {concurrency} --seed {seed}");
        let outcome = storm_on(&server, &format!("{load} --script vanish"));
        outcome.assert_all_done(300);
        (outcome.latency("login_latency", "count"), outcome.count("temp_ids"))
    };
    let expected = got(1, 1);
    for concurrency in [2, 64, 64] {
        assert_eq!(got(concurrency, 1), expected, "{concurrency} at once");
    }
    assert_ne!(got(1, 2), expected);
}

#[test]
fn plot_is_a_well_formed_picture() {
    let (data, server) = storm_server();
    let file = data.argument("storm.svg");
    for script in ["tempid", "vanish"] {
        storm_on(&server, &format!("--phones 100 --script {script} --plot {file}"))
            .assert_all_done(100);
        let svg = fs::read_to_string(&file).expect("a picture");
        assert!(svg.starts_with("<svg") && svg.contains("100 sessions of "), "{svg}");
        assert_well_formed(&svg);
    }
}

#[test]
fn what_phones_were_told_is_what_the_server_recorded() {
    let (data, server) = storm_server();
    let options = format!("--users {USERS} --phones 50 --script tempid:4,upload:1");
    let outcome = Setup::new(server.address, &options).keeping_told().run();
    outcome.assert_all_done(50);
    let (mut told, mut recorded) = (outcome.told(), data.temp_ids());
    assert!(told.len() > 30, "{told:#?}");
    assert_eq!(told.len() as u64, outcome.count("temp_ids"));
    for lines in [&mut told, &mut recorded] {
        lines.sort_by(|one, other| one.record.cmp(&other.record));
    }
    assert_eq!(told, recorded);
}

/// Every element is closed, in the right order, and nothing is left that would need an escape.
#[track_caller]
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("no end of {piece:?}"));
        assert!(!text.contains('>'), "{text:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag:?}");
        let name = |tag: &str| tag.split_whitespace().next().expect("a name").to_owned();
        match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
            (Some(closed), _) => assert_eq!(open.pop(), Some(name(closed)), "{tag:?}"),
            (None, Some(_)) => {}
            (None, None) => open.push(name(tag)),
        }
    }
    assert_eq!(open, [""; 0]);
}
