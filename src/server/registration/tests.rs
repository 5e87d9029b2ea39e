use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn number(last: usize) -> Username {
    Username::decode(format!("+614{last:08}").as_bytes()).expect("a number")
}

fn code(digits: &[u8]) -> RegistrationCode {
    RegistrationCode::decode(digits).expect("a code")
}

fn peer(host: u8) -> Origin {
    Origin::new([192, 0, 2, host].into())
}

#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn start() -> Instant {
    Instant::now()
}

#[test]
fn code_is_taken_once_within_its_time() {
    let (mut registration, now) = (Registration::default(), start());
    assert!(registration.begin(number(1), code(b"123456"), peer(1), now));
    assert_eq!(registration.take(number(2), code(b"123456"), now), None);
    let just_in_time = now + CODE_LIFETIME - Duration::from_nanos(1);
    let pending = registration.take(number(1), code(b"123456"), just_in_time).expect("right");
    assert_eq!(registration.take(number(1), code(b"123456"), just_in_time), None);
    registration.give_back(number(1), pending, just_in_time);
    assert!(registration.take(number(1), code(b"123456"), just_in_time).is_some());
    registration.give_back(number(1), pending, now + CODE_LIFETIME);
    assert_eq!(registration.take(number(1), code(b"123456"), now + CODE_LIFETIME), None);
    assert!(registration.pending.is_empty());
}

#[test]
fn fifth_wrong_code_ends_the_right_one() {
    for (wrong, is_taken) in [(4, true), (5, false)] {
        let (mut registration, now) = (Registration::default(), start());
        registration.begin(number(1), code(b"123456"), peer(1), now);
        for _ in 0..wrong {
            assert_eq!(registration.take(number(1), code(b"654321"), now), None);
        }
        let taken = registration.take(number(1), code(b"123456"), now);
        assert_eq!(taken.is_some(), is_taken);
    }
}

#[test]
fn latest_of_three_codes_an_hour_counts() {
    let (mut registration, now) = (Registration::default(), start());
    for digits in [b"000001", b"000002", b"000003"] {
        assert!(registration.begin(number(1), code(digits), peer(1), now));
    }
    assert!(!registration.begin(number(1), code(b"000004"), peer(1), now));
    assert_eq!(registration.take(number(1), code(b"000002"), now), None);
    assert!(registration.take(number(1), code(b"000003"), now).is_some());
    assert!(!registration.begin(number(1), code(b"000004"), peer(1), now + 59 * MINUTE));
    assert!(registration.begin(number(1), code(b"000005"), peer(1), now + 60 * MINUTE));
}

#[test]
fn address_has_a_limit_and_the_loopback_none() {
    let (mut registration, now) = (Registration::default(), start());
    for last in 0..CODES_PER_ADDRESS {
        assert!(registration.begin(number(last), code(b"000001"), peer(1), now));
    }
    assert!(!registration.begin(number(100), code(b"000001"), peer(1), now));
    assert!(registration.begin(number(100), code(b"000001"), peer(2), now));
    let loopback = Origin::new([127, 0, 0, 1].into());
    for last in 200..300 {
        assert!(registration.begin(number(last), code(b"000001"), loopback, now));
    }
}

#[test]
fn what_is_over_takes_no_memory() {
    let (mut registration, now) = (Registration::default(), start());
    registration.begin(number(1), code(b"000001"), peer(1), now);
    registration.begin(number(2), code(b"000001"), peer(2), now + 61 * MINUTE);
    assert_eq!(registration.pending.len(), 1);
    assert_eq!((registration.in_all.done.len(), registration.by_number.counts.len()), (1, 1));
    registration.begin(number(1), code(b"000001"), peer(1), now + 122 * MINUTE);
    assert_eq!(registration.by_number.counts.len(), 1);
}
