//! What must hold of everything that phones are told.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::broken_promise::BrokenPromise;
use super::caller::Fact;
use crate::protocol::{ContactRecord, TempId};

/// All TempIDs that phones were told, each with a note of type `N`, and the checks that need to
/// know nothing else: no TempID is told twice, nobody is let in with a wrong password, and every
/// reply is one that a BlueTrace server sends, to a request that was sent.
#[derive(Debug)]
pub struct Oracle<N> {
    told: HashMap<TempId, N>,
}

impl<N> Default for Oracle<N> {
    fn default() -> Self {
        Self { told: HashMap::new() }
    }
}

impl<N> Oracle<N> {
    /// Notes what a phone learned, with a note for each TempID in it.
    ///
    /// # Errors
    ///
    /// The promise that the server broke.
    pub fn enter(
        &mut self,
        fact: &Fact,
        mut note: impl FnMut(&ContactRecord) -> N,
    ) -> Result<(), BrokenPromise> {
        match fact {
            Fact::LoggedIn { with_right_password: false } => Err(BrokenPromise::LetIn),
            Fact::Broken(promise) => Err(promise.clone()),
            Fact::TempIds(records) => {
                records.iter().try_for_each(|record| match self.told.entry(record.temp_id) {
                    Entry::Occupied(_) => Err(BrokenPromise::TempIdTwice),
                    Entry::Vacant(entry) => {
                        entry.insert(note(record));
                        Ok(())
                    }
                })
            }
            Fact::LoggedIn { with_right_password: true }
            | Fact::WrongPassword { .. }
            | Fact::NowBlocked
            | Fact::Blocked
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::Refused { .. }
            | Fact::LoggedOut => Ok(()),
        }
    }

    /// The TempIDs that were told, with their notes, in no order.
    pub fn told(&self) -> impl ExactSizeIterator<Item = (&TempId, &N)> {
        self.told.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::breach::Breach;
    use crate::protocol::Timestamp;

    fn temp_ids(number: u128) -> Fact {
        let start = Timestamp::from_unix_seconds(0);
        let temp_id = TempId::from_number(number).expect("in range");
        Fact::TempIds(vec![ContactRecord { temp_id, start, expiry: start }])
    }

    fn enter(oracle: &mut Oracle<()>, fact: &Fact) -> Result<(), BrokenPromise> {
        oracle.enter(fact, |_| ())
    }

    #[test]
    fn temp_id_told_twice_is_found() {
        let mut oracle = Oracle::default();
        assert_eq!(enter(&mut oracle, &temp_ids(1)), Ok(()));
        assert_eq!(enter(&mut oracle, &temp_ids(2)), Ok(()));
        assert_eq!(enter(&mut oracle, &temp_ids(1)), Err(BrokenPromise::TempIdTwice));
        assert_eq!(oracle.told().len(), 2);
    }

    #[test]
    fn login_with_a_wrong_password_and_a_breach_are_found() {
        let mut oracle = Oracle::default();
        let logged_in = |with_right_password| Fact::LoggedIn { with_right_password };
        assert_eq!(enter(&mut oracle, &logged_in(true)), Ok(()));
        assert_eq!(enter(&mut oracle, &logged_in(false)), Err(BrokenPromise::LetIn));
        let breach = BrokenPromise::from(Breach::WrongTimes);
        assert_eq!(enter(&mut oracle, &Fact::Broken(breach.clone())), Err(breach));
    }
}
