//! Words and bytes.
mod beacon;
mod contact_record;
pub mod reply;
pub mod request;
pub mod resp;
mod temp_id;
mod timestamp;
mod username;

pub use beacon::{Beacon, BeaconError};
pub use contact_record::{ContactRecord, ContactRecordError, InvalidRecord};
pub use temp_id::{TempId, TempIdError};
pub use timestamp::{Timestamp, TimestampError};
pub use username::{Username, UsernameError};
