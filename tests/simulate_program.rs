//! The program `simulate` as its user sees it: experiments, reports, messages, the scenarios that
//! come along.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::data::Data;
use support::simulate::{printed, run, simulate};

/// Everybody meets several others an hour and has the app, and one falls ill and uploads.
const TINY: &str = r#"
name = "tiny"
duration = "6h"
[people]
count = 12
app_share = 1.0
[meetings.random_mixing]
contacts_per_day = 24
[illness]
index_cases = 1
from = "3h"
within = "1h"
test_delay = "1h"
"#;

/// All that `--out` writes.
const FILES: [&str; 8] = [
    "beacons.csv",
    "encounters.csv",
    "figures.csv",
    "report.html",
    "scenario.toml",
    "summary.json",
    "traces.csv",
    "uploads.csv",
];

/// Digits in a row of a username, which is no secret. A TempID has more.
const DIGITS_OF_A_USERNAME: usize = 11;

fn tiny_town() -> Data {
    let data = Data::empty();
    data.write("tiny.toml", TINY);
    data
}

/// What is in a directory, by name.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("a file"));
    let file = |path: PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        (name.to_owned(), fs::read_to_string(&path).expect("a text"))
    };
    entries.map(|entry| file(entry.path())).collect()
}

/// The rows of a table, without its header.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|row| row.split(',').collect()).collect()
}

/// The figure of this name of a point of `summary.json`.
#[track_caller]
fn figure(summary: &Value, point: usize, name: &str) -> f64 {
    let figures = summary["points"][point]["figures"].as_array().expect("figures");
    let figure = figures.iter().find(|figure| figure["name"] == name);
    let mean = figure.and_then(|figure| figure["mean"].as_f64());
    mean.unwrap_or_else(|| panic!("no figure {name}: {figures:#?}"))
}

