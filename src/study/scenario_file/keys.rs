//! All keys of a scenario: what there is to misspell.

use std::path::PathBuf;

use toml::{Table, Value};

use super::reader;
use crate::town::Scenario;
use crate::town::scenario::{
    Adversaries, Flooder, Forger, Guesser, Post, Relay, Replay, Seconds, Sniffer, Spell,
};

/// Edits between a key and what somebody wrote for it, at most.
const MOST_EDITS: usize = 2;

/// The units of keys that end so, as far as neither the value nor the key itself says them.
const UNITS: [(&str, &str); 8] = [
    (".x", "metres"),
    (".y", "metres"),
    (".range", "metres"),
    ("plane.width", "metres"),
    ("plane.height", "metres"),
    ("plane.speed", "metres a second"),
    ("flooder.rate", "connections a second"),
    ("clock_drift_ppm", "millionths"),
];

/// The unit of the numbers of a key.
pub(in crate::study) fn unit_of(key: &str) -> Option<&'static str> {
    UNITS.iter().find(|(end, _)| key.ends_with(end)).map(|(_, unit)| *unit)
}

/// All keys, as a scenario that has each of them: every list has one element.
#[derive(Debug)]
pub(in crate::study) struct Keys(Table);

impl Keys {
    pub(in crate::study) fn new() -> Self {
        Self(Table::try_from(full_scenario()).expect("numbers, texts and tables"))
    }

    /// What stands at `key`, such as `adversary.replay.delay`. A list of tables is seen through.
    pub(super) fn find(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| as_table(value)?.get(part))
    }

    /// Whether the values of `key` are numbers that may be written as times.
    pub(in crate::study) fn takes_times(&self, key: &str) -> bool {
        let mut table = self.0.clone();
        let mut parts = key.split('.');
        let first = parts.next().and_then(|part| table.get_mut(part));
        let found = parts.try_fold(first, |value, part| {
            let value = value?;
            let inner = match value {
                Value::Array(list) => list.first_mut()?.as_table_mut(),
                value => value.as_table_mut(),
            };
            Some(inner?.get_mut(part))
        });
        let Some(value) = found.flatten().filter(|value| value.is_float() || value.is_integer())
        else {
            return false;
        };
        *value = Value::String("1s".to_owned());
        reader::read(&table).is_ok()
    }

    /// The keys of the table at `key`; those of the scenario itself if it is empty.
    pub(super) fn below(&self, key: &str) -> Option<&Table> {
        if key.is_empty() { Some(&self.0) } else { as_table(self.find(key)?) }
    }

    /// What is wrong with `key`, which is none: the one that was probably meant, and its
    /// neighbours.
    pub(super) fn unknown(&self, key: &str) -> String {
        let meant = closest(key, &self.names()).map(|meant| format!("did you mean {meant}? "));
        let mut table = key;
        let there = loop {
            table = table.rsplit_once('.').map_or("", |(parent, _)| parent);
            if let Some(there) = self.below(table) {
                break there;
            }
        };
        let names: Vec<_> = there.keys().map(String::as_str).collect();
        let place = if table.is_empty() { "a scenario" } else { table };
        let meant = meant.unwrap_or_default();
        format!("there is no such key; {meant}{place} has {}", names.join(", "))
    }

    /// All keys with a value of their own, in dots, in order.
    fn names(&self) -> Vec<String> {
        leaves(&self.0).into_iter().map(|(name, _)| name).collect()
    }
}

/// All keys with a value of their own, in dots, and these values; of a list of tables there are the
/// list, empty, and the keys of its tables.
pub(crate) fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        let Some(inner) = as_table(value) else {
            found.push((name.clone(), value.clone()));
            continue;
        };
        if value.is_array() {
            found.push((name.clone(), Value::Array(Vec::new())));
        }
        found.extend(
            leaves(inner).into_iter().map(|(below, value)| (format!("{name}.{below}"), value)),
        );
    }
    found
}

/// The table that a value is or has as its first element.
fn as_table(value: &Value) -> Option<&Table> {
    value.as_table().or_else(|| value.as_array()?.first()?.as_table())
}

/// The default town, with one adversary of each kind and everything that is optional.
pub(crate) fn full_scenario() -> Scenario {
    let spell = Spell { from: Seconds::new(0), duration: Seconds::new(0) };
    let post = Post {
        place: Some(0),
        x: Some(0.0),
        y: Some(0.0),
        range: Some(Default::default()),
        with: Some(String::new()),
    };
    let mut scenario = Scenario::default();
    scenario.meetings.trace.file = PathBuf::new();
    scenario.server.outage = vec![spell];
    scenario.server.disk_full = vec![spell];
    scenario.adversary = Adversaries {
        sniffer: vec![Sniffer { at: vec![post.clone()], ..Sniffer::default() }],
        replay: vec![Replay { at: post.clone(), to: Some(post.clone()), ..Replay::default() }],
        relay: vec![Relay { from: post.clone(), to: post.clone(), ..Relay::default() }],
        guesser: vec![Guesser::default()],
        forger: vec![Forger { at: post, ..Forger::default() }],
        flooder: vec![Flooder::default()],
    };
    scenario
}

/// The name that `written` was probably meant to be, if there is one.
pub(crate) fn closest<'a, N: AsRef<str>>(written: &str, names: &'a [N]) -> Option<&'a str> {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    let same_end = names.iter().map(AsRef::as_ref).find(|name| last(name) == last(written));
    let nearest = names
        .iter()
        .map(|name| (edits(written, name.as_ref()), name.as_ref()))
        .filter(|(edits, _)| *edits <= MOST_EDITS)
        .min_by_key(|(edits, _)| *edits);
    nearest.map(|(_, name)| name).or(same_end)
}

/// How many letters must be put in, left out or exchanged to make one text of the other
/// (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (at, other_letter) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other_letter);
            diagonal = row[at + 1];
            row[at + 1] = exchanged.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
