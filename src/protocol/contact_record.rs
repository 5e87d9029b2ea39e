use std::fmt;

use thiserror::Error;

use super::{TempId, Timestamp, TimestampDecoder};

/// A TempID and its validity: what the server issues, a beacon carries, a contact log keeps and an
/// upload lists.
///
/// | Offset | Bytes | Field |
/// |---|---|---|
/// | 0 | 20 | TempID, ASCII decimal digits |
/// | 20 | 19 | start, `DD/MM/YYYY HH:MM:SS`, UTC |
/// | 39 | 19 | expiry, the same form |
///
/// In a file the three fields are separated by one blank each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContactRecord {
    /// The TempID, which only the server can map to a user.
    pub temp_id: TempId,
    /// The first second in which the TempID is valid.
    pub start: Timestamp,
    /// The last second in which the TempID is valid.
    pub expiry: Timestamp,
}

impl ContactRecord {
    /// Length on the wire, in bytes.
    pub const LEN: usize = TempId::LEN + 2 * Timestamp::LEN;

    /// Length of a line in a file, in bytes, without its end.
    pub const LINE_LEN: usize = Self::LEN + 2;

    /// Whether the TempID is valid at `now`: `start <= now <= expiry`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.start <= now && now <= self.expiry
    }

    /// Reads the 58 bytes of the wire.
    ///
    /// # Errors
    ///
    /// [`ContactRecordError`] names the first field that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContactRecordError> {
        Self::decode_with(bytes, &mut TimestampDecoder::default())
    }

    /// Reads records that follow each other without anything between them.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] names the first invalid record and its first wrong field.
    pub fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, InvalidRecord> {
        let mut times = TimestampDecoder::default();
        let decode = |(index, record)| {
            Self::decode_with(record, &mut times)
                .map_err(|error| InvalidRecord { position: index + 1, error })
        };
        bytes.chunks(Self::LEN).enumerate().map(decode).collect()
    }

    /// Appends the 58 bytes of the wire.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.temp_id.encode(out);
        self.start.encode(out);
        self.expiry.encode(out);
    }

    /// Reads a line of a file, without its end.
    ///
    /// # Errors
    ///
    /// [`ContactRecordError`] names the first field that is wrong.
    pub fn decode_line(line: &[u8]) -> Result<Self, ContactRecordError> {
        Self::decode_line_with(line, &mut TimestampDecoder::default())
    }

    /// Reads one of many lines of a file, with a decoder of times that all of them share.
    ///
    /// # Errors
    ///
    /// [`ContactRecordError`] names the first field that is wrong.
    pub fn decode_line_with(
        line: &[u8],
        times: &mut TimestampDecoder,
    ) -> Result<Self, ContactRecordError> {
        let blanks = [TempId::LEN, TempId::LEN + 1 + Timestamp::LEN];
        if line.len() != Self::LINE_LEN || blanks.iter().any(|at| line[*at] != b' ') {
            return Err(ContactRecordError::Length);
        }
        let (start, expiry) = (&line[blanks[0] + 1..blanks[1]], &line[blanks[1] + 1..]);
        Self::from_fields(&line[..blanks[0]], start, expiry, times)
    }

    /// Appends a line of a file, without its end.
    pub fn encode_line(&self, out: &mut Vec<u8>) {
        self.temp_id.encode(out);
        out.push(b' ');
        self.start.encode(out);
        out.push(b' ');
        self.expiry.encode(out);
    }

    fn decode_with(bytes: &[u8], times: &mut TimestampDecoder) -> Result<Self, ContactRecordError> {
        if bytes.len() != Self::LEN {
            return Err(ContactRecordError::Length);
        }
        let (temp_id, rest) = bytes.split_at(TempId::LEN);
        let (start, expiry) = rest.split_at(Timestamp::LEN);
        Self::from_fields(temp_id, start, expiry, times)
    }

    fn from_fields(
        temp_id: &[u8],
        start: &[u8],
        expiry: &[u8],
        times: &mut TimestampDecoder,
    ) -> Result<Self, ContactRecordError> {
        Ok(Self {
            temp_id: TempId::decode(temp_id).map_err(|_| ContactRecordError::TempId)?,
            start: times.decode(start).map_err(|_| ContactRecordError::Start)?,
            expiry: times.decode(expiry).map_err(|_| ContactRecordError::Expiry)?,
        })
    }
}

/// Why some bytes are no [`ContactRecord`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ContactRecordError {
    /// The length is not 58 bytes, or a line is not three fields with one blank between them.
    #[error("not a TempID of 20 digits, a start and an expiry")]
    Length,
    /// The first field is no TempID.
    #[error("the TempID is not 20 decimal digits")]
    TempId,
    /// The second field is no time.
    #[error("the start is not DD/MM/YYYY HH:MM:SS")]
    Start,
    /// The third field is no time.
    #[error("the expiry is not DD/MM/YYYY HH:MM:SS")]
    Expiry,
}

/// An invalid record among many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRecord {
    /// Position of the record, counted from 1.
    pub position: usize,
    /// What is wrong with it.
    pub error: ContactRecordError,
}

impl fmt::Display for InvalidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.error)
    }
}

#[cfg(test)]
pub(crate) mod tests;
