//! The reactor: the poll of a program and its sources of events, on mio. Nothing here knows
//! BlueTrace. Sources that only one program has, such as the client's standard input, are with that
//! program.
//!
//! A program on it is a loop of ticks on one thread. Each tick
//!
//! 1. waits until something is ready or a timer is due, or does not wait if work is left over,
//! 2. handles events (reads, passes bytes to state machines, sends), then left-over work,
//! 3. handles the timers that are due,
//! 4. commits what has to be on disk before a client may learn it, and sends those replies,
//! 5. frees closed connections and accepts new ones.
//!
//! # The contract of readiness
//!
//! mio is edge-triggered: it tells once that a source *became* ready, and not again if something is
//! left of it. So each part here either drains its source until the system says `WouldBlock` (or
//! until a short read, which says the same of a plain stream), or remembers that something may be
//! left: a budget bounds what one source may take of a tick, and what is left goes on a run queue,
//! with which the next wait does not wait.
//!
//! An event is a hint. That a peer closed its half may be told before its last bytes are read, and
//! an event may be for a connection that an earlier event of the same batch has closed: hence a
//! [`Token`] carries a generation, and a connection is freed only at the end of the tick.

#[cfg(feature = "storm")]
mod alarm;
mod buffer;
mod connection;
mod connection_table;
mod datagram;
pub mod descriptors;
mod event_loop;
mod group;
mod listener;
mod output;
mod retry;
pub mod signals;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod timer_wheel;
mod token;
mod waking;

#[cfg(feature = "storm")]
pub use alarm::Alarm;
pub use buffer::Buffer;
pub use connection::{Connection, Consumed, Flushed, READ_BYTES, Received, connect};
pub use connection_table::{ConnectionTable, Slot, TURNS_PER_TICK, VacantEntry};
pub use datagram::DatagramSocket;
pub use event_loop::EventLoop;
pub use group::{Group, GroupError};
pub use listener::{ACCEPTS_PER_TICK, Accepted, Accepts, Listener};
pub use output::{MAX_PENDING_OUTPUT_BYTES, Output};
pub use retry::Retry;
pub use signals::Signals;
pub use stream::{OnSocket, Readiness, Stream};
pub use timer_wheel::{TimerKey, TimerWheel};
pub use token::{Table, Token};
pub use waking::{WakeWhenDropped, spawn_helper, spawn_program};
