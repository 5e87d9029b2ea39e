//! Streams for tests, of the reactor and of what runs on it.

mod layered;
mod wire;

pub(crate) use layered::Layered;
pub(crate) use wire::{End, Probe, TestPoll};

use super::Stream;

/// A kind of stream that the same test can run over.
pub(crate) trait Layer: Stream<Registry = TestPoll> + Sized {
    /// The side that was connected to, on one end of a wire.
    fn server(end: End) -> Self;

    /// The side that connected, on the other end.
    fn client(end: End) -> Self;
}

impl Layer for End {
    fn server(end: End) -> Self {
        end
    }

    fn client(end: End) -> Self {
        end
    }
}

impl Layer for Layered {
    fn server(end: End) -> Self {
        Self::accepted(end)
    }

    fn client(end: End) -> Self {
        Self::connected(end)
    }
}

/// Makes two tests of each generic function: over the plain stream, and over the layered one.
macro_rules! over_each_stream {
    ($($name:ident),* $(,)?) => {
        mod plain {
            $(#[test] fn $name() { super::$name::<$crate::reactor::tests::End>(); })*
        }
        mod layered {
            $(#[test] fn $name() { super::$name::<$crate::reactor::tests::Layered>(); })*
        }
    };
}
pub(crate) use over_each_stream;
