use proptest::prelude::*;

use super::*;

const CLIENT: Token = Token::permanent(7);

fn operation() -> Operation {
    let user = Username::decode(b"ann").expect("a name");
    Operation::Issue { user, records: Box::default() }
}

#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn now() -> Instant {
    Instant::now()
}

/// The tickets that go to the store.
fn submitted(waits: &mut Waits) -> Vec<Ticket> {
    let mut tickets = Vec::new();
    waits.submit_new(|ticket, _| tickets.push(ticket));
    tickets
}

#[test]
fn wait_that_its_commit_ends_has_no_deadline() {
    let (mut waits, now) = (Waits::default(), now());
    let ticket = waits.begin(CLIENT, operation());
    assert_eq!(submitted(&mut waits), [ticket]);
    assert_eq!(waits.end(ticket).map(|wait| wait.client), Some(CLIENT));
    waits.set_deadlines(now);
    assert_eq!(waits.next_deadline(), None);
    assert!(waits.is_empty() && submitted(&mut waits).is_empty());
}

#[test]
fn wait_that_nobody_ends_is_over_at_its_deadline_and_not_before() {
    let (mut waits, now) = (Waits::default(), now());
    let ticket = waits.begin(CLIENT, operation());
    waits.set_deadlines(now);
    assert_eq!(waits.next_deadline(), Some(now + STORE_TIMEOUT));
    assert!(waits.end_overdue(now + STORE_TIMEOUT - Duration::from_nanos(1)).is_none());
    let (overdue, _) = waits.end_overdue(now + STORE_TIMEOUT).expect("over");
    assert_eq!(overdue, ticket);
    assert!(waits.end(ticket).is_none(), "a late completion reaches nobody");
    assert_eq!(waits.next_deadline(), None);
}

#[test]
fn ticket_of_a_wait_that_is_over_does_not_end_the_next_one_in_its_slot() {
    let mut waits = Waits::default();
    let first = waits.begin(CLIENT, operation());
    waits.end(first).expect("open");
    let second = waits.begin(CLIENT, operation());
    assert_eq!(first.slot, second.slot);
    assert!(waits.end(first).is_none());
    assert!(waits.end(second).is_some());
}

#[test]
fn wait_that_is_over_is_not_submitted_in_place_of_the_next_one_in_its_slot() {
    let mut waits = Waits::default();
    let first = waits.begin(CLIENT, operation());
    waits.end(first).expect("open");
    let second = waits.begin(CLIENT, operation());
    assert_eq!(first.slot, second.slot);
    assert_eq!(submitted(&mut waits), [second]);
}

proptest! {
    /// Whatever the order of ends and deadlines, each wait ends exactly once, and none after its
    /// deadline.
    #[test]
    fn each_wait_ends_once_and_in_time(steps in prop::collection::vec((0..4_u8, 0..20_usize), 1..200)) {
        let (mut waits, start) = (Waits::default(), now());
        let (mut now, mut open, mut ended) = (start, Vec::new(), 0);
        for (step, number) in steps {
            match step {
                0 => open.push((waits.begin(CLIENT, operation()), now)),
                1 if number < open.len() => {
                    let (ticket, _) = open.remove(number);
                    prop_assert!(waits.end(ticket).is_some());
                    ended += 1;
                }
                _ => now += STORE_TIMEOUT / 20 * number as u32,
            }
            waits.set_deadlines(now);
            while let Some((ticket, _)) = waits.end_overdue(now) {
                let place = open.iter().position(|(other, _)| *other == ticket);
                let (_, began) = open.remove(place.expect("it was open"));
                prop_assert!(now >= began + STORE_TIMEOUT);
                ended += 1;
            }
            prop_assert!(open.iter().all(|(_, began)| now < *began + STORE_TIMEOUT));
            prop_assert_eq!(waits.len(), open.len());
            prop_assert_eq!(waits.next_deadline(), open.iter().map(|(_, began)| *began + STORE_TIMEOUT).min());
        }
        prop_assert_eq!(u64::from(waits.last_number), (ended + open.len()) as u64);
    }
}
