//! What the tests of the programs share: the real server as a process, phones that speak RESP in
//! their own words, data directories, and ways to wait that are not sleeps.
//!
//! Every wait is for a condition and ends at a generous deadline, at which the test fails and says
//! what it waited for. Every process is killed, by its id, when its owner goes out of scope.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test program compiles this module for itself and uses a part of it"
)]

pub mod beacon;
#[cfg(feature = "simulate")]
pub mod browser;
pub mod client;
pub mod data;
pub mod group;
#[cfg(feature = "storm")]
pub mod liar;
pub mod libraries;
pub mod lines;
pub mod network;
pub mod notice;
pub mod operator;
pub mod phone;
pub mod process;
pub mod record;
pub mod reply;
#[cfg(feature = "storm")]
pub mod scene;
pub mod server;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod small_disk;
#[cfg(feature = "storm")]
pub mod storm;
#[cfg(feature = "simulate")]
pub mod study;
pub mod terminal;
#[cfg(feature = "tls")]
pub mod tls;
pub mod tools;
#[cfg(feature = "simulate")]
pub mod town;
pub mod wait;
