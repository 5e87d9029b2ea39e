//! Users who ask for more than the server has for them.

use super::*;
use crate::server::memory::Memory;
use crate::server::session::MAX_TRACING_STEPS_PER_TURN;

/// Bytes of an upload that one read does not bring.
const UPLOAD_BYTES: usize = 70_000;

/// The head of such an upload, and as much of it as one read brings.
fn begun_upload() -> Vec<u8> {
    let head = format!("*2\r\n$6\r\nUPLOAD\r\n${UPLOAD_BYTES}\r\n");
    [head.as_bytes(), &[b'1'; READ_BYTES]].concat()
}

/// A fixture whose incomplete requests may take the memory of two buffers of more than one read.
fn short_of_memory() -> Fixture<End> {
    let mut fixture = Fixture::new();
    let settings = BudgetSettings { in_all: 4 * READ_BYTES, ..BudgetSettings::default() };
    fixture.frontend.budgets = Budgets::new(settings);
    fixture
}

#[test]
fn full_memory_refuses_the_oldest_incomplete_request_and_nobody_else() {
    let mut fixture = short_of_memory();
    let mut phones: Vec<_> = (0..3).map(|_| fixture.logged_in()).collect();
    for phone in &mut phones {
        fixture.send(phone, &begun_upload());
    }
    fixture.run(&mut phones[0]);
    assert!(phones[0].received().starts_with("-BUSYREQUESTS too many long requests"));
    assert!(phones[0].is_ended());
    for phone in &mut phones[1..] {
        assert_eq!(phone.received(), "");
        fixture.send(phone, &[&[b'1'; UPLOAD_BYTES - READ_BYTES], &b"\r\n"[..]].concat());
        assert!(phone.received().starts_with("-ERR "));
    }
}

#[test]
fn full_memory_refuses_an_incomplete_request_without_progress_before_a_pipeline() {
    let mut fixture = short_of_memory();
    let (mut stuck, mut pipelining) = (fixture.logged_in(), fixture.logged_in());
    fixture.send(&mut pipelining, b"*1\r\n$4\r\nPI");
    fixture.send(&mut stuck, &begun_upload());
    for _ in 0..3 {
        fixture.send(&mut pipelining, b"NG\r\n*1\r\n$4\r\nPI");
    }
    assert_eq!(pipelining.received(), "+PONG\r\n+PONG\r\n+PONG\r\n");
    let mut another = fixture.logged_in();
    fixture.send(&mut another, &begun_upload());
    fixture.run(&mut stuck);
    assert!(stuck.received().starts_with("-BUSYREQUESTS"));
    assert_eq!(pipelining.received(), "");
}

/// A phone that waits for the store and has begun an upload meanwhile.
fn waiting(fixture: &mut Fixture<End>) -> Phone<End> {
    let mut phone = fixture.logged_in();
    send_without_commit(fixture, &mut phone, &[b"TEMPID\r\n", &begun_upload()[..]].concat());
    phone
}

/// Serves what a phone sends, as far as one tick does, without the commit at its end.
fn send_without_commit(fixture: &mut Fixture<End>, phone: &mut Phone<End>, bytes: &[u8]) {
    phone.connection.as_mut().expect("open").output().extend_from_slice(bytes);
    phone.turn();
    for _ in 0..3 {
        for (token, readiness) in fixture.poll.take_events() {
            fixture.frontend.connections.note(token, readiness);
        }
        fixture.frontend.serve(phone.token, &fixture.poll, fixture.now);
    }
}

#[test]
fn input_behind_a_wait_for_the_store_takes_memory_and_is_not_refused() {
    let mut fixture = Fixture::new();
    let settings = BudgetSettings { in_all: 5 * READ_BYTES / 2, ..BudgetSettings::default() };
    fixture.frontend.budgets = Budgets::new(settings);
    let mut another = fixture.logged_in();
    let mut waiting = waiting(&mut fixture);
    send_without_commit(&mut fixture, &mut another, &begun_upload());
    another.turn();
    assert!(another.received().starts_with("-BUSYREQUESTS"));
    fixture.tick();
    waiting.turn();
    assert!(waiting.received().starts_with("$58\r\n") && !waiting.is_ended());
}

