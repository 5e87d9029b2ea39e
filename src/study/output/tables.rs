//! Tables for programs: CSV as in RFC 4180, with a header. Times are in seconds from the start of
//! the run. People are numbers.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use serde::Serialize;

use super::super::points::{Point, Study};
use crate::town::Records;
use crate::town::outcome::{Encounter, Received, Traced, Upload};

/// Writes one row per encounter.
pub(super) fn encounters(records: &Records, file: &mut dyn Write) -> io::Result<()> {
    let header = ["from", "until", "a", "b", "is_possible", "a_recorded", "b_recorded"];
    let row = |row: &Encounter| {
        (row.from, row.until, row.a, row.b, row.is_possible, row.a_recorded, row.b_recorded)
    };
    table(header, records.encounters.iter().map(row), file)
}

/// Writes one row per datagram that a phone received.
pub(super) fn beacons(records: &Records, file: &mut dyn Write) -> io::Result<()> {
    let row = |row: &Received| (row.at, row.from, row.to, row.fate);
    table(["at", "from", "to", "fate"], records.receptions.iter().map(row), file)
}

/// Writes one row per contact log that reached the server.
pub(super) fn uploads(records: &Records, file: &mut dyn Write) -> io::Result<()> {
    let row = |row: &Upload| (row.at, row.person, row.entries, row.is_forged);
    table(["at", "person", "entries", "is_forged"], records.uploads.iter().map(row), file)
}

/// Writes one row per person and upload for which the server named the person.
pub(super) fn traces(records: &Records, file: &mut dyn Write) -> io::Result<()> {
    let row = |row: &Traced| (row.at, row.index, row.contact, row.is_real);
    table(["at", "index", "contact", "is_real"], records.traces.iter().map(row), file)
}

/// Writes one row per figure, run and point, with a column for each key that the sweep changed.
/// Points and runs count from 1. The value of a figure that could not be measured is empty.
pub(super) fn figures(study: &Study, file: &mut dyn Write) -> io::Result<()> {
    let keys = study.points.first().map_or(&[][..], |point| &point.changed);
    let mut table = writer(file);
    let header = ["point", "run", "seed", "figure", "value"];
    table.write_record(header.into_iter().chain(keys.iter().map(|(key, _)| key.as_str())))?;
    for (at, point) in study.points.iter().enumerate() {
        figures_of(at + 1, point, &mut table)?;
    }
    table.flush()
}

fn figures_of(number: usize, point: &Point, table: &mut Writer<&mut dyn Write>) -> io::Result<()> {
    for (run, outcome) in point.outcomes.iter().enumerate() {
        for figure in point.figures(outcome) {
            let values: Vec<_> = point.changed.iter().map(|(_, value)| value).collect();
            let row = (number, run + 1, outcome.seed, figure.name, figure.value, values);
            table.serialize(row)?;
        }
    }
    Ok(())
}

fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = impl Serialize>,
    file: &mut dyn Write,
) -> io::Result<()> {
    let mut table = writer(file);
    table.write_record(header)?;
    for row in rows {
        table.serialize(row)?;
    }
    table.flush()
}

fn writer(file: &mut dyn Write) -> Writer<&mut dyn Write> {
    WriterBuilder::new().has_headers(false).terminator(Terminator::CRLF).from_writer(file)
}
