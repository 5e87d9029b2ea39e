//! The reporting server, the phone client and the simulator of the BlueTrace contact-tracing
//! protocol.
//!
//! Everything that decides is a state machine without I/O: bytes or events and the time go in,
//! bytes and events come out. Around the machines stand thin shells, on real sockets in [`server`]
//! and [`client`], in virtual time in `world`. The words and bytes that they speak are in
//! [`protocol`], which is also the specification; what touches the operating system is in
//! [`reactor`].
//!
//! Two programs investigate: `storm` loads a real server, and `simulate` lets a `town` of people
//! with phones live in a simulation. Each is behind the feature of its name, with its modules.
//!
//! `ARCHITECTURE.md` shows how it fits together.

#[cfg(test)]
extern crate self as bluetrace;

pub mod allocator;
pub mod arguments;
#[cfg(any(feature = "simulate", feature = "storm"))]
pub mod chart;
pub mod client;
pub mod clock;
#[cfg(feature = "simulate")]
pub mod crowd;
pub mod ff1;
pub mod numbers;
mod print;
pub mod program;
#[cfg(any(feature = "simulate", feature = "storm"))]
mod progress_bar;
pub mod protocol;
pub mod reactor;
pub mod server;
#[cfg(feature = "storm")]
pub mod storm;
#[cfg(feature = "simulate")]
pub mod study;
mod table;
pub mod terminal_kind;
pub mod text_file;
pub mod text_width;
#[cfg(feature = "simulate")]
pub mod town;
pub mod transport;
pub mod whole_file;
#[cfg(any(feature = "simulate", feature = "storm"))]
pub mod workload;
#[cfg(feature = "simulate")]
pub mod world;
#[cfg(any(feature = "simulate", feature = "storm"))]
mod writable;
