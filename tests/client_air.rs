//! `client --air`: phones on one machine that notice each other without a command.

mod support;

use std::fs;

use support::beacon::{Air, expired, valid};
use support::client::{Client, Setup};
use support::data::{Account, Data, EIGHT, NINE, SEVEN, SIX};
use support::group::Group;
use support::record::Record;
use support::server::{self, Server};
use support::wait::Deadline;

const SHOWN: &str = "received beacon:";

/// A server, and a group of phones.
struct Scene {
    server: Server,
    server_data: Data,
    data: Data,
    group: Group,
}

impl Scene {
    fn new() -> Self {
        Self::with_lifetime(900)
    }

    /// TempIDs are valid for so many seconds.
    fn with_lifetime(seconds: u32) -> Self {
        let server_data = Data::with_users();
        let lifetime = ["--tempid-lifetime", &seconds.to_string()];
        let server = server::Setup::new(&server_data).arguments(&lifetime).start();
        Self { server, server_data, data: Data::empty(), group: Group::new() }
    }

    #[track_caller]
    fn phone(&self, account: Account) -> Client {
        let mut client =
            Setup::new(self.server.address, &self.data).also(&self.group.options()).start();
        client.log_in(account);
        client
    }

    /// The TempIDs of a user.
    fn issued(&self, account: Account) -> Vec<String> {
        let lines = self.server_data.temp_ids().into_iter();
        let own = lines.filter(|line| line.user == account.user);
        own.map(|line| line.record.temp_id).collect()
    }

    /// The TempIDs in the contact log of a user.
    fn log(&self, account: Account) -> Vec<String> {
        let name = format!("{}_contactlog.txt", account.user);
        let log = fs::read_to_string(self.data.file(&name)).unwrap_or_default();
        log.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
    }

    /// Waits until somebody has beaconed this TempID once more.
    #[track_caller]
    fn wait_for_beacon_of(&self, temp_id: &str) {
        let deadline = Deadline::new();
        while self.group.hear().temp_id != temp_id {
            deadline.check("one more beacon");
        }
    }
}

fn shown(client: &Client) -> usize {
    client.stdout.so_far().iter().filter(|line| *line == SHOWN).count()
}

/// Waits until the client has shown a beacon in full.
#[track_caller]
fn wait_for_beacon(client: &Client, temp_id: &str, verdict: &str) {
    client.stdout.wait_until(&format!("a beacon of {temp_id}"), |lines| {
        let is_its = |lines: &&[String]| {
            lines[0] == SHOWN && lines[1] == format!("{temp_id},") && lines[6] == verdict
        };
        lines.windows(7).find(is_its).map(drop)
    });
}

const VALID: &str = "The beacon is valid.";
const INVALID: &str = "The beacon is invalid.";

#[test]
fn side_by_side_phones_notice_each_other_and_not_themselves() {
    let scene = Scene::new();
    let accounts = [SIX, SEVEN, EIGHT];
    let phones = accounts.map(|account| scene.phone(account));
    for (phone, own) in phones.iter().zip(accounts) {
        for other in accounts.into_iter().filter(|it| *it != own) {
            wait_for_beacon(phone, &scene.server_data.first_temp_id(other), VALID);
        }
    }
    // Everybody has heard everybody for a while, also themselves.
    for account in accounts {
        (0..2).for_each(|_| scene.wait_for_beacon_of(&scene.server_data.first_temp_id(account)));
    }
    for (phone, own) in phones.iter().zip(accounts) {
        assert_eq!(shown(phone), 2, "{:?}", phone.shown());
        assert!(!scene.log(own).contains(&scene.server_data.first_temp_id(own)));
        assert_eq!(scene.log(own).len(), 2);
    }
}

