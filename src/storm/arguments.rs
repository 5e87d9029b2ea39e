//! The command line of a storm.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand};
use rand::TryRng;
use rand::rngs::SysRng;

use super::arrivals::{Load, Spacing};
use super::crowd::Manner;
use super::script::{Mix, Script};
use super::users::{self, Users};
use super::{Outcome, Settings, StormError};
use crate::arguments::{ip_address, number};
use crate::transport::Connector;
#[cfg(feature = "tls")]
use crate::transport::{arguments::TlsArguments, trust::Sessions};
use crate::whole_file::{self, PRIVATE, PUBLIC};
use crate::workload::Repeats;
use crate::{print, writable};

/// Phones at a time if nothing else is said.
const DEFAULT_CONCURRENCY: usize = 64;

/// Phones if nothing else is said.
const DEFAULT_PHONES: u64 = 1000;

/// Phones that one local address makes at most if nothing else is said: a good part of its ports,
/// each of which the system keeps for a minute after its connection has ended.
const PHONES_PER_ADDRESS: u64 = 10_000;

/// The longest time that an option may name, a year: what is added to a moment must give another
/// one.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Local addresses that phones come from at most if nothing else is said: with a minute in which
/// ports rest, enough for 100,000 sessions a second.
const DEFAULT_MOST_SOURCE_ADDRESSES: u32 = 250;

/// Local addresses that phones come from at most.
const MAX_SOURCE_ADDRESSES: u32 = 60_000;

/// The storm: drives thousands of phones against a server, from one thread, and says how it did.
#[derive(Debug, Parser)]
#[command(
    name = "storm",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do if not to storm
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The storm.
    #[command(flatten)]
    pub storm: StormArguments,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the credentials.txt of users of the pattern: number n is +614 and n in eight digits,
    /// with the password storm- and the same digits
    Credentials {
        /// How many, or which, such as 1000..2000
        #[arg(long, value_name = "N|A..B", value_parser = users::parse_range)]
        users: Range<u32>,
        /// Where to write it [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// The options of a storm.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("who").args(["credentials", "users"]).required(true))]
pub struct StormArguments {
    /// Address of the server
    #[arg(value_name = "server_IP", required = true, value_parser = ip_address)]
    server_ip: Option<IpAddr>,
    /// TCP port of the server
    #[arg(value_name = "server_port", required = true,
        value_parser = number("a port", 1..=u16::MAX))]
    server_port: Option<u16>,
    /// Log in as the users of this credentials.txt
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Log in as users of the pattern: how many, or which, such as 1000..2000
    #[arg(long, value_name = "N|A..B", value_parser = users::parse_range)]
    users: Option<Range<u32>>,
    /// Phones, each with one session [default: 1000, or no limit with --duration]
    #[arg(long, value_name = "N", value_parser = number("phones", 1..=u64::MAX))]
    phones: Option<u64>,
    /// Seconds for which new phones come
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    duration: Option<Duration>,
    /// Phones at a time, at most [default: 64; as many as there are phones if all only stay, or
    /// with
    /// --rate as the limit of descriptors allows]
    #[arg(long, value_name = "C", value_parser = number("phones at a time", 1..=u32::MAX))]
    concurrency: Option<u32>,
    /// Open loop: phones a second, whatever the server answers. Without it the loop is closed: the
    /// next phone begins when one has ended
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// How the phones of an open loop are spaced
    #[arg(long, value_enum, default_value_t = Spacing::Poisson, requires = "rate")]
    arrivals: Spacing,
    /// What each phone does: login, tempid, upload, request, idle, wrong-password, vanish, slow,
    /// silent, unread, garbage, mixed, or several with weights, such as tempid:9,vanish:1
    #[arg(long, value_name = "SCRIPT", default_value = "tempid")]
    script: Mix,
    /// upload: contact records of a log
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = number("contact records", 1..=1_000_000_u32))]
    records: u32,
    /// idle, silent, unread: seconds for which a phone stays
    #[arg(long, value_name = "SECS", default_value = "10", value_parser = seconds)]
    hold: Duration,
    /// slow: milliseconds between two bytes
    #[arg(long, value_name = "MS", default_value_t = 10,
        value_parser = number("milliseconds", 1..=u32::MAX))]
    byte_interval: u32,
    /// request: what to ask, in words; %n stands for a number that counts up
    #[arg(long, value_name = "WORDS", default_value = "PING", value_parser = words)]
    request: String,
    /// How a phone ends its session: with QUIT and its reply, or by closing the connection
    #[arg(long, value_enum, default_value_t = Leave::Quit)]
    leave: Leave,
    /// Seconds that a phone waits for a reply; one that gives up is among the latencies with what
    /// it waited
    #[arg(long, value_name = "SECS", default_value = "30", value_parser = seconds)]
    timeout: Duration,
    /// Local addresses to come from, from 127.1.0.1 up, for a server on the loopback; 0 leaves it
    /// to the system [default: one for each 10,000 phones there, else 0]
    #[arg(long, value_name = "N",
        value_parser = number("addresses", 0..=MAX_SOURCE_ADDRESSES))]
    source_addresses: Option<u32>,
    /// Draws the same scripts, gaps and vanishing points again [default: another one each time]
    #[arg(long, value_name = "N", value_parser = number("a seed", 0..=u64::MAX))]
    seed: Option<u64>,
    /// How the server makes TempIDs: it may tell no random one twice, and an encrypted one only to
    /// the same user in the same second
    #[arg(long, value_enum, default_value_t = TempIds::Random)]
    temp_ids: TempIds,
    /// Process of the server on this machine, to measure its processor time
    #[arg(long, value_name = "PID", value_parser = number("a process", 1..=u32::MAX))]
    server_pid: Option<u32>,
    /// Write each TempID that a phone was told to this file, when it was told, as a line of
    /// tempIDs.txt
    #[arg(long, value_name = "FILE")]
    told: Option<PathBuf>,
    /// Write the result to this file, for machines; latencies, also those of phones that gave up,
    /// are in microseconds
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw latency over time and how it is distributed into this file
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: TlsArguments,
    /// Go on with the TLS sessions of earlier phones, as far as their tickets go round
    #[cfg(feature = "tls")]
    #[arg(long, requires = "tls")]
    tls_resume: bool,
}

