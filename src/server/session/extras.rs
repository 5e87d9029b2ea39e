//! What is kept of few sessions only.

use super::{Desk, Session};
use crate::protocol::UploadCode;
use crate::protocol::refusal::Refusal;
use crate::server::change::{CaseNumber, Permit};

/// Uploads that one code allows, if they follow each other on one connection: a contact log of the
/// greatest length of our phones, 65,536 entries, takes so many requests.
pub const MAX_PARTS: u8 = 4;

/// What is kept of a client that asked for its number, gave itself a name, or uploaded with a code.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) client_id: Option<usize>,
    pub(super) client_name: Vec<u8>,
    pub(super) upload: Option<Parts>,
}

/// A contact log that may have further parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    latest: CaseNumber,
    code: UploadCode,
    left: u8,
}

impl Session {
    pub(super) fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// What allows an upload with `code`.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoCode`] if the server asks for codes and this is none. Only the store knows
    /// whether it is the one of the user.
    pub(super) fn permit(&self, code: Option<&[u8]>, desk: &Desk<'_>) -> Result<Permit, Refusal> {
        if !desk.authority.policy.upload_codes {
            return Ok(Permit::NotNeeded);
        }
        let code = code.and_then(|code| UploadCode::decode(code).ok()).ok_or(Refusal::NoCode)?;
        let parts = self.extras.as_ref().and_then(|extras| extras.upload);
        Ok(match parts {
            Some(parts) if parts.code == code && parts.left > 0 => {
                Permit::Continues(parts.latest, code)
            }
            Some(_) | None => Permit::Code(code),
        })
    }

    /// Notes that an upload with `code` was taken as a case.
    pub(super) fn note_part(&mut self, case: CaseNumber, code: UploadCode) {
        let upload = &mut self.extras().upload;
        let left = match upload {
            Some(parts) if parts.code == code => parts.left.saturating_sub(1),
            Some(_) | None => MAX_PARTS - 1,
        };
        *upload = Some(Parts { latest: case, code, left });
    }
}
