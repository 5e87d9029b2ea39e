use mio::Poll;

use super::*;
use crate::reactor::{DatagramSocket, Token};

#[test]
fn text_with_a_group_is_read_and_written_alike() {
    for text in [
        "239.1.2.3:5000",
        "224.0.0.1%eth0:1",
        "239.255.255.255%2:65535",
        "[ff02::1%eth0]:5000",
        "[ff01::5%1]:5000",
        "[ff15::1:2]:5000",
        "[ff15::1:2%wlan0]:5000",
    ] {
        let group: Group = text.parse().expect(text);
        assert_eq!(group.to_string(), text);
    }
}

#[test]
fn text_without_a_group_is_refused_with_what_was_expected() {
    for text in [
        "",
        ":",
        "239.1.2.3",
        "239.1.2.3:",
        "239.1.2.3:0",
        "239.1.2.3:65536",
        "239.1.2.3:x",
        "239.1.2.3%:5000",
        "239.1.2:5000",
        "[239.1.2.3]:5000",
        "ff15::1:5000",
        "[ff15::1]",
        "[ff15::1:5000",
        "[ff02::1%]:5000",
        "group:5000",
    ] {
        assert_eq!(text.parse::<Group>(), Err(GroupError::Form), "{text:?}");
    }
    let host = |text: &str| GroupError::NotMulticast(text.parse().expect("an address"));
    assert_eq!("127.0.0.1:5000".parse::<Group>(), Err(host("127.0.0.1")));
    assert_eq!("255.255.255.255:5000".parse::<Group>(), Err(host("255.255.255.255")));
    assert_eq!("[fe80::1%eth0]:5000".parse::<Group>(), Err(host("fe80::1")));
    let link = |text: &str| GroupError::NoInterface(text.parse().expect("an address"));
    assert_eq!("[ff02::1]:5000".parse::<Group>(), Err(link("ff02::1")));
    assert_eq!("[ff11::1]:5000".parse::<Group>(), Err(link("ff11::1")));
}

/// A group on the loopback that no other test has: the port is one that the system gave to us.
fn group_of_our_own() -> Group {
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = port.local_addr().expect("bound").port();
    let [high, low] = port.to_be_bytes();
    format!("239.255.{high}.{low}%lo:{port}").parse().expect("a group")
}

#[test]
fn group_joined_twice_hears_each_datagram_at_both_sockets() {
    let (poll, group) = (Poll::new().expect("a poll"), group_of_our_own());
    let join = |number| DatagramSocket::join(&group, poll.registry(), Token::permanent(number));
    let sockets = [join(0), join(1)].map(|socket| socket.expect("joined"));
    group.send(b"something").expect("sent");
    for mut socket in sockets {
        socket.rejoin(&group).expect("a member already");
        socket.note_readable();
        let mut heard = Vec::new();
        let now = crate::clock::Now::read().monotonic;
        socket.receive(now, |bytes, _| heard.push(bytes.to_vec())).expect("received");
        assert_eq!(heard, [b"something"]);
    }
}

#[test]
fn interface_that_does_not_exist_is_named() {
    let group: Group = "239.1.2.3%none:5000".parse().expect("a group");
    for error in [group.listen().err(), group.send(b"something").err()] {
        let error = error.expect("there is no such interface");
        assert_eq!(error.to_string(), "there is no interface none");
    }
}

#[test]
fn datagrams_pass_no_router_and_reach_this_machine() {
    let options = |text: &str| {
        let group: Group = text.parse().expect("a group");
        let socket = group.socket().expect("a socket");
        let index = group.index(&socket).expect("the loopback is there");
        group.set_out(&socket, index).expect("options of every socket");
        (index, socket)
    };
    let (_, socket) = options("239.1.2.3%lo:5000");
    let sent = (socket.multicast_ttl_v4(), socket.multicast_loop_v4());
    assert!(matches!(sent, (Ok(1), Ok(true))), "{sent:?}");
    let (index, socket) = options("[ff02::1%lo]:5000");
    let sent = (socket.multicast_hops_v6(), socket.multicast_loop_v6());
    assert!(matches!(sent, (Ok(1), Ok(true))), "{sent:?}");
    assert_eq!(socket.multicast_if_v6().expect("an option of every socket"), index);
}
