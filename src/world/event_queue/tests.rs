use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn events_come_by_time_and_then_by_scheduling() {
    let mut queue = EventQueue::new();
    for (second, event) in [(3, 'd'), (1, 'a'), (2, 'b'), (2, 'c')] {
        queue.schedule(Duration::from_secs(second), event);
    }
    let events: Vec<char> = std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
    assert_eq!(events, ['a', 'b', 'c', 'd']);
}

#[test]
fn event_that_never_comes_is_the_last_one() {
    let mut queue = EventQueue::new();
    queue.schedule(Duration::from_secs(18_446_744_074), "never");
    queue.schedule(Duration::from_secs(3_000_000_000), "late");
    assert_eq!(queue.pop().map(|(_, event)| event), Some("late"));
    assert_eq!(queue.pop().map(|(_, event)| event), Some("never"));
}

/// What somebody does: schedules an event so much later, in milliseconds, or takes the next.
fn any_deed() -> impl Strategy<Value = Option<u64>> {
    // From the same moment to far behind all slots.
    let delays = prop_oneof![Just(0), 0..2_000_u64, 0..300_000_u64, 0..100_000_000_u64];
    prop_oneof![delays.prop_map(Some), Just(None)]
}

proptest! {
    #[test]
    fn queue_is_as_good_as_a_sorted_map(deeds in prop::collection::vec(any_deed(), 0..400)) {
        let (mut queue, mut expected) = (EventQueue::new(), BTreeMap::new());
        let mut now = Duration::ZERO;
        for (number, deed) in deeds.into_iter().enumerate() {
            match deed {
                Some(delay) => {
                    let at = now + Duration::from_millis(delay);
                    queue.schedule(at, number);
                    expected.insert((at, number), number);
                }
                None => {
                    let next = expected.pop_first().map(|((at, _), event)| (at, event));
                    prop_assert_eq!(queue.next_time(), next.map(|(at, _)| at));
                    prop_assert_eq!(queue.pop(), next);
                    now = next.map_or(now, |(at, _)| at);
                }
            }
            prop_assert_eq!(queue.len(), expected.len());
        }
        while let Some(((at, _), event)) = expected.pop_first() {
            prop_assert_eq!(queue.pop(), Some((at, event)));
        }
        prop_assert!(queue.pop().is_none() && queue.is_empty());
    }
}
