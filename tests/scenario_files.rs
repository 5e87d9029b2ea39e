//! The program `simulate` as its user sees it: scenario files, options, exit codes, the summary.

mod support;

use support::data::Data;
use support::simulate::{PROGRAM, printed as summary, simulate};
use support::terminal;

/// A town that does not take long.
const SMALL: &str = "[people]\ncount = 20\n[meetings.random_mixing]\ncontacts_per_day = 40\n";

fn small_town() -> Data {
    let data = Data::empty();
    data.write(
        "town.toml",
        format!("name = \"small\"\nduration = \"2h\"\nillness.index_cases = 1\nillness.from = \"1h\"\nillness.test_delay = 0\n{SMALL}"),
    );
    data
}

/// What is wrong is told in one line.
#[track_caller]
fn assert_refused(data: &Data, options: &str, code: i32, expected: &str) {
    let ended = simulate(data, options);
    assert_eq!(ended.status.code(), Some(code), "{ended:#?}");
    assert_eq!(ended.stdout, [""; 0]);
    let [line] = &ended.stderr[..] else { panic!("one line, not {ended:#?}") };
    let told = line.strip_prefix("simulate: ");
    assert!(told.is_some_and(|told| told.starts_with(expected)), "{line}\nnot {expected}");
}

#[test]
fn scenario_without_trouble_ends_with_0_and_the_summary() {
    let stdout = summary(&small_town(), "town.toml --seed 7");
    assert_eq!(stdout[0], "small");
    assert!(stdout[1].starts_with("20 people, ") && stdout[1].ends_with(", seed 7"), "{stdout:#?}");
    for title in ["Encounters", "Tracing", "Beacons", "Server", "Contact logs"] {
        assert!(stdout.iter().any(|line| line == title), "{title}: {stdout:#?}");
    }
}

#[test]
fn options_set_keys_of_the_default_town() {
    let options = "--set people.count=30 --set duration=1h --set phones.refresh=batch --seed 3";
    let stdout = summary(&Data::empty(), options);
    assert!(stdout[1].starts_with("30 people, ") && stdout[1].contains(" 1h "), "{stdout:#?}");
    assert!(stdout[1].ends_with(", seed 3"), "{stdout:#?}");
}

#[test]
fn wrong_files_end_with_2_and_their_place() {
    let data = Data::empty();
    let cases = [
        (
            "people.app_share = 1.5",
            "1:20: people.app_share: expected a number from 0 to 1, not 1.5",
        ),
        ("\n[people]\n apps = 1", "3:2: people.apps: there is no such key"),
        ("seed = 1\nseed 2", "2:6: "),
        (
            "phones.scan_period = 5",
            "1:22: phones.scan_window: expected at most phones.scan_period (5s), not 1m",
        ),
    ];
    for (text, expected) in cases {
        data.write("wrong.toml", text);
        assert_refused(&data, "wrong.toml", 2, &format!("wrong.toml:{expected}"));
    }
    assert_refused(&data, "nowhere.toml", 2, "nowhere.toml: No such file");
    assert_refused(&data, ".", 2, ".: it is not a regular file");
}

#[test]
fn wrong_options_end_with_2_and_their_name() {
    let data = small_town();
    let cases = [
        ("--set people.count", "--set people.count: expected key=value"),
        ("--set people.count=0", "--set people.count=0: expected a number from 1 to 50000000"),
        (
            "--set people.cout=5",
            "--set people.cout=5: there is no such key; did you mean people.count?",
        ),
        (
            "--set adversary.replay.delay=5",
            "--set adversary.replay.delay=5: the scenario has no [[adversary.replay]]",
        ),
        ("--sweep people.count=5,x", "--sweep people.count=x: expected a whole number"),
        ("--sweep people.app_share=0.5,2", "--sweep people.app_share=2: expected a number from 0"),
        (
            "--runs 600000 --sweep seed=1,2",
            "expected at most 1000000 runs of all points together, not 1200000",
        ),
        ("--sweep seed=1 --sweep seed=2", "--sweep: seed: it is swept twice"),
    ];
    for (options, expected) in cases {
        assert_refused(&data, &format!("town.toml {options}"), 2, expected);
    }
}

#[test]
fn options_that_there_are_not_end_with_2_and_the_usage() {
    let options = [
        "--sets x=1",
        "--runs 0",
        "--threads 0",
        "--seed -1",
        "a.toml b.toml",
        "--figures users,recal",
    ];
    for option in options {
        let ended = simulate(&Data::empty(), option);
        assert_eq!(ended.status.code(), Some(2), "{option}: {ended:#?}");
        assert!(ended.stderr.iter().any(|line| line.contains("Usage: simulate")), "{ended:#?}");
    }
}

#[test]
fn unwritable_file_ends_with_1_before_the_runs() {
    let data = small_town();
    data.write("file", "");
    assert_refused(&data, "town.toml --trace nowhere/trace.jsonl", 1, "nowhere/trace.jsonl: ");
    assert_refused(&data, "town.toml --out file", 1, "file: ");
}

#[test]
fn threads_do_not_change_a_byte() {
    let data = small_town();
    let options = "town.toml --runs 3 --sweep people.app_share=0.2,0.9 --sweep radio.loss=0,0.5";
    let one = summary(&data, &format!("{options} --threads 1"));
    assert_eq!(summary(&data, &format!("{options} --threads 2")), one);
    assert_eq!(summary(&data, options), one);
    assert!(one[1].starts_with("4 points, seed 1, 3 runs"), "{one:#?}");
    let values: Vec<_> =
        one[5..].iter().map(|row| row.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(values, [["0.2", "0"], ["0.2", "0.5"], ["0.9", "0"], ["0.9", "0.5"]]);
}

#[test]
fn figures_that_are_asked_for_are_shown() {
    let options = "town.toml --sweep people.count=10,20 --figures users,server.downloads";
    let stdout = summary(&small_town(), options);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&stdout[3]), ["people", "server"]);
    assert_eq!(words(&stdout[4]), ["count", "users", "downloads"]);
    assert_eq!(stdout.len(), 7);
}

#[test]
fn bar_is_cleared_from_the_terminal_at_the_end() {
    let data = small_town();
    let arguments = ["town.toml", "--runs", "5"].map(str::to_owned);
    let mut terminal = terminal::Setup::program(PROGRAM, &arguments, &data).start();
    terminal.assert_ended_well(0);
    let rows = terminal.look(terminal::Shown::rows);
    assert!(!rows.iter().any(|row| row.contains("% of ")), "{rows:#?}");
    assert!(rows.iter().any(|row| row == "small"), "{rows:#?}");
}
