//! Where adversaries may be, and how much they may do.

use super::{Problem, not_too_short, require};
use crate::town::meetings::Meetings;
use crate::town::scenario::{Forger, Forgery, MeetingsKind, Post, Scenario, Sniffer};

/// Most digits of the passwords that are guessed: all of them fit into a number.
const MOST_DIGITS: u8 = 12;

/// Most accounts that one guesser tries to get into; each needs a phone.
const MOST_TARGETS: u32 = 1_000_000;

/// Most connections a second of a flooder.
const MOST_FLOODS_PER_SECOND: f64 = 1e6;

impl Scenario {
    pub(super) fn check_radios(&self) -> Result<(), Problem> {
        for (index, sniffer) in self.adversary.sniffer.iter().enumerate() {
            self.check_sniffer(&format!("adversary.sniffer[{index}]"), sniffer)?;
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
        for (index, forger) in self.adversary.forger.iter().enumerate() {
            self.check_forger(&format!("adversary.forger[{index}].at"), forger)?;
        }
        Ok(())
    }

    fn check_sniffer(&self, key: &str, sniffer: &Sniffer) -> Result<(), Problem> {
        let coverage = sniffer.coverage.get();
        require(!sniffer.at.is_empty() || coverage > 0.0, &format!("{key}.at"), || {
            "expected a post to listen at, or a coverage above 0".to_owned()
        })?;
        let has_places =
            matches!(self.meetings.kind, MeetingsKind::RandomMixing | MeetingsKind::Timetable);
        require(has_places || coverage == 0.0, &format!("{key}.coverage"), || {
            "expected 0, since there are no places with this meetings.kind".to_owned()
        })?;
        let mut posts = sniffer.at.iter().enumerate();
        posts.try_for_each(|(number, post)| self.check_post(&format!("{key}.at[{number}]"), post))
    }

    fn check_forger(&self, key: &str, forger: &Forger) -> Result<(), Problem> {
        match forger.forgery {
            Forgery::Random => require(forger.at == Post::default(), key, || {
                "expected nothing, as forgery = \"random\" needs no place to listen".to_owned()
            }),
            Forgery::Overheard => self.check_post(key, &forger.at),
        }
    }

    pub(super) fn check_attackers(&self) -> Result<(), Problem> {
        for (index, guesser) in self.adversary.guesser.iter().enumerate() {
            let (key, digits) = (format!("adversary.guesser[{index}]"), guesser.digits);
            not_too_short(&format!("{key}.interval"), guesser.interval)?;
            let targets = guesser.targets.get();
            require(targets <= MOST_TARGETS, &format!("{key}.targets"), || {
                format!("expected a number from 1 to {MOST_TARGETS}, not {targets}")
            })?;
            require((1..=MOST_DIGITS).contains(&digits), &format!("{key}.digits"), || {
                format!("expected a number from 1 to {MOST_DIGITS}, not {digits}")
            })?;
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

    /// Checks that a post has exactly the keys of a position that the kind of meetings requires.
    fn check_post(&self, key: &str, post: &Post) -> Result<(), Problem> {
        let has = (post.place.is_some(), post.x.is_some(), post.y.is_some(), post.with.is_some());
        let kind = self.meetings.kind;
        let (is_right, words) = match kind {
            MeetingsKind::RandomMixing | MeetingsKind::Timetable => {
                (has == (true, false, false, false), "`place`")
            }
            MeetingsKind::Plane => (has == (false, true, true, false), "`x` and `y`"),
            MeetingsKind::Trace => (has == (false, false, false, true), "`with`"),
        };
        let of_this_kind = |problem: Problem| problem.with(&["meetings.kind"]);
        require(is_right, key, || {
            format!("expected {words} to say where, as meetings.kind is \"{kind}\"")
        })
        .map_err(of_this_kind)?;
        let is_in_plane = kind == MeetingsKind::Plane;
        require(is_in_plane || post.range.is_none(), &format!("{key}.range"), || {
            format!("expected none, as meetings.kind is \"{kind}\"")
        })
        .map_err(of_this_kind)?;
        self.check_place(key, post)?;
        self.check_point(key, post)
    }

    fn check_place(&self, key: &str, post: &Post) -> Result<(), Problem> {
        let Some(place) = post.place else { return Ok(()) };
        let places = Meetings::places_of(self);
        require(place < places, &format!("{key}.place"), || {
            format!("expected a number from 0 to {}, not {place}", places - 1)
        })
        .map_err(|problem| match self.meetings.kind {
            MeetingsKind::RandomMixing => problem.with(&["meetings.random_mixing.places"]),
            MeetingsKind::Timetable | MeetingsKind::Plane | MeetingsKind::Trace => problem,
        })
    }

    fn check_point(&self, key: &str, post: &Post) -> Result<(), Problem> {
        let plane = &self.meetings.plane;
        let coordinates = [
            ("x", post.x, plane.width.get(), "meetings.plane.width"),
            ("y", post.y, plane.height.get(), "meetings.plane.height"),
        ];
        for (name, given, most, side) in coordinates {
            let is_inside = given.is_none_or(|given| (0.0..=most).contains(&given));
            require(is_inside, &format!("{key}.{name}"), || {
                format!("expected metres from 0 to {most}, not {}", given.unwrap_or_default())
            })
            .map_err(|problem| problem.with(&[side]))?;
        }
        Ok(())
    }
}
