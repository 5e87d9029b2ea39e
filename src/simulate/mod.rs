//! The program that simulates towns: scenario files, runs side by side, experiments and reports.

pub mod experiment;
pub mod messages;
pub mod output;
pub mod runs;
pub mod sequence;
pub mod statistics;
pub mod study;
