use std::io;

use thiserror::Error;

/// Why a TLS handshake came to nothing, for the person at this end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HandshakeFailure {
    /// The first bytes of the peer are no TLS, but perhaps RESP or HTTP without it.
    #[error("TLS handshake failed: the peer does not speak TLS")]
    Plain,
    /// The peer speaks TLS, but one side refuses the other.
    #[error("TLS handshake failed: {0}")]
    Refused(String),
}

impl HandshakeFailure {
    /// The failure behind an error of a stream, if that is what it tells of.
    pub fn behind(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<HandshakeFailure> for io::Error {
    fn from(failure: HandshakeFailure) -> Self {
        Self::new(io::ErrorKind::InvalidData, failure)
    }
}
