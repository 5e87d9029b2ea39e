mod documentation;

use proptest::prelude::*;

use super::*;
use crate::town::scenario::Seconds;

fn parse(text: &str) -> Result<ScenarioFile, ScenarioError> {
    ScenarioFile::parse(Path::new("folder/town.toml"), text.to_owned())
}

fn scenario(text: &str, sets: &[&str]) -> Result<Scenario, ScenarioError> {
    let changes: Result<Vec<_>, _> = sets.iter().map(|set| Change::parse(set)).collect();
    parse(text)?.scenario(&changes?)
}

#[track_caller]
fn assert_refused(text: &str, sets: &[&str], expected: &str) {
    let error = scenario(text, sets).expect_err("refused").to_string();
    assert_eq!(error.strip_prefix("folder/").unwrap_or(&error), expected);
}

#[test]
fn empty_file_is_the_default_town() {
    assert_eq!(scenario("", &[]).expect("a scenario"), Scenario::default());
    let town = ScenarioFile::default_town().scenario(&[]).expect("a scenario");
    assert_eq!(town, Scenario::default());
}

#[test]
fn wrong_values_are_told_with_their_place_and_key() {
    let cases = [
        (
            "\n[people]\napp_share = 1.5",
            "town.toml:3:13: people.app_share: expected a number from 0 to 1, not 1.5",
        ),
        (
            "people = { app_share = -1 }",
            "town.toml:1:24: people.app_share: expected a number from 0 to 1, not -1",
        ),
        (
            "people.app_share = \"most\"",
            "town.toml:1:20: people.app_share: expected a number, not \"most\"",
        ),
        (
            "duration = \"3 dais\"",
            "town.toml:1:12: duration: expected a time such as \"15m\" or \"1day 12h\", not \
             \"3 dais\": unknown time unit \"dais\", supported units: ns, us/µs, ms, sec, min, \
             hours, days, weeks, months, years (and few variations)",
        ),
        (
            "duration = true",
            "town.toml:1:12: duration: expected a number of seconds, or a text such as \"15m\" or \
             \"1day 12h\", not true",
        ),
        ("warm_up = -1", "town.toml:1:11: warm_up: expected a time from 0 to 315576000 s, not -1"),
        (
            "people.count = 1.5",
            "town.toml:1:16: people.count: expected a whole number from 0 to 4294967295, not 1.5",
        ),
        (
            "people.count = -5",
            "town.toml:1:16: people.count: expected a whole number from 0 to 4294967295, not -5",
        ),
        ("runs = 0", "town.toml:1:8: runs: expected a whole number from 1 to 4294967295, not 0"),
        (
            "seed = -1",
            "town.toml:1:8: seed: expected a whole number from 0 to 9223372036854775807, not -1",
        ),
        ("people = 5", "town.toml:1:10: people: expected a table, not 5"),
        ("name = 5", "town.toml:1:8: name: expected a text in quotes, not 5"),
        (
            "illness.among_users = \"yes\"",
            "town.toml:1:23: illness.among_users: expected true or false, not \"yes\"",
        ),
        (
            "[phones]\nrefresh = \"daily\"",
            "town.toml:2:11: phones.refresh: expected \"on-expiry\" or \"batch\", not \"daily\"",
        ),
        (
            "phones.refresh = 5",
            "town.toml:1:18: phones.refresh: expected \"on-expiry\" or \"batch\", not 5",
        ),
        (
            "meetings.kind = \"moon\"",
            "town.toml:1:17: meetings.kind: expected \"random-mixing\", \"plane\", \
             \"timetable\" or \"trace\", not \"moon\"",
        ),
        (
            "meetings.trace.file = 5",
            "town.toml:1:23: meetings.trace.file: expected a text in quotes, not 5",
        ),
        (
            "[adversary.replay]\ndelay = 5",
            "town.toml:1:1: adversary.replay: expected a list of tables, with two brackets: \
             [[adversary.replay]], not a table",
        ),
        (
            "[[adversary.replay]]\n[[adversary.replay]]\nat.place = \"x\"",
            "town.toml:3:12: adversary.replay[1].at.place: expected a whole number from 0 to \
             4294967295, not \"x\"",
        ),
        (
            "[[server.outage]]\nfrom = 5",
            "town.toml:1:1: server.outage[0]: expected the key duration, which has no default",
        ),
    ];
    for (text, expected) in cases {
        assert_refused(text, &[], expected);
    }
}

