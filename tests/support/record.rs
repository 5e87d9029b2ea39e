use std::fmt;

/// A contact record, read and written by the table in the documentation of `protocol`, and not by
/// the code under test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Record {
    pub temp_id: String,
    pub start: String,
    pub expiry: String,
}

impl Record {
    pub const LEN: usize = 58;

    pub fn new(temp_id: &str, start: &str, expiry: &str) -> Self {
        let record = Self { temp_id: temp_id.into(), start: start.into(), expiry: expiry.into() };
        Self::from_wire(&record.wire())
    }

    /// Reads the 58 bytes of the wire; fails the test if they are anything else.
    #[track_caller]
    pub fn from_wire(bytes: &[u8]) -> Self {
        let text = str::from_utf8(bytes).expect("ASCII");
        assert_eq!(text.len(), Self::LEN, "{text:?}");
        let (temp_id, times) = text.split_at(20);
        assert!(temp_id.bytes().all(|byte| byte.is_ascii_digit()), "{temp_id:?} is no TempID");
        let (start, expiry) = times.split_at(19);
        let record = Self { temp_id: temp_id.into(), start: start.into(), expiry: expiry.into() };
        assert!(record.start_seconds() <= record.expiry_seconds(), "{text:?}");
        record
    }

    /// Reads records that follow each other.
    #[track_caller]
    pub fn all_from_wire(bytes: &[u8]) -> Vec<Self> {
        bytes.chunks(Self::LEN).map(Self::from_wire).collect()
    }

    pub fn wire(&self) -> Vec<u8> {
        [&self.temp_id, &self.start, &self.expiry].map(|field| field.as_bytes()).concat()
    }

    pub fn start_seconds(&self) -> i64 {
        seconds(&self.start)
    }

    pub fn expiry_seconds(&self) -> i64 {
        seconds(&self.expiry)
    }

    /// As the server shows an entry of an uploaded contact log.
    pub fn shown(&self) -> String {
        format!("{},\n{},\n{};\n", self.temp_id, self.start, self.expiry)
    }

    /// As the server shows whom an entry was traced to.
    pub fn shown_with(&self, user: &str) -> String {
        format!("{user},\n{},\n{};\n", self.start, self.temp_id)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.temp_id, self.start, self.expiry)
    }
}

/// The wire form of records that follow each other.
pub fn wire(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(Record::wire).collect()
}

/// Seconds since 1970 of `DD/MM/YYYY HH:MM:SS`.
#[track_caller]
fn seconds(text: &str) -> i64 {
    let moment = chrono::NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M:%S");
    moment.unwrap_or_else(|error| panic!("{text:?}: {error}")).and_utc().timestamp()
}

/// `DD/MM/YYYY HH:MM:SS` of seconds since 1970.
#[track_caller]
pub fn seconds_text(seconds: i64) -> String {
    let moment = chrono::DateTime::from_timestamp(seconds, 0).expect("a time in range");
    moment.format("%d/%m/%Y %H:%M:%S").to_string()
}
