//! The memory that connections make the server keep.

use std::collections::HashMap;

use crate::server::frontend::{
    ConnectionStatus, MAX_KEPT_INPUT_BYTES, MAX_KEPT_INPUT_BYTES_LOGGED_OUT, MAX_KEPT_OUTPUT_BYTES,
};
use crate::world::network::ConnectionId;

/// The bytes that each connection makes the server keep, checked against its limits, with their
/// maxima.
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
mod tests;
