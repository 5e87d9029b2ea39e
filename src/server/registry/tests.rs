use proptest::prelude::*;

use super::*;

fn user(name: &str) -> Username {
    Username::decode(name.as_bytes()).expect("a name")
}

fn noon() -> Timestamp {
    Timestamp::decode(b"13/05/2020 12:00:00").expect("a time")
}

fn records(numbers: std::ops::Range<u32>) -> Vec<ContactRecord> {
    numbers
        .map(|number| {
            let temp_id = TempId::from_number(number.into()).expect("in range");
            ContactRecord { temp_id, start: noon(), expiry: noon().after_seconds(899) }
        })
        .collect()
}

#[test]
fn issued_temp_ids_are_found_with_their_user() {
    let mut registry = Registry::default();
    assert!(registry.insert_issued(user("ann"), &records(0..3)));
    assert!(registry.insert_issued(user("bob"), &records(3..4)));
    for (index, record) in records(0..4).into_iter().enumerate() {
        let name = if index < 3 { "ann" } else { "bob" };
        assert_eq!(registry.find(record.temp_id), Some((user(name), record)));
    }
    assert_eq!(registry.find(records(4..5)[0].temp_id), None);
}

#[test]
fn temp_id_that_somebody_has_is_not_issued_to_anybody_else() {
    let mut registry = Registry::default();
    assert!(registry.insert_issued(user("ann"), &records(0..3)));
    assert!(!registry.insert_issued(user("bob"), &records(2..5)));
    assert!(!registry.insert_issued(user("bob"), &records(2..3)));
    let owner =
        |number| registry.find(records(number..number + 1)[0].temp_id).map(|(user, _)| user);
    assert_eq!([owner(2), owner(3)], [Some(user("ann")), Some(user("bob"))]);
}

#[test]
fn next_growth_doubles_all_entries_as_soon_as_one_tick_may_fill_them() {
    let mut registry = Registry::default();
    registry.reserve(1000);
    let doubled = |registry: &Registry| (registry.entries.capacity() * 2 * 32) as u64;
    assert_eq!(registry.next_growth_bytes(), doubled(&registry));
    registry.reserve(ISSUED_PER_TICK);
    let room = registry.entries.capacity() as u32 - ISSUED_PER_TICK as u32;
    registry.insert_issued(user("ann"), &records(0..room));
    assert_eq!(registry.next_growth_bytes(), 0);
    registry.insert_issued(user("ann"), &records(room..room + 1));
    assert_eq!(registry.next_growth_bytes(), doubled(&registry));
}

/// Of few users and few TempIDs, so that many are repeated.
fn any_issued() -> impl Strategy<Value = (Username, ContactRecord)> {
    (0..8_u32, 0..200_u32, 0..1000_u64).prop_map(|(name, number, seconds)| {
        let temp_id = TempId::from_number(number.into()).expect("in range");
        let start = noon().after_seconds(seconds);
        let record = ContactRecord { temp_id, start, expiry: start.after_seconds(899) };
        (user(&name.to_string()), record)
    })
}

proptest! {
    #[test]
    fn many_inserted_at_once_are_as_inserted_one_by_one(
        issued in prop::collection::vec(any_issued(), 0..300),
        batch in 1..100_usize,
    ) {
        let (mut registry, mut expected) = (Registry::default(), Registry::default());
        for batch in issued.chunks(batch) {
            let repeated = registry.insert_all(batch);
            let is_new = batch.iter().map(|(user, record)| expected.insert_issued(*user, &[*record]));
            let positions = is_new.enumerate().filter(|(_, is_new)| !is_new);
            prop_assert_eq!(repeated, positions.map(|(at, _)| at).collect::<Vec<_>>());
        }
        prop_assert_eq!(registry.len(), expected.len());
        for (index, entry) in registry.entries.iter().enumerate() {
            prop_assert_eq!(entry.record(), expected.entries[index].record());
            prop_assert_eq!(registry.find(entry.temp_id), expected.find(entry.temp_id));
        }
    }
}