#[test]
fn ended_session_that_waits_for_the_store_has_its_reply_first() {
    let mut fixture = Fixture::new();
    let [mut waiting, idle] = [waiting(&mut fixture), fixture.logged_out()];
    let users = HashSet::from([Username::decode(b"ann").expect("a name")]);
    assert_eq!(fixture.frontend.end_sessions(&users), 1);
    // As at the end of a tick in which the store has not answered.
    fixture.frontend.settle(waiting.token, &fixture.poll, fixture.now);
    assert!(!waiting.is_ended());
    fixture.tick();
    waiting.turn();
    assert!(waiting.received().starts_with("$58\r\n") && waiting.is_ended());
    assert!(!idle.is_ended());
}

/// Lets phones send `request` all at once, and runs a single tick.
fn ask_at_once(fixture: &mut Fixture<End>, phones: &mut [Phone<End>], request: &[u8]) {
    for phone in phones {
        phone.connection.as_mut().expect("open").output().extend_from_slice(request);
        phone.turn();
    }
    let events = fixture.poll.take_events();
    fixture.frontend.tick(events.into_iter(), &fixture.poll, fixture.now);
}

/// Phones of Ann that ask together for more than she can pay for at once.
const FLOOD: usize = 50;

#[test]
fn flood_of_one_user_waits_in_its_order_and_no_other_user_does() {
    let mut fixture = Fixture::<End>::new();
    let mut phones: Vec<_> = (0..FLOOD).map(|_| fixture.logged_in()).collect();
    phones.push(fixture.logged_in_as("bob"));
    ask_at_once(&mut fixture, &mut phones, b"TEMPID 100\r\nPING\r\n");
    let mut bob = phones.pop().expect("he is last");
    bob.turn();
    assert!(bob.received().starts_with("$5800\r\n"));
    let issued = fixture.frontend.service.authority.registry().len();
    assert!((2000..2500).contains(&issued), "{issued}");
    let mut turns = 0;
    while let Some(next) = fixture.frontend.next_wake() {
        fixture.now.monotonic = next;
        fixture.tick();
        turns += 1;
        assert!(turns < 10 * FLOOD, "it does not end");
    }
    assert_eq!(fixture.frontend.service.authority.registry().len(), 100 * (FLOOD + 1));
    for phone in &mut phones {
        phone.turn();
        let received = phone.received();
        assert!(received.starts_with("$5800\r\n") && received.ends_with("\r\n+PONG\r\n"));
    }
}

#[test]
fn flood_of_one_user_that_hangs_up_leaves_nothing() {
    let mut fixture = Fixture::<End>::new();
    let mut phones: Vec<_> = (0..FLOOD).map(|_| fixture.logged_in()).collect();
    ask_at_once(&mut fixture, &mut phones, b"TEMPID 100\r\n");
    for phone in &mut phones {
        phone.connection = None;
    }
    while let Some(next) = fixture.frontend.next_wake() {
        fixture.now.monotonic = next;
        fixture.tick();
    }
    assert!(fixture.frontend.is_empty() && !fixture.frontend.is_busy());
}

#[test]
fn input_behind_a_wait_that_is_over_is_refused_like_any_other() {
    let mut fixture = Fixture::new();
    let settings = BudgetSettings { in_all: 5 * READ_BYTES / 2, ..BudgetSettings::default() };
    fixture.frontend.budgets = Budgets::new(settings);
    let [mut another, mut oldest] = [fixture.logged_in(), waiting(&mut fixture)];
    // The store answers, and the upload has not had its next turn.
    fixture.frontend.tick(std::iter::empty(), &fixture.poll, fixture.now);
    send_without_commit(&mut fixture, &mut another, &begun_upload());
    oldest.turn();
    another.turn();
    let received = oldest.received();
    assert!(received.starts_with("$58\r\n") && received.contains("\r\n-BUSYREQUESTS "));
    assert_eq!(another.received(), "");
}

