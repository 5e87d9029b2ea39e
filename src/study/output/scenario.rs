//! The scenario of a study as a file that can be run again, also after the directory has moved.

use std::io::{self, Write};
use std::path::Path;

use super::write_whole;
use crate::study::points::Study;
use crate::text_file::{self, FileError};
use crate::town::Scenario;
use crate::town::scenario::MeetingsKind;

/// Name of the contact trace beside the scenario that reads it.
const CONTACTS: &str = "contacts.csv";

/// Writes the scenario of `study` into `directory`, with the contact trace that it reads.
pub(super) fn write(study: &Study, directory: &Path) -> Result<(), FileError> {
    let mut scenario = study.scenario.clone();
    // TOML has no larger number. The command in the report names the seed itself.
    scenario.seed = scenario.seed.min(i64::MAX as u64);
    if reads_contacts(study) {
        let contacts = &mut scenario.meetings.trace.file;
        copy(contacts, &directory.join(CONTACTS))?;
        *contacts = CONTACTS.into();
    }
    write_whole(&directory.join("scenario.toml"), |file| write_toml(&scenario, file))
}

/// Whether any point reads a contact trace. If a sweep names the file, the scenario itself has
/// none.
fn reads_contacts(study: &Study) -> bool {
    let is_trace = |scenario: &Scenario| scenario.meetings.kind == MeetingsKind::Trace;
    !study.scenario.meetings.trace.file.as_os_str().is_empty()
        && study.points.iter().any(|point| is_trace(&point.scenario))
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let mut contacts = text_file::open(from).map_err(|error| FileError::io(from, error))?;
    write_whole(to, |mut file| io::copy(&mut contacts, &mut file).map(|_| ()))
}

fn write_toml(scenario: &Scenario, file: &mut dyn Write) -> io::Result<()> {
    let text = toml::to_string(scenario).map_err(io::Error::other)?;
    file.write_all(text.as_bytes())
}
