//! A contact trace, read from a CSV file.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use csv::{StringRecord, Trim};
use hashbrown::HashMap;

use super::encounters::Numbers;
use super::{Body, Change, ChangeKind, Pair, posts};
use crate::text_file::{self, FileError};
use crate::town::TownError;
use crate::town::scenario::{Post, Scenario};

const COLUMNS: [&str; 4] = ["t", "a", "b", "seconds"];
const EXPECTED: &str = "a first line with the columns t,a,b,seconds in any order, then one contact a line: from which \
                        second on, two different names, and for how many seconds";

/// The latest time that a trace may have, in seconds: ten years.
const MOST_SECONDS: f64 = 10.0 * 365.25 * 86_400.0;

/// The content of a file. Names that carry posts of adversaries are no people.
#[derive(Debug)]
pub(super) struct Contacts {
    people: u32,
    carriers: Vec<String>,
    rows: Vec<Row>,
}

/// The changes of a trace.
#[derive(Debug)]
pub(super) struct Trace {
    changes: std::vec::IntoIter<Change>,
    late_contacts: u64,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    from: Duration,
    until: Duration,
    a: Who,
    b: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Person(Body),
    /// A carrier of a post, by its index.
    Carrier(usize),
}

/// A time in which two bodies are near each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    pair: Pair,
    from: Duration,
    until: Duration,
}

/// Numbers people in the order of their names in the file.
struct Names {
    carriers: Vec<String>,
    numbers: HashMap<String, Who>,
    people: u32,
}

impl Contacts {
    /// Reads the file of the scenario.
    pub(super) fn read(scenario: &Scenario) -> Result<Self, TownError> {
        let path = &scenario.meetings.trace.file;
        let mut content = Vec::new();
        let read = text_file::open(path).and_then(|mut file| file.read_to_end(&mut content));
        read.map_err(|error| FileError::io(path, error))?;
        let carriers = posts::posts_of(&scenario.adversary);
        let carriers = carriers.into_iter().filter_map(|(_, post)| post.with.clone()).collect();
        Ok(Self::parse(&content, path, carriers)?)
    }

    fn parse(content: &[u8], path: &Path, carriers: Vec<String>) -> Result<Self, FileError> {
        let malformed = |line, problem| FileError::Malformed {
            path: path.to_owned(),
            line,
            problem,
            expected: EXPECTED,
        };
        let mut reader = csv::ReaderBuilder::new().trim(Trim::All).from_reader(content);
        let header = reader.headers().map_err(|error| malformed(1, problem_of(&error)))?;
        let columns = columns(header).map_err(|problem| malformed(1, problem))?;
        let mut names = Names { carriers, numbers: HashMap::new(), people: 0 };
        let (mut rows, mut record) = (Vec::new(), StringRecord::new());
        loop {
            let start = reader.position().clone();
            let line = || start.line() + blank_lines(&content[start.byte() as usize..]);
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(malformed(line(), problem_of(&error))),
            }
            let row = names.row(&record, columns).map_err(|problem| malformed(line(), problem))?;
            rows.push(row);
        }
        Ok(Self { people: names.people, carriers: names.carriers, rows })
    }

    /// Checks that everybody who carries a post is in the file.
    fn check_carriers(&self, scenario: &Scenario) -> Result<(), TownError> {
        for (key, post) in posts::posts_of(&scenario.adversary) {
            let carrier = self.carriers.iter().position(|name| Some(name) == post.with.as_ref());
            let carrier = carrier.map(Who::Carrier);
            if !self.rows.iter().any(|row| [Some(row.a), Some(row.b)].contains(&carrier)) {
                let (name, file) = (post.with.as_deref(), scenario.meetings.trace.file.display());
                let name = name.unwrap_or_default();
                return Err(TownError::Scenario(format!(
                    "{key}.with: expected a name that is in {file}, not {name:?}"
                )));
            }
        }
        Ok(())
    }

    /// Number of people: distinct names without carriers of posts.
    pub(super) fn people(&self) -> u32 {
        self.people
    }
}

