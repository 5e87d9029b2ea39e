//! How contact logs are uploaded.

use std::sync::Arc;

use super::{Desk, Session, State};
use crate::protocol::refusal::Refusal;
use crate::protocol::{ContactRecord, Username};
use crate::server::change::{Change, Permit};
use crate::server::contact_tracing::{ContactTrace, Tracing};
use crate::server::shares::Work;

/// Look-ups and decryptions for an upload in a turn. They take one or two milliseconds, and a whole
/// contact log takes many times as many.
pub const MAX_TRACING_STEPS_PER_TURN: usize = 2048;

/// A contact log on its way to the store.
#[derive(Debug)]
pub(super) struct Upload {
    tracing: Tracing,
    permit: Permit,
}

impl Session {
    /// Begins to trace a contact log.
    ///
    /// # Errors
    ///
    /// Why the upload is refused.
    pub(super) fn begin_upload(
        &mut self,
        user: Username,
        records: &[u8],
        code: Option<&[u8]>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Refusal> {
        let permit = self.permit(code, desk)?;
        let count = (records.len() / ContactRecord::LEN) as u32;
        desk.shares.charge(user, Work::ContactRecords(count), desk.now.monotonic);
        let log = ContactRecord::decode_all(records).map_err(Refusal::InvalidRecord)?;
        let bytes = log.len() * ContactTrace::MEMORY_PER_ENTRY;
        if !desk.authority.memory().has_room_for(bytes as u64) {
            return Err(Refusal::NoMemory);
        }
        let now = desk.now.wall;
        let tracing = Tracing::new(user, &log, now, desk.authority.kept_since(now));
        self.go_on_tracing(user, Box::new(Upload { tracing, permit }), desk);
        Ok(())
    }

    /// Traces as many entries of a contact log as fit into a turn. With the last one, the wait for
    /// the store begins.
    pub(super) fn go_on_tracing(
        &mut self,
        user: Username,
        mut upload: Box<Upload>,
        desk: &mut Desk<'_>,
    ) {
        let (steps, now) = (desk.authority.steps_to_find(), desk.now.monotonic);
        let count = upload.tracing.left().min((MAX_TRACING_STEPS_PER_TURN / steps).max(1));
        desk.shares.charge(user, Work::Decryptions((count * (steps - 1)) as u32), now);
        upload.tracing.go_on(count, |record| desk.authority.find(record));
        if upload.tracing.left() > 0 {
            self.state = State::Tracing { user, upload };
            return;
        }
        let Upload { tracing, permit } = *upload;
        let trace = Arc::new(tracing.end());
        desk.shares.charge(user, Work::StoredRecords(trace.entries.len() as u32), now);
        let policy = &desk.authority.policy;
        let notice = policy.notify_at_once.then(|| Arc::clone(&policy.notice_text));
        self.state = State::LoggedIn { user };
        self.change(Change::TakeLog { trace, permit, notice }, desk);
    }
}
