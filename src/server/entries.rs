//! Issued TempIDs in memory, in the order of issue. It does not know how they are found.

use super::users::UserNumber;
use crate::protocol::{ContactRecord, TempId, Timestamp};

/// Bits of an index that count within a chunk.
const CHUNK_BITS: u32 = 18;

/// Most entries of a chunk, 8 MB: it is freed in less than a millisecond.
const CHUNK_ENTRIES: usize = 1 << CHUNK_BITS;

/// Days of which a chunk holds entries, so that a server that issues few forgets them in time. Two,
/// as a batch of TempIDs reaches into the next day.
const CHUNK_DAYS: i64 = 2;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// An issued TempID.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) start: Timestamp,
    pub(super) expiry: Timestamp,
    pub(super) user: UserNumber,
    pub(super) temp_id: TempId,
}

impl Entry {
    pub(super) fn record(&self) -> ContactRecord {
        ContactRecord { temp_id: self.temp_id, start: self.start, expiry: self.expiry }
    }
}

/// Entries by index, in chunks, each of a few days.
///
/// A single vector of millions would keep everybody waiting while it grows, and while its old half
/// is removed. A chunk is forgotten from its end, some entries at a time, once all of it is old.
#[derive(Debug, Default)]
pub(super) struct Entries {
    chunks: Vec<Chunk>,
    /// The chunk that takes new entries.
    current: usize,
    /// Chunks that are empty and can be used again.
    free: Vec<usize>,
    /// The chunk that was forgotten from last.
    forgetting: usize,
    len: usize,
}

#[derive(Debug, Default)]
struct Chunk {
    entries: Vec<Entry>,
    /// The latest expiry of any entry that it ever had.
    latest: Timestamp,
    /// Day of the start of the first entry, since 1970.
    first_day: i64,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entry with this index.
    pub(super) fn get(&self, index: u32) -> &Entry {
        let index = index as usize;
        &self.chunks[index >> CHUNK_BITS].entries[index % CHUNK_ENTRIES]
    }

    /// Adds an entry, and returns its index, which may be that of one that was forgotten.
    pub(super) fn push(&mut self, entry: Entry) -> u32 {
        let day = entry.start.unix_seconds().div_euclid(SECONDS_PER_DAY);
        let fits = |chunk: &Chunk| {
            chunk.entries.len() < CHUNK_ENTRIES && day < chunk.first_day + CHUNK_DAYS
        };
        if !self.chunks.get(self.current).is_some_and(fits) {
            self.begin_chunk(day);
        }
        let chunk = &mut self.chunks[self.current];
        let index = self.current << CHUNK_BITS | chunk.entries.len();
        chunk.latest = chunk.latest.max(entry.expiry);
        chunk.entries.push(entry);
        self.len += 1;
        u32::try_from(index).expect("memory ends long before four billion TempIDs")
    }

    fn begin_chunk(&mut self, first_day: i64) {
        let chunk = Chunk { entries: Vec::new(), latest: Timestamp::MIN, first_day };
        match self.chunks.get_mut(self.current) {
            Some(chunk) if chunk.entries.is_empty() => {}
            before => {
                if let Some(before) = before {
                    before.entries.shrink_to_fit();
                }
                self.current = self.free.pop().unwrap_or(self.chunks.len());
            }
        }
        match self.chunks.get_mut(self.current) {
            Some(place) => *place = chunk,
            None => self.chunks.push(chunk),
        }
    }

    /// Removes an entry of a chunk in which all expired before `since`, and returns it with its
    /// index; `None` if there is no such chunk.
    pub(super) fn forget_one(&mut self, since: Timestamp) -> Option<(u32, Entry)> {
        let is_old = |chunk: &Chunk| !chunk.entries.is_empty() && chunk.latest < since;
        if !self.chunks.get(self.forgetting).is_some_and(is_old) {
            self.forgetting = self.chunks.iter().position(is_old)?;
        }
        let number = self.forgetting;
        let chunk = &mut self.chunks[number];
        let entry = chunk.entries.pop()?;
        let index = number << CHUNK_BITS | chunk.entries.len();
        self.len -= 1;
        if chunk.entries.is_empty() {
            *chunk = Chunk { first_day: chunk.first_day, ..Chunk::default() };
            if number != self.current {
                self.free.push(number);
            }
        }
        Some((index as u32, entry))
    }

    /// The memory that it takes when it grows next, in bytes; none if there is room for `count`
    /// entries.
    pub(super) fn next_growth_bytes(&self, count: usize) -> u64 {
        let Some(chunk) = self.chunks.get(self.current) else { return 0 };
        let capacity = chunk.entries.capacity();
        let has_room = capacity - chunk.entries.len() >= count;
        let grown = (2 * capacity).min(CHUNK_ENTRIES);
        if has_room { 0 } else { (grown * size_of::<Entry>()) as u64 }
    }

    /// All entries with their indices.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.chunks.iter().enumerate().flat_map(|(number, chunk)| {
            let at = chunk.entries.iter().enumerate();
            at.map(move |(at, entry)| ((number << CHUNK_BITS | at) as u32, entry))
        })
    }
}

#[cfg(test)]
mod tests;
