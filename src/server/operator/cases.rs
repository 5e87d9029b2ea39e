//! Cases for people and for other programs: tables on a terminal, CSV and JSON.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use thiserror::Error;

use crate::print;
use crate::protocol::{Timestamp, Username};
use crate::server::contact_tracing::{ContactTrace, EntryIndex, Issued, TracedEntry, names};
use crate::server::database::{Archive, DatabaseError, FILE_NAME, Summary, Told};
use crate::table::Table;

/// The mark of an entry whose TempID was never issued here.
const UNKNOWN: &str = "unknown";

/// The columns of an export as CSV.
const COLUMNS: [&str; 13] = [
    "case",
    "uploader",
    "uploaded_at",
    "entry",
    "contact",
    "temp_id",
    "start",
    "expiry",
    "issued_start",
    "issued_expiry",
    "marks",
    "notified_at",
    "seen_at",
];

/// What is asked of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Which there are.
    List,
    /// One of them, by its number.
    Show(i64),
    /// All of them, whole.
    Export(Format),
}

/// Forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for each entry, below one with the names of the columns.
    Csv,
    /// An array of cases.
    Json,
}

/// An entry of an export. Times are RFC 3339, UTC.
#[derive(Debug, Serialize)]
struct ExportedEntry {
    /// Position in the log, from 1.
    entry: usize,
    contact: Option<String>,
    temp_id: String,
    /// As the phone has them.
    start: String,
    expiry: String,
    /// As the server has them.
    issued_start: Option<String>,
    issued_expiry: Option<String>,
    /// Separated by blanks.
    marks: String,
    /// When the contact was given a notice of the case, and has seen it.
    notified_at: Option<String>,
    seen_at: Option<String>,
}

/// A case of an export.
#[derive(Debug, Serialize)]
struct ExportedCase {
    case: i64,
    uploader: String,
    uploaded_at: String,
    entries: Vec<ExportedEntry>,
}

/// Prints what is asked of the cases in the data directory `data`.
///
/// # Errors
///
/// A message if there is no database, it cannot be read or has no such case, or the output cannot
/// be written.
pub fn print(data: &Path, question: Question) -> Result<(), String> {
    let path = data.join(FILE_NAME);
    let archive = Archive::open(&path).map_err(|error| error.to_string())?;
    // Whatever goes wrong in the database while the output is written.
    let mut problem = None;
    let printed = print::print(|out| {
        answer(&archive, question, out).or_else(|error| match error {
            Error::Output(error) => Err(error),
            error => {
                problem = Some(error);
                Ok(())
            }
        })
    });
    printed.map_err(|error| format!("{}: {error}", print::NAME))?;
    problem.map_or(Ok(()), |problem| Err(format!("{}: {problem}", path.display())))
}

/// Why a question is not answered.
#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("case {number}: {error}")]
    Case { number: i64, error: DatabaseError },
    #[error("there is no case {number}; {}", match .latest {
        Some(latest) => format!("the latest is {latest}"),
        None => "there are none yet".to_owned(),
    })]
    NoSuchCase { number: i64, latest: Option<i64> },
    #[error(transparent)]
    Output(#[from] io::Error),
}

fn answer(archive: &Archive, question: Question, out: &mut dyn Write) -> Result<(), Error> {
    match question {
        Question::List => Ok(write_table(&list(&archive.summaries()?), out)?),
        Question::Show(number) => {
            let (case, notices) = (case(archive, number)?, archive.notices_of(number)?);
            let ContactTrace { uploader, uploaded_at, .. } = &case;
            writeln!(out, "case {number}, uploaded by {uploader} at {uploaded_at} UTC")?;
            Ok(write_table(&entries(&case, &notices), out)?)
        }
        Question::Export(Format::Csv) => {
            writeln!(out, "{}", COLUMNS.join(","))?;
            for number in archive.numbers()? {
                out.write_all(&exported(archive, number)?.csv()?)?;
            }
            Ok(())
        }
        Question::Export(Format::Json) => {
            // One after the other, as all together may not fit into the memory.
            let mut separator = "[";
            for number in archive.numbers()? {
                let case = exported(archive, number)?;
                writeln!(out, "{separator}")?;
                serde_json::to_writer(&mut *out, &case).map_err(io::Error::from)?;
                separator = ",";
            }
            let begin = if separator == "[" { "[" } else { "\n" };
            Ok(writeln!(out, "{begin}]")?)
        }
    }
}