#[test]
fn temp_id_heard_again_is_not_shown_again_and_the_next_one_is() {
    let scene = Scene::with_lifetime(3);
    let (_eight, nine) = (scene.phone(EIGHT), scene.phone(NINE));
    let heard = |shown: &[String]| -> Vec<String> {
        // One that is sent in the last second of a window may arrive in the next.
        let is_valid = |lines: &&[String]| lines[0] == SHOWN && lines[6] == VALID;
        let temp_id = |lines: &[String]| lines[1].trim_end_matches(',').to_owned();
        shown.windows(7).filter(is_valid).map(temp_id).collect()
    };
    let seen = nine.stdout.wait_until("three TempIDs", |lines| {
        let seen = heard(lines);
        (seen.len() >= 3).then_some(seen)
    });
    // Those of the batch in turn: a window may pass without a beacon on a busy machine.
    let issued = scene.issued(EIGHT);
    let places: Vec<_> =
        seen.iter().map(|it| issued.iter().position(|other| it == other)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
}

#[test]
fn invalid_beacon_and_other_datagrams_are_shown_once() {
    let scene = Scene::new();
    let phone = scene.phone(EIGHT);
    for number in 1..=3 {
        (0..3).for_each(|_| scene.group.send(&expired(number)));
        (0..3).for_each(|_| scene.group.send_bytes(b"hello"));
    }
    scene.group.send(&valid(1));
    wait_for_beacon(&phone, &valid(1).temp_id, VALID);
    for number in 1..=3 {
        wait_for_beacon(&phone, &expired(number).temp_id, INVALID);
    }
    let refused = |line: &&String| line.starts_with("refused a datagram from ");
    assert_eq!((shown(&phone), phone.shown().iter().filter(refused).count()), (4, 1));
    assert_eq!(scene.log(EIGHT), [valid(1).temp_id]);
}

/// All of them have one address.
#[test]
fn crowd_on_one_machine_is_logged_whole() {
    let scene = Scene::new();
    let phone = scene.phone(EIGHT);
    for round in 0..3 {
        for number in 0..30 {
            scene.group.send(&valid(number));
            wait_for_beacon(&phone, &valid(number).temp_id, VALID);
        }
        assert_eq!(scene.log(EIGHT).len(), 30, "round {round}");
    }
    assert_eq!(shown(&phone), 30);
}

#[test]
fn command_sends_to_one_phone_still() {
    let scene = Scene::new();
    let (mut phone, air) = (scene.phone(EIGHT), Air::new());
    phone.type_line(&format!("Beacon 127.0.0.1 {}", air.address().port()));
    let sent = Record::from_wire(&air.receive()[..Record::LEN]);
    assert_eq!(sent.temp_id, scene.server_data.first_temp_id(EIGHT));
    air.send(phone.udp_port(), &valid(1));
    wait_for_beacon(&phone, &valid(1).temp_id, VALID);
}

#[test]
fn server_that_is_gone_does_not_silence_the_phones() {
    let Scene { server, server_data, data, group } = Scene::new();
    let mut phone = Setup::new(server.address, &data).also(&group.options()).start();
    phone.log_in(EIGHT);
    let first = group.hear();
    server.crash();
    phone.stdout.wait_for_part("log in again");
    (0..2).for_each(|_| assert_eq!(group.hear(), first));
    group.send(&valid(1));
    wait_for_beacon(&phone, &valid(1).temp_id, VALID);
    drop(server_data);
}

#[test]
fn logged_out_a_phone_hears_others_and_is_silent_about_its_own() {
    let Scene { server, server_data: _kept, data, group } = Scene::new();
    let mut phone = Setup::new(server.address, &data).also(&group.options()).start();
    // It has joined the group before it says so.
    phone.udp_port();
    group.send(&valid(1));
    assert_eq!(group.hear(), valid(1));
    wait_for_beacon(&phone, &valid(1).temp_id, VALID);
    phone.log_in(EIGHT);
    group.hear();
    assert!(!phone.shown().iter().any(|line| line.contains("no beacons")), "{:?}", phone.shown());
}

#[test]
fn group_that_is_none_ends_the_program_with_what_was_expected() {
    for (group, expected) in [
        ("239.1.2.3", "expected a group and a port"),
        ("127.0.0.1:5000", "127.0.0.1 is no multicast address"),
        ("[ff02::1]:5000", "ff02::1 needs an interface"),
        ("239.1.2.3:7001", "need two ports"),
    ] {
        let arguments = ["127.0.0.1", "7000", "7001", "--air", group];
        let ended = Setup::with_arguments(&arguments).start().wait();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr[0].contains(expected), "{ended:?}");
    }
}

#[test]
fn interface_that_does_not_exist_ends_the_program() {
    let arguments = ["127.0.0.1", "7000", "0", "--air", "239.1.2.3%none:5000"];
    let ended = Setup::with_arguments(&arguments).start().wait();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let told = "client: cannot join 239.1.2.3%none:5000: there is no interface none";
    assert_eq!(ended.stderr, [told]);
}
