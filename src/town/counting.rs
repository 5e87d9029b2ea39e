//! Counts during a run, and its outcome at the end.

use std::time::Duration;

use super::adversary::Sniffer;
use super::event::Event;
use super::outcome::{Bin, Linkability};
use super::{Core, Outcome, Records, Town};

impl Town {
    /// The current bin, if the meetings have begun.
    fn bin_of_now(&mut self, core: &Core<Event>) -> Option<&mut Bin> {
        let now = core.clock.elapsed();
        (now >= self.scenario.warm_up.0).then(|| self.bin(now))
    }

    /// The bin of a moment after the meetings have begun.
    pub(super) fn bin(&mut self, at: Duration) -> &mut Bin {
        let interval = self.scenario.interval.0;
        let (warm_up, bins) = (self.scenario.warm_up.0, &mut self.outcome.over_time);
        let index = (at.saturating_sub(warm_up).as_micros() / interval.as_micros()) as usize;
        while bins.len() <= index {
            let from = warm_up + interval * bins.len() as u32;
            bins.push(Bin { from: from.as_secs_f64(), ..Bin::default() });
        }
        &mut bins[index]
    }

    /// Measures all contact logs at the end of a bin.
    pub(super) fn measure(&mut self, core: &mut Core<Event>) {
        self.measure_logs(core);
        core.schedule(core.clock.elapsed() + self.scenario.interval.0, Event::Measure);
    }

    fn measure_logs(&mut self, core: &mut Core<Event>) {
        let now = core.clock.now();
        let (mut entries, mut most) = (0, 0);
        for phone in &mut core.phones[..self.handsets.len()] {
            let log = phone.phone().log_mut();
            log.expire(now.monotonic);
            entries += log.len() as u64;
            most = most.max(log.len() as u64);
        }
        let count = self.handsets.len() as u64;
        let logs = &mut self.outcome.logs;
        logs.samples += count;
        logs.entries += entries;
        logs.most_entries = logs.most_entries.max(most);
        // That which is over, and not the one that begins.
        let bin = self.bin(core.clock.elapsed().saturating_sub(Duration::from_micros(1)));
        bin.log_entries = if count > 0 { entries as f64 / count as f64 } else { 0.0 };
    }

    /// The current second of the meetings.
    fn second(&self, core: &Core<Event>) -> Option<u64> {
        core.clock.elapsed().checked_sub(self.scenario.warm_up.0).map(|since| since.as_secs())
    }

    /// Counts bytes that a phone sends to the server.
    pub(super) fn count_request(&mut self, bytes: &[u8], core: &Core<Event>) {
        let second = self.second(core);
        // A phone waits for each reply, so that there is one request in what it sends at a time.
        let is_download = bytes.windows(6).any(|word| word == b"TEMPID");
        let server = &mut self.outcome.server;
        server.bytes_in += bytes.len() as u64;
        if is_download {
            server.downloads += 1;
            if let Some(second) = second {
                server.downloads_by_second.count(second);
            }
        }
        if let Some(bin) = self.bin_of_now(core) {
            bin.bytes += bytes.len() as u64;
            bin.downloads += u64::from(is_download);
        }
    }

    /// Counts bytes that a phone receives from the server.
    pub(super) fn count_reply(&mut self, bytes: &[u8], core: &Core<Event>) {
        self.outcome.server.bytes_out += bytes.len() as u64;
        if let Some(bin) = self.bin_of_now(core) {
            bin.bytes += bytes.len() as u64;
        }
    }

    /// Counts a connection that the server has accepted.
    pub(super) fn count_connection(&mut self, core: &Core<Event>) {
        let second = self.second(core);
        let server = &mut self.outcome.server;
        server.connections += 1;
        if let Some(second) = second {
            server.connections_by_second.count(second);
        }
        if let Some(bin) = self.bin_of_now(core) {
            bin.connections += 1;
        }
    }

    /// The outcome and the records of the run.
    pub(super) fn conclude(mut self, mut core: Core<Event>) -> (Outcome, Records) {
        core.clock.advance_to(self.end);
        // What is over just now was not cut short.
        if self.next_change.is_some_and(|change| change.at == self.scenario.duration.0) {
            self.meet(&mut core);
        }
        // The last interval ends as the run does.
        self.measure_logs(&mut core);
        self.conclude_tracing();
        let sniffers = &self.adversaries.sniffers;
        self.outcome.linkability = sniffers.iter().map(Sniffer::follow).reduce(of_both);
        self.records.messages = self.transcript.into_messages();
        if self.collect.records {
            self.records.positions = self.meetings.positions();
        }
        (self.outcome, self.records)
    }
}

/// The sum of the results of two independent sniffers.
fn of_both(mut one: Linkability, other: Linkability) -> Linkability {
    one.sightings += other.sightings;
    one.temp_ids += other.temp_ids;
    one.changes += other.changes;
    one.linked += other.linked;
    one.mistaken += other.mistaken;
    one.followed_seconds.extend(other.followed_seconds);
    one.followed_seconds.sort_by(f64::total_cmp);
    one
}
