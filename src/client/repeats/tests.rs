use super::*;

const SENDER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const WRONG: Judged = Judged::Refused(BeaconError::Length(5));

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn start() -> Instant {
    Instant::now()
}

fn after(start: Instant, milliseconds: u64) -> Instant {
    start + Duration::from_millis(milliseconds)
}

#[test]
fn stream_is_shown_once_and_counted_when_it_ends() {
    let (mut repeats, start) = (Repeats::default(), start());
    let counted = (0..100).filter(|n| repeats.take(SENDER, WRONG, after(start, n * 20)));
    assert_eq!(counted.count(), 99);
    let end = after(start, 99 * 20 + 500);
    assert_eq!(repeats.next_due(), Some(end));
    assert!(repeats.due(end - Duration::from_millis(1)).is_empty());
    let [told] = &repeats.due(end)[..] else { panic!("one stream") };
    let text = "refused datagrams from 127.0.0.1 99 more times: it has 5 bytes, a beacon has 59";
    assert_eq!(told.to_string(), text);
    assert_eq!((repeats.next_due(), repeats.streams.len()), (None, 0));
}

#[test]
fn endless_stream_is_told_every_so_often() {
    let (mut repeats, start) = (Repeats::default(), start());
    let mut told = Vec::new();
    for tenth in 0..=600 {
        let now = after(start, tenth * 100);
        repeats.take(SENDER, WRONG, now);
        told.extend(repeats.due(now).into_iter().map(|repeated| repeated.count));
    }
    assert_eq!(told, [100; 6]);
}

#[test]
fn datagram_repeated_by_hand_is_shown_each_time() {
    let (mut repeats, start) = (Repeats::default(), start());
    assert!((0..10).all(|n| !repeats.take(SENDER, WRONG, after(start, n * 500))));
    assert_eq!(repeats.next_due(), None);
}

#[test]
fn other_sender_judgement_or_datagram_is_shown() {
    let (mut repeats, now) = (Repeats::default(), start());
    let record =
        ContactRecord::decode_line(b"12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05");
    let record = record.expect("a record");
    let other = ContactRecord { expiry: record.start, ..record };
    for judged in [Judged::Valid(record), Judged::Invalid(record), Judged::Valid(other), WRONG] {
        assert!(!repeats.take(SENDER, judged, now), "{judged:?}");
        assert!(!repeats.take("::1".parse().expect("an address"), judged, now), "{judged:?}");
        assert!(repeats.take(SENDER, judged, now), "{judged:?}");
    }
}

#[test]
fn many_streams_take_bounded_memory() {
    let (mut repeats, now) = (Repeats::default(), start());
    for length in 0..10_000 {
        repeats.take(SENDER, Judged::Refused(BeaconError::Length(length)), now);
    }
    assert_eq!(repeats.streams.len(), MAX_STREAMS);
}
