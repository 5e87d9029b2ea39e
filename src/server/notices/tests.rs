use super::*;
use crate::protocol::Timestamp;

fn ann() -> Username {
    Username::decode(b"ann").expect("a name")
}

fn notice(number: i64) -> Notice {
    Notice { number, contact_on: Timestamp::from_unix_seconds(0), text: DEFAULT_TEXT.into() }
}

fn numbers(notices: &Notices) -> Vec<i64> {
    notices.of(ann()).map(|notice| notice.number).collect()
}

#[test]
fn eight_are_told_at_a_time_and_each_acknowledged_one_makes_room() {
    let mut notices = Notices::default();
    (1..=10).for_each(|number| notices.add(ann(), notice(number)));
    assert_eq!(numbers(&notices), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(notices.acknowledge(ann(), 3), Some(&notice(9)));
    assert_eq!(notices.acknowledge(ann(), 3), None);
    assert_eq!(notices.acknowledge(ann(), 1), Some(&notice(10)));
    assert_eq!(notices.acknowledge(ann(), 2), None);
    assert_eq!(numbers(&notices), [4, 5, 6, 7, 8, 9, 10]);
    (4..=10).for_each(|number| assert_eq!(notices.acknowledge(ann(), number), None));
    assert!(notices.by_user.is_empty());
}

#[test]
fn notice_behind_the_first_ones_may_be_acknowledged_first() {
    let mut notices = Notices::default();
    (1..=10).for_each(|number| notices.add(ann(), notice(number)));
    assert_eq!(notices.acknowledge(ann(), 9), None);
    assert_eq!(notices.acknowledge(ann(), 1), Some(&notice(10)));
}

#[test]
fn default_text_is_not_too_long() {
    assert!(DEFAULT_TEXT.len() <= Notice::MAX_TEXT_BYTES);
}