/// How the server makes TempIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TempIds {
    Random,
    Encrypted,
}

/// How a phone ends its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Leave {
    Quit,
    Close,
}

impl StormArguments {
    /// What they ask for.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn settings(&self) -> Result<Settings, StormError> {
        let (Some(ip), Some(port)) = (self.server_ip, self.server_port) else {
            unreachable!("both are required");
        };
        let users = match (&self.credentials, &self.users) {
            (Some(path), _) => Users::read(path)?,
            (None, Some(numbers)) => Users::Pattern(numbers.clone()),
            (None, None) => unreachable!("one of them is required"),
        };
        let phones = self.phones.or(self.duration.is_none().then_some(DEFAULT_PHONES));
        let load = match self.rate {
            None => Load::Closed,
            Some(rate) => Load::Open { rate, spacing: self.arrivals },
        };
        Ok(Settings {
            server: SocketAddr::new(ip, port),
            connector: self.connector(ip)?,
            users,
            phones,
            duration: self.duration,
            load,
            concurrency: self.concurrency(phones),
            mix: self.script.clone(),
            manner: Manner {
                records: self.records as usize,
                hold: self.hold,
                byte_interval: Duration::from_millis(self.byte_interval.into()),
                patience: self.timeout,
                says_goodbye: self.leave == Leave::Quit,
                request: self.request.split_whitespace().map(str::to_owned).collect(),
            },
            source_addresses: self.sources(ip, phones)?,
            seed: self.seed.map_or_else(draw_seed, Ok)?,
            repeats: match self.temp_ids {
                TempIds::Random => Repeats::Never,
                TempIds::Encrypted => Repeats::WithSameNote,
            },
            server_process: self.server_pid,
            told: self.told.clone(),
        })
    }

    #[cfg(feature = "tls")]
    fn connector(&self, server: IpAddr) -> Result<Connector, StormError> {
        let sessions = if self.tls_resume { Sessions::Resumed } else { Sessions::Fresh };
        Ok(self.tls.connector(server, sessions)?)
    }

    #[cfg(not(feature = "tls"))]
    fn connector(&self, _server: IpAddr) -> Result<Connector, StormError> {
        Ok(Connector::Plain)
    }

    fn sources(&self, server: IpAddr, phones: Option<u64>) -> Result<u32, StormError> {
        let is_possible = server.is_loopback() && server.is_ipv4();
        match self.source_addresses {
            None if is_possible => Ok(default_sources(phones)),
            None | Some(0) => Ok(0),
            Some(_) if !is_possible => Err(StormError::NoSources(server)),
            Some(count) => Ok(count),
        }
    }

    /// Makes sure that the files which are asked for can be written, before a long storm.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or has another use.
    pub fn try_files(&self) -> Result<(), StormError> {
        let files = [
            ("--credentials", &self.credentials),
            ("--told", &self.told),
            ("--json", &self.json),
            ("--plot", &self.plot),
        ];
        let mut before: Vec<(&'static str, &PathBuf)> = Vec::new();
        for (option, path) in files {
            let Some(path) = path else { continue };
            let same = before.iter().find(|(_, other)| writable::is_same_file(path, other));
            if let Some((other, _)) = same {
                return Err(StormError::SameFile { option, other, path: path.clone() });
            }
            before.push((option, path));
        }
        for path in [&self.json, &self.plot].into_iter().flatten() {
            writable::try_file(path)
                .map_err(|source| StormError::Output { path: path.clone(), source })?;
        }
        Ok(())
    }

    /// Writes the files that are asked for.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_files(&self, outcome: &Outcome) -> Result<(), StormError> {
        if let Some(path) = &self.json {
            write(path, PUBLIC, |file| {
                serde_json::to_writer_pretty(&mut *file, &outcome.report)?;
                file.write_all(b"\n")
            })?;
        }
        if let Some(path) = &self.plot {
            write(path, PUBLIC, |file| file.write_all(outcome.plot().as_bytes()))?;
        }
        Ok(())
    }

    fn concurrency(&self, phones: Option<u64>) -> usize {
        let all_stay = self.script.all(Script::stays);
        match (self.concurrency, phones) {
            (Some(concurrency), _) => concurrency as usize,
            (None, Some(phones)) if all_stay => phones as usize,
            (None, _) if self.rate.is_some() => crate::reactor::descriptors::raise_limit(),
            (None, _) => DEFAULT_CONCURRENCY,
        }
    }
}

