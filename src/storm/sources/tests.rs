use super::*;

#[test]
fn port_is_chosen_for_the_connection_and_not_for_the_address() {
    let socket = bound_to(FIRST_SOURCE).expect("bound");
    let local = socket.local_addr().expect("an address").as_socket_ipv4().expect("of IPv4");
    assert_eq!((*local.ip(), local.port()), (FIRST_SOURCE, 0));
}