#[test]
fn stopping_session_that_waits_for_the_store_has_its_reply_first() {
    let mut fixture = Fixture::new();
    let mut phone = fixture.logged_in();
    fixture.frontend.begin_to_stop();
    send_without_commit(&mut fixture, &mut phone, b"TEMPID\r\n");
    // As at the end of a tick in which the store has not answered.
    fixture.frontend.settle(phone.token, &fixture.poll, fixture.now);
    assert!(!phone.is_ended());
    fixture.tick();
    phone.turn();
    assert!(phone.received().starts_with("$58\r\n") && phone.is_ended());
}

#[test]
fn request_that_waits_until_its_user_has_paid_is_not_late() {
    let mut fixture = Fixture::<End>::new();
    let mut phone = fixture.logged_in();
    let user = Username::decode(b"ann").expect("a name");
    let shares = &mut fixture.frontend.service.shares;
    let paid_at = fixture.now.monotonic + 3 * REQUEST_TIMEOUT;
    while shares.has_room(user, paid_at) {
        shares.charge(user, Work::ContactRecords(1_000_000), fixture.now.monotonic);
    }
    fixture.send(&mut phone, b"PING\r\n");
    let mut turns = 0;
    while let Some(next) = fixture.frontend.next_wake() {
        assert!(phone.received().is_empty() && next > fixture.now.monotonic);
        fixture.now.monotonic = next;
        fixture.tick();
        phone.turn();
        turns += 1;
        assert!(turns < 20, "it does not end");
    }
    assert_eq!(phone.received(), "+PONG\r\n");
    assert!(fixture.now.monotonic > paid_at && !phone.is_closed());
}

#[test]
fn full_memory_closes_who_leaves_replies_unread_and_nobody_else() {
    let mut fixture = Fixture::<End>::new();
    let [mut reading, unread] = [fixture.logged_in(), fixture.blocked()];
    assert!(!unread.is_closed());
    fixture.frontend.service.authority.limit_memory(Memory::limited_to(0));
    fixture.poll.tell(unread.token, Readiness::Writable);
    fixture.send(&mut reading, b"PING\r\n");
    assert!(unread.is_closed());
    assert_eq!(reading.received(), "+PONG\r\n");
}

/// One tick, with the events so far.
fn tick_once(fixture: &mut Fixture<End>) {
    let events = fixture.poll.take_events();
    fixture.frontend.tick(events.into_iter(), &fixture.poll, fixture.now);
}

#[test]
fn long_upload_is_traced_in_several_ticks_and_others_are_served_in_each() {
    const RECORDS: usize = 10_000;
    let mut fixture = Fixture::<End>::new();
    let (mut ann, mut bob) = (fixture.logged_in(), fixture.logged_in_as("bob"));
    let record = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:05".repeat(RECORDS);
    let head = format!("*2\r\n$6\r\nUPLOAD\r\n${}\r\n", record.len());
    let upload = [head.as_bytes(), &record, b"\r\n"].concat();
    ann.connection.as_mut().expect("open").output().extend_from_slice(&upload);
    let token = ann.token;
    let is_tracing = |fixture: &mut Fixture<End>| {
        let slot = fixture.frontend.connections.slot(token).expect("open");
        slot.state.session.is_tracing()
    };
    let mut ticks = 0;
    for _ in 0..1000 {
        ann.turn();
        bob.connection.as_mut().expect("open").output().extend_from_slice(b"PING\r\n");
        bob.turn();
        tick_once(&mut fixture);
        bob.turn();
        assert_eq!(bob.received(), "+PONG\r\n");
        ticks += u32::from(is_tracing(&mut fixture));
    }
    // The last part begins the wait for the store.
    assert_eq!(ticks, (RECORDS / MAX_TRACING_STEPS_PER_TURN) as u32);
    fixture.run(&mut ann);
    assert_eq!(ann.received(), format!(":{RECORDS}\r\n"));
}
