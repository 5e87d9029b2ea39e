//! The reactor: what programs wait with and for, on mio, and nothing that knows BlueTrace. Outside are only
//! sources of one program, registered with its loop, such as the client's standard input.
//!
//! A program on it is a loop of ticks on one thread. Each tick
//!
//! 1. waits until something is ready, a timer is due, or not at all if work is left over,
//! 2. handles the events: reads, gives the bytes to state machines, sends; then what was left over,
//! 3. handles the timers that are due,
//! 4. commits what has to be on disk before it may be told, and tells it,
//! 5. frees what is closed, accepts.
//!
//! # The contract of readiness
//!
//! mio is edge-triggered: it tells once that a source *became* ready. Whoever does not take
//! everything is not told again. So each part here either drains its source until the system says
//! `WouldBlock` (or until a short read, which says the same), or remembers that something may be
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
mod listener;
mod output;
mod retry;
pub mod signals;
mod stream;
mod timer_wheel;
mod token;

#[cfg(feature = "storm")]
pub use alarm::Alarm;
pub use buffer::Buffer;
pub use connection::{Connection, Consumed, Flushed, READ_BYTES, Received};
pub use connection_table::{ConnectionTable, Slot, TURNS_PER_TICK, VacantEntry};
pub use datagram::DatagramSocket;
pub use event_loop::EventLoop;
pub use listener::{ACCEPTS_PER_TICK, Accepted, Listener};
pub use output::{MAX_PENDING_OUTPUT_BYTES, Output};
pub use retry::Retry;
pub use signals::Signals;
pub use stream::{Readiness, Stream};
pub use timer_wheel::{TimerKey, TimerWheel};
pub use token::{Table, Token};
