//! `data/scenarios/` says what is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::keys::{full_scenario, leaves};
use super::super::*;

/// What the documentation calls any key that has a post.
const POST: &str = "POST";

/// One of everything of which a scenario may have several, with nothing said but what has no
/// default.
const ONE_OF_EACH: &str = "server.outage = [{ from = 0, duration = 0 }]\n\
    server.disk_full = [{ from = 0, duration = 0 }]\n\
    [adversary]\nsniffer = [{}]\nreplay = [{}]\nrelay = [{}]\nguesser = [{}]\nforger = [{}]\n\
    flooder = [{}]";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/scenarios")
}

fn documentation() -> String {
    fs::read_to_string(folder().join("README.md")).expect("the documentation of scenarios")
}

/// Keys and defaults of the tables; `None` for no default.
fn documented() -> Vec<(String, Option<String>)> {
    let documentation = documentation();
    let rows = documentation.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, key, _unit, _range, default, meaning, _] = cells[..] else { return None };
        assert!(meaning.len() > 5, "{line}");
        let bare = |cell: &str| cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
        let default = match default {
            "-" => None,
            _ => Some(bare(default).unwrap_or_else(|| panic!("no default in {line}"))),
        };
        Some((bare(key).expect("a key"), default))
    };
    rows.filter_map(row).collect()
}

/// The keys that there are, posts folded into one.
fn real_keys() -> BTreeSet<String> {
    let table = Table::try_from(full_scenario()).expect("a table");
    let keys: Vec<_> = leaves(&table).into_iter().map(|(key, _)| key).collect();
    let posts: Vec<_> = keys.iter().filter_map(|key| key.strip_suffix(".with")).collect();
    let fold = |key: &String| match key.rsplit_once('.') {
        Some((parent, name)) if posts.contains(&parent) => format!("{POST}.{name}"),
        Some(_) | None => key.clone(),
    };
    let owned = posts.iter().map(|post| (*post).to_owned());
    keys.iter().map(fold).chain(owned).collect()
}

#[test]
fn every_key_is_documented_and_no_other() {
    let documented: Vec<_> = documented().into_iter().map(|(key, _)| key).collect();
    let keys: BTreeSet<_> = documented.iter().cloned().collect();
    assert_eq!(keys.len(), documented.len(), "one is documented twice");
    let real = real_keys();
    let missing: Vec<_> = real.difference(&keys).collect();
    let invented: Vec<_> = keys.difference(&real).collect();
    assert_eq!((missing, invented), (vec![], vec![]));
}

#[test]
fn documented_units_are_those_of_reports() {
    // What the other keys have for a unit, they count or say themselves.
    const SAID: [&str; 9] = [
        "",
        "time",
        "probability",
        "people",
        "encounters",
        "spells",
        "windows",
        "accounts",
        "digits",
    ];
    let documentation = documentation();
    for line in documentation.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, key, unit, _, _, _, _] = cells[..] else { continue };
        let unit = (!SAID.contains(&unit) && unit != "entries").then_some(unit);
        assert_eq!(unit_of(key.trim_matches('`')), unit, "{key}");
    }
}

#[test]
fn documented_defaults_are_the_real_ones() {
    let parse = |text: &str| ScenarioFile::parse(Path::new(""), text.to_owned());
    let of_each = parse(ONE_OF_EACH).expect("in order");
    let empty = ScenarioFile::default_town();
    for (key, default) in documented() {
        let Some(default) = default else { continue };
        let is_in_list = key.starts_with("adversary.") && key.matches('.').count() > 1;
        let file = if is_in_list { &of_each } else { &empty };
        let change = Change::new(String::new(), &key, &default).expect("a change");
        let changed = file.unchecked(&[change]).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(changed, file.unchecked(&[]).expect("in order"), "{key} = {default}");
    }
}

#[test]
fn keys_without_a_documented_default_have_none() {
    let of_each = ScenarioFile::parse(Path::new(""), ONE_OF_EACH.to_owned()).expect("in order");
    let scenario = of_each.unchecked(&[]).expect("in order");
    let defaults = Table::try_from(scenario).expect("a table");
    let with_default: Vec<_> = leaves(&defaults).into_iter().map(|(key, _)| key).collect();
    for (key, default) in documented() {
        // Spells have no defaults, though there must be something in the file.
        let is_spell = key.starts_with("server.") && key.matches('.').count() > 1;
        let has_default = with_default.contains(&key) && !is_spell;
        assert_eq!(default.is_some(), has_default, "{key}");
    }
}

#[test]
fn every_scenario_is_in_order_and_documented() {
    let mut names: Vec<_> = fs::read_dir(folder())
        .expect("scenarios")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    for path in names {
        let file = ScenarioFile::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let scenario = file.scenario(&[]).unwrap_or_else(|error| panic!("{error}"));
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert_eq!(scenario.name, name);
        let row = format!("| `{name}.toml` | {}", scenario.question);
        assert!(documentation().contains(&row), "{row}");
    }
}

#[test]
fn spelt_out_default_town_is_the_default_town() {
    let file = ScenarioFile::read(&folder().join("town.toml")).expect("in order");
    assert_eq!(file.scenario(&[]).expect("in order"), Scenario::default());
}

#[test]
fn sweeps_in_the_comments_of_scenarios_are_possible() {
    for entry in fs::read_dir(folder()).expect("scenarios") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a text");
        for line in text.lines().filter(|line| line.starts_with("#     simulate ")) {
            let words: Vec<_> = line.split_whitespace().collect();
            assert_eq!(words[2], path.file_name().and_then(|name| name.to_str()).expect("a name"));
            let file = ScenarioFile::read(&path).expect("in order");
            let sweeps: Vec<_> = words[3..]
                .chunks(2)
                .map(|pair| Sweep::parse(pair[1]).unwrap_or_else(|error| panic!("{error}")))
                .collect();
            for point in grid(&sweeps).expect("a grid") {
                file.scenario(&point).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        }
    }
}

#[test]
fn examples_of_the_documentation_are_in_order() {
    let documentation = documentation();
    let blocks = documentation.split("\n\n").filter(|block| block.starts_with("    ["));
    let texts: Vec<_> = blocks.map(|block| block.replace("\n    ", "\n")).collect();
    assert!(texts.len() >= 8, "{texts:#?}");
    for text in texts {
        let file = ScenarioFile::parse(Path::new("example.toml"), text.trim().to_owned());
        let scenario = file.and_then(|file| file.scenario(&[]));
        scenario.unwrap_or_else(|error| panic!("{text}\n{error}"));
    }
}
