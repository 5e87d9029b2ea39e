//! BlueTrace.
pub mod client;
pub mod clock;
pub mod protocol;
pub mod reactor;
pub mod server;
pub mod simulation;
pub mod text_file;
