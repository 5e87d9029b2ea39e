//! The memory that connections make the server keep.

use std::collections::HashMap;

use crate::server::frontend::{
    ConnectionStatus, MAX_KEPT_INPUT_BYTES, MAX_KEPT_INPUT_BYTES_LOGGED_OUT, MAX_KEPT_OUTPUT_BYTES,
};
use crate::world::network::ConnectionId;

/// The bytes that each connection makes the server keep, checked against its limits, with their maxima.
#[derive(Debug, Default)]
pub struct Memory {
    /// Bytes of each connection that has any.
    kept: HashMap<ConnectionId, usize>,
    total: usize,
    most: usize,
    most_of_one: usize,
}

impl Memory {
    /// Bytes kept now.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Largest number of bytes kept at a time.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Largest number of bytes kept for one connection.
    pub fn most_of_one(&self) -> usize {
        self.most_of_one
    }

    /// Notes the bytes kept for a connection now.
    ///
    /// # Errors
    ///
    /// A message if it exceeds the limits of the server.
    pub fn enter(
        &mut self,
        connection: ConnectionId,
        status: ConnectionStatus,
    ) -> Result<(), String> {
        let ConnectionStatus { is_logged_out, input_bytes, output_bytes } = status;
        let most_input =
            if is_logged_out { MAX_KEPT_INPUT_BYTES_LOGGED_OUT } else { MAX_KEPT_INPUT_BYTES };
        if input_bytes > most_input || output_bytes > MAX_KEPT_OUTPUT_BYTES {
            return Err(format!("{connection:?} makes the server keep too much: {status:?}"));
        }
        self.forget(connection);
        let bytes = input_bytes + output_bytes;
        if bytes > 0 {
            self.kept.insert(connection, bytes);
            self.total += bytes;
            self.most = self.most.max(self.total);
            self.most_of_one = self.most_of_one.max(bytes);
        }
        Ok(())
    }

    /// Forgets a closed connection.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.total -= self.kept.remove(&connection).unwrap_or_default();
    }

    /// Forgets all connections.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.total = 0;
    }
}

#[cfg(test)]
mod tests {
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
}