#[test]
fn unknown_keys_are_told_with_the_right_ones() {
    assert_refused(
        "[people]\ncount = 5\napp_shar = 1",
        &[],
        "town.toml:3:1: people.app_shar: there is no such key; did you mean people.app_share? \
         people has app_share, count, homophily",
    );
    assert_refused(
        "seed = 1\n\n[peopl]\n",
        &[],
        &format!("town.toml:3:2: peopl: {}", Keys::new().unknown("peopl")),
    );
    assert_refused(
        "[[adversary.guesser]]\n[[adversary.guesser]]\ndigit = 5",
        &[],
        "town.toml:3:1: adversary.guesser.digit: there is no such key; did you mean \
         adversary.guesser.digits? adversary.guesser has digits, from, interval, targets",
    );
}

#[test]
fn first_of_two_unknown_keys_is_told() {
    let error = scenario("zzz = 1\naaa = 1", &[]).expect_err("refused").to_string();
    assert!(error.starts_with("folder/town.toml:1:1: zzz: "), "{error}");
}

#[test]
fn text_that_is_no_toml_is_told_with_its_place() {
    for (text, place) in [
        ("seed = 1\nseed = 2", "town.toml:2:1: "),
        ("seed = ", "town.toml:1:"),
        ("a\n", "town.toml:1:2: "),
        ("question = \"ö\" x", "town.toml:1:16: "),
    ] {
        let error = scenario(text, &[]).expect_err("refused").to_string();
        let rest = error.strip_prefix("folder/").and_then(|error| error.strip_prefix(place));
        assert!(rest.is_some_and(|rest| rest.len() > 5), "{error}");
    }
}

#[test]
fn keys_that_do_not_go_together_are_told_where_they_are_written() {
    let window = "phones.scan_window: expected at most phones.scan_period (30s), not 1m";
    let text = "[phones]\nscan_period = 30";
    assert_refused(text, &[], &format!("town.toml:2:15: {window}"));
    assert_refused(
        "",
        &["phones.scan_period=30"],
        &format!("--set phones.scan_period=30: {window}"),
    );
    let text = "[phones]\nscan_window = \"1m\"";
    assert_refused(
        text,
        &["phones.scan_period=30"],
        &format!("--set phones.scan_period=30: {window}"),
    );
    assert_refused(
        "",
        &["phones.batch=101"],
        "--set phones.batch=101: expected a number from 1 to 100, not 101",
    );
    let post = "adversary.replay[1].at: expected `place` to say where, as meetings.kind is \
        \"random-mixing\"";
    let text = "[[adversary.replay]]\nat.place = 1\n[[adversary.replay]]\ndelay = 1";
    assert_refused(text, &[], &format!("town.toml:3:1: {post}"));
}

#[test]
fn file_with_a_problem_that_an_option_solves_is_taken() {
    let text = "[phones]\nscan_window = \"1h\"";
    let town = scenario(text, &["phones.scan_period=1h"]).expect("a scenario");
    assert_eq!(town.phones.scan_period, Seconds::new(3600));
}

#[test]
fn options_take_toml_and_bare_words() {
    let sets = [
        "phones.refresh=batch",
        "phones.when_expired=\"keep\"",
        "duration = 2days",
        "people.app_share=1",
        "illness.among_users=false",
        "question=Why, and how?",
        "server.outage=[{from=5,duration=6}]",
        "radio={loss=0.5}",
        "people.count=7",
        "people.count=8",
    ];
    let town = scenario("[radio]\ndouble = 1.0", &sets).expect("a scenario");
    let written = "question = \"Why, and how?\"\nduration = \"2days\"\npeople.app_share = 1.0\n\
        people.count = 8\nradio.loss = 0.5\nillness.among_users = false\n\
        [phones]\nrefresh = \"batch\"\nwhen_expired = \"keep\"\n\
        [[server.outage]]\nfrom = 5\nduration = 6";
    assert_eq!(town, scenario(written, &[]).expect("a scenario"));
}

