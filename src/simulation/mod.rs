//! The same machines in virtual time.
//!
//! Here the server's [`Frontend`](crate::server::Frontend) and the phone's
//! [`Session`](crate::client::session::Session) and [`Phone`](crate::client::phone::Phone) meet on a
//! network that cuts, delays, resets and loses, and on a disk that fills up, fails and crashes. Time
//! passes only from one happening to the next, and everything that is random comes from one seed, so
//! that a run can be repeated to the last byte.
//!
//! Nothing here may ask the system for the time, for randomness or for a socket.

pub mod clock;
pub mod crowd;
pub mod disk;
pub mod event_queue;
pub mod kernel;
pub mod machine;
pub mod network;
pub mod phone;
pub mod random;
pub mod server;
pub mod step;
pub mod trouble;
pub mod world;
