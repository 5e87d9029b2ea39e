use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::*;
use crate::protocol::TempId;

#[test]
fn temp_ids_spread_evenly_over_all_tables() {
    let (mut tables, hasher) = (TempIdTables::default(), DefaultHashBuilder::default());
    let hash_of =
        |index: &u32| hasher.hash_one(TempId::from_number(u128::from(*index)).expect("in range"));
    for index in 0..100 * TABLES as u32 {
        let hash = hash_of(&index);
        tables.of_mut(hash).insert_unique(hash, index, hash_of);
        assert!(tables.of(hash).find(hash, |other| *other == index).is_some());
    }
    // Of 100 on average, with a standard deviation of 10.
    assert!(tables.tables.iter().all(|table| (20..300).contains(&table.len())));
}