/// Writes credentials where they are wanted.
///
/// # Errors
///
/// A file that cannot be written.
pub fn write_credentials(users: Range<u32>, output: Option<&PathBuf>) -> Result<(), StormError> {
    let users = Users::Pattern(users);
    match output {
        Some(path) => write(path, PRIVATE, |file| users.write(file)),
        None => print(|out| users.write(out)),
    }
}

/// Prints to the standard output.
///
/// # Errors
///
/// An output that cannot be written, such as a file on a full disk.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), StormError> {
    print::print(write).map_err(|source| StormError::Output { path: print::NAME.into(), source })
}

fn write(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), StormError> {
    whole_file::replace(path, mode, write)
        .map_err(|source| StormError::Output { path: path.to_owned(), source })
}

fn default_sources(phones: Option<u64>) -> u32 {
    match phones {
        Some(phones) if phones <= PHONES_PER_ADDRESS => 0,
        Some(phones) => u32::try_from(phones / PHONES_PER_ADDRESS + 1)
            .map_or(DEFAULT_MOST_SOURCE_ADDRESSES, |count| {
                count.min(DEFAULT_MOST_SOURCE_ADDRESSES)
            }),
        None => DEFAULT_MOST_SOURCE_ADDRESSES,
    }
}

/// A seed that is short enough to type again.
fn draw_seed() -> Result<u64, StormError> {
    let seed = SysRng.try_next_u32().map_err(io::Error::other)?;
    Ok(seed.into())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|time| !time.is_zero() && *time <= MAX_TIME)
        .ok_or_else(|| "expected seconds above 0 and up to a year, such as 10 or 0.5".to_owned())
}

fn words(text: &str) -> Result<String, String> {
    let has_some = text.split_whitespace().next().is_some();
    has_some
        .then(|| text.to_owned())
        .ok_or_else(|| "expected a command and its arguments, such as PING".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| (1e-3..=1e7).contains(rate));
    rate.ok_or_else(|| "expected a number of phones a second from 0.001 to 10000000".to_owned())
}
