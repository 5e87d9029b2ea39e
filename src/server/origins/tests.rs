use super::*;

fn origin(address: &str) -> Origin {
    Origin::new(address.parse().expect("an address"))
}

#[test]
fn host_at_its_limit_has_no_room_until_one_of_its_connections_is_gone() {
    let (mut origins, host) = (Origins::new(Some(2)), origin("192.0.2.1"));
    origins.came(host);
    assert!(origins.has_room_for(host));
    origins.came(host);
    assert!(!origins.has_room_for(host) && origins.has_room_for(origin("192.0.2.2")));
    origins.left(host);
    assert!(origins.has_room_for(host));
    origins.left(host);
    assert!(origins.counts.is_empty(), "nobody is remembered who is gone");
}

#[test]
fn without_a_limit_nobody_is_counted() {
    let (mut origins, host) = (Origins::new(None), origin("192.0.2.1"));
    (0..100_000).for_each(|_| origins.came(host));
    assert!(origins.has_room_for(host) && origins.counts.is_empty());
    origins.left(host);
}

#[test]
fn this_host_is_told_from_others() {
    for (address, is_loopback) in
        [("127.0.0.9", true), ("::1", true), ("192.0.2.1", false), ("2001:db8::1", false)]
    {
        assert_eq!(origin(address).is_loopback(), is_loopback, "{address}");
    }
}

#[test]
fn addresses_of_one_host_are_one_origin() {
    assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1"));
    assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
    assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
    assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
}
