//! Signals of the process as a source of events.

use std::io;

use mio::{Interest, Registry};
pub use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};

use super::Token;

/// The signals that a program has taken over, as a source of events.
pub struct Signals(signal_hook_mio::v1_0::Signals);

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signals")
    }
}

impl Signals {
    /// Takes over the signals `numbers`, registered under `token`: they no longer do what they do
    /// by default.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn take_over(numbers: &[i32], registry: &Registry, token: Token) -> io::Result<Self> {
        let mut signals = signal_hook_mio::v1_0::Signals::new(numbers)?;
        registry.register(&mut signals, token.into(), Interest::READABLE)?;
        Ok(Self(signals))
    }

    /// The signals that arrived since the last call.
    pub fn pending(&mut self) -> Vec<i32> {
        self.0.pending().collect()
    }
}
