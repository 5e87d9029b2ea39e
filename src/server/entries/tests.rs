use super::super::users::Users;
use super::*;
use crate::protocol::Username;

fn entry(number: u128, seconds: u64) -> Entry {
    let user = Users::default().number(Username::decode(b"ann").expect("a name"));
    let start = Timestamp::from_unix_seconds(0).after_seconds(seconds);
    let temp_id = TempId::from_number(number).expect("in range");
    Entry { start, expiry: start, user, temp_id }
}

const DAY: u64 = SECONDS_PER_DAY as u64;

#[test]
fn full_chunk_is_followed_by_another_one_and_indices_stay() {
    let mut entries = Entries::default();
    let count = CHUNK_ENTRIES as u128 + 10;
    let indices: Vec<u32> = (0..count).map(|number| entries.push(entry(number, 0))).collect();
    assert_eq!((entries.chunks.len(), entries.len()), (2, count as usize));
    for (number, index) in (0..count).zip(indices) {
        assert_eq!(entries.get(index).temp_id, entry(number, 0).temp_id);
    }
}

#[test]
fn chunk_has_entries_of_two_days_and_of_earlier_ones_that_come_late() {
    let mut entries = Entries::default();
    for (seconds, chunks) in [(0, 1), (2 * DAY - 1, 1), (2 * DAY, 2), (0, 2), (4 * DAY - 1, 2)] {
        entries.push(entry(seconds.into(), seconds));
        assert_eq!(entries.chunks.len(), chunks, "at {seconds} s");
    }
}

#[test]
fn forgotten_chunk_is_used_again() {
    let mut entries = Entries::default();
    for seconds in [0, 3 * DAY] {
        entries.push(entry(seconds.into(), seconds));
    }
    let since = Timestamp::from_unix_seconds(1);
    assert_eq!(entries.forget_one(since).map(|(index, _)| index), Some(0));
    assert!(entries.forget_one(since).is_none());
    assert_eq!(entries.push(entry(1, 6 * DAY)), 0);
    assert_eq!((entries.chunks.len(), entries.len()), (2, 2));
}
