//! What must hold, whatever goes wrong.

use std::collections::HashMap;
use std::time::Duration;

use super::phone::Learned;
use crate::protocol::{ContactRecord, TempId, Username};
use crate::server::registry::Registry;

/// Everything that phones were told, checked against what they may be told:
///
/// - no TempID is told twice,
/// - every TempID that was told is on the disk, also after a crash,
/// - nobody is logged in with a wrong password, or during a block,
/// - an upload is taken whole.
#[derive(Debug, Default)]
pub struct Ledger {
    told: HashMap<TempId, (Username, ContactRecord)>,
    /// Until when an account is blocked for certain.
    blocks: HashMap<Username, Duration>,
    /// How many logins succeeded.
    pub logins: u64,
    /// How many records were uploaded.
    pub uploaded: u64,
    /// How often an account was blocked.
    pub blocked: u64,
}

impl Ledger {
    /// How many TempIDs were told.
    pub fn temp_ids(&self) -> usize {
        self.told.len()
    }

    /// Enters what a phone learned at `now`.
    ///
    /// # Errors
    ///
    /// What must not be.
    pub fn enter(
        &mut self,
        user: Username,
        learned: Learned,
        block_duration: Duration,
        now: Duration,
    ) -> Result<(), String> {
        match learned {
            Learned::LoggedIn { with_right_password, asked_at } => {
                self.logins += 1;
                let blocked_until = self.blocks.get(&user).copied().unwrap_or_default();
                if !with_right_password {
                    return Err(format!("{user} is logged in with a wrong password"));
                }
                if now < blocked_until {
                    return Err(format!(
                        "{user} asked at {asked_at:?} and is logged in at {now:?}, blocked until {blocked_until:?}"
                    ));
                }
                Ok(())
            }
            Learned::NowBlocked { asked_at } => {
                self.blocked += 1;
                // The server got the password after it was sent, so the block is not over before.
                self.blocks.insert(user, asked_at + block_duration);
                Ok(())
            }
            Learned::TempIds(records) => records.into_iter().try_for_each(|record| {
                match self.told.insert(record.temp_id, (user, record)) {
                    None => Ok(()),
                    Some((other, _)) => Err(format!("{user} is told a TempID of {other}")),
                }
            }),
            Learned::Uploaded { taken, sent } => {
                self.uploaded += taken as u64;
                if taken == sent { Ok(()) } else { Err(format!("{taken} of {sent} records taken")) }
            }
            Learned::Nonsense(text) => Err(format!("{user} is told {text:?}")),
        }
    }

    /// The server was restarted: it remembers what is on the disk, and nothing else.
    ///
    /// # Errors
    ///
    /// The first TempID that a phone was told and that the server does not know.
    pub fn restarted(&mut self, registry: &Registry) -> Result<(), String> {
        self.blocks.clear();
        self.check(registry)
    }

    /// Compares what phones were told with what the server knows.
    ///
    /// # Errors
    ///
    /// The first TempID that a phone was told and that the server does not know.
    pub fn check(&self, registry: &Registry) -> Result<(), String> {
        for (temp_id, told) in &self.told {
            let known = registry.find(*temp_id);
            if known != Some(*told) {
                return Err(format!("{told:?} was told, but the server knows {known:?}"));
            }
        }
        Ok(())
    }
}
