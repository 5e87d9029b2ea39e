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
mod tests {
    use std::hash::BuildHasher;

    use hashbrown::DefaultHashBuilder;

    use super::*;
    use crate::protocol::TempId;

    #[test]
    fn temp_ids_spread_evenly_over_all_tables() {
        let (mut tables, hasher) = (TempIdTables::default(), DefaultHashBuilder::default());
        let hash_of = |index: &u32| {
            hasher.hash_one(TempId::from_number(u128::from(*index)).expect("in range"))
        };
        for index in 0..100 * TABLES as u32 {
            let hash = hash_of(&index);
            tables.of_mut(hash).insert_unique(hash, index, hash_of);
            assert!(tables.of(hash).find(hash, |other| *other == index).is_some());
        }
        // Of 100 on average, with a standard deviation of 10.
        assert!(tables.0.iter().all(|table| (20..300).contains(&table.len())));
    }
}
