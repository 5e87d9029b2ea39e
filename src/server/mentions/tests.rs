use super::*;

fn origin(number: u8) -> Origin {
    Origin::new([192, 0, 2, number].into())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn address_is_named_once_in_an_interval_and_a_flood_once_as_a_whole() {
    let (mut peers, start) = (Mentions::default(), Instant::now());
    for number in 0..MAX_NAMED as u8 {
        assert_eq!(peers.note(origin(number), start), Mention::Name);
        assert_eq!(peers.note(origin(number), start), Mention::Silence);
    }
    assert_eq!(peers.note(origin(100), start), Mention::More);
    assert_eq!(peers.note(origin(101), start), Mention::Silence);
    let later = start + INTERVAL - Duration::from_nanos(1);
    assert_eq!(peers.note(origin(0), later), Mention::Silence);
    assert_eq!(peers.note(origin(0), start + INTERVAL), Mention::Name);
    assert!(peers.named.len() <= MAX_NAMED);
}
