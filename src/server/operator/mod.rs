//! What the operator asks: of the files, which can be read while a server runs or not, and of the
//! running server, over a Unix socket in the data directory.

pub mod ask;
pub mod cases;
pub mod socket;
pub mod users;
