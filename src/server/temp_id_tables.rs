//! Where in a list the entry of a TempID is. It knows hashes and indices, and no entries.

use hashbrown::HashTable;

/// How many tables there are: with 14 million entries, one of them grows in some milliseconds.
const TABLES: usize = 256;

/// Indices by the hash of a TempID, in many tables.
///
/// A table that is full moves all that it holds to a larger one. A single one of 14 million entries
/// would keep everybody waiting for more than a second; of many, each grows at another time.
#[derive(Debug)]
pub(super) struct TempIdTables(Vec<HashTable<u32>>);

impl Default for TempIdTables {
    fn default() -> Self {
        Self((0..TABLES).map(|_| HashTable::new()).collect())
    }
}

impl TempIdTables {
    /// The table that has the index of a TempID with this hash, if any has.
    pub(super) fn of(&self, hash: u64) -> &HashTable<u32> {
        &self.0[table_number(hash)]
    }

    /// The same, to be changed.
    pub(super) fn of_mut(&mut self, hash: u64) -> &mut HashTable<u32> {
        &mut self.0[table_number(hash)]
    }

    /// Makes room for `count` more indices, if there is so much memory.
    pub(super) fn reserve(&mut self, count: usize, hash_of: impl Fn(&u32) -> u64) {
        for table in &mut self.0 {
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
