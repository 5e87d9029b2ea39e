//! The arguments of a program, and what it says to wrong ones.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::Parser;
use clap::builder::StyledStr;

/// Reads the arguments of this process. If they are wrong, it says how and shows the usage on
/// standard error, and ends the process with exit code 2; `--help` and `--version` are answered
/// with 0.
pub fn parse<P: Parser>() -> P {
    P::try_parse().unwrap_or_else(|error| {
        // clap leaves the usage out where only a value is wrong.
        if error.use_stderr() && !error.to_string().contains("Usage:") {
            // It may be a path, in whatever bytes.
            let first = std::env::args_os().nth(1);
            let name = first.as_ref().and_then(|first| first.to_str());
            eprintln!("{error}\n{}", usage::<P>(name));
            std::process::exit(error.exit_code());
        }
        error.exit()
    })
}

/// The usage of the subcommand of this name, or of the program if there is none.
fn usage<P: Parser>(name: Option<&str>) -> StyledStr {
    let mut command = P::command();
    // Otherwise a subcommand does not know of what.
    command.build();
    match name.and_then(|name| command.find_subcommand_mut(name)) {
        Some(subcommand) => subcommand.render_usage(),
        None => command.render_usage(),
    }
}

/// A reader of whole numbers of `range`. Whatever is wrong with one, it says what was expected:
/// `what`, such as "a port", and the range.
pub fn number<N>(
    what: &'static str,
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("expected {what} from {} to {}", range.start(), range.end()))
    }
}

/// Reads an address; names of hosts are not looked up.
///
/// # Errors
///
/// What was expected.
pub fn ip_address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "expected an IP address such as 127.0.0.1 or ::1".to_owned())
}

#[cfg(test)]
mod tests;
