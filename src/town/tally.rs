//! Counts of encounters, of the load of the server, and of what happens over time.

use std::time::Duration;

use super::handsets::LogSizes;
use super::nearness::Encounter;
use super::outcome::{Bin, Encounters, Logs, Outcome, PerSecond, ServerLoad};
use super::scenario::Scenario;

/// Counts of encounters, of the load of the server, and of what happens over time.
#[derive(Debug)]
pub struct Tally {
    /// When people begin to meet.
    warm_up: Duration,
    /// Width of a bin.
    interval: Duration,
    encounters: Encounters,
    server: ServerLoad,
    logs: Logs,
    over_time: Vec<Bin>,
}

impl Tally {
    /// Counts of zero.
    pub fn new(scenario: &Scenario) -> Self {
        let seconds = scenario.duration.as_f64().ceil() as u32;
        let server = ServerLoad {
            downloads_by_second: PerSecond::new(seconds),
            connections_by_second: PerSecond::new(seconds),
            ..ServerLoad::default()
        };
        Self {
            warm_up: scenario.warm_up.0,
            interval: scenario.interval.0,
            encounters: Encounters::default(),
            server,
            logs: Logs::default(),
            over_time: Vec::new(),
        }
    }

    /// Counts an encounter that has ended.
    pub fn met(&mut self, encounter: &Encounter) {
        let recorded: u64 = encounter.has_recorded.iter().map(|has| u64::from(*has)).sum();
        let (is_possible, is_recorded) = (encounter.handsets.is_some(), recorded > 0);
        let counts = &mut self.encounters;
        counts.real += 1;
        counts.possible += u64::from(is_possible);
        counts.recorded += u64::from(is_recorded);
        counts.recorded_ways += recorded;
        let bin = self.bin(encounter.from);
        bin.encounters += 1;
        bin.possible += u64::from(is_possible);
        bin.recorded += u64::from(is_recorded);
    }

    /// Counts the sizes of contact logs at the end of a bin.
    pub fn measured(&mut self, sizes: LogSizes, now: Duration) {
        let LogSizes { logs: count, entries, most } = sizes;
        let logs = &mut self.logs;
        logs.samples += count;
        logs.entries += entries;
        logs.most_entries = logs.most_entries.max(most);
        // That which is over, and not the one that begins.
        let bin = self.bin(now.saturating_sub(Duration::from_micros(1)));
        bin.log_entries = if count > 0 { entries as f64 / count as f64 } else { 0.0 };
    }

    /// Counts a connection that the server has accepted.
    pub fn connected(&mut self, now: Duration) {
        self.server.connections += 1;
        if let Some(second) = self.second(now) {
            self.server.connections_by_second.count(second);
            self.bin(now).connections += 1;
        }
    }

    /// Counts a lost connection, if it was not the server that ended it.
    pub fn lost(&mut self, is_broken: bool) {
        self.server.failed_connections += u64::from(is_broken);
    }

    /// Counts a login.
    pub fn logged_in(&mut self) {
        self.server.logins += 1;
    }

    /// Counts TempIDs that a phone received.
    pub fn supplied(&mut self, temp_ids: usize) {
        self.server.temp_ids += temp_ids as u64;
    }

    /// Counts bytes that a phone sends to the server.
    pub fn asked(&mut self, bytes: &[u8], now: Duration) {
        // A phone waits for each reply, so that there is one request in what it sends at a time.
        let is_download = bytes.windows(6).any(|word| word == b"TEMPID");
        self.server.bytes_in += bytes.len() as u64;
        self.server.downloads += u64::from(is_download);
        if let Some(second) = self.second(now) {
            if is_download {
                self.server.downloads_by_second.count(second);
            }
            let bin = self.bin(now);
            bin.bytes += bytes.len() as u64;
            bin.downloads += u64::from(is_download);
        }
    }

    /// Counts bytes that a phone receives from the server.
    pub fn heard(&mut self, bytes: &[u8], now: Duration) {
        self.server.bytes_out += bytes.len() as u64;
        if self.second(now).is_some() {
            self.bin(now).bytes += bytes.len() as u64;
        }
    }

    /// An outcome with these counts and no others.
    pub fn into_outcome(self) -> Outcome {
        let Self { warm_up: _, interval: _, encounters, server, logs, over_time } = self;
        Outcome { encounters, server, logs, over_time, ..Outcome::default() }
    }

    /// The second of the meetings, if they have begun.
    fn second(&self, now: Duration) -> Option<u64> {
        now.checked_sub(self.warm_up).map(|since| since.as_secs())
    }

    /// The bin of a moment after the meetings have begun.
    fn bin(&mut self, at: Duration) -> &mut Bin {
        let Self { warm_up, interval, over_time: bins, .. } = self;
        let index = (at.saturating_sub(*warm_up).as_micros() / interval.as_micros()) as usize;
        while bins.len() <= index {
            let from = *warm_up + *interval * bins.len() as u32;
            bins.push(Bin { from: from.as_secs_f64(), ..Bin::default() });
        }
        &mut bins[index]
    }
}
