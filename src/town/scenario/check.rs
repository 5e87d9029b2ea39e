//! Checks of a scenario that the types of its values cannot express.

mod adversaries;

use std::fmt;

use super::{MeetingsKind, Scenario, Seconds, Spell};

/// Limit of people: each needs a number of eight digits, and so do adversaries.
const MOST_PEOPLE: u32 = 50_000_000;

/// Limit of bins over time, more than a picture can show.
const MOST_INTERVALS: f64 = 1_000_000.0;

/// Limit of the drift of a clock, in parts per million: a tenth too fast or too slow.
const MOST_DRIFT_PPM: f64 = 100_000.0;

/// Limit of TempIDs per request, which is that of the server.
const MOST_BATCH: u8 = 100;

/// Limit of places of random mixing, of which a list is kept.
const MOST_PLACES: u32 = 1_000_000;

/// Limit of offline spells of a phone per day, one a minute: all are drawn before the run.
const MOST_SPELLS_PER_DAY: f64 = 1440.0;

/// Limit of encounters of a person per day, one a second: each is drawn.
const MOST_CONTACTS_PER_DAY: f64 = 86_400.0;

/// Limit of crossings of the plane between two checks. A faster walker would be at a random point
/// at each check anyway, and cost as much as all these walks.
const MOST_CROSSINGS: f64 = 100.0;

/// Lowest speed; a slower walker is practically at rest.
const SLOWEST_METRES_PER_SECOND: f64 = 0.001;

/// Shortest interval of a repeated action: half of the shortest advertising interval of Bluetooth
/// LE. The time of a run grows with the number of actions.
const SHORTEST_STEP: Seconds = Seconds(std::time::Duration::from_millis(10));

const DAY: Seconds = Seconds::new(86_400);

/// Why a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The wrong key, such as `phones.batch`, or `adversary.replay[1].at` in a list.
    pub key: String,
    /// Keys that it contradicts.
    pub others: Vec<&'static str>,
    /// What was expected, and what was found.
    pub expected: String,
}

impl Problem {
    fn new(key: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { key: key.into(), others: Vec::new(), expected: expected.into() }
    }

    fn with(mut self, others: &[&'static str]) -> Self {
        self.others.extend(others);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.key, self.expected)
    }
}

impl std::error::Error for Problem {}

impl Scenario {
    /// Checks that no keys contradict each other.
    ///
    /// # Errors
    ///
    /// The first [`Problem`].
    pub fn check(&self) -> Result<(), Problem> {
        self.check_words()?;
        self.check_times()?;
        self.check_people()?;
        self.check_meetings()?;
        self.check_phones()?;
        self.check_offline()?;
        self.check_server()?;
        self.check_ahead()?;
        self.check_radios()?;
        self.check_attackers()
    }

