//! What all phones of a storm have in common.

use std::time::Duration;

use super::tally::Tally;
use super::witness::Witness;

/// How the phones of a storm behave.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Contact records of one upload.
    pub records: usize,
    /// How long a phone stays that stays.
    pub hold: Duration,
    /// How long a slow phone waits between two bytes.
    pub byte_interval: Duration,
    /// How long a phone waits for a reply.
    pub patience: Duration,
    /// Whether a phone says goodbye, or only closes its connection.
    pub says_goodbye: bool,
    /// The words that [`Script::Request`](super::script::Script::Request) sends; `%n` stands for the number of the request.
    pub request: Vec<String>,
}

/// What all phones of a storm share.
#[derive(Debug)]
pub struct Crowd {
    /// How they behave.
    pub manner: Manner,
    /// What they were told.
    pub witness: Witness,
    /// How long it took.
    pub tally: Tally,
    /// How many requests [`Script::Request`](super::script::Script::Request) has sent.
    pub requests: u64,
}

impl Crowd {
    /// Phones that behave in this manner and were told nothing yet; lines of what they are told are kept
    /// if somebody is to take them.
    pub fn new(manner: Manner, keeps_lines: bool) -> Self {
        let (witness, tally) = (Witness::new(keeps_lines), Tally::new());
        Self { manner, witness, tally, requests: 0 }
    }
}
