//! What connections run on: TCP as it is, or with TLS 1.3 above it.
//!
//! TLS is rustls, fed from slices: it touches no socket, and [`TlsStream`] is a layer above any
//! [`Stream`](crate::reactor::Stream). Who a peer is comes from files: an [`identity`] of the
//! server, and the [`trust`] of its clients.

#[cfg(feature = "tls")]
pub mod arguments;
mod handshake_failure;
#[cfg(feature = "tls")]
pub mod identity;
#[cfg(feature = "tls")]
mod pem_file;
#[cfg(feature = "tls")]
pub mod self_signed;
#[cfg(feature = "tls")]
mod tls_stream;
#[cfg(feature = "tls")]
pub mod trust;
mod wire;

pub use handshake_failure::HandshakeFailure;
#[cfg(feature = "tls")]
pub use tls_stream::TlsStream;
pub use wire::{Acceptor, Connector, Wire};
