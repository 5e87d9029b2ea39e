//! What keys of a scenario must be to each other, and what their types do not say.

use std::fmt;

use super::{Forgery, MeetingsKind, Post, Scenario, Seconds, Spell};

/// Most people of a town: each needs a number of eight digits, and adversaries have some too.
const MOST_PEOPLE: u32 = 50_000_000;

/// Most bins of what is counted over time; more than a picture can show.
const MOST_INTERVALS: f64 = 1_000_000.0;

/// The worst clock that there may be, in parts of a million: a tenth too fast or too slow.
const MOST_DRIFT_PPM: f64 = 100_000.0;

/// Most TempIDs that a phone may ask for at once, which is what the server gives.
const MOST_BATCH: u8 = 100;

/// Most digits of the passwords that are guessed: all of them fit into a number.
const MOST_DIGITS: u8 = 12;

/// Most places of random mixing; there is a list of them.
const MOST_PLACES: u32 = 1_000_000;

/// Most times a day that a phone is offline, one a minute: all are drawn before the run.
const MOST_SPELLS_PER_DAY: f64 = 1440.0;

/// Most accounts that one guesser tries to get into; each needs a phone.
const MOST_TARGETS: u32 = 1_000_000;

/// Most connections a second of a flooder.
const MOST_FLOODS_PER_SECOND: f64 = 1e6;

const DAY: Seconds = Seconds::new(86_400);

/// Why a scenario cannot be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key that is wrong, as `phones.batch`, and `adversary.replay[1].at` in a list.
    pub key: String,
    /// Other keys that it does not go together with.
    pub others: Vec<&'static str>,
    /// What was expected, and what is there.
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