fn case(archive: &Archive, number: i64) -> Result<ContactTrace, Error> {
    match archive.case(number) {
        Ok(Some(case)) => Ok(case),
        Ok(None) => Err(Error::NoSuchCase { number, latest: archive.numbers()?.last().copied() }),
        Err(error) => Err(Error::Case { number, error }),
    }
}

fn exported(archive: &Archive, number: i64) -> Result<ExportedCase, Error> {
    Ok(ExportedCase::new(number, &case(archive, number)?, &archive.notices_of(number)?))
}

fn list(summaries: &[Summary]) -> Table {
    let mut table = Table::new(0);
    let columns =
        ["case", "uploader", "uploaded at (UTC)", "entries", "contacts", "odd", "unknown"];
    table.push(columns.map(str::to_owned).to_vec());
    for Summary { number, uploader, uploaded_at, entries, contacts, odd, unknown } in summaries {
        let row: [&dyn Display; 7] =
            [number, uploader, uploaded_at, entries, contacts, odd, unknown];
        table.push(row.map(|cell| cell.to_string()).to_vec());
    }
    table
}

/// The entries of a case, with the times of the server's own records where there are some.
fn entries(case: &ContactTrace, notices: &BTreeMap<Username, Told>) -> Table {
    let columns = ["entry", "contact", "from (UTC)", "until", "TempID", "told at", "marks"];
    let mut table = Table::new(columns.len());
    table.push(columns.map(str::to_owned).to_vec());
    for (index, TracedEntry { record, issued }) in case.entries.iter().enumerate() {
        let contact = issued.map_or("-".to_owned(), |issued| issued.user.to_string());
        let told = issued.and_then(|issued| notices.get(&issued.user));
        let (start, expiry) =
            issued.map_or((record.start, record.expiry), |issued| (issued.start, issued.expiry));
        table.push(vec![
            (index + 1).to_string(),
            contact,
            start.to_string(),
            expiry.to_string(),
            record.temp_id.to_string(),
            told.map_or("-".to_owned(), |told| told.notified_at.to_string()),
            marks(case, index),
        ]);
    }
    table
}

fn write_table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    table.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// What is odd about an entry, separated by blanks.
fn marks(case: &ContactTrace, index: EntryIndex) -> String {
    let mut marks = names(case.oddities_of(index));
    if case.entries[index].issued.is_none() {
        marks.push_str(UNKNOWN);
    }
    marks
}

impl ExportedCase {
    fn new(number: i64, case: &ContactTrace, notices: &BTreeMap<Username, Told>) -> Self {
        let told = |issued: Option<Issued>| issued.and_then(|issued| notices.get(&issued.user));
        let entry =
            |(index, TracedEntry { record, issued }): (usize, &TracedEntry)| ExportedEntry {
                entry: index + 1,
                contact: issued.map(|issued| issued.user.to_string()),
                temp_id: record.temp_id.to_string(),
                start: rfc_3339(record.start),
                expiry: rfc_3339(record.expiry),
                issued_start: issued.map(|issued| rfc_3339(issued.start)),
                issued_expiry: issued.map(|issued| rfc_3339(issued.expiry)),
                marks: marks(case, index),
                notified_at: told(*issued).map(|told| rfc_3339(told.notified_at)),
                seen_at: told(*issued).and_then(|told| told.seen_at).map(rfc_3339),
            };
        Self {
            case: number,
            uploader: case.uploader.to_string(),
            uploaded_at: rfc_3339(case.uploaded_at),
            entries: case.entries.iter().enumerate().map(entry).collect(),
        }
    }

    /// A line for each entry.
    fn csv(&self) -> io::Result<Vec<u8>> {
        let Self { case, uploader, uploaded_at, entries } = self;
        // Not to the output, whose errors would come back as those of CSV.
        let mut lines = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for entry in entries {
            lines.serialize((case, uploader, uploaded_at, entry))?;
        }
        lines.into_inner().map_err(|error| error.into_error())
    }
}

/// A time in the form that programs read: `2020-05-13T17:54:06Z`.
fn rfc_3339(time: Timestamp) -> String {
    let time = DateTime::from_timestamp(time.unix_seconds(), 0).expect("the years 0001 to 9999");
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests;
