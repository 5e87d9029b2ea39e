//! What the server decided, as values.

use std::sync::Arc;
use std::time::Instant;

use super::contact_tracing::ContactTrace;
use super::origins::Origin;
use super::store::{Kind, Problem};
use crate::protocol::resp::ForeignProtocol;
use crate::protocol::{ContactRecord, Username};
use crate::transport::HandshakeFailure;

/// Something that the server decided, for those who observe it: the console, the simulation, a
/// test.
///
/// A decision is final when it is recorded: no observer can change, delay or lose a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// TempIDs were issued to a user. They are on stable storage.
    TempIdsIssued {
        /// The user.
        user: Username,
        /// The TempIDs with their windows.
        records: Box<[ContactRecord]>,
    },
    /// A contact log was taken, and this is what it says. It is on stable storage.
    ContactLogTaken(Arc<ContactTrace>),
    /// A user logged out.
    LoggedOut(Username),
    /// Entries of this kind can no longer be stored.
    StoreFailed(Kind, Problem),
    /// Entries of this kind can be stored again.
    StoreWorks(Kind),
    /// A connection was closed, as its peer speaks another protocol.
    ForeignPeer {
        /// The address of the peer.
        peer: Origin,
        /// The protocol.
        protocol: ForeignProtocol,
        /// The time.
        at: Instant,
    },
    /// A connection was closed before its TLS handshake was over.
    HandshakeFailed {
        /// The address of the peer.
        peer: Origin,
        /// The reason.
        failure: HandshakeFailure,
        /// The time.
        at: Instant,
    },
}

/// The decisions since they were taken last.
#[derive(Debug, Default)]
pub struct Decisions(Vec<Decision>);

impl Decisions {
    /// Records a decision.
    pub fn record(&mut self, decision: Decision) {
        self.0.push(decision);
    }

    /// Takes what was decided since the last call, in order.
    pub fn take(&mut self) -> Vec<Decision> {
        std::mem::take(&mut self.0)
    }
}
