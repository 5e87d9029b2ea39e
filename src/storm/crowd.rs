//! What all phones of a storm share.

use std::time::Duration;

use super::tally::Tally;
use super::witness::Witness;
use crate::workload::Repeats;

/// Parameters of the scripts.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Contact records per upload.
    pub records: usize,
    /// Time that an idle, silent or unread phone stays.
    pub hold: Duration,
    /// Time between two bytes of a slow phone.
    pub byte_interval: Duration,
    /// Time that a phone waits for a reply.
    pub patience: Duration,
    /// Whether a phone sends `QUIT`, or only closes its connection.
    pub says_goodbye: bool,
    /// The words that [`Script::Request`](super::script::Script::Request) sends; `%n` stands for
    /// the number of the request.
    pub request: Vec<String>,
}

/// What all phones of a storm share.
#[derive(Debug)]
pub struct Crowd {
    /// Parameters of the scripts.
    pub manner: Manner,
    /// Checks of what phones were told.
    pub witness: Witness,
    /// Counts and latencies.
    pub tally: Tally,
    /// Requests sent by [`Script::Request`](super::script::Script::Request).
    pub requests: u64,
}

impl Crowd {
    /// A crowd before its first session. `keeps_lines` keeps a line for each TempID told, for a
    /// file. `repeats` says when a TempID may be told a second time.
    pub fn new(manner: Manner, keeps_lines: bool, repeats: Repeats) -> Self {
        let (witness, tally) = (Witness::new(keeps_lines, repeats), Tally::new());
        Self { manner, witness, tally, requests: 0 }
    }
}
