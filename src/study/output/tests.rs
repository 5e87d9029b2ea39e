use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{sample, write};
use crate::town::{Outcome, Scenario};

fn read(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn written(study: &super::Study) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    write(study, &directory.path().join("new")).expect("written");
    directory
}

fn rows(directory: &tempfile::TempDir, name: &str) -> Vec<Vec<String>> {
    let text = read(&directory.path().join("new"), name);
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{name}");
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = |row: csv::Result<csv::StringRecord>| {
        row.expect("as wide as the header").iter().map(str::to_owned).collect()
    };
    table.records().map(row).collect()
}

#[test]
fn study_written_has_a_row_for_each_record() {
    let study = sample::single(1);
    let directory = written(&study);
    let records = study.records.as_ref().expect("records");
    let encounters = rows(&directory, "encounters.csv");
    assert_eq!(encounters.len(), records.encounters.len() + 1);
    assert_eq!(
        encounters[0],
        ["from", "until", "a", "b", "is_possible", "a_recorded", "b_recorded"]
    );
    assert_eq!(encounters[1][0], "3600.0");
    let beacons = rows(&directory, "beacons.csv");
    assert_eq!(beacons.len(), records.receptions.len() + 1);
    assert_eq!(beacons[0], ["at", "from", "to", "fate"]);
    assert!(beacons.iter().any(|row| row[3] == "logged-again"));
    let entries = records.uploads[0].entries.to_string();
    assert_eq!(rows(&directory, "uploads.csv")[1], ["129600.0", "0", &entries, "false"]);
    assert_eq!(rows(&directory, "traces.csv").len(), records.traces.len() + 1);
}

#[test]
fn study_without_records_written_has_headers_only() {
    let study = super::Study { records: None, ..sample::single(1) };
    let directory = written(&study);
    for name in ["encounters.csv", "beacons.csv", "uploads.csv", "traces.csv"] {
        assert_eq!(rows(&directory, name).len(), 1, "{name}");
    }
}

#[test]
fn sweep_written_has_each_figure_of_each_run_beside_its_keys() {
    let study = sample::sweep(2);
    let figures = rows(&written(&study), "figures.csv");
    assert_eq!(figures[0], ["point", "run", "seed", "figure", "value", "people.app_share"]);
    let names = Outcome::default().figures().len();
    assert_eq!(figures.len(), 1 + study.points.len() * 2 * names);
    let last = &figures[figures.len() - names];
    assert_eq!(last[..4], ["5", "2", "2", "users"]);
    assert_eq!(last[5], "1");
    // There are no sniffers.
    assert_eq!(figures.last().expect("rows")[4], "");
}

#[test]
fn summary_written_has_settings_and_estimates_in_order() {
    let study = sample::sweep(3);
    let directory = written(&study);
    let text = read(&directory.path().join("new"), "summary.json");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let keys = ["\"version\"", "\"seed\"", "\"runs\"", "\"scenario\"", "\"points\""];
    let places: Vec<_> = keys.iter().map(|key| text.find(key).expect("the key")).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(summary["scenario"]["meetings"]["kind"], "random-mixing");
    assert_eq!(summary["points"][1]["changed"][0]["value"], "0.4");
    let figures = summary["points"][1]["figures"].as_array().expect("figures");
    let figure = figures
        .iter()
        .find(|figure| figure["name"] == "encounters.recorded_share")
        .expect("the figure");
    let number = |value: &Value| value.as_f64().expect("a number");
    let interval = &figure["interval"];
    assert!(number(&interval["low"]) < number(&figure["mean"]), "{figure}");
    assert!(number(&interval["high"]) > number(&figure["mean"]), "{figure}");
    assert!((number(&figure["expected"][0]["value"]) - 0.16).abs() < 1e-12, "{figure}");
    assert_eq!(figure["runs"], 3);
}

#[test]
fn scenario_written_is_read_as_the_same() {
    let mut study = sample::attacked();
    study.scenario.name = "\"quoted\"\nand more".to_owned();
    let text = read(&written(&study).path().join("new"), "scenario.toml");
    let scenario: Scenario = toml::from_str(&text).expect("a scenario");
    assert_eq!(scenario, study.scenario);
}

#[test]
fn seed_that_no_toml_file_can_hold_is_written_in_the_command() {
    let mut study = sample::single(1);
    study.scenario.seed = u64::MAX;
    let directory = written(&study);
    let page = read(&directory.path().join("new"), "report.html");
    assert!(page.contains(&format!("scenario.toml --seed {} ", u64::MAX)));
    assert_eq!(rows(&directory, "uploads.csv").len(), 6);
}

#[test]
fn study_written_twice_gives_the_same_bytes() {
    let directories = [written(&sample::attacked()), written(&sample::attacked())];
    for entry in fs::read_dir(directories[0].path().join("new")).expect("the directory") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("a name");
        let [first, second] = directories.each_ref().map(|at| read(&at.path().join("new"), name));
        assert!(first == second, "{name} differs");
    }
}

#[test]
fn directory_in_place_of_a_file_written_is_named_in_the_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let blocked = directory.path().join("traces.csv");
    fs::create_dir(&blocked).expect("a directory");
    let error = write(&sample::single(1), directory.path()).expect_err("no file");
    assert!(error.to_string().starts_with(&format!("{}: ", blocked.display())), "{error}");
}

#[test]
fn file_in_place_of_the_directory_is_named_in_the_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let error = write(&sample::single(1), file.path()).expect_err("no directory");
    assert!(error.to_string().starts_with(&format!("{}: ", file.path().display())), "{error}");
}
