//! What came of a storm, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;

use super::arrivals::Load;
use super::tally::{Latencies, Tally};
use super::users::Users;
use super::{Settings, Spacing};
use crate::numbers::counted;

/// What came of a storm. In JSON every latency is in microseconds and every time in seconds. A
/// phone that gave up waiting is among the latencies with the time that it had waited, the least
/// that it can be.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was asked for.
    pub settings: SettingsReport,
    /// From the beginning until the last session ended.
    pub seconds: f64,
    /// Sessions that ended as their scripts expect.
    pub done: u64,
    /// Sessions that did not, and those that a signal cut short.
    pub failed: u64,
    /// Those of them in which the server did what it must never do.
    pub breaches: u64,
    /// Sessions that a signal cut short.
    pub interrupted: u64,
    /// Whether a signal ended the storm before its time, so that sessions are missing.
    pub ended_early: bool,
    /// Sessions done a second.
    pub rate: f64,
    /// Different TempIDs that the phones were told.
    pub temp_ids: usize,
    /// Most phones that were connected, or about to be, at a time.
    pub most_at_once: usize,
    /// Sessions that began with the TLS ticket of an earlier one.
    pub tls_resumed: u64,
    /// Sessions done, by script.
    pub done_by_script: BTreeMap<&'static str, u64>,
    /// Sessions failed, by reason.
    pub failed_by_reason: BTreeMap<String, u64>,
    /// From when a phone was to begin until it was logged in.
    pub login_latency: Option<LatencyReport>,
    /// From a request to its reply.
    pub request_latency: Option<LatencyReport>,
    /// From when a phone was to begin until its script was played.
    pub session_latency: Option<LatencyReport>,
    /// Processor time of the server, in seconds, if its process was named.
    pub server_cpu_seconds: Option<f64>,
    /// The same a session done, in microseconds.
    pub server_cpu_us_per_session: Option<f64>,
    /// Processor time of the storm itself a session done, in microseconds.
    pub storm_cpu_us_per_session: Option<f64>,
}

/// The settings of a storm, to repeat it.
#[derive(Debug, Clone, Serialize)]
pub struct SettingsReport {
    server: String,
    /// Whether connections are encrypted.
    tls: bool,
    users: usize,
    /// Which users of the pattern, as `A..B`, if it is they.
    user_numbers: Option<String>,
    /// The file that names them, if it is not.
    credentials: Option<String>,
    phones: Option<u64>,
    duration_seconds: Option<f64>,
    concurrency: usize,
    /// Phones a second, in an open loop.
    rate: Option<f64>,
    arrivals: &'static str,
    script: String,
    records: usize,
    request: String,
    hold_seconds: f64,
    byte_interval_seconds: f64,
    timeout_seconds: f64,
    leave: &'static str,
    source_addresses: u32,
    seed: u64,
}

impl From<&Settings> for SettingsReport {
    fn from(settings: &Settings) -> Self {
        let manner = &settings.manner;
        let (rate, arrivals) = match settings.load {
            Load::Closed => (None, "closed"),
            Load::Open { rate, spacing: Spacing::Poisson } => (Some(rate), "poisson"),
            Load::Open { rate, spacing: Spacing::Even } => (Some(rate), "even"),
        };
        let (user_numbers, credentials) = match &settings.users {
            Users::Pattern(Range { start, end }) => (Some(format!("{start}..{end}")), None),
            Users::Listed { path, .. } => (None, Some(path.display().to_string())),
        };
        Self {
            server: settings.server.to_string(),
            tls: settings.connector.is_encrypted(),
            users: settings.users.len(),
            user_numbers,
            credentials,
            phones: settings.phones,
            duration_seconds: settings.duration.map(|duration| duration.as_secs_f64()),
            concurrency: settings.concurrency,
            rate,
            arrivals,
            script: settings.mix.to_string(),
            records: manner.records,
            request: manner.request.join(" "),
            hold_seconds: manner.hold.as_secs_f64(),
            byte_interval_seconds: manner.byte_interval.as_secs_f64(),
            timeout_seconds: manner.patience.as_secs_f64(),
            leave: if manner.says_goodbye { "quit" } else { "close" },
            source_addresses: settings.source_addresses,
            seed: settings.seed,
        }
    }
}

/// How latencies are distributed, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LatencyReport {
    /// How many there are.
    pub count: u64,
    /// The least.
    pub min: u64,
    /// Half of them are at most this.
    pub p50: u64,
    /// Nine of ten are at most this.
    pub p90: u64,
    /// 99 of a hundred are at most this.
    pub p99: u64,
    /// 999 of a thousand are at most this.
    pub p999: u64,
    /// The greatest.
    pub max: u64,
}

