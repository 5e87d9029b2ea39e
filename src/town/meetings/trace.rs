//! A contact trace from a file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{AT_POST, Body, Change, ChangeKind, posts};
use crate::text_file::FileError;
use crate::town::TownError;
use crate::town::scenario::{Post, Scenario};

/// The form of a line.
const EXPECTED: &str = "t,a,b,seconds: when two people come near each other, in seconds, who, and for how many seconds";

/// A contact trace, as far as it has not been told.
#[derive(Debug)]
pub struct Trace {
    changes: std::vec::IntoIter<Change>,
}

/// One line.
#[derive(Debug, Deserialize)]
struct Row {
    t: f64,
    a: String,
    b: String,
    seconds: f64,
}

/// How many people a trace names, but for those who only carry posts.
pub fn people(scenario: &Scenario) -> Result<u32, TownError> {
    let rows = read(&scenario.meetings.trace.file)?;
    let carried = carried_by_adversaries(scenario);
    let mut names = Names::default();
    for row in &rows {
        for name in [&row.a, &row.b] {
            if !carried.contains(&name.as_str()) {
                names.number(name);
            }
        }
    }
    Ok(names.by_name.len() as u32)
}

impl Trace {
    /// Reads the trace of a scenario, in which posts are carried by some.
    pub fn read(scenario: &Scenario, posts: &[Post]) -> Result<Self, TownError> {
        let rows = read(&scenario.meetings.trace.file)?;
        let carriers = posts::carriers(posts)?;
        for carrier in &carriers {
            if !rows.iter().any(|row| row.a == *carrier || row.b == *carrier) {
                let file = scenario.meetings.trace.file.display();
                return Err(TownError::Scenario(format!(
                    "adversary: a radio with {carrier:?}; expected somebody of {file}"
                )));
            }
        }
        let people = people(scenario)?;
        let carried = carried_by_adversaries(scenario);
        let mut names = Names::default();
        let mut spells: BTreeMap<(Body, Body), Vec<(Duration, Duration)>> = BTreeMap::new();
        for row in &rows {
            let bodies = [&row.a, &row.b].map(|name| {
                if carried.contains(&name.as_str()) {
                    let held = carriers.iter().enumerate();
                    let held = held.filter(|(_, carrier)| *carrier == name);
                    held.map(|(post, _)| people + post as u32).collect()
                } else {
                    vec![names.number(name)]
                }
            });
            let from = Duration::from_secs_f64(row.t);
            let spell = (from, from + Duration::from_secs_f64(row.seconds));
            for a in &bodies[0] {
                for b in &bodies[1] {
                    if a != b && (*a).min(*b) < people {
                        spells.entry((*a.min(b), *a.max(b))).or_default().push(spell);
                    }
                }
            }
        }
        Ok(Self { changes: changes(spells, people, scenario.duration.0).into_iter() })
    }
}

impl Iterator for Trace {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        self.changes.next()
    }
}

/// Numbers of people, in the order in which they are named.
#[derive(Debug, Default)]
struct Names {
    by_name: HashMap<String, Body>,
}

impl Names {
    fn number(&mut self, name: &str) -> Body {
        let next = self.by_name.len() as Body;
        *self.by_name.entry(name.to_owned()).or_insert(next)
    }
}

fn carried_by_adversaries(scenario: &Scenario) -> Vec<&str> {
    let adversary = &scenario.adversary;
    let sniffers = adversary.sniffer.iter().flat_map(|sniffer| &sniffer.at);
    let replays = adversary.replay.iter().flat_map(|it| [Some(&it.at), it.to.as_ref()]).flatten();
    let relays = adversary.relay.iter().flat_map(|relay| [&relay.from, &relay.to]);
    let forgers = adversary.forger.iter().map(|forger| &forger.at);
    let posts = sniffers.chain(replays).chain(relays).chain(forgers);
    posts.filter_map(|post| post.with.as_deref()).collect()
}

fn read(path: &Path) -> Result<Vec<Row>, TownError> {
    let malformed = |line: u64, problem: String| {
        TownError::File(FileError::Malformed {
            path: path.to_owned(),
            line,
            problem,
            expected: EXPECTED,
        })
    };
    let content = std::fs::read(path).map_err(|error| FileError::io(path, error))?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(content.as_slice());
    let of_csv = |error: &csv::Error| malformed(line_of(&content, error.position()), reason(error));
    let headers = reader.headers().map_err(|error| of_csv(&error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| of_csv(&error))?;
        let line = line_of(&content, record.position());
        let row: Row =
            record.deserialize(Some(&headers)).map_err(|error| malformed(line, reason(&error)))?;
        let is_time = |seconds: f64| (0.0..=1e9).contains(&seconds);
        if !is_time(row.t) || !is_time(row.seconds) {
            return Err(malformed(line, "a time is negative or beyond 1e9 s".to_owned()));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The line of a record, counted from 1. The reader's own position is that of the blank lines and comments
/// before it.
fn line_of(content: &[u8], position: Option<&csv::Position>) -> u64 {
    let begin = position.map_or(0, |position| position.byte() as usize).min(content.len());
    let before = content[..begin].iter().filter(|byte| **byte == b'\n').count();
    let lines = content[begin..].split(|byte| *byte == b'\n');
    let is_passed_over = |line: &&[u8]| line.trim_ascii().is_empty() || line.starts_with(b"#");
    (before + lines.take_while(is_passed_over).count()) as u64 + 1
}

/// What is wrong with a line, without the place, which is told beside it.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns instead of {expected_len}")
        }
        csv::ErrorKind::Io(_)
        | csv::ErrorKind::Utf8 { .. }
        | csv::ErrorKind::Seek
        | csv::ErrorKind::Serialize(_)
        | _ => error.to_string(),
    }
}

/// Spells of each pair, those that overlap made one, in the order of time.
fn changes(
    spells: BTreeMap<(Body, Body), Vec<(Duration, Duration)>>,
    people: u32,
    end: Duration,
) -> Vec<Change> {
    let mut encounters = Vec::new();
    for ((a, b), mut of_pair) in spells {
        of_pair.sort_unstable();
        let mut merged: Vec<(Duration, Duration)> = Vec::new();
        for (from, until) in of_pair {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                Some(_) | None => merged.push((from, until)),
            }
        }
        encounters.extend(merged.into_iter().map(|(from, until)| (from, until, a, b)));
    }
    encounters.sort_unstable();
    let mut changes = Vec::new();
    let (mut of_people, mut of_posts) = (0, AT_POST);
    for (from, until, a, b) in encounters {
        if from >= end || from == until {
            continue;
        }
        let number = if b < people { &mut of_people } else { &mut of_posts };
        let begins = Change { at: from, encounter: *number, a, b, kind: ChangeKind::Begins };
        *number += 1;
        changes.push(begins);
        changes.push(Change { at: until.min(end), kind: ChangeKind::Ends, ..begins });
    }
    // Of those at the same time, what ends comes first: somebody who leaves one meets the next.
    changes.sort_by_key(|change| (change.at, change.kind == ChangeKind::Begins));
    changes
}
