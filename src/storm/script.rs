//! The scripts of phones in a storm, and mixtures of them.

use std::fmt;
use std::str::FromStr;

use rand::rngs::ChaCha12Rng;
use rand::{Rng, RngExt};

use crate::workload::step::{Moment, Step};

/// Wrong passwords that a guesser tries before it reports that accounts are never blocked. That is
/// more than a block takes, because a block may end meanwhile and the count start again.
pub const MAX_GUESSES: usize = 20;

/// Requests that a phone which never reads sends at a time.
const FLOOD_REQUESTS: u16 = 1024;

/// What a phone does, and so what it expects from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Logs in and out.
    Login,
    /// Logs in, downloads a TempID, logs out.
    TempId,
    /// Logs in, uploads a contact log, logs out.
    Upload,
    /// Logs in, sends the request of `--request`, logs out.
    Request,
    /// Logs in, stays silent, logs out.
    Idle,
    /// Tries wrong passwords until the account is blocked; expects never to be let in.
    WrongPassword,
    /// Does what [`TempId`](Script::TempId) does, and closes the connection at a random point.
    Vanish,
    /// Does what [`TempId`](Script::TempId) does, one byte at a time.
    Slow,
    /// Connects and sends nothing, until the server closes.
    Silent,
    /// Logs in, sends as many requests as the server takes, and never reads a reply.
    Unread,
    /// Sends random bytes; expects an error reply and the end of the connection.
    Garbage,
}

impl Script {
    /// All scripts, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Login,
        Self::TempId,
        Self::Upload,
        Self::Request,
        Self::Idle,
        Self::WrongPassword,
        Self::Vanish,
        Self::Slow,
        Self::Silent,
        Self::Unread,
        Self::Garbage,
    ];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::TempId => "tempid",
            Self::Upload => "upload",
            Self::Request => "request",
            Self::Idle => "idle",
            Self::WrongPassword => "wrong-password",
            Self::Vanish => "vanish",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Unread => "unread",
            Self::Garbage => "garbage",
        }
    }

    /// Whether the length of a session measures the server. It does not where the phone waits by
    /// itself or leaves early.
    pub fn is_timed(self) -> bool {
        match self {
            Self::Login | Self::TempId | Self::Upload | Self::Request => true,
            Self::Idle
            | Self::WrongPassword
            | Self::Vanish
            | Self::Slow
            | Self::Silent
            | Self::Unread
            | Self::Garbage => false,
        }
    }

    /// Whether a phone holds its connection for a time of its own choice.
    pub fn stays(self) -> bool {
        matches!(self, Self::Idle | Self::Silent | Self::Unread)
    }

    /// The steps of a phone that says goodbye at the end, or just closes its connection.
    pub fn plan(self, says_goodbye: bool, rng: &mut impl Rng) -> Vec<Step> {
        let mut plan = match self {
            Self::Login => vec![Step::LogIn],
            Self::TempId | Self::Slow => vec![Step::Download(1)],
            Self::Upload => vec![Step::Upload],
            Self::Request => vec![Step::Ask],
            Self::Idle => vec![Step::Stay],
            Self::WrongPassword => return vec![Step::MistypePassword; MAX_GUESSES],
            Self::Vanish => return vanish(rng),
            Self::Silent => return vec![Step::Loiter],
            Self::Unread => return vec![Step::Flood { downloads: 0, requests: FLOOD_REQUESTS }],
            Self::Garbage => return vec![Step::Garbage { seed: rng.random() }],
        };
        plan.extend(says_goodbye.then_some(Step::LogOut));
        plan
    }
}

/// What a phone does until it vanishes, at each moment with the same probability.
fn vanish(rng: &mut impl Rng) -> Vec<Step> {
    match Moment::random(rng) {
        // Half of these have the TempID that they wanted.
        Moment::LoggedIn => vec![Step::Download(1), Step::Vanish(Moment::LoggedIn)],
        moment => vec![Step::Vanish(moment)],
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Scripts with weights. Each phone draws one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// At least one script, each with a weight of at least 1.
    scripts: Vec<(Script, u32)>,
    total: u32,
}

/// The mixture named `mixed`: mostly phones that work, some that do not.
const MIXED: &str = "tempid:60,login:15,upload:10,vanish:10,slow:3,wrong-password:2";

/// Largest weight of a script. The sum for all scripts still fits into a `u32`.
const MAX_WEIGHT: u32 = 1_000_000;

impl Mix {
    /// The scripts and their weights.
    pub fn scripts(&self) -> &[(Script, u32)] {
        &self.scripts
    }

    /// Whether `is_so` holds for all scripts.
    pub fn all(&self, is_so: impl Fn(Script) -> bool) -> bool {
        self.scripts.iter().all(|(script, _)| is_so(*script))
    }

    /// Share of the phones that draw `script`, from 0 to 1.
    pub fn share(&self, script: Script) -> f64 {
        let weights = self.scripts.iter().filter(|(other, _)| *other == script);
        f64::from(weights.map(|(_, weight)| weight).sum::<u32>()) / f64::from(self.total)
    }

    /// Draws the script of the next phone.
    pub fn draw(&self, rng: &mut ChaCha12Rng) -> Script {
        let mut rest = rng.random_range(0..self.total);
        for (script, weight) in &self.scripts {
            match rest.checked_sub(*weight) {
                None => return *script,
                Some(less) => rest = less,
            }
        }
        unreachable!("the weights add up to the total")
    }
}

impl FromStr for Mix {
    type Err = String;

    /// Reads `NAME`, `NAME:WEIGHT,NAME:WEIGHT,…` or `mixed`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = if text == "mixed" { MIXED } else { text };
        let scripts: Vec<_> = text.split(',').map(parse_entry).collect::<Result<_, _>>()?;
        let total = scripts.iter().map(|(_, weight)| weight).sum();
        Ok(Self { scripts, total })
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(script, _)] = self.scripts[..] {
            return script.fmt(f);
        }
        for (index, (script, weight)) in self.scripts.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{script}:{weight}")?;
        }
        Ok(())
    }
}

fn parse_entry(text: &str) -> Result<(Script, u32), String> {
    let (name, weight) = text.split_once(':').unwrap_or((text, "1"));
    let script = Script::ALL.into_iter().find(|script| script.name() == name);
    let script = script.ok_or_else(|| {
        let problem = match name {
            "mixed" => "mixed is a mix of its own and cannot be a part of another".to_owned(),
            _ => format!("there is no script {name:?}"),
        };
        let names = Script::ALL.map(Script::name).join(", ");
        format!(
            "{problem}; expected mixed alone, one of {names}, or several of these with weights, such as tempid:9,vanish:1"
        )
    })?;
    let weight = weight.parse().ok().filter(|weight| (1..=MAX_WEIGHT).contains(weight));
    let weight =
        weight.ok_or_else(|| format!("expected a weight of {name} from 1 to {MAX_WEIGHT}"))?;
    Ok((script, weight))
}

#[cfg(test)]
mod tests;
