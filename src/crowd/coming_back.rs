//! Whoever keeps coming back is told every notice.

use std::collections::BTreeSet;

use super::{Crowd, MOST_STEPS_PER_PHONE};
use crate::protocol::resp::RespVersion;
use crate::workload::step::Step;
use crate::world::World;
use crate::world::ids::PhoneId;
use crate::world::phone::username;

/// What a user does who looks for notices.
const LOOK: [Step; 3] = [Step::LogIn, Step::Stay, Step::LogOut];

impl World<Crowd> {
    /// Lets those phones log in again that can be told of notices and have some to be told, until
    /// there are none.
    ///
    /// # Errors
    ///
    /// A message if a phone comes in vain.
    pub(super) fn check_told(&mut self) -> Result<(), String> {
        let mut before = usize::MAX;
        loop {
            let (phones, unseen) = self.lacking();
            if unseen == 0 {
                return self.inhabitants.check_database(&mut self.core);
            }
            if unseen >= before {
                return Err(format!("phones {phones:?} are not told their {unseen} notices"));
            }
            before = unseen;
            for phone in phones {
                self.core.phones[phone.index()].intend(&LOOK);
                self.core.wake(phone);
            }
            let steps = self.inhabitants.trace.steps();
            self.run_until_quiet(steps + MOST_STEPS_PER_PHONE * self.core.phones.len() as u64)?;
            self.check_quiet()?;
        }
    }

    /// The phones that can be told of notices and have some to be told, and how many.
    fn lacking(&mut self) -> (BTreeSet<PhoneId>, usize) {
        let Self { core, inhabitants } = self;
        let unseen = inhabitants.notices.unseen(core.machine.database());
        let unseen: Vec<_> = unseen.map(|kept| kept.user).collect();
        let is_told = |phone: &PhoneId| core.phones[phone.index()].version() == RespVersion::V3;
        let phones = (0..core.phones.len() as u32).map(PhoneId::new).filter(is_told);
        let of_phone = |phone: &PhoneId| {
            let user = username(core.phones[phone.index()].owner());
            unseen.iter().filter(|unseen| **unseen == user).count()
        };
        let lacking: Vec<_> = phones.map(|phone| (phone, of_phone(&phone))).collect();
        let lacking = lacking.into_iter().filter(|(_, count)| *count > 0);
        lacking.fold(Default::default(), |(mut phones, unseen), (phone, count)| {
            phones.insert(phone);
            (phones, unseen + count)
        })
    }
}
