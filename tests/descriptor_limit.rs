//! Connections are limited, by the operator and by the system. Who has one keeps it, and who waits
//! gets one when there is room again.

mod support;

use rustix::process::Resource;
use support::data::{Data, EIGHT};
use support::phone::{Phone, frame_of};
use support::process::{descriptors, limit};
use support::reply::Reply;
use support::server::{Server, Setup};

const BUSY: &str = "BUSY ";
const NO_NEW_CONNECTIONS: &str = "no new connections for now";

/// A server on which two connections are all there may be, and both are used.
fn full_server(data: &Data) -> (Server, Phone, Phone) {
    let server = Setup::new(data).arguments(&["--max-connections", "2"]).start();
    let first = Phone::logged_in(&server, EIGHT);
    let second = Phone::logged_in(&server, EIGHT);
    (server, first, second)
}

/// A server that cannot get any more descriptors, with phones that wait to be accepted.
fn exhausted_server(data: &Data) -> (Server, Phone, Vec<Phone>) {
    let server = Server::start(data);
    let phone = Phone::logged_in(&server, EIGHT);
    forbid_descriptors(&server);
    let waiting: Vec<_> = (0..5).map(|_| Phone::connect(&server)).collect();
    server.stderr.wait_for_part(NO_NEW_CONNECTIONS);
    (server, phone, waiting)
}

/// Lowers the limit to what is used, and gives what it was.
fn forbid_descriptors(server: &Server) -> Option<u64> {
    let open = descriptors(server.id());
    let first_free = (0..).find(|number| !open.contains(number));
    limit(server.id(), Resource::Nofile, first_free)
}

fn allow_descriptors(server: &Server) {
    limit(server.id(), Resource::Nofile, Some(256));
}

#[test]
fn server_for_one_phones_one_after_the_other_are_all_served() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--max-connections", "1"]).start();
    for _ in 0..100 {
        let mut phone = Phone::connect(&server);
        phone.ping();
        // Said and not only dropped: a fork in another test may hold a closed socket for a moment.
        phone.end_sending();
        drop(phone);
    }
}

#[test]
fn full_server_new_connection_is_told_and_closed() {
    let data = Data::with_users();
    let (server, mut first, mut second) = full_server(&data);
    for _ in 0..20 {
        let mut third = Phone::connect(&server);
        let reply = third.reply();
        assert!(reply.is_error(BUSY), "{reply:?}");
        third.assert_closed();
    }
    first.temp_id();
    second.temp_id();
}

#[test]
fn full_server_new_connection_that_speaks_first_is_told() {
    let data = Data::with_users();
    let (server, _first, _second) = full_server(&data);
    let mut third = Phone::connect(&server);
    // It may be gone already.
    let _ = third.try_send_bytes(&frame_of("AUTH +61410888888 comp3331"));
    assert!(third.reply().is_error(BUSY));
    third.assert_gone();
}

#[test]
fn full_server_connection_that_leaves_makes_room_for_another() {
    let data = Data::with_users();
    let (server, first, mut second) = full_server(&data);
    for leave in [drop, Phone::reset] {
        leave(Phone::connect(&server));
    }
    assert!(Phone::connect(&server).reply().is_error(BUSY));
    drop(first);
    second.ping();
    let mut third = Phone::logged_in(&server, EIGHT);
    third.temp_id();
    assert!(Phone::connect(&server).reply().is_error(BUSY));
    third.reset();
    second.ping();
    Phone::logged_in(&server, EIGHT).temp_id();
}

#[test]
fn full_address_is_told_while_others_are_served() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--max-connections-per-address", "2"]).start();
    let mut first = Phone::logged_in(&server, EIGHT);
    let mut second = Phone::logged_in(&server, EIGHT);
    for _ in 0..20 {
        let mut third = Phone::connect(&server);
        let reply = third.reply();
        assert!(reply.is_error("BUSYADDRESS too many connections from this address"), "{reply:?}");
        third.assert_closed();
    }
    let mut neighbour = Phone::connect_from(&server, [127, 0, 0, 2].into());
    neighbour.ping();
    first.ask("QUIT");
    first.assert_closed();
    // Said and not only dropped: a fork in another test may hold a closed socket for a moment.
    first.end_sending();
    drop(first);
    second.ping_until("room for one more", || Phone::connect(&server).ask("PING") == Reply::pong());
    neighbour.ping();
}

#[test]
fn started_server_says_how_many_connections_it_takes() {
    let data = Data::with_users();
    let server = Setup::new(&data).arguments(&["--max-connections", "7"]).start();
    server.stderr.wait_for_part("for at most 7 connections; 4 users, 0 TempIDs");
}

#[test]
fn exhausted_server_serves_those_it_has() {
    let data = Data::with_users();
    let (_server, mut phone, _waiting) = exhausted_server(&data);
    for _ in 0..10 {
        phone.temp_id();
    }
}

#[test]
fn exhausted_server_accepts_everybody_when_there_are_descriptors_again() {
    let data = Data::with_users();
    let (server, _phone, mut waiting) = exhausted_server(&data);
    waiting.iter_mut().for_each(|phone| phone.send("AUTH +61410888888 comp3331"));
    allow_descriptors(&server);
    for phone in &mut waiting {
        assert_eq!(phone.reply(), Reply::ok());
        phone.temp_id();
    }
    server.stderr.wait_for_part("new connections are accepted again");
}

#[test]
fn exhausted_server_accepts_one_for_each_that_leaves() {
    let data = Data::with_users();
    let (server, mut leaving, waiting) = exhausted_server(&data);
    for mut phone in waiting {
        phone.send("PING");
        drop(leaving);
        assert_eq!(phone.reply(), Reply::pong());
        leaving = phone;
    }
    let diagnostics = server.stderr.so_far();
    let is_shortage = |line: &&String| line.contains(NO_NEW_CONNECTIONS);
    assert_eq!(diagnostics.iter().filter(is_shortage).count(), 1, "{diagnostics:#?}");
}

#[test]
fn exhausted_server_phones_that_give_up_waiting_leave_nothing() {
    let data = Data::with_users();
    let (server, mut phone, waiting) = exhausted_server(&data);
    let before = descriptors(server.id()).len();
    for phone in waiting {
        phone.reset();
    }
    allow_descriptors(&server);
    Phone::logged_in(&server, EIGHT).temp_id();
    phone.ping_until("nothing to be left", || descriptors(server.id()).len() == before);
}

#[test]
fn exhausted_server_stops_when_told() {
    let data = Data::with_users();
    let (server, phone, waiting) = exhausted_server(&data);
    drop(phone);
    server.stop();
    for mut phone in waiting {
        phone.assert_gone();
    }
}
