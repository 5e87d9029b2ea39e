//! What the operator asks, and is answered from the files or by the running server.

pub mod cases;
