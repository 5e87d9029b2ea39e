//! The BlueTrace protocol: its words and its bytes.
//!
//! Nothing here does I/O, knows what time it is or draws a random number. Bytes from a peer can
//! only produce a value or an error.
//!
#![doc = include_str!("../../docs/protocol.md")]

pub mod answer;
mod beacon;
mod contact_record;
mod device_token;
mod digit_code;
mod notice;
pub mod refusal;
pub mod reply;
pub mod request;
pub mod resp;
mod statistics;
mod temp_id;
mod timestamp;
mod timestamp_decoder;
mod username;

pub use beacon::{Beacon, BeaconError};
pub use contact_record::{ContactRecord, ContactRecordError, InvalidRecord};
pub use device_token::{DeviceToken, DeviceTokenError};
pub use digit_code::{DigitCode, DigitCodeError, RegistrationCode, UploadCode};
pub use notice::{Notice, NoticeError};
pub use statistics::Statistics;
pub use temp_id::{TempId, TempIdError};
pub use timestamp::{Timestamp, TimestampError};
pub use timestamp_decoder::TimestampDecoder;
pub use username::{Username, UsernameError};
