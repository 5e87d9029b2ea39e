//! Prints the results of the commands of `simulate`.

use std::path::Path;

use super::error::SimulateError;
use crate::print;

/// Prints to the standard output.
///
/// # Errors
///
/// [`SimulateError::Output`] if it cannot be written.
pub(super) fn print(text: &str) -> Result<(), SimulateError> {
    print::print(|out| out.write_all(text.as_bytes()))
        .map_err(|error| SimulateError::output(Path::new(print::NAME), error))
}
