//! The load generator.

use std::process::ExitCode;

use bluetrace::program;
use bluetrace::storm::arguments::{self, Arguments, Command, StormArguments};
use bluetrace::storm::{Storm, StormError};

fn main() -> ExitCode {
    program::run("storm", storm)
}

fn storm() -> ExitCode {
    let arguments: Arguments = bluetrace::arguments::parse();
    let is_success = match &arguments.command {
        Some(Command::Credentials { users, output }) => {
            arguments::write_credentials(users.clone(), output.as_ref()).map(|()| true)
        }
        None => run(&arguments.storm),
    };
    match is_success {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("storm: {error}");
            if error.is_usage() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(arguments: &StormArguments) -> Result<bool, StormError> {
    arguments.try_files()?;
    let outcome = Storm::start(arguments.settings()?)?.run()?;
    // A file that cannot be written after all does not cost the report.
    let written = arguments.write_files(&outcome);
    arguments::print(|out| write!(out, "{}", outcome.report))?;
    written?;
    Ok(outcome.report.is_success())
}
