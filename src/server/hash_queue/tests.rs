use super::*;

fn origin(last: u8) -> Origin {
    Origin::new([192, 0, 2, last].into())
}

fn ticket(number: usize) -> Ticket {
    Ticket::numbered(number as u32)
}

fn push(queue: &mut HashQueue, number: usize, from: u8) -> Option<usize> {
    let order = HashOrder::Make { password: b"secret"[..].into(), salt: Default::default() };
    queue.push(ticket(number), origin(from), order).map(|dropped| dropped.slot as usize)
}

fn pop_all(queue: &mut HashQueue) -> Vec<usize> {
    std::iter::from_fn(|| queue.pop()).map(|(ticket, _)| ticket.slot as usize).collect()
}

#[test]
fn origins_take_turns_and_the_orders_of_each_keep_their_order() {
    let mut queue = HashQueue::default();
    for (number, from) in [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 2)] {
        assert_eq!(push(&mut queue, number, from), None);
    }
    assert_eq!(pop_all(&mut queue), [0, 3, 4, 1, 5, 2]);
    assert!(queue.pop().is_none());
}

#[test]
fn full_queue_drops_the_latest_order_of_the_longest_line() {
    let mut queue = HashQueue::default();
    for number in 0..MAX_ORDERS {
        assert_eq!(push(&mut queue, number, 1), None);
    }
    assert_eq!(push(&mut queue, MAX_ORDERS, 1), Some(MAX_ORDERS), "its own");
    assert_eq!(push(&mut queue, MAX_ORDERS + 1, 2), Some(MAX_ORDERS - 1), "that of another");
    let left = pop_all(&mut queue);
    assert_eq!(left.len(), MAX_ORDERS);
    assert_eq!(left[..3], [0, MAX_ORDERS + 1, 1]);
    assert_eq!(push(&mut queue, 0, 1), None, "there is room again");
}

#[test]
fn removed_order_is_not_taken_and_its_place_is_free() {
    let mut queue = HashQueue::default();
    for number in 0..MAX_ORDERS {
        assert_eq!(push(&mut queue, number, number as u8), None);
    }
    queue.remove(ticket(1));
    queue.remove(ticket(1));
    queue.remove(ticket(MAX_ORDERS));
    assert_eq!(push(&mut queue, MAX_ORDERS, 0), None);
    assert!(!pop_all(&mut queue).contains(&1));
}
