use proptest::prelude::*;

use super::*;
use crate::protocol::Timestamp;

const RETENTION: Duration = Duration::from_secs(180);

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn start() -> Now {
    Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(1_600_000_000) }
}

fn later(now: Now, seconds: u64) -> Now {
    Now {
        monotonic: now.monotonic + Duration::from_secs(seconds),
        wall: now.wall.after_seconds(seconds),
    }
}

fn record(number: u128) -> ContactRecord {
    ContactRecord {
        temp_id: TempId::from_number(number).expect("in range"),
        start: start().wall,
        expiry: start().wall,
    }
}

fn numbers(log: &ContactLog) -> Vec<String> {
    log.iter().map(|entry| entry.record.temp_id.to_string()[18..].to_owned()).collect()
}

#[test]
fn entry_leaves_when_its_time_has_come_and_not_before() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    assert_eq!(log.add(record(1), now), Added::New);
    let leaving = log.next_leaving().expect("one entry");
    assert_eq!(leaving, now.monotonic + RETENTION);
    assert!(!log.expire(leaving - Duration::from_nanos(1)));
    assert!(log.expire(leaving) && log.is_empty());
    assert_eq!(log.next_leaving(), None);
}

#[test]
fn entry_received_again_stays_longer_and_is_one() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    log.add(record(1), now);
    log.add(record(2), later(now, 10));
    assert_eq!(log.add(record(1), later(now, 100)), Added::Again);
    assert_eq!(numbers(&log), ["02", "01"]);
    assert!(log.expire(later(now, 190).monotonic));
    assert_eq!(numbers(&log), ["01"]);
    assert!(log.expire(later(now, 280).monotonic));
}

#[test]
fn entry_received_again_with_other_times_keeps_its_own() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    log.add(record(1), now);
    let forged = ContactRecord { expiry: later(now, 99).wall, ..record(1) };
    assert_eq!(log.add(forged, later(now, 1)), Added::Again);
    let entry = log.find(record(1).temp_id).expect("an entry");
    assert_eq!((entry.record, log.age(entry, later(now, 3).monotonic).as_secs()), (record(1), 2));
}

/// What may happen to a log, some seconds after what happened before.
#[derive(Debug, Clone)]
enum Happening {
    Received(u128),
    TimePassed,
    /// Only those are kept whose bit is set.
    Kept(u8),
    Cleared,
    /// These come back from a file, whose seconds of reception are so many ago.
    Restored(Vec<(u128, u64)>),
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let happening = prop_oneof![
        8 => (0..8_u128).prop_map(Happening::Received),
        1 => Just(Happening::TimePassed),
        1 => any::<u8>().prop_map(Happening::Kept),
        1 => Just(Happening::Cleared),
        1 => prop::collection::vec((0..8_u128, 0..200_u64), 0..4).prop_map(Happening::Restored),
    ];
    prop::collection::vec((0..90_u64, happening), 0..60)
}

