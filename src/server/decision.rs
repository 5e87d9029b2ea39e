//! What the server decided, as values.

use std::time::Instant;

use super::contact_tracing::ContactTrace;
use super::origins::Origin;
use super::store::Problem;
use crate::protocol::resp::ForeignProtocol;
use crate::protocol::{ContactRecord, Username};

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
    /// A contact log was taken, and this is what it says.
    ContactLogTraced(ContactTrace),
    /// A user logged out.
    LoggedOut(Username),
    /// TempIDs can no longer be stored.
    StoreFailed(Problem),
    /// TempIDs can be stored again.
    StoreWorks,
    /// A connection was closed, as its peer speaks another protocol.
    ForeignPeer {
        /// The address of the peer.
        peer: Origin,
        /// The protocol.
        protocol: ForeignProtocol,
        /// The time.
        at: Instant,
    },
}

/// The decisions since they were taken last, and how much room their observers have.
#[derive(Debug)]
pub struct Decisions {
    recorded: Vec<Decision>,
    /// Records of contact logs that can still be shown.
    room: usize,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { recorded: Vec::new(), room: usize::MAX }
    }
}

impl Decisions {
    /// Records a decision.
    pub fn record(&mut self, decision: Decision) {
        if let Decision::ContactLogTraced(trace) = &decision {
            self.room = self.room.saturating_sub(trace.entries.len());
        }
        self.recorded.push(decision);
    }

    /// Whether another contact log can be shown. Whom it names is nowhere but in the decision, so
    /// one that could get lost must not be taken.
    pub fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Sets how many records of contact logs the observers have room for, from now on.
    pub fn set_room(&mut self, records: usize) {
        self.room = records;
    }

    /// Takes what was decided since the last call, in order.
    pub fn take(&mut self) -> Vec<Decision> {
        std::mem::take(&mut self.recorded)
    }
}
