//! The files of a study: tables and a summary for programs, and a report for people.

mod report;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the programs")]
#[path = "../../../tests/support/study.rs"]
mod sample;
mod scenario;
mod summary_json;
mod tables;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::points::Study;
use crate::text_file::FileError;
use crate::whole_file::{self, PUBLIC};

/// Writes the files of `study` into `directory`, which is created if it does not exist:
///
/// - `encounters.csv`, `beacons.csv`, `uploads.csv` and `traces.csv`: the single events of the
///   first run of the first point; only a header if these were not collected;
/// - `figures.csv`: each figure of each run of each point;
/// - `summary.json`: the settings, and each figure over the runs of each point;
/// - `scenario.toml`: the settings, to repeat the study; and `contacts.csv`: the contact trace, if
///   any;
/// - `report.html`: the report, one page that needs no other file.
///
/// Each file is replaced atomically.
///
/// # Errors
///
/// [`FileError`] with the file that cannot be written.
pub fn write(study: &Study, directory: &Path) -> Result<(), FileError> {
    fs::create_dir_all(directory).map_err(|error| FileError::io(directory, error))?;
    let at = |name| directory.join(name);
    let nothing = Default::default();
    let records = study.records.as_ref().unwrap_or(&nothing);
    write_whole(&at("encounters.csv"), |file| tables::encounters(records, file))?;
    write_whole(&at("beacons.csv"), |file| tables::beacons(records, file))?;
    write_whole(&at("uploads.csv"), |file| tables::uploads(records, file))?;
    write_whole(&at("traces.csv"), |file| tables::traces(records, file))?;
    write_whole(&at("figures.csv"), |file| tables::figures(study, file))?;
    write_whole(&at("summary.json"), |file| summary_json::write(study, file))?;
    scenario::write(study, directory)?;
    write_whole(&at("report.html"), |file| file.write_all(report::render(study).as_bytes()))
}

fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    whole_file::replace(path, PUBLIC, write).map_err(|error| FileError::io(path, error))
}
