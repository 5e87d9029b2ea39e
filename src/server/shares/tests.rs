use super::*;

const MANY: Work = Work::TempIds(100);

fn ann() -> Username {
    Username::decode(b"ann").expect("a name")
}

fn bob() -> Username {
    Username::decode(b"bob").expect("a name")
}

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn start() -> Instant {
    Instant::now()
}

/// Charges Ann until she has no room.
fn spend(shares: &mut Shares, now: Instant) {
    while shares.has_room(ann(), now) {
        shares.charge(ann(), MANY, now);
    }
}

fn turns(shares: &mut Shares, now: Instant) -> Vec<Token> {
    shares.begin_tick(now);
    std::iter::from_fn(|| shares.next_turn(now)).map(|(_, token)| token).collect()
}

#[test]
fn spent_user_has_room_when_enough_is_paid_and_others_have_it_now() {
    let (mut shares, now) = (Shares::default(), start());
    spend(&mut shares, now);
    assert!(shares.has_room(bob(), now));
    assert!(!shares.has_room(ann(), now));
    assert!(shares.has_room(ann(), now + MANY.cost()));
    shares.begin_tick(now + 2 * MAX_DEBT);
    assert!(shares.users.is_empty());
}

#[test]
fn requests_for_one_temp_id_are_free() {
    let (mut shares, now) = (Shares::default(), start());
    (0..100_000).for_each(|_| shares.charge(ann(), Work::TempIds(1), now));
    assert!(shares.has_room(ann(), now) && shares.users.is_empty());
}

#[test]
fn longest_contact_log_of_a_phone_is_taken_within_seconds() {
    let (mut shares, mut now) = (Shares::default(), start());
    let begin = now;
    for records in [18_000, 18_000, 18_000, 65_536 - 3 * 18_000] {
        while !shares.has_room(ann(), now) {
            now += Duration::from_millis(1);
        }
        shares.charge(ann(), Work::ContactRecords(records), now);
        shares.charge(ann(), Work::StoredRecords(records), now);
    }
    assert!(now > begin && now < begin + Duration::from_secs(2));
}

#[test]
fn waiting_connections_have_turns_in_their_order_as_their_user_pays() {
    let (mut shares, now) = (Shares::default(), start());
    spend(&mut shares, now);
    let tokens = [0, 1, 2].map(Token::permanent);
    for token in tokens {
        shares.wait(ann(), token, now);
    }
    shares.wait(bob(), Token::permanent(3), now);
    assert_eq!(turns(&mut shares, now), [Token::permanent(3)]);
    let first = shares.next_wake().expect("of Ann's line");
    shares.begin_tick(first);
    assert_eq!(shares.next_turn(first), Some((ann(), tokens[0])));
    shares.charge(ann(), MANY, first);
    assert_eq!(shares.next_turn(first), None);
    let second = shares.next_wake().expect("of Ann's line");
    assert_eq!(second, first + MANY.cost());
    assert_eq!(turns(&mut shares, second), tokens[1..]);
    assert_eq!(shares.next_wake(), None);
}

#[test]
fn waiting_connection_that_leaves_has_no_turn() {
    let (mut shares, now) = (Shares::default(), start());
    let [first, _] = [0, 1].map(|number| shares.wait(ann(), Token::permanent(number), now));
    shares.leave(ann(), first);
    assert_eq!(turns(&mut shares, now), [Token::permanent(1)]);
}