impl Scenario {
    /// Whether its keys go together.
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
        self.check_radios()?;
        self.check_attackers()
    }

    /// They are printed as they are.
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
        above_zero("meetings.random_mixing.contact_duration", mixing.contact_duration)
    }

    fn check_plane(&self) -> Result<(), Problem> {
        let plane = &self.meetings.plane;
        let lengths = [
            ("meetings.plane.width", plane.width),
            ("meetings.plane.height", plane.height),
            ("meetings.plane.range", plane.range),
            ("meetings.plane.speed", plane.speed),
        ];
        for (key, length) in lengths {
            require(length.get() > 0.0, key, || "expected a number above 0, not 0".to_owned())?;
        }
        above_zero("meetings.plane.step", plane.step)
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
        above_zero("phones.beacon_interval", phones.beacon_interval)?;
        above_zero("phones.scan_period", phones.scan_period)?;
        above_zero("phones.retry", phones.retry)?;
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

    fn check_offline(&self) -> Result<(), Problem> {
        let spells = self.offline.spells_per_day.get();
        require(spells <= MOST_SPELLS_PER_DAY, "offline.spells_per_day", || {
            format!("expected a number from 0 to {MOST_SPELLS_PER_DAY}, not {spells}")
        })
    }

    fn check_server(&self) -> Result<(), Problem> {
        let server = &self.server;
        let lifetime = u64::from(server.temp_id_lifetime.get());
        require(Seconds::new(lifetime) <= Seconds::MOST, "server.temp_id_lifetime", || {
            format!("expected at most {} s, not {lifetime}", Seconds::MOST.as_f64())
        })?;
        above_zero("server.login_timeout", server.login_timeout)?;
        check_spells("server.outage", &server.outage)?;
        check_spells("server.disk_full", &server.disk_full)
    }

    fn check_radios(&self) -> Result<(), Problem> {
        for (index, sniffer) in self.adversary.sniffer.iter().enumerate() {
            let key = format!("adversary.sniffer[{index}]");
            let coverage = sniffer.coverage.get();
            require(!sniffer.at.is_empty() || coverage > 0.0, &format!("{key}.at"), || {
                "expected a post to listen at, or a coverage above 0".to_owned()
            })?;
            let has_places = self.has_places();
            require(has_places || coverage == 0.0, &format!("{key}.coverage"), || {
                "expected 0, since there are no places with this meetings.kind".to_owned()
            })?;
            for (number, post) in sniffer.at.iter().enumerate() {
                self.check_post(&format!("{key}.at[{number}]"), post)?;
            }
        }
        for (index, replay) in self.adversary.replay.iter().enumerate() {
            self.check_post(&format!("adversary.replay[{index}].at"), &replay.at)?;
            if let Some(to) = &replay.to {
                self.check_post(&format!("adversary.replay[{index}].to"), to)?;
            }
        }
        for (index, relay) in self.adversary.relay.iter().enumerate() {
            self.check_post(&format!("adversary.relay[{index}].from"), &relay.from)?;
            self.check_post(&format!("adversary.relay[{index}].to"), &relay.to)?;
        }
        Ok(())
    }

    fn check_attackers(&self) -> Result<(), Problem> {
        for (index, guesser) in self.adversary.guesser.iter().enumerate() {
            let (key, digits) = (format!("adversary.guesser[{index}]"), guesser.digits);
            above_zero(&format!("{key}.interval"), guesser.interval)?;
            let targets = guesser.targets.get();
            require(targets <= MOST_TARGETS, &format!("{key}.targets"), || {
                format!("expected a number from 1 to {MOST_TARGETS}, not {targets}")
            })?;
            require((1..=MOST_DIGITS).contains(&digits), &format!("{key}.digits"), || {
                format!("expected a number from 1 to {MOST_DIGITS}, not {digits}")
            })?;
        }
        for (index, forger) in self.adversary.forger.iter().enumerate() {
            let key = format!("adversary.forger[{index}].at");
            match forger.forgery {
                Forgery::Random => require(forger.at == Post::default(), &key, || {
                    "expected nothing, as forgery = \"random\" needs no place to listen".to_owned()
                })?,
                Forgery::Overheard => self.check_post(&key, &forger.at)?,
            }
        }
        for (index, flooder) in self.adversary.flooder.iter().enumerate() {
            let rate = flooder.rate.get();
            let is_possible = rate > 0.0 && rate <= MOST_FLOODS_PER_SECOND;
            require(is_possible, &format!("adversary.flooder[{index}].rate"), || {
                format!("expected a number above 0, to {MOST_FLOODS_PER_SECOND}, not {rate}")
            })?;
        }
        Ok(())
    }

    fn has_places(&self) -> bool {
        matches!(self.meetings.kind, MeetingsKind::RandomMixing | MeetingsKind::Timetable)
    }

    /// A post says where it is in the words of the kind of meetings, and in no others.
    fn check_post(&self, key: &str, post: &Post) -> Result<(), Problem> {
        let has = (post.place.is_some(), post.x.is_some(), post.y.is_some(), post.with.is_some());
        let (is_right, words) = match self.meetings.kind {
            MeetingsKind::RandomMixing | MeetingsKind::Timetable => {
                (has == (true, false, false, false), "`place`")
            }
            MeetingsKind::Plane => (has == (false, true, true, false), "`x` and `y`"),
            MeetingsKind::Trace => (has == (false, false, false, true), "`with`"),
        };
        let kind = self.meetings.kind;
        require(is_right, key, || {
            format!("expected {words} to say where, as meetings.kind is \"{kind}\"")
        })
        .map_err(|problem| problem.with(&["meetings.kind"]))?;
        let are_finite = [post.x, post.y].into_iter().flatten().all(f64::is_finite);
        require(are_finite, key, || "expected `x` and `y` in metres".to_owned())?;
        let places = self.meetings.random_mixing.places;
        let is_mixing = kind == MeetingsKind::RandomMixing;
        let is_there = post.place.is_none_or(|place| !is_mixing || place < places);
        require(is_there, &format!("{key}.place"), || {
            format!("expected a number below meetings.random_mixing.places ({places})")
        })
        .map_err(|problem| problem.with(&["meetings.random_mixing.places"]))
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

fn at_least_one(key: &str, count: u32) -> Result<(), Problem> {
    require(count >= 1, key, || "expected 1 or more, not 0".to_owned())
}

fn require(is_met: bool, key: &str, expected: impl FnOnce() -> String) -> Result<(), Problem> {
    if is_met { Ok(()) } else { Err(Problem::new(key, expected())) }
}

#[cfg(test)]
mod tests;
