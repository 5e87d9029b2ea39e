//! Scenario files: TOML, and options that change what is in it.
//!
//! What is wrong is told with its place: file, line and column, or the option, then the key, what
//! was expected, and what is there.

mod change;
mod keys;
mod places;
mod reader;
mod sweep;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Table;
use toml::de::DeTable;

pub use self::change::Change;
pub(super) use self::keys::{Keys, closest, unit_of};
use self::places::{Places, line_and_column, without_numbers};
pub use self::sweep::{Sweep, grid};
use crate::text_file;
use crate::town::Scenario;
use crate::town::scenario::Problem;

/// Why there is no scenario.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The system does not let us have the file.
    #[error("{path}: {source}; expected a scenario, or a command that simulate --help lists", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{path}:{line}:{column}: {what}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// In letters, counted from 1.
        column: usize,
        /// The key, if it is about one, and what was expected.
        what: String,
    },
    /// An option is wrong.
    #[error("{option}: {what}")]
    Option {
        /// As it was written.
        option: String,
        /// The key, if the option does not name it, and what was expected.
        what: String,
    },
    /// Keys do not go together that nobody wrote.
    #[error("{0}")]
    Default(Problem),
}

impl ScenarioError {
    /// An option is wrong; `key` is told if the option does not name it.
    pub(super) fn option(option: &str, key: &str, what: &str) -> Self {
        let is_named = option.contains(key);
        let what = if is_named { what.to_owned() } else { format!("{key}: {what}") };
        Self::Option { option: option.to_owned(), what }
    }
}

/// What a file holds, before options change it.
#[derive(Debug)]
pub struct ScenarioFile {
    /// The file; none for the default town.
    path: Option<PathBuf>,
    text: String,
    table: Table,
    places: Places,
    keys: Keys,
}

impl ScenarioFile {
    /// The default town, which is in no file.
    pub fn default_town() -> Self {
        Self {
            path: None,
            text: String::new(),
            table: Table::new(),
            places: Places::default(),
            keys: Keys::new(),
        }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, it is no TOML, it has an unknown key, or a value that its key cannot
    /// have.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let unreadable = |source| ScenarioError::Unreadable { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        text_file::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(unreadable)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let text = String::from_utf8_lossy(valid);
            file_error(path, &text, text.len(), "expected text in UTF-8")
        })?;
        Self::parse(path, text)
    }

    fn parse(path: &Path, text: String) -> Result<Self, ScenarioError> {
        let keys = Keys::new();
        let places = {
            let table = DeTable::parse(&text).map_err(|error| syntax_error(path, &text, &error))?;
            Places::of(table.get_ref())
        };
        if let Some((offset, key)) = places.first_unknown(|key| keys.find(key).is_some()) {
            let what = format!("{key}: {}", keys.unknown(&key));
            return Err(file_error(path, &text, offset, &what));
        }
        let table = text.parse().map_err(|error| syntax_error(path, &text, &error))?;
        let file = Self { path: Some(path.to_owned()), text, table, places, keys };
        file.unchecked(&[])?;
        Ok(file)
    }

    /// The scenario that the file describes, with `changes`; the last one of a key counts.
    ///
    /// # Errors
    ///
    /// A change that its key cannot have, or keys that do not go together.
    pub fn scenario(&self, changes: &[Change]) -> Result<Scenario, ScenarioError> {
        let scenario = self.unchecked(changes)?;
        scenario.check().map_err(|problem| self.place(changes, problem))?;
        Ok(scenario)
    }

    /// The same, whether its keys go together or not: more changes may follow.
    ///
    /// # Errors
    ///
    /// A change that its key cannot have.
    pub fn unchecked(&self, changes: &[Change]) -> Result<Scenario, ScenarioError> {
        let mut table = self.table.clone();
        for change in changes {
            change.apply(&mut table, &self.keys)?;
        }
        let has_question = table.contains_key("question");
        let mut scenario = reader::read(&table).map_err(|problem| self.place(changes, problem))?;
        // The default question is that of the default town.
        if !has_question && scenario.name != Scenario::default().name {
            scenario.question.clear();
        }
        if let Some(folder) = self.path.as_deref().and_then(Path::parent) {
            let file = &mut scenario.meetings.trace.file;
            if !file.as_os_str().is_empty() {
                *file = folder.join(&*file);
            }
        }
        Ok(scenario)
    }

    /// Says where a problem was written: in the last option that sets one of its keys, or in the
    /// file.
    fn place(&self, changes: &[Change], problem: Problem) -> ScenarioError {
        let keys = || std::iter::once(&problem.key[..]).chain(problem.others.iter().copied());
        let change = keys().find_map(|key| {
            let key = without_numbers(key);
            changes.iter().rev().find(|change| change.covers(&key))
        });
        if let Some(change) = change {
            let option = &change.option;
            let is_about = without_numbers(&problem.key) == change.key;
            let what = if is_about { problem.expected } else { problem.to_string() };
            return ScenarioError::Option { option: option.clone(), what };
        }
        let offset = keys().find_map(|key| self.places.find(key));
        match (&self.path, offset) {
            (Some(path), Some(offset)) => {
                file_error(path, &self.text, offset, &problem.to_string())
            }
            (None, _) | (_, None) => ScenarioError::Default(problem),
        }
    }
}

fn file_error(path: &Path, text: &str, offset: usize, what: &str) -> ScenarioError {
    let (line, column) = line_and_column(text, offset);
    ScenarioError::File { path: path.to_owned(), line, column, what: what.to_owned() }
}

fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> ScenarioError {
    let offset = error.span().map_or(0, |span| span.start);
    file_error(path, text, offset, error.message())
}

#[cfg(test)]
mod tests;
