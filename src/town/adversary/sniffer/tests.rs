use super::*;
use crate::protocol::Timestamp;

const LIFETIME: u64 = 900;

fn record(temp_id: u32, start: u64) -> ContactRecord {
    let start = Timestamp::from_unix_seconds(1_589_328_000).after_seconds(start);
    let temp_id = TempId::from_number(temp_id.into()).expect("in range");
    ContactRecord { temp_id, start, expiry: start.after_seconds(LIFETIME - 1) }
}

/// Phone 0 uses TempIDs 1 and 2 from second 0, phone 1 TempIDs 11 and 12 from `other` on, each
/// heard at the post of that number.
fn two_phones(other: u64, posts: [u32; 2]) -> Linkability {
    let mut sniffer = Sniffer::new(Seconds::new(1));
    for (owner, begin) in [(0, 0), (1, other)] {
        for number in 0..2 {
            let start = begin + u64::from(number) * LIFETIME;
            let record = record(10 * owner + number + 1, start);
            for second in [start + 10, start + 800] {
                let now = Duration::from_secs(second);
                let post = PostId::new(posts[owner as usize]);
                sniffer.hear(record, PhoneId::new(owner), number, post, now);
            }
        }
    }
    sniffer.follow()
}

#[test]
fn phone_whose_times_are_its_own_is_followed_over_a_change() {
    let found = two_phones(400, [0, 0]);
    assert_eq!((found.sightings, found.temp_ids), (8, 4));
    assert_eq!((found.changes, found.linked, found.mistaken), (2, 2, 0));
    assert_eq!(found.followed_seconds, [1690.0, 1690.0]);
}

#[test]
fn phones_that_change_together_at_one_post_are_not_linked() {
    let found = two_phones(0, [0, 0]);
    assert_eq!((found.changes, found.linked, found.mistaken), (2, 0, 0));
    assert_eq!(found.followed_seconds, [790.0; 2]);
}

#[test]
fn phones_that_change_together_at_two_posts_are_linked() {
    let found = two_phones(0, [0, 1]);
    assert_eq!((found.changes, found.linked, found.mistaken), (2, 2, 0));
    assert_eq!(found.followed_seconds, [1690.0; 2]);
}

#[test]
fn phone_that_vanishes_when_another_comes_is_taken_for_it() {
    let mut sniffer = Sniffer::new(Seconds::new(1));
    sniffer.hear(record(1, 0), PhoneId::new(0), 0, PostId::new(0), Duration::from_secs(5));
    sniffer.hear(record(1, 0), PhoneId::new(0), 0, PostId::new(0), Duration::from_secs(25));
    sniffer.hear(record(2, LIFETIME), PhoneId::new(1), 0, PostId::new(0), Duration::from_secs(905));
    let found = sniffer.follow();
    assert_eq!((found.changes, found.linked, found.mistaken), (0, 0, 1));
    assert_eq!(found.followed_seconds, [0.0, 20.0]);
}

#[test]
fn phone_that_goes_to_another_post_is_followed_if_nobody_else_may_be_it() {
    let mut sniffer = Sniffer::new(Seconds::new(1));
    sniffer.hear(record(1, 0), PhoneId::new(0), 0, PostId::new(0), Duration::from_secs(5));
    sniffer.hear(record(2, LIFETIME), PhoneId::new(0), 1, PostId::new(7), Duration::from_secs(905));
    let found = sniffer.follow();
    assert_eq!((found.changes, found.linked, found.mistaken), (1, 1, 0));
    assert_eq!(found.followed_seconds, [900.0]);
}

#[test]
fn nobody_is_followed_in_a_circle() {
    let mut sniffer = Sniffer::new(Seconds::new(3600));
    sniffer.hear(record(1, 0), PhoneId::new(0), 0, PostId::new(0), Duration::from_secs(5));
    sniffer.hear(record(2, LIFETIME), PhoneId::new(0), 1, PostId::new(0), Duration::from_secs(905));
    let found = sniffer.follow();
    assert_eq!((found.changes, found.linked, found.mistaken), (1, 1, 0));
    assert_eq!(found.followed_seconds, [900.0]);
}
