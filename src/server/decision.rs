//! What the server decided, as values.

use std::sync::Arc;
use std::time::Instant;

use super::accounts::Verdict;
use super::contact_tracing::ContactTrace;
use super::origins::Origin;
use super::store::{Kind, Problem};
use crate::protocol::resp::ForeignProtocol;
use crate::protocol::{ContactRecord, RegistrationCode, Username};
use crate::transport::HandshakeFailure;

/// Something that the server decided, for those who observe it: the console, the simulation, a
/// test.
///
/// A decision is final when it is recorded: no observer can change, delay or lose a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// TempIDs were issued to a user. Random ones are on stable storage, and so is the number of
    /// the user that encrypted ones stand for.
    TempIdsIssued {
        /// The user.
        user: Username,
        /// The TempIDs with their windows.
        records: Box<[ContactRecord]>,
    },
    /// A contact log was taken, and this is what it says. It is on stable storage.
    ContactLogTaken(Arc<ContactTrace>),
    /// A number is to be sent the code with which it registers.
    CodeToSend {
        /// The number.
        number: Username,
        /// The code.
        code: RegistrationCode,
        /// Whether it has an account, which gets the new password.
        has_account: bool,
    },
    /// A user logged out.
    LoggedOut(Username),
    /// Entries of this kind can no longer be stored.
    StoreFailed(Kind, Problem),
    /// Entries of this kind can be stored again.
    StoreWorks(Kind),
    /// Somebody gave a wrong password, or a name that no user has. Neither is told: what is given
    /// as a name may be a password.
    LoginFailed {
        /// The address of the peer.
        peer: Origin,
        /// The time.
        at: Instant,
    },
    /// The same for the third time under one name, which is blocked from now on.
    LoginsBlocked {
        /// The address of the peer.
        peer: Origin,
        /// The time.
        at: Instant,
    },
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

    /// Records that a login failed, if it did.
    pub fn record_failure(&mut self, verdict: Verdict, peer: Origin, at: Instant) {
        match verdict {
            Verdict::WrongPassword => self.record(Decision::LoginFailed { peer, at }),
            Verdict::NowBlocked => self.record(Decision::LoginsBlocked { peer, at }),
            // Whoever is blocked was recorded before.
            Verdict::Admitted(_) | Verdict::Blocked => {}
        }
    }

    /// Takes what was decided since the last call, in order.
    pub fn take(&mut self) -> Vec<Decision> {
        std::mem::take(&mut self.0)
    }
}
