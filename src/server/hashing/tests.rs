use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use super::*;

/// Hashes when it is asked for answers, and not before a test lets it.
#[derive(Debug, Default)]
pub(in crate::server) struct Lazy {
    orders: VecDeque<(Ticket, HashOrder)>,
    /// Whether there are answers.
    pub(in crate::server) is_idle: bool,
    /// What it says instead of an answer.
    pub(in crate::server) trouble: Option<HashResult>,
    /// Orders that were executed.
    pub(in crate::server) executed: usize,
}

/// A [`Lazy`] hasher that a test shares with the service.
#[derive(Debug, Default, Clone)]
pub(in crate::server) struct Shared(Arc<Mutex<Lazy>>);

impl Shared {
    /// What is shared, for as long as the guard lives.
    pub(in crate::server) fn lazy(&self) -> MutexGuard<'_, Lazy> {
        self.0.lock().expect("no test has panicked with it")
    }
}

impl PasswordHasher for Shared {
    fn submit(&mut self, ticket: Ticket, _origin: Origin, order: HashOrder, _now: Instant) {
        self.lazy().orders.push_back((ticket, order));
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.lazy().orders.retain(|(other, _)| *other != ticket);
    }

    fn next_answer(&mut self, _now: Instant) -> Option<HashAnswer> {
        let mut lazy = self.lazy();
        if lazy.is_idle {
            return None;
        }
        let (ticket, order) = lazy.orders.pop_front()?;
        let result = match lazy.trouble.clone() {
            Some(trouble) => trouble,
            None => {
                lazy.executed += 1;
                order.execute(Cost::LEAST, &mut Workspace::default())
            }
        };
        Some(HashAnswer { ticket, result })
    }
}

#[test]
fn debug_form_shows_no_password() {
    let password: Arc<[u8]> = b"secret"[..].into();
    let hash = PasswordHash::make(&password, &[7; 16], Cost::LEAST, &mut Workspace::default());
    for order in [
        HashOrder::Check { password: password.clone(), hash },
        HashOrder::Make { password, salt: [0; 16] },
    ] {
        let text = format!("{order:?}");
        assert!(text == "Check" || text == "Make", "{text}");
    }
}
