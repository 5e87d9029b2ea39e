//! The settings of a study, and how to repeat it.

use maud::{Markup, html};
use serde_json::Value;

use crate::study::points::{Origin, Study};
use crate::town::Scenario;

/// The settings that differ from the defaults, all settings, and the command.
pub(super) fn render(study: &Study) -> Markup {
    let settings = flat(&study.scenario);
    let defaults = flat(&Scenario::default());
    let changed: Vec<_> =
        settings.iter().filter(|setting| !defaults.contains(setting)).cloned().collect();
    html! {
        details.card {
            summary { (settings_of(study)) ": " (changed.len()) " of " (settings.len()) " are not the default" }
            h3 { "Not the default" }
            (table(&changed))
            h3 { "All" }
            (table(&settings))
        }
        section.card {
            h3 { "To repeat this" }
            p {
                "With version " (env!("CARGO_PKG_VERSION"))
                @if study.origin == Origin::Scenario {
                    " and the " code { "scenario.toml" } " beside this page"
                }
                "; the same seed gives the same figures."
            }
            pre { code { (command(study)) } }
        }
    }
}

/// Note on the point whose settings are shown.
fn settings_of(study: &Study) -> &'static str {
    match study.origin {
        Origin::Experiment(_) if study.points.len() > 1 => "Settings of the first point",
        Origin::Scenario | Origin::Experiment(_) => "Settings",
    }
}

fn table(settings: &[(String, String)]) -> Markup {
    html! {
        table.settings {
            thead { tr { th { "key" } th { "value" } } }
            tbody {
                @for (key, value) in settings { tr { td { (breakable(key)) } td { (value) } } }
            }
        }
    }
}

/// A key with line break opportunities after dots and underscores.
pub(super) fn breakable(key: &str) -> Markup {
    html! {
        @for part in key.split_inclusive(['.', '_']) { (part) wbr; }
    }
}

/// All keys of a scenario that are set, with their values.
fn flat(scenario: &Scenario) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    // A scenario is made of tables, lists, texts and numbers, all of which JSON has.
    let value = serde_json::to_value(scenario).unwrap_or_default();
    flatten(String::new(), &value, &mut settings);
    settings
}

fn flatten(key: String, value: &Value, settings: &mut Vec<(String, String)>) {
    match value {
        Value::Object(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(key, value, settings);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                flatten(format!("{key}[{at}]"), value, settings);
            }
        }
        Value::Null => {}
        Value::String(text) => settings.push((key, text.clone())),
        Value::Bool(_) | Value::Number(_) => settings.push((key, value.to_string())),
    }
}

/// The command that repeats the study.
pub(super) fn command(study: &Study) -> String {
    let Scenario { seed, runs, .. } = &study.scenario;
    match study.origin {
        Origin::Experiment(name) => format!("simulate experiment {name} --seed {seed} --out again"),
        Origin::Scenario => {
            let sweep = |(key, values): (&str, Vec<&str>)| {
                format!(" --sweep {}", quoted(&format!("{key}={}", values.join(","))))
            };
            let sweeps: String = swept(study).into_iter().map(sweep).collect();
            format!("simulate scenario.toml --seed {seed} --runs {runs}{sweeps} --out again")
        }
    }
}

/// The keys of a sweep with their values.
fn swept(study: &Study) -> Vec<(&str, Vec<&str>)> {
    let mut keys: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, value) in study.points.iter().flat_map(|point| &point.changed) {
        match keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) if values.contains(&value.as_str()) => {}
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    keys
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-=,:".contains(letter);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests;