/// The messages that `--trace` writes.
fn messages(data: &Data, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(data.file(name)).expect("messages");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn text_of(message: &Value) -> &str {
    message["text"].as_str().expect("a text")
}

fn longest_run_of_digits(text: &str) -> usize {
    text.split(|digit: char| !digit.is_ascii_digit()).map(str::len).max().unwrap_or_default()
}

#[test]
fn list_names_each_experiment_and_what_theory_says() {
    let stdout = printed(&Data::empty(), "experiment list");
    for name in ["uptake", "replay", "clock-skew", "refresh-load", "lockout", "log-size"] {
        let at = stdout.iter().position(|line| line.split(' ').next() == Some(name));
        let at = at.unwrap_or_else(|| panic!("no {name}: {stdout:#?}"));
        assert!(stdout[at].ends_with('?'), "its question: {stdout:#?}");
        assert!(stdout[at + 1].starts_with("  "), "its theory: {stdout:#?}");
    }
}

#[test]
fn list_with_a_report_ends_with_2() {
    let ended = simulate(&Data::empty(), "experiment list --out reports");
    assert_eq!((ended.status.code(), &ended.stdout[..]), (Some(2), &[][..]), "{ended:#?}");
    assert!(ended.stderr[0].ends_with("leave out --out"), "{ended:#?}");
}

#[test]
fn unknown_experiment_ends_with_2_and_the_names() {
    let ended = simulate(&Data::empty(), "experiment refresh");
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
    assert_eq!(ended.stdout, [""; 0]);
    let [line] = &ended.stderr[..] else { panic!("one line, not {ended:#?}") };
    assert!(line.starts_with("simulate: there is no experiment \"refresh\""), "{line}");
    assert!(line.contains("uptake, ") && line.contains("refresh-load, "), "{line}");
}

#[test]
fn experiment_that_agrees_with_theory_ends_with_0_and_both_values() {
    let data = Data::empty();
    let stdout = printed(&data, "experiment clock-skew --out reports");
    assert!(stdout[0].starts_with("clock-skew: What do wrong clocks cost?"), "{stdout:#?}");
    let setting = "phones.clock_skew = 300 ";
    let row = stdout.iter().find_map(|line| line.trim_start().strip_prefix(setting));
    let row = row.unwrap_or_else(|| panic!("no {setting}: {stdout:#?}"));
    let words: Vec<_> = row.split_whitespace().collect();
    let [expected, measured, low, "to", high, "as", "expected"] = words[..] else {
        panic!("expected, measured and the interval, not {row}")
    };
    let number = |word: &str| word.parse::<f64>().expect("a number");
    assert_eq!(expected, "0.77778");
    assert!(number(low) < number(measured) && number(measured) < number(high), "{row}");
    assert!(number(low) < number(expected) && number(expected) < number(high), "{row}");
    assert_eq!(stdout.last().map(String::as_str), Some("all 4 values as expected"));
    let written = files(&data.file("reports/clock-skew"));
    assert_eq!(written.keys().collect::<Vec<_>>(), FILES);
    let page = &written["report.html"];
    assert!(page.contains("What do wrong clocks cost?"));
    assert!(page.contains("simulate experiment clock-skew --seed 1 --out again"));
    let summary: Value = serde_json::from_str(&written["summary.json"]).expect("JSON");
    assert_eq!((&summary["seed"], &summary["runs"]), (&1.into(), &24.into()));
}

#[test]
fn tables_of_a_run_agree_with_its_summary() {
    let data = tiny_town();
    let stdout = printed(&data, "tiny.toml --out out");
    let written = files(&data.file("out"));
    assert_eq!(written.keys().collect::<Vec<_>>(), FILES);
    let summary: Value = serde_json::from_str(&written["summary.json"]).expect("JSON");
    let counted = |name: &str| figure(&summary, 0, name) as usize;
    let with = |table: &str, column: usize, word: &str| {
        rows(&written[table]).iter().filter(|row| row[column] == word).count()
    };
    assert!(counted("encounters.recorded") > 10, "{stdout:#?}");
    assert_eq!(rows(&written["encounters.csv"]).len(), counted("encounters.real"));
    assert_eq!(rows(&written["beacons.csv"]).len(), counted("beacons.received"));
    assert_eq!(with("beacons.csv", 3, "logged"), counted("beacons.logged"));
    assert_eq!(with("uploads.csv", 3, "false"), counted("tracing.uploads"));
    assert_eq!(counted("tracing.uploads"), 1);
    assert!(counted("tracing.named") > 1, "{stdout:#?}");
    assert_eq!(rows(&written["traces.csv"]).len(), counted("tracing.named"));
    let people: BTreeSet<_> = rows(&written["traces.csv"]).iter().map(|row| row[2]).collect();
    assert_eq!(people.len(), counted("tracing.people_named"));
    assert_eq!(with("traces.csv", 3, "true"), counted("tracing.traced"));
    let shown = format!("{}", counted("encounters.real"));
    let row = stdout.iter().find(|line| line.trim_start().starts_with("real ")).expect("a row");
    assert!(row.ends_with(&shown), "{row}");
    assert!(written["report.html"].contains("tiny"));
}

#[test]
fn scenario_that_is_written_gives_the_same_again() {
    let data = tiny_town();
    let options = "tiny.toml --seed 9 --set radio.loss=0.3 --set phones.refresh=batch --out out";
    let stdout = printed(&data, options);
    assert_eq!(printed(&data, "out/scenario.toml"), stdout);
}

#[test]
fn trace_that_is_written_gives_the_same_again_without_its_file() {
    let data = Data::empty();
    data.write("contacts.csv", "t,a,b,seconds\n600,0,1,900\n1200,1,2,300\n");
    let trace = "name = \"trace\"\n[meetings]\nkind = \"trace\"\ntrace.file = \"contacts.csv\"\n";
    data.write("trace.toml", trace);
    let stdout = printed(&data, "trace.toml --out out");
    fs::remove_file(data.file("contacts.csv")).expect("the original");
    assert_eq!(printed(&data, "out/scenario.toml --out out"), stdout, "over itself");
    assert_eq!(printed(&data, "out/scenario.toml"), stdout);
}

#[test]
fn sweep_is_written_point_by_point() {
    let data = tiny_town();
    let sweep = "--sweep people.app_share=0.5,1 --sweep radio.loss=0,0.9";
    let stdout = printed(&data, &format!("tiny.toml --runs 2 {sweep} --out out"));
    let written = files(&data.file("out"));
    assert_eq!(written.keys().collect::<Vec<_>>(), FILES);
    let summary: Value = serde_json::from_str(&written["summary.json"]).expect("JSON");
    assert_eq!(summary["points"].as_array().map(Vec::len), Some(4));
    assert_eq!(summary["points"][3]["changed"][1]["value"], "0.9");
    // Runs of all points differ by nothing but what the sweep changes.
    assert_eq!(summary["points"][0]["seeds"], summary["points"][3]["seeds"]);
    let real: Vec<_> = (0..4).map(|point| figure(&summary, point, "encounters.real")).collect();
    assert!(real.iter().all(|count| *count == real[0] && *count > 10.0), "{real:?}");
    let of_run = |row: &&Vec<&str>| row[..2] == ["4", "2"] && row[3] == "encounters.real";
    let figures = rows(&written["figures.csv"]);
    let row = figures.iter().find(of_run).expect("the last run");
    assert_eq!(row[5..], ["1", "0.9"]);
    assert!(stdout[1].starts_with("4 points, seed 1, 2 runs"), "{stdout:#?}");
}

#[test]
fn messages_tell_who_met_uploaded_and_is_named() {
    let data = tiny_town();
    printed(&data, "tiny.toml --trace trace.jsonl --out out");
    let said = messages(&data, "trace.jsonl");
    assert!(said.is_sorted_by_key(|message| message["t"].as_f64()));
    let upload = said.iter().find(|it| text_of(it).starts_with("UPLOAD ")).expect("an upload");
    let index = upload["from"].as_str().expect("a phone");
    let contacts = format!("contacts of {index}: ");
    let named = said.iter().find_map(|it| text_of(it).strip_prefix(&contacts));
    let named = named.unwrap_or_else(|| panic!("nobody is named for {index}"));
    let named: BTreeSet<_> = named.split(", ").map(str::to_owned).collect();
    let tables = files(&data.file("out"));
    let traced = rows(&tables["traces.csv"]).into_iter().map(|row| format!("phone {}", row[2]));
    assert_eq!(named, traced.collect());

    let contact = named.first().expect("somebody");
    let only = format!("{index},server,{contact}");
    let ended = run(&data, ["sequence", "trace.jsonl", "--width", "120", "--only", &only]);
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    let drawn = ended.stdout;
    let names: Vec<_> = drawn[0].split_whitespace().collect();
    assert_eq!(names.join(" "), format!("time {index} server {contact}"));
    let has = |text: &str| drawn.iter().any(|row| row.contains(text));
    for text in ["AUTH +614", "TempID ", "beacon ", ": logged", "UPLOAD ", "records taken"] {
        assert!(has(text), "{text}: {drawn:#?}");
    }
    assert!(has(&format!("contacts of {index}")), "{drawn:#?}");

    let ended = run(&data, ["sequence", "trace.jsonl", "--from", "5h", "--until", "4h"]);
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
    assert_eq!(ended.stderr, ["simulate: --from 18000 s is later than --until 14400 s"]);
    let ended = run(&data, ["sequence", "trace.jsonl", "--only", "phone 99"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:#?}");
    assert!(ended.stdout[0].starts_with("Nobody is called \"phone 99\"."), "{ended:#?}");
}

#[test]
fn messages_may_go_into_the_directory_of_the_tables_and_not_over_the_scenario() {
    let data = tiny_town();
    printed(&data, "tiny.toml --out new/out --trace new/out/trace.jsonl");
    assert!(!messages(&data, "new/out/trace.jsonl").is_empty());
    let ended = simulate(&data, "tiny.toml --trace ./tiny.toml");
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
    assert_eq!(ended.stderr, ["simulate: --trace ./tiny.toml: that is the scenario"]);
    assert_eq!(fs::read_to_string(data.file("tiny.toml")).expect("the scenario"), TINY);
}

#[test]
fn path_in_other_bytes_than_text_is_no_reason_to_panic() {
    let path = OsStr::from_bytes(b"\xff");
    let ended = run(&Data::empty(), [path, "--runs".as_ref(), "0".as_ref()]);
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
    assert!(ended.stderr[0].ends_with("expected runs from 1 to 4294967295"), "{ended:#?}");
}

#[test]
fn figures_are_shown_although_a_file_cannot_be_written() {
    let data = tiny_town();
    let ended = simulate(&data, "tiny.toml --trace /dev/full");
    assert_eq!(ended.status.code(), Some(1), "{ended:#?}");
    assert!(ended.stdout.iter().any(|line| line.contains("recall")), "{ended:#?}");
    assert!(ended.stderr[0].starts_with("simulate: /dev/full: "), "{ended:#?}");
}

#[test]
fn town_that_no_memory_holds_is_refused_and_leaves_no_file() {
    let data = Data::empty();
    let large = "--set people.count=50000000 --set duration=1000days --set interval=1day";
    let ended = simulate(&data, &format!("{large} --out out --trace trace.jsonl"));
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
    let [line] = &ended.stderr[..] else { panic!("one line, not {ended:#?}") };
    assert!(line.contains(" people with the app are too many: a run takes some "), "{line}");
    assert_eq!(fs::read_dir(data.path()).expect("the directory").count(), 0);
}

#[test]
fn messages_hold_no_password_and_no_whole_temp_id() {
    let data = tiny_town();
    let adversaries = "[[adversary.guesser]]\ninterval = \"10m\"\n[[adversary.forger]]\n\
        from = \"5h\"\n[[adversary.replay]]\nat.place = 0\ndelay = \"5m\"\n";
    let places = "[meetings.random_mixing]\nplaces = 1";
    let text = TINY.replace("[meetings.random_mixing]", places);
    data.write("attacked.toml", format!("{text}{adversaries}"));
    printed(&data, "attacked.toml --trace trace.jsonl");
    let said = messages(&data, "trace.jsonl");
    assert!(said.iter().any(|message| message["from"] == "adversary 0"));
    assert!(said.iter().any(|message| message["via"] == "udp"));
    for message in &said {
        let text = text_of(message);
        assert!(longest_run_of_digits(text) <= DIGITS_OF_A_USERNAME, "{text}");
        if let Some(login) = text.strip_prefix("AUTH ") {
            assert!(login.ends_with(" ***") && login.split(' ').count() == 2, "{text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn threads_do_not_change_a_byte_of_any_file() {
    let data = tiny_town();
    let options = "tiny.toml --runs 3 --sweep people.app_share=0.5,1 --sweep radio.loss=0,0.5";
    let one = printed(&data, &format!("{options} --threads 1 --out one --trace one.jsonl"));
    let two = printed(&data, &format!("{options} --threads 2 --out two --trace two.jsonl"));
    assert_eq!(one, two);
    assert_eq!(files(&data.file("one")), files(&data.file("two")));
    let trace = |name| fs::read(data.file(name)).expect("messages");
    assert!(trace("one.jsonl") == trace("two.jsonl"));
}

#[test]
fn every_scenario_that_comes_along_shows_what_it_asks_about() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/scenarios");
    let mut names = files_ending_in_toml(&folder);
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let data = Data::empty();
        let path = folder.join(&name);
        let smaller = "--runs 1 --set people.count=60 --set illness.index_cases=10";
        let options = format!("{} {smaller} --out out", path.display());
        let stdout = printed(&data, &options);
        let told = name.trim_end_matches(".toml");
        assert!(stdout[0].starts_with(&format!("{told}: ")), "{stdout:#?}");
        let summary = fs::read_to_string(data.file("out/summary.json")).expect("a summary");
        let summary = serde_json::from_str(&summary).expect("JSON");
        for figure_name in figures_of_interest(told) {
            assert!(figure(&summary, 0, figure_name) > 0.0, "{told}: {figure_name} {stdout:#?}");
        }
    }
}

fn files_ending_in_toml(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("scenarios");
    let names = entries.map(|entry| entry.expect("a file").file_name().into_string());
    names.map(|name| name.expect("UTF-8")).filter(|name| name.ends_with(".toml")).collect()
}

/// What there must be some of, or the scenario asks in vain.
fn figures_of_interest(scenario: &str) -> &'static [&'static str] {
    match scenario {
        "attack" => &["adversaries.guesses", "adversaries.forged_logs", "adversaries.floods"],
        "duty-cycle" => &["beacons.not_scanned", "encounters.recorded"],
        "outage" => &["server.failed_connections", "beacons.silent"],
        "replay" => &["adversaries.replayed_valid_share", "adversaries.relayed_valid_share"],
        "skew" => &["beacons.too_early", "beacons.expired"],
        "square" => &["linkability.sightings", "linkability.linked_share"],
        _ => &["encounters.recorded", "tracing.traced"],
    }
}
