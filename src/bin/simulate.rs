//! The simulator of towns.

use std::process::ExitCode;

use bluetrace::allocator::{self, Setting};
use bluetrace::study::arguments::Arguments;
use bluetrace::{program, study};

fn main() -> ExitCode {
    program::run("simulate", simulate)
}

fn simulate() -> ExitCode {
    allocator::request(&[Setting::HUGE_PAGES, Setting::LARGE_STEPS]);
    let arguments: Arguments = bluetrace::arguments::parse();
    match study::run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("simulate: {error}");
            if error.is_usage() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