    /// Checks the texts, which are printed unchanged.
    fn check_words(&self) -> Result<(), Problem> {
        for (key, text) in [("name", &self.name), ("question", &self.question)] {
            let is_plain = !text.contains(char::is_control);
            require(is_plain, key, || "expected one line of plain text".to_owned())?;
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), Problem> {
        above_zero("duration", self.duration)?;
        above_zero("interval", self.interval)?;
        // The people's midnight is a whole second, and so is the start of the run.
        whole("warm_up", self.warm_up)?;
        let intervals = (self.warm_up.as_f64() + self.duration.as_f64()) / self.interval.as_f64();
        require(intervals <= MOST_INTERVALS, "interval", || {
            format!("expected at most {MOST_INTERVALS} intervals in warm_up and duration")
        })
        .map_err(|problem| problem.with(&["duration", "warm_up"]))
    }

    fn check_people(&self) -> Result<(), Problem> {
        let count = self.people.count;
        require((1..=MOST_PEOPLE).contains(&count), "people.count", || {
            format!("expected a number from 1 to {MOST_PEOPLE}, not {count}")
        })?;
        let is_drawn = self.meetings.kind == MeetingsKind::RandomMixing;
        let homophily = self.people.homophily.get();
        require(is_drawn || homophily == 0.0, "people.homophily", || {
            format!("expected 0 unless meetings.kind is \"random-mixing\", not {homophily}")
        })
        .map_err(|problem| problem.with(&["meetings.kind"]))?;
        let ill = self.illness.index_cases;
        // People of a trace are those of its file.
        let is_counted = self.meetings.kind != MeetingsKind::Trace;
        require(!is_counted || ill <= count, "illness.index_cases", || {
            format!("expected at most people.count ({count}), not {ill}")
        })
        .map_err(|problem| problem.with(&["people.count"]))
    }

    fn check_meetings(&self) -> Result<(), Problem> {
        match self.meetings.kind {
            MeetingsKind::RandomMixing => self.check_random_mixing(),
            MeetingsKind::Plane => self.check_plane(),
            MeetingsKind::Timetable => self.check_timetable(),
            MeetingsKind::Trace => {
                let is_named = !self.meetings.trace.file.as_os_str().is_empty();
                require(is_named, "meetings.trace.file", || {
                    "expected the name of a CSV file, since meetings.kind is \"trace\"".to_owned()
                })
                .map_err(|problem| problem.with(&["meetings.kind"]))
            }
        }
    }

    fn check_random_mixing(&self) -> Result<(), Problem> {
        let mixing = &self.meetings.random_mixing;
        let places = mixing.places;
        require((1..=MOST_PLACES).contains(&places), "meetings.random_mixing.places", || {
            format!("expected a number from 1 to {MOST_PLACES}, not {places}")
        })?;
        let contacts = mixing.contacts_per_day.get();
        let key = "meetings.random_mixing.contacts_per_day";
        require(contacts <= MOST_CONTACTS_PER_DAY, key, || {
            format!("expected a number from 0 to {MOST_CONTACTS_PER_DAY}, not {contacts}")
        })?;
        above_zero("meetings.random_mixing.contact_duration", mixing.contact_duration)
    }

    fn check_plane(&self) -> Result<(), Problem> {
        let plane = &self.meetings.plane;
        let lengths = [
            ("meetings.plane.width", plane.width),
            ("meetings.plane.height", plane.height),
            ("meetings.plane.range", plane.range),
        ];
        for (key, length) in lengths {
            require(length.get() > 0.0, key, || "expected a number above 0, not 0".to_owned())?;
        }
        not_too_short("meetings.plane.step", plane.step)?;
        let (speed, sides) = (plane.speed.get(), plane.width.get() + plane.height.get());
        let fastest = sides / plane.step.as_f64() * MOST_CROSSINGS;
        let speeds = SLOWEST_METRES_PER_SECOND..=fastest;
        require(speeds.contains(&speed), "meetings.plane.speed", || {
            let range = format!("from {SLOWEST_METRES_PER_SECOND} to {fastest} m/s");
            format!("expected {range} in such a plane with such a step, not {speed}")
        })
        .map_err(|problem| {
            problem.with(&["meetings.plane.width", "meetings.plane.height", "meetings.plane.step"])
        })
    }

    fn check_timetable(&self) -> Result<(), Problem> {
        let timetable = &self.meetings.timetable;
        at_least_one("meetings.timetable.home", timetable.home)?;
        at_least_one("meetings.timetable.class", timetable.class)?;
        at_least_one("meetings.timetable.work", timetable.work)?;
        at_least_one("meetings.timetable.bus", timetable.bus)?;
        let (leave, ride, stay) = (timetable.leave.0, timetable.ride.0, timetable.stay.0);
        let back = Seconds(leave + 2 * ride + stay);
        require(back <= DAY, "meetings.timetable.stay", || {
            format!("expected to be at home again by midnight, not {back} after it")
        })
        .map_err(|problem| problem.with(&["meetings.timetable.leave", "meetings.timetable.ride"]))
    }

    fn check_phones(&self) -> Result<(), Problem> {
        let phones = &self.phones;
        not_too_short("phones.beacon_interval", phones.beacon_interval)?;
        above_zero("phones.scan_period", phones.scan_period)?;
        not_too_short("phones.retry", phones.retry)?;
        let (jitter, interval) = (phones.beacon_jitter, phones.beacon_interval);
        require(jitter <= interval, "phones.beacon_jitter", || {
            format!("expected at most phones.beacon_interval ({interval}), not {jitter}")
        })
        .map_err(|problem| problem.with(&["phones.beacon_interval"]))?;
        let (window, period) = (phones.scan_window, phones.scan_period);
        require(window <= period, "phones.scan_window", || {
            format!("expected at most phones.scan_period ({period}), not {window}")
        })
        .map_err(|problem| problem.with(&["phones.scan_period"]))?;
        let drift = phones.clock_drift_ppm.get();
        require(drift <= MOST_DRIFT_PPM, "phones.clock_drift_ppm", || {
            format!("expected a number from 0 to {MOST_DRIFT_PPM}, not {drift}")
        })?;
        let batch = phones.batch;
        require((1..=MOST_BATCH).contains(&batch), "phones.batch", || {
            format!("expected a number from 1 to {MOST_BATCH}, not {batch}")
        })
    }

    /// Checks `phones.ahead`: a phone that needs more as soon as it has a full batch would ask
    /// without end.
    fn check_ahead(&self) -> Result<(), Problem> {
        let (ahead, lifetime) = (self.phones.ahead, self.server.temp_id_lifetime);
        let held = Seconds(lifetime.0 * u32::from(self.phones.windows()));
        require(ahead < held, "phones.ahead", || {
            format!("expected less than the {held} for which a phone gets TempIDs, not {ahead}")
        })
        .map_err(|problem| {
            problem.with(&["server.temp_id_lifetime", "phones.refresh", "phones.batch"])
        })
    }

    fn check_offline(&self) -> Result<(), Problem> {
        let spells = self.offline.spells_per_day.get();
        require(spells <= MOST_SPELLS_PER_DAY, "offline.spells_per_day", || {
            format!("expected a number from 0 to {MOST_SPELLS_PER_DAY}, not {spells}")
        })
    }

    fn check_server(&self) -> Result<(), Problem> {
        let server = &self.server;
        above_zero("server.temp_id_lifetime", server.temp_id_lifetime)?;
        whole("server.temp_id_lifetime", server.temp_id_lifetime)?;
        above_zero("server.login_timeout", server.login_timeout)?;
        check_spells("server.outage", &server.outage)?;
        check_spells("server.disk_full", &server.disk_full)
    }
}

fn check_spells(key: &str, spells: &[Spell]) -> Result<(), Problem> {
    let mut order: Vec<usize> = (0..spells.len()).collect();
    order.sort_by_key(|index| spells[*index].from);
    for pair in order.windows(2) {
        let (before, after) = (spells[pair[0]], spells[pair[1]]);
        let end = before.until();
        require(end <= after.from, &format!("{key}[{}].from", pair[1]), || {
            format!("expected no time before the end of the spell before it, at {end}")
        })?;
    }
    Ok(())
}

fn above_zero(key: &str, time: Seconds) -> Result<(), Problem> {
    require(time > Seconds::new(0), key, || "expected a time above 0".to_owned())
}

fn whole(key: &str, time: Seconds) -> Result<(), Problem> {
    require(time.0.subsec_nanos() == 0, key, || format!("expected whole seconds, not {time}"))
}

fn not_too_short(key: &str, time: Seconds) -> Result<(), Problem> {
    require(time >= SHORTEST_STEP, key, || format!("expected {SHORTEST_STEP} or more, not {time}"))
}

fn at_least_one(key: &str, count: u32) -> Result<(), Problem> {
    require(count >= 1, key, || "expected 1 or more, not 0".to_owned())
}

fn require(is_met: bool, key: &str, expected: impl FnOnce() -> String) -> Result<(), Problem> {
    if is_met { Ok(()) } else { Err(Problem::new(key, expected())) }
}

#[cfg(test)]
mod tests;
