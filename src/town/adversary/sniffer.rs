//! Sniffers: how far phones can be followed by their beacons.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::protocol::{ContactRecord, TempId};
use crate::town::ids::{PhoneId, PostId};
use crate::town::outcome::Linkability;
use crate::town::scenario::Seconds;

/// An adversary that listens at places and follows phones. A TempID identifies a phone while it is
/// in use. When it changes, start and expiry, which travel in clear, show which new TempIDs may
/// follow it. Among those, one heard where the old one was heard last is more likely than one
/// elsewhere.
#[derive(Debug)]
pub struct Sniffer {
    /// Largest gap between two TempIDs of a phone, in seconds.
    tolerance: i64,
    heard: BTreeMap<TempId, Track>,
    sightings: u64,
}

/// Sightings of one TempID.
#[derive(Debug, Clone, Copy)]
struct Track {
    /// In seconds since 1970.
    start: i64,
    /// In seconds since 1970.
    expiry: i64,
    first: Sighting,
    last: Sighting,
    /// The truth, unknown to the sniffer: the phone, and the number of its TempID.
    owner: (PhoneId, u32),
}

/// Time and post of a beacon.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    at: Duration,
    post: PostId,
}

/// A track that the sniffer takes for the continuation of another.
#[derive(Debug, Clone, Copy)]
struct Successor {
    track: usize,
    /// Whether it begins at the post where the other one ends.
    is_at_same_post: bool,
}

impl Sniffer {
    /// A sniffer that links TempIDs whose times fit within `tolerance`.
    pub fn new(tolerance: Seconds) -> Self {
        let tolerance = tolerance.0.as_secs() as i64;
        Self { tolerance, heard: BTreeMap::new(), sightings: 0 }
    }

    /// Records a beacon heard at one of its posts, with its true owner for the comparison.
    pub fn hear(
        &mut self,
        record: ContactRecord,
        owner: PhoneId,
        number: u32,
        post: PostId,
        now: Duration,
    ) {
        self.sightings += 1;
        let sighting = Sighting { at: now, post };
        let fresh = Track {
            start: record.start.unix_seconds(),
            expiry: record.expiry.unix_seconds(),
            first: sighting,
            last: sighting,
            owner: (owner, number),
        };
        self.heard.entry(record.temp_id).or_insert(fresh).last = sighting;
    }

    /// Links the tracks, and compares the links with the truth.
    pub fn follow(&self) -> Linkability {
        let mut tracks: Vec<Track> = self.heard.values().copied().collect();
        tracks.sort_by_key(|track| (track.start, track.first.at, track.owner));
        let next = self.link(&tracks);
        let is_right: Vec<bool> = tracks
            .iter()
            .zip(&next)
            .map(|(track, next)| next.is_some_and(|next| tracks[next].is_right_after(track)))
            .collect();
        let owners: BTreeSet<(PhoneId, u32)> = tracks.iter().map(|track| track.owner).collect();
        let has_next = |track: &&Track| owners.contains(&(track.owner.0, track.owner.1 + 1));
        let links = next.iter().flatten().count() as u64;
        let linked = is_right.iter().filter(|is_right| **is_right).count() as u64;
        Linkability {
            sightings: self.sightings,
            temp_ids: tracks.len() as u64,
            changes: tracks.iter().filter(has_next).count() as u64,
            linked,
            mistaken: links - linked,
            followed_seconds: longest_stretches(&tracks, &is_right),
        }
    }

    /// The continuation of each track. An ambiguous one is not linked: several tracks fit equally
    /// well, or one fits several.
    fn link(&self, tracks: &[Track]) -> Vec<Option<usize>> {
        let everywhere: Vec<usize> = (0..tracks.len()).collect();
        let mut by_post: BTreeMap<PostId, Vec<usize>> = BTreeMap::new();
        for at in &everywhere {
            by_post.entry(tracks[*at].first.post).or_default().push(*at);
        }
        let successors: Vec<Option<Successor>> = tracks
            .iter()
            .map(|track| {
                let here = by_post.get(&track.last.post).map_or(&[][..], Vec::as_slice);
                match self.fitting(track, here, tracks) {
                    [] => only(self.fitting(track, &everywhere, tracks), false),
                    here => only(here, true),
                }
            })
            .collect();
        // How many claim each track, from the same post and from elsewhere.
        let mut claims = vec![[0_u32; 2]; tracks.len()];
        for successor in successors.iter().flatten() {
            claims[successor.track][usize::from(!successor.is_at_same_post)] += 1;
        }
        let stands = |successor: &Successor| match claims[successor.track] {
            [1, _] => successor.is_at_same_post,
            [0, 1] => true,
            _ => false,
        };
        successors
            .into_iter()
            .map(|successor| successor.filter(stands).map(|successor| successor.track))
            .collect()
    }

    /// The candidates whose times fit after those of `track`. `candidates` are in the order of
    /// their start.
    fn fitting<'a>(&self, track: &Track, candidates: &'a [usize], tracks: &[Track]) -> &'a [usize] {
        // However much is tolerated, what follows begins later: nobody is followed in a circle.
        let earliest = (track.expiry + 1 - self.tolerance).max(track.start + 1);
        let latest = track.expiry + 1 + self.tolerance;
        let begin = candidates.partition_point(|at| tracks[*at].start < earliest);
        let end = candidates.partition_point(|at| tracks[*at].start <= latest);
        candidates.get(begin..end).unwrap_or(&[])
    }
}

/// The single fitting track, if there is exactly one.
fn only(fitting: &[usize], is_at_same_post: bool) -> Option<Successor> {
    match fitting {
        [track] => Some(Successor { track: *track, is_at_same_post }),
        _ => None,
    }
}

impl Track {
    /// Whether the track is the next TempID of the same phone in truth.
    fn is_right_after(&self, other: &Track) -> bool {
        self.owner == (other.owner.0, other.owner.1 + 1)
    }
}

/// For each phone heard, the longest time it was followed rightly: from the first sighting of a
/// TempID to the last one of a chain of right links. In ascending order.
fn longest_stretches(tracks: &[Track], is_right: &[bool]) -> Vec<f64> {
    let mut by_owner: Vec<usize> = (0..tracks.len()).collect();
    by_owner.sort_by_key(|at| tracks[*at].owner);
    let mut stretches: BTreeMap<PhoneId, Duration> = BTreeMap::new();
    let mut from = Duration::ZERO;
    let mut is_followed = false;
    for at in by_owner {
        let track = &tracks[at];
        if !is_followed {
            from = track.first.at;
        }
        let longest = stretches.entry(track.owner.0).or_default();
        *longest = (*longest).max(track.last.at.saturating_sub(from));
        // What was linked rightly comes next in this order.
        is_followed = is_right[at];
    }
    let mut seconds: Vec<f64> = stretches.values().map(Duration::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    seconds
}

#[cfg(test)]
mod tests;
