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
mod tests {
    use proptest::prelude::*;

    use super::super::contact_record::tests::any_record;
    use super::*;

    const SAMPLE: &[u8] = b"1234567890123456789113/05/2020 17:54:0613/05/2020 18:09:051";

    #[test]
    fn datagram_of_another_length_is_refused() {
        for len in [0, 1, 58] {
            assert_eq!(Beacon::decode(&SAMPLE[..len]), Err(BeaconError::Length(len)));
        }
        let longer = [SAMPLE, b"1"].concat();
        assert_eq!(Beacon::decode(&longer), Err(BeaconError::Length(60)));
    }

    #[test]
    fn another_version_is_refused() {
        let mut datagram = SAMPLE.to_vec();
        datagram[58] = b'2';
        assert_eq!(Beacon::decode(&datagram), Err(BeaconError::Version(b'2')));
    }

    #[test]
    fn wrong_record_is_refused() {
        let mut datagram = SAMPLE.to_vec();
        datagram[20] = b'4';
        assert_eq!(Beacon::decode(&datagram), Err(ContactRecordError::Start.into()));
    }

    proptest! {
        #[test]
        fn decoding_an_encoded_beacon_gives_it_back(record in any_record()) {
            let mut datagram = Vec::new();
            Beacon(record).encode(&mut datagram);
            prop_assert_eq!(datagram.len(), Beacon::LEN);
            prop_assert_eq!(Beacon::decode(&datagram), Ok(Beacon(record)));
        }

        #[test]
        fn any_datagram_is_refused_or_encoded_the_same(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
            if let Ok(beacon) = Beacon::decode(&bytes) {
                let mut datagram = Vec::new();
                beacon.encode(&mut datagram);
                prop_assert_eq!(datagram, bytes);
            }
        }
    }
}
