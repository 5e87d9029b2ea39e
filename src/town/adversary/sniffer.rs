//! Who listens at places, and what that tells of a phone's way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::protocol::{ContactRecord, TempId};
use crate::town::outcome::Linkability;
use crate::town::scenario::Seconds;

/// Who listens at places and follows phones. A TempID is the same phone for as long as it is in use; when
/// it changes, its start and expiry, which travel in clear, tell which of the new ones follows it.
#[derive(Debug)]
pub struct Sniffer {
    /// In seconds.
    tolerance: i64,
    heard: BTreeMap<TempId, Track>,
    sightings: u64,
}

/// What was heard of one TempID.
#[derive(Debug, Clone, Copy)]
struct Track {
    /// In seconds since 1970.
    start: i64,
    /// The same.
    expiry: i64,
    first: Duration,
    last: Duration,
    /// The truth, which the sniffer does not know: whose it is, and which of its TempIDs.
    owner: (u32, u32),
}

impl Sniffer {
    /// One that takes TempIDs for the next ones of the same phone if their times fit so well.
    pub fn new(tolerance: Seconds) -> Self {
        let tolerance = tolerance.0.as_secs() as i64;
        Self { tolerance, heard: BTreeMap::new(), sightings: 0 }
    }

    /// Hears a beacon: in truth that of a phone which uses its TempID of that number.
    pub fn hear(&mut self, record: ContactRecord, owner: u32, number: u32, now: Duration) {
        self.sightings += 1;
        let fresh = Track {
            start: record.start.unix_seconds(),
            expiry: record.expiry.unix_seconds(),
            first: now,
            last: now,
            owner: (owner, number),
        };
        self.heard.entry(record.temp_id).or_insert(fresh).last = now;
    }

    /// Follows the phones as far as it can, and compares that with the truth.
    pub fn follow(&self) -> Linkability {
        let mut tracks: Vec<Track> = self.heard.values().copied().collect();
        tracks.sort_by_key(|track| (track.start, track.first, track.owner));
        let next = self.link(&tracks);
        let owners: BTreeSet<(u32, u32)> = tracks.iter().map(|track| track.owner).collect();
        let mut result = Linkability {
            sightings: self.sightings,
            temp_ids: tracks.len() as u64,
            ..Linkability::default()
        };
        for (at, track) in tracks.iter().enumerate() {
            let (owner, number) = track.owner;
            if !owners.contains(&(owner, number + 1)) {
                continue;
            }
            result.changes += 1;
            match next[at].map(|next| tracks[next].owner) {
                Some(found) if found == (owner, number + 1) => result.linked += 1,
                Some(_) => result.mistaken += 1,
                None => {}
            }
        }
        result.followed_seconds = chains(&tracks, &next);
        result
    }

    /// Which track each one goes on as. Where more than one fits, or one fits more than one, it does not
    /// guess.
    fn link(&self, tracks: &[Track]) -> Vec<Option<usize>> {
        let mut next = vec![None; tracks.len()];
        let mut claims = vec![0_u32; tracks.len()];
        for (at, track) in tracks.iter().enumerate() {
            // However much is tolerated, what follows begins later: nobody is followed in a circle.
            let earliest = (track.expiry + 1 - self.tolerance).max(track.start + 1);
            let begin = tracks.partition_point(|other| other.start < earliest);
            let mut fits = (begin..tracks.len())
                .take_while(|other| tracks[*other].start <= track.expiry + 1 + self.tolerance);
            if let (Some(only), None) = (fits.next(), fits.next()) {
                next[at] = Some(only);
                claims[only] += 1;
            }
        }
        for successor in &mut next {
            if successor.is_some_and(|at| claims[at] > 1) {
                *successor = None;
            }
        }
        next
    }
}

/// How long each chain of linked tracks lasts from its first to its last sighting, in ascending order.
fn chains(tracks: &[Track], next: &[Option<usize>]) -> Vec<f64> {
    let followers: BTreeSet<usize> = next.iter().flatten().copied().collect();
    let heads = (0..tracks.len()).filter(|at| !followers.contains(at));
    let mut lengths: Vec<f64> = heads
        .map(|head| {
            let mut tail = head;
            while let Some(at) = next[tail] {
                tail = at;
            }
            tracks[tail].last.saturating_sub(tracks[head].first).as_secs_f64()
        })
        .collect();
    lengths.sort_by(f64::total_cmp);
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Timestamp;

    const LIFETIME: u64 = 900;

    fn record(temp_id: u32, start: u64) -> ContactRecord {
        let start = Timestamp::from_unix_seconds(1_589_328_000).after_seconds(start);
        let temp_id = TempId::from_number(temp_id.into()).expect("in range");
        ContactRecord { temp_id, start, expiry: start.after_seconds(LIFETIME - 1) }
    }

    /// Phone 0 uses TempIDs 1 and 2 from second 0, phone 1 TempIDs 11 and 12 from `other` on.
    fn two_phones(other: u64) -> Linkability {
        let mut sniffer = Sniffer::new(Seconds::new(1));
        for (owner, begin) in [(0, 0), (1, other)] {
            for number in 0..2 {
                let start = begin + u64::from(number) * LIFETIME;
                let record = record(10 * owner + number + 1, start);
                for second in [start + 10, start + 800] {
                    sniffer.hear(record, owner, number, Duration::from_secs(second));
                }
            }
        }
        sniffer.follow()
    }

    #[test]
    fn phone_whose_times_are_its_own_is_followed_over_a_change() {
        let found = two_phones(400);
        assert_eq!((found.sightings, found.temp_ids), (8, 4));
        assert_eq!((found.changes, found.linked, found.mistaken), (2, 2, 0));
        assert_eq!(found.followed_seconds, [1690.0, 1690.0]);
    }

    #[test]
    fn phones_that_change_together_are_not_linked() {
        let found = two_phones(0);
        assert_eq!((found.changes, found.linked, found.mistaken), (2, 0, 0));
        assert_eq!(found.followed_seconds, [790.0; 4]);
    }

    #[test]
    fn phone_that_vanishes_when_another_comes_is_taken_for_it() {
        let mut sniffer = Sniffer::new(Seconds::new(1));
        sniffer.hear(record(1, 0), 0, 0, Duration::from_secs(5));
        sniffer.hear(record(2, LIFETIME), 1, 0, Duration::from_secs(905));
        sniffer.hear(record(3, LIFETIME + 5), 0, 1, Duration::from_secs(906));
        let found = sniffer.follow();
        assert_eq!((found.changes, found.linked, found.mistaken), (1, 0, 1));
        assert_eq!(found.followed_seconds, [0.0, 900.0]);
    }

    #[test]
    fn nobody_is_followed_in_a_circle() {
        let mut sniffer = Sniffer::new(Seconds::new(3600));
        sniffer.hear(record(1, 0), 0, 0, Duration::from_secs(5));
        sniffer.hear(record(2, LIFETIME), 0, 1, Duration::from_secs(905));
        let found = sniffer.follow();
        assert_eq!((found.changes, found.linked, found.mistaken), (1, 1, 0));
        assert_eq!(found.followed_seconds, [900.0]);
    }
}
