use std::path::PathBuf;

use thiserror::Error;

use crate::text_file::FileError;

const EXPECTED: &str = "\"<TempID of 20 digits> <start> <expiry>\" with times \"DD/MM/YYYY HH:MM:SS\" and one space between";

/// What the user should know about the files of a contact log.
#[derive(Debug, Error)]
pub enum Notice {
    /// There are lines that are no records. They are taken out of the file.
    #[error(
        "{path}:{line}: {problem}; expected {expected}; {moved} to {beside}",
        path = path.display(),
        expected = EXPECTED,
        moved = moved(*count),
        beside = beside.display()
    )]
    Rejected {
        /// The file.
        path: PathBuf,
        /// The first such line, counted from 1.
        line: usize,
        /// What is wrong with the first one.
        problem: String,
        /// How many there are.
        count: usize,
        /// The file that has a copy of them.
        beside: PathBuf,
    },
    /// Somebody saved the file without entries that an editor opened earlier cannot have shown.
    #[error(
        "{path} was saved without {count} of its last entries, which may have come meanwhile; \
         they are put back, and gone if it is saved without them again",
        path = path.display()
    )]
    Spared {
        /// The file.
        path: PathBuf,
        /// How many entries it lacked.
        count: usize,
    },
    /// When some or all records were received cannot be read.
    #[error("{0}; such ages are counted from now")]
    AgesLost(FileError),
    /// Another program has the log.
    #[error(
        "{path} is kept by another client; until that one ends, this one keeps its own contact log \
         in memory",
        path = path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Wrong lines of the file cannot be moved out of it.
    #[error("{0}; the contact log is left as it is until its wrong lines can be moved there")]
    NotMoved(FileError),
    /// The file cannot be read.
    #[error("{0}; what is in it is left alone, and beacons are kept in memory")]
    Unreadable(FileError),
    /// The file cannot be written.
    #[error("{0}; the contact log is kept in memory")]
    Unwritable(FileError),
}

fn moved(count: usize) -> String {
    match count {
        1 => "the line is moved".to_owned(),
        _ => format!("{count} lines that are no records are moved"),
    }
}
