//! Phones on several hosts: those on one link notice each other, and one beyond a router does not.

mod support;

use support::client::{self, Client, Setup, arguments};
use support::data::{Account, Data, EIGHT, NINE, SEVEN, SIX};
use support::network::{Host, Network};
use support::server::{self, Server};

const VALID: &str = "The beacon is valid.";

/// A network with a server on its switch.
struct Scene {
    network: Network,
    server: Server,
    server_data: Data,
    data: Data,
}

impl Scene {
    fn start() -> Option<Self> {
        let network = Network::start()?;
        let (server_data, data) = (Data::with_users(), Data::empty());
        let directory = server_data.path().to_str().expect("a path in UTF-8");
        let server = server::Setup::command(network.switch.command(server::PROGRAM))
            .arguments(&["0", "3600", "--bind", Network::SWITCH, "--data", directory])
            .start();
        Some(Self { network, server, server_data, data })
    }

    /// A phone on `host` in `group`.
    #[track_caller]
    fn phone(&self, host: &Host, account: Account, group: &str) -> Client {
        let mut client = Setup::command(host.command(client::PROGRAM))
            .also(&arguments(self.server.address, &self.data))
            .also(&["--air", group, "--beacon-every", "1"])
            .start();
        client.log_in(account);
        client
    }

    /// Waits until both phones have shown a beacon of the other one.
    #[track_caller]
    fn wait_until_noticed(&self, phones: [(&Client, Account); 2]) {
        let [(first, own), (second, other)] = phones;
        wait_for_beacon(first, &self.server_data.first_temp_id(other));
        wait_for_beacon(second, &self.server_data.first_temp_id(own));
    }
}

#[track_caller]
fn wait_for_beacon(client: &Client, temp_id: &str) {
    client.stdout.wait_until(&format!("a beacon of {temp_id}"), |lines| {
        let is_its = |lines: &&[String]| lines[0] == format!("{temp_id},") && lines[5] == VALID;
        lines.windows(6).find(is_its).map(drop)
    });
}

fn heard(client: &Client) -> usize {
    client.stdout.so_far().iter().filter(|line| *line == "received beacon:").count()
}

/// Phones on both near hosts and the far one, in `group`.
fn phones_on_one_link_notice_each_other(group: &str) {
    let Some(scene) = Scene::start() else { return };
    let Network { near, far, .. } = &scene.network;
    let far = scene.phone(far, SEVEN, group);
    let mut eight = scene.phone(&near[0], EIGHT, group);
    let nine = scene.phone(&near[1], NINE, group);
    scene.wait_until_noticed([(&eight, EIGHT), (&nine, NINE)]);
    // The router is there: what is sent to the far phone alone arrives. It is the only beacon that
    // has come that far, though the others have beaconed before.
    eight.type_line(&format!("Beacon {} {}", Network::FAR, far.udp_port()));
    wait_for_beacon(&far, &scene.server_data.first_temp_id(EIGHT));
    assert_eq!(heard(&far), 1, "{:?}", far.shown());
    assert_eq!((heard(&eight), heard(&nine)), (1, 1));
}

#[test]
fn phones_on_one_link_notice_each_other_over_ipv4() {
    phones_on_one_link_notice_each_other("239.7.7.7:5000");
}

#[test]
fn phones_on_one_link_notice_each_other_over_ipv6() {
    phones_on_one_link_notice_each_other("[ff15::77]:5000");
}

#[test]
fn phones_on_one_link_notice_each_other_in_a_group_of_the_link() {
    phones_on_one_link_notice_each_other("[ff02::77%eth0]:5000");
}

#[test]
fn phones_on_one_host_notice_each_other_over_ipv6() {
    let Some(scene) = Scene::start() else { return };
    let host = &scene.network.near[0];
    let eight = scene.phone(host, EIGHT, "[ff02::77%eth0]:5000");
    let nine = scene.phone(host, NINE, "[ff02::77%eth0]:5000");
    scene.wait_until_noticed([(&eight, EIGHT), (&nine, NINE)]);
    // Another group is not heard, nor is that of another interface.
    let six = scene.phone(host, SIX, "[ff02::78%eth0]:5000");
    let seven = scene.phone(host, SEVEN, "[ff02::77%lo]:5000");
    seven.stdout.wait_for_part("sends no beacons to [ff02::77%lo]:5000");
    assert_eq!((heard(&six), heard(&seven)), (0, 0));
}

#[test]
fn interface_that_goes_and_comes_back_is_told_and_phones_notice_each_other_again() {
    let Some(scene) = Scene::start() else { return };
    let [first, second] = &scene.network.near;
    let group = "239.7.7.7%air:5000";
    // The link to the server stays, and has nothing to do with this one.
    let switch = &scene.network.switch;
    assert!(switch.runs("ip link add br1 type bridge mcast_snooping 0; ip link set br1 up"));
    let cable = |host: &Host, number: u8| {
        let port = format!("q{number}");
        switch.link(host, &port, "air")
            && switch.runs(&format!("ip link set {port} master br1"))
            && host.runs(&format!("ip addr add 10.77.3.{number}/24 dev air"))
    };
    assert!(cable(first, 1) && cable(second, 2));
    let eight = scene.phone(first, EIGHT, group);
    let nine = scene.phone(second, NINE, group);
    scene.wait_until_noticed([(&eight, EIGHT), (&nine, NINE)]);
    assert!(first.runs("ip link del air"));
    let told = eight.stdout.wait_for_part("sends no beacons");
    assert!(told.ends_with(": there is no interface air"), "{told}");
    assert!(cable(first, 1));
    eight.stdout.wait_for_part("Beacons are sent to 239.7.7.7%air:5000 again.");
    // A third one is noticed over what came back.
    let seven = scene.phone(second, SEVEN, group);
    scene.wait_until_noticed([(&eight, EIGHT), (&seven, SEVEN)]);
    let problems = |line: &&String| line.contains("sends no beacons");
    assert_eq!(eight.shown().iter().filter(problems).count(), 1, "{:?}", eight.shown());
}
