use std::time::Duration;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

impl FailureTable {
    /// A table of a single list, which forgets soon.
    pub(in crate::server) fn small() -> Self {
        Self::new(1, RandomState::new())
    }
}

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn noon() -> Instant {
    Instant::now()
}

fn remember(table: &mut FailureTable, name: &str, failures: Failures) {
    table.remember(table.key(name.as_bytes()), failures, noon());
}

fn of(table: &FailureTable, name: &str) -> Option<Failures> {
    table.of(table.key(name.as_bytes()))
}

/// A list whose places for counts are full of names with one failure, `0` the longest unchanged.
fn full() -> FailureTable {
    let mut table = FailureTable::small();
    for number in 0..NAMES_PER_KIND {
        remember(&mut table, &number.to_string(), Failures::Counted(1));
    }
    table
}

#[test]
fn name_is_remembered_with_its_latest_failures_until_they_are_cleared() {
    let mut table = FailureTable::default();
    assert_eq!(of(&table, "ann"), None);
    for failures in [Failures::Counted(1), Failures::Counted(2)] {
        remember(&mut table, "ann", failures);
        assert_eq!((of(&table, "ann"), of(&table, "bob")), (Some(failures), None));
    }
    table.forget(table.key(b"ann"));
    table.forget(table.key(b"bob"));
    assert_eq!(of(&table, "ann"), None);
}

#[test]
fn full_list_forgets_the_name_that_is_unchanged_for_longest() {
    let mut table = full();
    remember(&mut table, "0", Failures::Counted(1));
    remember(&mut table, "new", Failures::Counted(1));
    assert_eq!(of(&table, "1"), None);
    for kept in ["0", "2", "new"] {
        assert_eq!(of(&table, kept), Some(Failures::Counted(1)), "{kept}");
    }
}

#[test]
fn list_full_of_other_names_keeps_the_newest_failure_from_one_more() {
    let mut table = FailureTable::small();
    for number in 0..NAMES_PER_KIND {
        remember(&mut table, &format!("twice{number}"), Failures::Counted(2));
    }
    for number in 0..NAMES_PER_KIND {
        let block = Failures::BlockedUntil(noon() + MINUTE);
        remember(&mut table, &format!("blocked{number}"), block);
    }
    remember(&mut table, "victim", Failures::Counted(1));
    remember(&mut table, "junk", Failures::Counted(1));
    assert_eq!(of(&table, "victim"), Some(Failures::Counted(1)));
}

#[test]
fn flood_of_names_with_too_few_failures_makes_no_list_forget_a_block() {
    let mut table = full();
    let block = Failures::BlockedUntil(noon() + MINUTE);
    remember(&mut table, "blocked", block);
    for number in 0..1000 {
        remember(&mut table, &format!("junk{number}"), Failures::Counted(2));
    }
    assert_eq!(of(&table, "blocked"), Some(block));
}

#[test]
fn full_list_forgets_a_block_that_is_over_first() {
    let mut table = FailureTable::small();
    let (over, later) = (noon(), noon() + MINUTE);
    remember(&mut table, "0", Failures::BlockedUntil(later + MINUTE));
    remember(&mut table, "over", Failures::BlockedUntil(over));
    for number in 1..NAMES_PER_KIND {
        let key = table.key(number.to_string().as_bytes());
        table.remember(key, Failures::BlockedUntil(later + MINUTE), over + MINUTE / 2);
    }
    assert_eq!(of(&table, "over"), None);
    assert_eq!(of(&table, "0"), Some(Failures::BlockedUntil(later + MINUTE)));
}

#[test]
fn flood_of_names_takes_bounded_memory() {
    let mut table = FailureTable::new(8, RandomState::new());
    for number in 0..10_000 {
        remember(&mut table, &number.to_string(), Failures::Counted(1));
    }
    let names =
        table.lists.iter().flatten().flat_map(|list| list.iter().flatten().flatten()).count();
    assert_eq!(names, 8 * NAMES_PER_KIND);
    assert!(size_of::<List>() * LISTS <= 25 * 1024 * 1024);
}

#[test]
fn table_has_places_for_a_million_names() {
    let names =
        FailureTable::default().lists.len() * size_of::<List>() / size_of::<Option<Entry>>();
    assert!(names >= 1_000_000, "{names}");
}