proptest! {
    #[test]
    fn log_is_a_list_in_the_order_of_the_last_reception(happenings in happenings()) {
        let (mut log, mut now) = (ContactLog::new(RETENTION), start());
        // Numbers, and when they leave.
        let mut list: Vec<(u128, Instant)> = Vec::new();
        for (seconds, happening) in happenings {
            now = later(now, seconds);
            match happening {
                Happening::Received(number) => {
                    let before = list.len();
                    list.retain(|(other, ..)| *other != number);
                    let is_new = list.len() == before;
                    list.push((number, now.monotonic + RETENTION));
                    let added = log.add(record(number), now);
                    prop_assert_eq!(added, if is_new { Added::New } else { Added::Again });
                }
                Happening::TimePassed => {
                    log.expire(now.monotonic);
                    // In order: nobody leaves before who stands in front.
                    let staying = list.iter().position(|(_, leaves)| now.monotonic < *leaves);
                    list.drain(..staying.unwrap_or(list.len()));
                }
                Happening::Kept(bits) => {
                    let is_kept = |number: u128| bits >> number & 1 == 1;
                    log.retain(|temp_id| (0..8).any(|number| {
                        record(number).temp_id == *temp_id && is_kept(number)
                    }));
                    list.retain(|(number, ..)| is_kept(*number));
                }
                Happening::Cleared => {
                    log.clear();
                    list.clear();
                }
                Happening::Restored(mut earlier) => {
                    let of_file = |(number, age): &(u128, u64)| {
                        (record(*number), Duration::from_secs(*age))
                    };
                    let restored: Vec<_> = earlier.iter().map(of_file).collect();
                    log.restore(&restored, now.monotonic);
                    earlier.retain(|(number, _)| list.iter().all(|(here, _)| here != number));
                    let mut all: Vec<_> = earlier
                        .into_iter()
                        .map(|(number, age)| {
                            let left = RETENTION.saturating_sub(Duration::from_secs(age));
                            (number, now.monotonic + left)
                        })
                        .chain(list)
                        .collect();
                    all.sort_by_key(|(_, leaves)| *leaves);
                    // Of a TempID that is there twice, the later place counts.
                    list = Vec::new();
                    for (number, leaves) in all {
                        list.retain(|(other, _)| *other != number);
                        list.push((number, leaves));
                    }
                }
            }
            let expected: Vec<_> = list
                .iter()
                .map(|(number, leaves)| {
                    (record(*number).temp_id, RETENTION.saturating_sub(*leaves - now.monotonic))
                })
                .collect();
            let entries: Vec<_> = log
                .iter()
                .map(|entry| (entry.record.temp_id, log.age(entry, now.monotonic)))
                .collect();
            prop_assert_eq!(entries, expected);
            prop_assert_eq!(log.len(), list.len());
            for number in 0..8 {
                let is_there = list.iter().any(|(other, ..)| *other == number);
                prop_assert_eq!(log.find(record(number).temp_id).is_some(), is_there);
            }
        }
    }
}

#[test]
fn full_log_drops_the_oldest() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    for number in 0..MAX_ENTRIES as u128 {
        assert_eq!(log.add(record(number), now), Added::New);
    }
    assert_eq!(log.add(record(0), now), Added::Again);
    assert_eq!(log.add(record(1 << 40), now), Added::InsteadOfOldest);
    assert_eq!(log.len(), MAX_ENTRIES);
    assert!(log.find(record(1).temp_id).is_none());
    assert!(log.find(record(0).temp_id).is_some());
}

#[test]
fn one_beacon_received_for_ever_takes_bounded_memory() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    for second in 0..10_000 {
        log.add(record(1), later(now, second));
        log.add(record(2), later(now, second));
    }
    assert!(log.order.len() < 100, "{} places", log.order.len());
}

#[test]
fn restored_entry_leaves_as_if_there_had_been_no_restart() {
    let (mut log, now) = (ContactLog::new(RETENTION), start().monotonic);
    log.restore(&[(record(1), Duration::from_secs(100))], now);
    assert_eq!(log.next_leaving(), Some(now + Duration::from_secs(80)));
    log.restore(&[(record(2), Duration::from_secs(500))], now);
    assert!(log.find(record(2).temp_id).is_some_and(|entry| entry.leaves == now));
    assert_eq!(numbers(&log), ["02", "01"]);
}

#[test]
fn restored_entries_do_not_change_those_that_are_here() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    log.add(record(1), later(now, 50));
    let ages = [(record(2), Duration::from_secs(40)), (record(1), Duration::from_secs(60))];
    log.restore(&ages, later(now, 60).monotonic);
    assert_eq!(numbers(&log), ["02", "01"]);
    assert!(log.expire(later(now, 200).monotonic));
    assert_eq!(log.next_leaving(), Some(later(now, 230).monotonic));
}

