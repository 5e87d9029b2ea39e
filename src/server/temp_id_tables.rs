//! Where in a list the entry of a TempID is. It knows hashes and indices, and no entries.

use hashbrown::HashTable;

/// How many tables there are: with 14 million entries, one of them grows in some milliseconds.
const TABLES: usize = 256;

/// Indices by the hash of a TempID, in many tables.
///
/// A table that is full moves all that it holds to a larger one. A single one of 14 million entries
/// would keep everybody waiting for more than a second; of many, each grows at another time.
#[derive(Debug)]
pub(super) struct TempIdTables {
    tables: Vec<HashTable<u32>>,
    /// The table that is looked at next for memory that it needs no more.
    shrinking: usize,
}

impl Default for TempIdTables {
    fn default() -> Self {
        Self { tables: (0..TABLES).map(|_| HashTable::new()).collect(), shrinking: 0 }
    }
}

impl TempIdTables {
    /// The table that has the index of a TempID with this hash, if any has.
    pub(super) fn of(&self, hash: u64) -> &HashTable<u32> {
        &self.tables[table_number(hash)]
    }

    /// The same, to be changed.
    pub(super) fn of_mut(&mut self, hash: u64) -> &mut HashTable<u32> {
        &mut self.tables[table_number(hash)]
    }

    /// How many indices there is room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.tables.iter().map(HashTable::capacity).sum()
    }

    /// Removes an index that was entered with this hash.
    pub(super) fn remove(&mut self, hash: u64, index: u32) {
        if let Ok(entry) = self.of_mut(hash).find_entry(hash, |other| *other == index) {
            entry.remove();
        }
    }

    /// Looks for memory that one of the tables needs no more, and gives it back. Returns whether
    /// another table has yet to be looked at.
    pub(super) fn shrink_one(&mut self, hash_of: impl Fn(&u32) -> u64) -> bool {
        let table = &mut self.tables[self.shrinking];
        // A table doubles when it is full, so a half of it may be free without any forgotten.
        if table.len() < table.capacity() / 4 {
            table.shrink_to(2 * table.len(), hash_of);
        }
        self.shrinking = (self.shrinking + 1) % TABLES;
        self.shrinking != 0
    }

    /// Makes room for `count` more indices, if there is so much memory.
    pub(super) fn reserve(&mut self, count: usize, hash_of: impl Fn(&u32) -> u64) {
        for table in &mut self.tables {
            // What does not fit now is made room for when it comes.
            let _ = table.try_reserve(count / TABLES, &hash_of);
        }
    }
}

/// By bits of the hash in which the tables take no interest: they use the lowest for the place, and
/// the highest seven to tell entries apart.
fn table_number(hash: u64) -> usize {
    (hash >> 48) as usize % TABLES
}

#[cfg(test)]
mod tests;