#[test]
fn question_is_that_of_the_default_town_only_under_its_name() {
    let question = |text, sets: &[&str]| scenario(text, sets).expect("a scenario").question;
    let default = Scenario::default().question;
    assert_eq!(question("", &[]), default);
    assert_eq!(question("name = \"town\"", &["people.count=9"]), default);
    assert_eq!(question("name = \"mine\"", &[]), "");
    assert_eq!(question("", &["name=mine"]), "");
    assert_eq!(question("", &["name=mine", "question=Why?"]), "Why?");
    assert_eq!(question("question = \"Why?\"", &["name=mine"]), "Why?");
    assert_eq!(question("question = \"\"", &[]), "");
}

#[test]
fn wrong_options_are_named() {
    let refused = [
        ("people", "--set people: expected key=value"),
        (
            "people.app_share=1.5",
            "--set people.app_share=1.5: expected a number from 0 to 1, not 1.5",
        ),
        ("people.app_share=x", "--set people.app_share=x: expected a number, not \"x\""),
        (
            "people.app_shar=1",
            "--set people.app_shar=1: there is no such key; did you mean people.app_share? people \
             has app_share, count, homophily",
        ),
        (
            "people={cout=1}",
            "--set people={cout=1}: people.cout: there is no such key; did you mean \
             people.count? people has app_share, count, homophily",
        ),
        (
            "adversary.replay.delay=5",
            "--set adversary.replay.delay=5: the scenario has no [[adversary.replay]] to change",
        ),
    ];
    for (set, expected) in refused {
        assert_refused("", &[set], expected);
    }
    let sets = ["people.count=5", "people.app_share=x", "runs=3"];
    assert_refused("", &sets, "--set people.app_share=x: expected a number, not \"x\"");
}

#[test]
fn key_of_a_list_changes_every_element() {
    let text = "[[adversary.replay]]\nat.place = 1\n[[adversary.replay]]\nat.place = 2\ndelay = 3";
    let sets = ["adversary.replay.delay=7", "adversary.replay.to.place=9"];
    let replays = scenario(text, &sets).expect("a scenario").adversary.replay;
    let places = |at: usize| {
        let replay = &replays[at];
        (replay.delay, replay.at.place, replay.to.as_ref().and_then(|post| post.place))
    };
    assert_eq!(places(0), (Seconds::new(7), Some(1), Some(9)));
    assert_eq!(places(1), (Seconds::new(7), Some(2), Some(9)));
}

#[test]
fn contact_trace_is_sought_in_the_folder_of_the_scenario() {
    let text = "[meetings]\nkind = \"trace\"\ntrace.file = \"contacts.csv\"";
    let file = |text, sets: &[&str]| scenario(text, sets).expect("a scenario").meetings.trace.file;
    assert_eq!(file(text, &[]), Path::new("folder/contacts.csv"));
    assert_eq!(file(text, &["meetings.trace.file=/x/y.csv"]), Path::new("/x/y.csv"));
    assert_eq!(file("", &[]), Path::new(""));
}

#[test]
fn file_that_is_not_there_is_named() {
    let error = ScenarioFile::read(Path::new("nowhere/town.toml")).expect_err("nothing there");
    assert!(error.to_string().starts_with("nowhere/town.toml: No such file"), "{error}");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), b"seed = 1\nname = \"\xff\"").expect("written");
    let error = ScenarioFile::read(file.path()).expect_err("no text").to_string();
    assert!(error.ends_with(":2:9: expected text in UTF-8"), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z\\[\\]{}=.\"',#\\\\0-9ö \n]{0,60}") {
        let _ = parse(&text);
        let _ = Change::parse(&text);
        let _ = Sweep::parse(&text);
    }

    #[test]
    fn any_values_of_real_keys_are_taken_or_refused(
        key in prop::sample::select(keys::leaves(&Table::try_from(keys::full_scenario()).expect("a table"))),
        value in "[-0-9a-z.\"\\[\\]{}=,]{1,8}",
    ) {
        let _ = scenario(&format!("{} = {value}", key.0), &[]);
        if let Ok(change) = Change::parse(&format!("{}={value}", key.0)) {
            let _ = ScenarioFile::default_town().scenario(&[change]);
        }
    }
}
