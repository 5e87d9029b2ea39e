use super::*;

const LOGGED_IN: ConnectionStatus =
    ConnectionStatus { is_logged_out: false, input_bytes: 0, output_bytes: 0 };

#[test]
fn connection_that_makes_the_server_keep_more_than_it_may_is_a_violation() {
    let mut memory = Memory::default();
    for (status, is_allowed) in [
        (ConnectionStatus { input_bytes: MAX_KEPT_INPUT_BYTES, ..LOGGED_IN }, true),
        (ConnectionStatus { input_bytes: MAX_KEPT_INPUT_BYTES + 1, ..LOGGED_IN }, false),
        (ConnectionStatus { output_bytes: MAX_KEPT_OUTPUT_BYTES, ..LOGGED_IN }, true),
        (ConnectionStatus { output_bytes: MAX_KEPT_OUTPUT_BYTES + 1, ..LOGGED_IN }, false),
        (
            ConnectionStatus {
                is_logged_out: true,
                input_bytes: MAX_KEPT_INPUT_BYTES_LOGGED_OUT + 1,
                output_bytes: 0,
            },
            false,
        ),
    ] {
        assert_eq!(memory.enter(ConnectionId(1), status).is_ok(), is_allowed, "{status:?}");
    }
}

#[test]
fn total_follows_what_each_connection_keeps() {
    let mut memory = Memory::default();
    for (connection, input_bytes, total) in [(1, 10, 10), (2, 5, 15), (1, 1, 6), (2, 0, 1)] {
        let status = ConnectionStatus { input_bytes, ..LOGGED_IN };
        memory.enter(ConnectionId(connection), status).expect("little");
        assert_eq!(memory.total(), total);
    }
    memory.forget(ConnectionId(1));
    assert_eq!((memory.total(), memory.most(), memory.most_of_one()), (0, 15, 10));
}