impl Trace {
    pub(super) fn new(
        scenario: &Scenario,
        contacts: &Contacts,
        posts: &[Post],
    ) -> Result<Self, TownError> {
        contacts.check_carriers(scenario)?;
        let Contacts { people, carriers, rows } = contacts;
        let bodies: Vec<Vec<Body>> = carriers
            .iter()
            .map(|carrier| {
                let bodies = (*people..).zip(posts);
                bodies.filter(|(_, post)| post.with.as_ref() == Some(carrier)).map(|(body, _)| body)
            })
            .map(Iterator::collect)
            .collect();
        let duration = scenario.duration.0;
        let mut stretches = Vec::new();
        for row in rows {
            let stretch = |pair| Stretch { pair, from: row.from, until: row.until };
            match (row.a, row.b) {
                (Who::Person(a), Who::Person(b)) => stretches.push(stretch((a.min(b), a.max(b)))),
                (Who::Person(person), Who::Carrier(carrier))
                | (Who::Carrier(carrier), Who::Person(person)) => {
                    stretches.extend(bodies[carrier].iter().map(|post| stretch((person, *post))));
                }
                (Who::Carrier(_), Who::Carrier(_)) => {}
            }
        }
        let numbers = Numbers::new(*people);
        // What begins at the end or later may be what another contact goes on as.
        let (in_time, late): (Vec<_>, Vec<_>) =
            merged(stretches).into_iter().partition(|stretch| stretch.from < duration);
        // Of a pair, the larger number is that of a post, if there is one.
        let late_contacts = late.iter().filter(|stretch| stretch.pair.1 < *people).count() as u64;
        Ok(Self { changes: changes(in_time, numbers).into_iter(), late_contacts })
    }

    /// Contacts that begin after the end of the run.
    pub(super) fn late_contacts(&self) -> u64 {
        self.late_contacts
    }
}

impl Iterator for Trace {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        self.changes.next()
    }
}

impl Names {
    fn row(&mut self, record: &StringRecord, columns: [usize; 4]) -> Result<Row, String> {
        let [t, a, b, seconds] = columns.map(|column| record.get(column).unwrap_or_default());
        let from = number("t", t)?;
        let seconds = number("seconds", seconds)?;
        if a == b {
            return Err(format!("a and b are both {a:?}"));
        }
        let (from, until) = (moment(from)?, moment(from + seconds)?);
        if until <= from {
            return Err("seconds is less than a microsecond".to_owned());
        }
        Ok(Row { from, until, a: self.who("a", a)?, b: self.who("b", b)? })
    }

    fn who(&mut self, column: &str, name: &str) -> Result<Who, String> {
        if name.is_empty() {
            return Err(format!("{column} is empty"));
        }
        if let Some(who) = self.numbers.get(name) {
            return Ok(*who);
        }
        let carrier = self.carriers.iter().position(|carrier| carrier == name);
        let who = carrier.map_or(Who::Person(self.people), Who::Carrier);
        self.people += u32::from(carrier.is_none());
        self.numbers.insert(name.to_owned(), who);
        Ok(who)
    }
}

/// Index of each column.
fn columns(header: &StringRecord) -> Result<[usize; 4], String> {
    let mut columns = [0; 4];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let mut places = header.iter().enumerate().filter(|(_, field)| *field == name);
        *column = places.next().ok_or_else(|| format!("there is no column {name}"))?.0;
        if places.next().is_some() {
            return Err(format!("the column {name} is there twice"));
        }
    }
    Ok(columns)
}

fn number(column: &str, text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=MOST_SECONDS).contains(&value) => Ok(value),
        _ => Err(format!("{column} is {text:?} and no number from 0 to {MOST_SECONDS}")),
    }
}

fn moment(seconds: f64) -> Result<Duration, String> {
    if seconds > MOST_SECONDS {
        return Err(format!("t and seconds are more than {MOST_SECONDS} together"));
    }
    Ok(Duration::from_micros((seconds * 1e6).round() as u64))
}

fn problem_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("there are {len} columns and not {expected_len} as in the first line")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// Number of blank lines at the start. The CSV reader counts lines that it skips only later.
fn blank_lines(content: &[u8]) -> u64 {
    let ends = content.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    ends.filter(|byte| **byte == b'\n').count() as u64
}

/// Joins stretches of the same pair that overlap or touch.
fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    stretches.dedup_by(|later, earlier| {
        let goes_on = later.pair == earlier.pair && later.from <= earlier.until;
        if goes_on {
            earlier.until = earlier.until.max(later.until);
        }
        goes_on
    });
    stretches
}

fn changes(mut stretches: Vec<Stretch>, mut numbers: Numbers) -> Vec<Change> {
    stretches.sort_unstable_by_key(|stretch| (stretch.from, stretch.pair));
    let mut changes = Vec::with_capacity(2 * stretches.len());
    for Stretch { pair, from, until } in stretches {
        let meeting = numbers.meeting(pair);
        changes.push((pair, Change { at: from, meeting, kind: ChangeKind::Begins }));
        changes.push((pair, Change { at: until, meeting, kind: ChangeKind::Ends }));
    }
    let is_begin = |change: &Change| change.kind == ChangeKind::Begins;
    changes.sort_unstable_by_key(|(pair, change)| (change.at, is_begin(change), *pair));
    changes.into_iter().map(|(_, change)| change).collect()
}

#[cfg(test)]
mod tests;
