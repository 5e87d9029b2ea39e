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

/// A list that is full of names with one failure, `0` the longest unchanged.
fn full() -> FailureTable {
    let mut table = FailureTable::small();
    for number in 0..NAMES_PER_LIST {
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
fn flood_of_names_with_one_failure_makes_no_list_forget_two_failures_or_a_block() {
    let mut table = full();
    let block = Failures::BlockedUntil(noon() + MINUTE);
    remember(&mut table, "blocked", block);
    remember(&mut table, "twice", Failures::Counted(2));
    for number in 0..1000 {
        remember(&mut table, &format!("junk{number}"), Failures::Counted(1));
    }
    assert_eq!(of(&table, "blocked"), Some(block));
    assert_eq!(of(&table, "twice"), Some(Failures::Counted(2)));
}

#[test]
fn full_list_forgets_a_block_that_is_over_first() {
    let mut table = full();
    let over = noon();
    remember(&mut table, "blocked", Failures::BlockedUntil(over));
    assert_eq!(of(&table, "0"), None);
    let key = table.key(b"new");
    table.remember(key, Failures::Counted(1), over + MINUTE);
    assert_eq!(of(&table, "blocked"), None);
    assert_eq!(of(&table, "1"), Some(Failures::Counted(1)));
}

#[test]
fn flood_of_names_takes_bounded_memory() {
    let mut table = FailureTable::new(8, RandomState::new());
    for number in 0..10_000 {
        remember(&mut table, &number.to_string(), Failures::Counted(1));
    }
    let names = table.lists.iter().flatten().flat_map(|list| list.iter().flatten()).count();
    assert_eq!(names, 8 * NAMES_PER_LIST);
    assert!(size_of::<List>() * LISTS <= 25 * 1024 * 1024);
}
