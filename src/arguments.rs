//! The arguments of a program, and what it says to wrong ones.

use clap::Parser;

/// Reads the arguments of this process. If they are wrong, it says how and shows the usage on standard
/// error, and ends the process with exit code 2; `--help` and `--version` are answered with 0.
pub fn parse<P: Parser>() -> P {
    P::try_parse().unwrap_or_else(|error| {
        // clap leaves the usage out where only a value is wrong.
        if error.use_stderr() && !error.to_string().contains("Usage:") {
            eprintln!("{error}\n{}", P::command().render_usage());
            std::process::exit(error.exit_code());
        }
        error.exit()
    })
}
