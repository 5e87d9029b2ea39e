//! What the operator asks of the server.

use std::sync::Arc;

use super::{Desk, Session};
use crate::protocol::answer::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::request::OperatorRequest;
use crate::server::change::Change;
use crate::server::members::Member;

impl Session {
    /// Handles a request of the operator. `None` means that the answer follows later.
    pub(super) fn handle_operator<'a>(
        &mut self,
        request: OperatorRequest,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        match request {
            OperatorRequest::Code { user } => {
                if !desk.authority.accounts().has(user) {
                    return Err(Refusal::NoSuchUser);
                }
                let (code, expiry) = desk.authority.draw_code(desk.now.wall);
                self.change(Change::MakeCode { user, code, expiry }, desk);
            }
            OperatorRequest::Notify { case } => {
                let text = Arc::clone(&desk.authority.policy.notice_text);
                self.change(Change::Notify { case, text, at: desk.now.wall }, desk);
            }
            OperatorRequest::Revoke { user } => {
                if !desk.authority.accounts().has(user) {
                    return Err(Refusal::NoSuchUser);
                }
                let at = desk.now.wall;
                self.change(Change::Close { user, at, forgotten_until: None }, desk);
            }
            OperatorRequest::Restore { user } => {
                let member = desk.authority.accounts().members.of(user);
                if !member.is_some_and(Member::is_revoked) {
                    return Err(Refusal::NotRevoked);
                }
                self.change(Change::Reopen { user }, desk);
            }
        }
        Ok(None)
    }
}
