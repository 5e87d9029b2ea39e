use thiserror::Error;

use super::{ContactRecord, ContactRecordError};

/// The message that a phone broadcasts: the record of its current TempID, in one UDP datagram of 59
/// bytes.
///
/// | Offset | Bytes | Field |
/// |---|---|---|
/// | 0 | 58 | [`ContactRecord`] |
/// | 58 | 1 | protocol version, ASCII `1` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beacon(pub ContactRecord);

impl Beacon {
    /// Length of a datagram, in bytes.
    pub const LEN: usize = ContactRecord::LEN + 1;

    /// The only protocol version there is.
    pub const VERSION: u8 = b'1';

    /// Reads a datagram. The receiver judges by its own clock whether the beacon is *valid*.
    ///
    /// # Errors
    ///
    /// [`BeaconError`] says why the datagram is no beacon.
    pub fn decode(datagram: &[u8]) -> Result<Self, BeaconError> {
        let (version, record) = match datagram.split_last() {
            Some(parts) if datagram.len() == Self::LEN => parts,
            _ => return Err(BeaconError::Length(datagram.len())),
        };
        if *version != Self::VERSION {
            return Err(BeaconError::Version(*version));
        }
        Ok(Self(ContactRecord::decode(record)?))
    }

    /// Appends the datagram.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        out.push(Self::VERSION);
    }
}

/// Why a datagram is no [`Beacon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BeaconError {
    /// The datagram has another length than 59 bytes.
    #[error("it has {0} bytes, a beacon has 59")]
    Length(usize),
    /// The last byte is not ASCII `1`.
    #[error("its protocol version is byte 0x{0:02x}, not \"1\"")]
    Version(u8),
    /// The first 58 bytes are no contact record.
    #[error("{0}")]
    Record(#[from] ContactRecordError),
}

#[cfg(test)]
mod tests;