impl LatencyReport {
    fn of(latencies: &Latencies) -> Option<Self> {
        (!latencies.is_empty()).then(|| Self {
            count: latencies.len(),
            min: latencies.min(),
            p50: latencies.value_at_quantile(0.5),
            p90: latencies.value_at_quantile(0.9),
            p99: latencies.value_at_quantile(0.99),
            p999: latencies.value_at_quantile(0.999),
            max: latencies.max(),
        })
    }
}

/// Processor times that were spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessorTimes {
    /// By the server, if its process was named and is still there.
    pub server: Option<Duration>,
    /// By the storm itself.
    pub storm: Option<Duration>,
}

/// How a storm went that nobody tallied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) temp_ids: usize,
    pub(super) most_at_once: usize,
    pub(super) tls_resumed: u64,
    /// Sessions that a signal cut short, if one did.
    pub(super) interrupted: Option<u64>,
    pub(super) elapsed: Duration,
}

impl Report {
    pub(super) fn new(
        settings: &Settings,
        tally: &Tally,
        course: Course,
        times: ProcessorTimes,
    ) -> Self {
        let Course { temp_ids, most_at_once, tls_resumed, interrupted, elapsed } = course;
        let (done, seconds) = (tally.done(), elapsed.as_secs_f64());
        let ended_early = interrupted.is_some();
        let interrupted = interrupted.unwrap_or(0);
        let failed = tally.failed() + interrupted;
        // Whoever failed has cost something as well.
        let sessions = done + failed;
        let per_session =
            |time: Duration| (sessions > 0).then(|| time.as_secs_f64() * 1e6 / sessions as f64);
        Self {
            settings: settings.into(),
            seconds,
            done,
            failed,
            breaches: tally.breaches(),
            interrupted,
            ended_early,
            rate: done as f64 / seconds.max(f64::MIN_POSITIVE),
            temp_ids,
            most_at_once,
            tls_resumed,
            done_by_script: tally.done_by_script().clone(),
            failed_by_reason: tally.failed_by_reason().clone(),
            login_latency: LatencyReport::of(&tally.logins),
            request_latency: LatencyReport::of(&tally.requests),
            session_latency: LatencyReport::of(&tally.sessions),
            server_cpu_seconds: times.server.map(|time| time.as_secs_f64()),
            server_cpu_us_per_session: times.server.and_then(per_session),
            storm_cpu_us_per_session: times.storm.and_then(per_session),
        }
    }

    /// What the storm was, in a line.
    pub fn title(&self) -> String {
        let SettingsReport { script, concurrency, rate, .. } = &self.settings;
        let load = match rate {
            None => format!("{concurrency} at once"),
            Some(rate) => format!("{rate} a second"),
        };
        format!("{} of {script}, {load}", counted(self.done + self.failed, "session"))
    }

    /// Whether every session that was asked for ended as its script expects.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && !self.ended_early
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} done, {} failed in {:.2} s: {:.0} a second, {} at once; {}",
            counted(self.done, "session"),
            self.failed,
            self.seconds,
            self.rate,
            self.most_at_once,
            counted(self.temp_ids, "TempID")
        )?;
        if self.settings.tls {
            let (all, resumed) = (self.done + self.failed, self.tls_resumed);
            writeln!(f, "with TLS; {resumed} of {} resumed", counted(all, "session"))?;
        }
        let counted = self.done_by_script.iter().map(|(script, count)| (count, script.to_string()));
        for (count, script) in counted {
            writeln!(f, "{count:>12} done    {script}")?;
        }
        for (reason, count) in &self.failed_by_reason {
            writeln!(f, "{count:>12} failed  {reason}")?;
        }
        if self.interrupted > 0 {
            writeln!(f, "{:>12} failed  interrupted by a signal", self.interrupted)?;
        }
        if self.ended_early {
            writeln!(f, "ended early by a signal")?;
        }
        self.write_latencies(f)?;
        if let Some(cpu) = self.server_cpu_us_per_session {
            writeln!(f, "\nserver: {cpu:.1} µs of processor time a session")?;
        }
        Ok(())
    }
}

impl Report {
    fn write_latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("login", self.login_latency),
            ("request", self.request_latency),
            ("session", self.session_latency),
        ];
        if rows.iter().all(|(_, row)| row.is_none()) {
            return Ok(());
        }
        writeln!(
            f,
            "\n{:<10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "latency", "min", "p50", "p90", "p99", "p99.9", "max"
        )?;
        for (name, row) in rows {
            let Some(row) = row else { continue };
            write!(f, "{name:<10}")?;
            for value in [row.min, row.p50, row.p90, row.p99, row.p999, row.max] {
                write!(f, "{:>10}", in_unit(value))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A latency with three digits, in the unit that fits.
pub(super) fn in_unit(microseconds: u64) -> String {
    let (value, unit) = match microseconds {
        0..1_000 => return format!("{microseconds} µs"),
        1_000..1_000_000 => (microseconds as f64 / 1e3, "ms"),
        _ => (microseconds as f64 / 1e6, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests;
