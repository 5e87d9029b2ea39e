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
fn next_growth_is_asked_for_as_soon_as_one_tick_may_need_it() {
    let mut registry = Registry::default();
    registry.insert_issued(user("ann"), &records(0..1000));
    let bytes = registry.next_growth_bytes();
    assert!((64_000..100_000).contains(&bytes), "{bytes}");
    let last = (1 << 18) - ISSUED_PER_TICK as u32;
    registry.insert_issued(user("ann"), &records(1000..last));
    assert_eq!(registry.next_growth_bytes(), 0, "there is room for as many");
    registry.insert_issued(user("ann"), &records(last..last + 1));
    assert_eq!(registry.next_growth_bytes(), 8 << 20);
}

/// Forgets all that expired before `since`, and gives the memory back.
fn forget_all(registry: &mut Registry, since: Timestamp) {
    while registry.forget(since, 100) {}
    while registry.shrink() {}
}

#[test]
fn old_temp_ids_are_forgotten_a_part_at_a_time_and_all_others_stay() {
    let mut registry = Registry::default();
    let day = |number: u64, records: Vec<ContactRecord>| -> Vec<ContactRecord> {
        let later = |at: Timestamp| at.after_seconds(number * 3 * 86_400);
        let moved = |record: ContactRecord| {
            let (start, expiry) = (later(record.start), later(record.expiry));
            ContactRecord { start, expiry, ..record }
        };
        records.into_iter().map(moved).collect()
    };
    let (old, new) = (records(0..1000), day(1, records(1000..2000)));
    assert!(registry.insert_issued(user("ann"), &old));
    assert!(registry.insert_issued(user("bob"), &new));
    let last_of_old = noon().after_seconds(899);
    assert!(!registry.forget(last_of_old, 10), "it is valid to the end of its last second");
    assert!(registry.forget(last_of_old.after_seconds(1), 10));
    assert_eq!(registry.len(), 1990);
    forget_all(&mut registry, last_of_old.after_seconds(1));
    assert_eq!(registry.len(), 1000);
    assert!(old.iter().all(|record| registry.find(record.temp_id).is_none()));
    assert!(new.iter().all(|record| registry.find(record.temp_id) == Some((user("bob"), *record))));
    // What is forgotten leaves room for others, under the same indices.
    assert!(registry.insert_issued(user("ann"), &day(2, old.clone())));
    forget_all(&mut registry, day(2, old.clone())[0].start);
    assert_eq!(registry.len(), 1000);
    let again = day(2, old);
    assert!(
        again.iter().all(|record| registry.find(record.temp_id) == Some((user("ann"), *record)))
    );
    assert!(new.iter().all(|record| registry.find(record.temp_id).is_none()));
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
        for (index, entry) in registry.entries.iter() {
            prop_assert_eq!(entry.record(), expected.entries.get(index).record());
            prop_assert_eq!(registry.find(entry.temp_id), expected.find(entry.temp_id));
        }
    }
}

/// What happens to a registry.
#[derive(Debug, Clone)]
enum Step {
    Issue { day: u8, count: u8 },
    Forget { since: u8, count: u8 },
    Shrink,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..30_u8, 1..40_u8).prop_map(|(day, count)| Step::Issue { day, count }),
        (0..40_u8, 1..60_u8).prop_map(|(since, count)| Step::Forget { since, count }),
        Just(Step::Shrink),
    ]
}

proptest! {
    /// In whatever order days come, nothing is forgotten that is not old, and everything old in the
    /// end.
    #[test]
    fn forgetting_leaves_exactly_what_is_not_old(
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let at = |day: u8| noon().after_seconds(u64::from(day) * 86_400);
        let (mut registry, mut issued, mut since) = (Registry::default(), Vec::new(), at(0));
        for step in steps {
            match step {
                Step::Issue { day, count } => {
                    let first = issued.len() as u32;
                    let new = records(first..first + u32::from(count));
                    let of_day = |record: ContactRecord| {
                        ContactRecord { start: at(day), expiry: at(day).after_seconds(899), ..record }
                    };
                    let new: Vec<_> = new.into_iter().map(of_day).collect();
                    prop_assert!(registry.insert_issued(user("ann"), &new));
                    issued.extend(new);
                }
                Step::Forget { since: day, count } => {
                    since = since.max(at(day));
                    registry.forget(at(day), count.into());
                }
                Step::Shrink => {
                    registry.shrink();
                }
            }
            for record in issued.iter().filter(|record| record.expiry >= since) {
                prop_assert_eq!(registry.find(record.temp_id), Some((user("ann"), *record)));
            }
        }
        let end = at(200);
        forget_all(&mut registry, end);
        prop_assert_eq!(registry.len(), 0);
    }
}
