//! BlueTrace.
pub mod clock;
pub mod protocol;
pub mod reactor;
pub mod server;
mod text_file;
