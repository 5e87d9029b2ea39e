//! What users of phones do, and what the server must never do to them.
//!
//! The same [`Caller`] follows a plan of [`Step`]s in a storm, on sockets and against the clock,
//! and in a world, in virtual time and with faults. What the server tells it goes to the same
//! [`Oracle`].

pub mod broken_promise;
pub mod caller;
pub mod fact;
pub mod oracle;
pub mod step;

pub use self::broken_promise::BrokenPromise;
pub use self::caller::Caller;
pub use self::oracle::{Oracle, Repeats};
pub use self::step::Step;