#[test]
fn flood_of_one_sender_is_cut_and_others_are_logged() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    let [flooder, honest] =
        [[10, 0, 0, 1], [10, 0, 0, 2]].map(|address| Sender::at(address.into()));
    let flood = |log: &mut ContactLog, from: u128, now| {
        (from..from + 5_000)
            .filter(|n| log.add_from(flooder, record(*n), now) == Added::New)
            .count()
    };
    assert_eq!(log.add_from(honest, record(1), now), Added::New);
    assert_eq!(flood(&mut log, 10_000, now), NEW_ENTRIES_AT_ONCE as usize);
    assert_eq!(log.add_from(flooder, record(10_000), now), Added::Again, "it is there");
    assert_eq!(log.add_from(flooder, record(1), now), Added::Again, "whoever repeats it");
    assert_eq!(log.add_from(honest, record(2), now), Added::New);
    let per_second = NEW_ENTRIES_PER_SECOND as usize;
    assert_eq!(flood(&mut log, 20_000, later(now, 3)), 3 * per_second);
    assert_eq!(flood(&mut log, 30_000, later(now, 9_999)), NEW_ENTRIES_AT_ONCE as usize);
}

#[test]
fn full_log_makes_room_where_a_sender_has_the_most() {
    let (mut log, now) = (ContactLog::new(Duration::from_secs(1 << 40)), start());
    let [honest, flooder] =
        [[10, 0, 0, 1], [10, 0, 0, 2]].map(|address| Sender::at(address.into()));
    for number in 0..100 {
        log.add_from(honest, record(number), now);
    }
    // Patient enough never to exceed the rate.
    for number in 0..2 * MAX_ENTRIES as u128 {
        let now = later(now, 1_000 * u64::try_from(number).expect("small"));
        assert_ne!(log.add_from(flooder, record(1_000 + number), now), Added::TooMany);
    }
    assert_eq!(log.len(), MAX_ENTRIES);
    assert!((0..100).all(|number| log.find(record(number).temp_id).is_some()));
}

#[test]
fn flood_of_many_senders_pushes_out_its_own_entries() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    log.add_from(Sender::at([10, 1, 0, 1].into()), record(1), now);
    let flooders = MAX_ENTRIES as u32 / NEW_ENTRIES_AT_ONCE + 2;
    for number in 0..flooders * NEW_ENTRIES_AT_ONCE {
        let flooder = Sender::at(std::net::Ipv4Addr::from(number % flooders).into());
        let added = log.add_from(flooder, record(1_000 + u128::from(number)), now);
        assert!(matches!(added, Added::New | Added::InsteadOfOldest), "{added:?}");
    }
    assert_eq!(log.len(), MAX_ENTRIES);
    assert!(log.find(record(1).temp_id).is_some());
}

/// Phones on one machine, or behind one router that translates addresses.
#[test]
fn crowd_of_honest_phones_at_one_address_is_logged_for_days() {
    const PHONES: u128 = 30;
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    let address = Sender::at([127, 0, 0, 1].into());
    for window in 0..3 * 96 {
        for minute in 0..15 {
            let now = later(now, (window * 15 + minute) * 60);
            log.expire(now.monotonic);
            for phone in 0..PHONES {
                let number = u128::from(window) * PHONES + phone;
                let expected = if minute == 0 { Added::New } else { Added::Again };
                assert_eq!(log.add_from(address, record(number), now), expected);
            }
        }
    }
}

#[test]
fn senders_are_told_apart_by_address_or_network() {
    let sender = |address: &str| Sender::at(address.parse().expect("an address"));
    assert_eq!(sender("::ffff:10.0.0.1"), sender("10.0.0.1"));
    assert_eq!(sender("2001:db8::1"), sender("2001:db8::2"));
    let apart = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:0:1::1", "::1"].map(sender);
    assert!(apart.iter().enumerate().all(|(at, one)| !apart[at + 1..].contains(one)));
}

#[test]
fn many_senders_take_bounded_memory() {
    let (mut log, now) = (ContactLog::new(RETENTION), start());
    for number in 0..20_000 {
        let now = later(now, u64::from(number) * 180);
        log.expire(now.monotonic);
        log.add_from(
            Sender::at(std::net::Ipv4Addr::from(number).into()),
            record(number.into()),
            now,
        );
    }
    assert!(log.senders.len() < 5_000, "{}", log.senders.len());
}
