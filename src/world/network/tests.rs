use super::*;

fn network(faults: NetworkFaults, seed: u64) -> Network {
    Network::new(faults, seed)
}

/// Lets a phone connect, whose owner has the same number.
fn connect(network: &mut Network, number: u32) -> (ConnectionId, Duration) {
    network.connect(PhoneId::new(number), PersonId::new(number), Duration::ZERO)
}

#[test]
fn stream_is_cut_but_neither_lost_nor_reordered() {
    let sent: Vec<u8> = (0..=255).collect();
    let faults = NetworkFaults {
        stall_probability: 0.5,
        stall: Duration::from_secs(9),
        ..NetworkFaults::NONE
    };
    let mut pieces = 0;
    for seed in 0..20 {
        let mut network = network(faults, seed);
        let (id, _) = connect(&mut network, 0);
        let (mut received, mut last) = (Vec::new(), Duration::ZERO);
        network.send(id, Side::Server, sent.clone(), Duration::ZERO, |at, delivery| {
            let Delivery::Bytes { bytes, .. } = delivery else { panic!("only bytes") };
            assert!(at >= last);
            (last, pieces) = (at, pieces + 1);
            received.extend(bytes);
        });
        assert_eq!(received, sent);
    }
    assert!(pieces > 40, "{pieces}");
}

#[test]
fn connection_of_one_phone_fares_the_same_whatever_others_do() {
    let arrivals = |others: u32| {
        let mut network = network(NetworkFaults::NONE, 1);
        for other in 1..=others {
            let (id, _) = connect(&mut network, other);
            network.send(id, Side::Server, vec![0; 100], Duration::ZERO, |_, _| {});
        }
        let (id, arrival) = connect(&mut network, 0);
        let mut arrivals = vec![arrival];
        network.send(id, Side::Server, vec![0; 100], Duration::ZERO, |at, _| arrivals.push(at));
        arrivals
    };
    assert_eq!(arrivals(0), arrivals(7));
}

#[test]
fn reset_connection_delivers_nothing_more() {
    let faults = NetworkFaults { reset_probability: 1.0, ..NetworkFaults::NONE };
    let mut network = network(faults, 1);
    let (id, _) = connect(&mut network, 0);
    let mut deliveries = Vec::new();
    for _ in 0..2 {
        network.send(id, Side::Server, vec![1, 2], Duration::ZERO, |_, d| deliveries.push(d));
    }
    assert_eq!(deliveries, [Delivery::Reset { connection: id, phone: PhoneId::new(0) }]);
    assert_eq!(network.open_connections(), 0);
}

#[test]
fn dead_machine_breaks_the_connections_that_it_has_not_left() {
    let mut network = network(NetworkFaults::NONE, 1);
    let ids: Vec<_> = (0..10).map(|phone| connect(&mut network, phone).0).collect();
    network.leave(ids[3], Side::Server);
    let mut broken = Vec::new();
    network.reset_all(Duration::ZERO, |_, delivery| match delivery {
        Delivery::Reset { connection, .. } => broken.push(connection),
        other => panic!("{other:?}"),
    });
    assert_eq!(broken, [&ids[..3], &ids[4..]].concat());
    assert!(network.is_open(ids[3]));
}

#[test]
fn powered_off_phone_leaves_a_connection_that_breaks_late() {
    let mut network = network(NetworkFaults::NONE, 1);
    let (id, _) = connect(&mut network, 7);
    let mut deliveries = Vec::new();
    network.power_off(id, Duration::ZERO, |at, delivery| deliveries.push((at, delivery)));
    assert_eq!(
        deliveries,
        [(KEEPALIVE_TIMEOUT, Delivery::Reset { connection: id, phone: PhoneId::new(7) })]
    );
    network.send(id, Side::Phone, vec![1], Duration::ZERO, |_, d| panic!("{d:?}"));
    assert_eq!(network.open_connections(), 1);
    network.leave(id, Side::Server);
    assert_eq!(network.open_connections(), 0);
}

#[test]
fn datagrams_are_lost_and_doubled_as_often_as_said() {
    let faults =
        NetworkFaults { loss_probability: 0.3, double_probability: 0.1, ..NetworkFaults::NONE };
    let (mut network, mut arrived) = (network(faults, 1), 0);
    for _ in 0..10_000 {
        network.send_datagram(PhoneId::new(0), b"x", Duration::ZERO, |_, _| arrived += 1);
    }
    // The mean is 7,700, the deviation 57.
    assert!((7_400..8_000).contains(&arrived), "{arrived}");
}
