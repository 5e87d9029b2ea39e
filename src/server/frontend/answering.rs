//! What follows from the answers that sessions wait for.

use std::collections::HashMap;

use super::Frontend;
use crate::clock::Now;
use crate::protocol::{Notice, Username};
use crate::reactor::Stream;
use crate::server::service::Settled;
use crate::server::store::Store;

impl<E: Store, S: Stream> Frontend<E, S> {
    /// Commits the operations of this tick, and sends the replies of those whose wait is over.
    pub(super) fn commit(&mut self, registry: &S::Registry, now: Now) {
        self.service.commit(now.monotonic);
        while let Some(settled) = self.service.next_settled(now.monotonic) {
            // Before, as whoever has just registered is logged in with it.
            self.end_sessions(&settled.ends.into_iter().collect());
            self.resume(settled, registry, now);
        }
        // Whom the commit has not answered has the replies to earlier requests now.
        let mut waiting = std::mem::take(&mut self.waiting);
        for token in waiting.drain(..) {
            if self.connections.slot(token).is_some_and(|slot| slot.state.session.is_waiting()) {
                self.settle(token, registry, now);
            }
        }
        self.waiting = waiting;
        self.tell_news(registry, now);
    }

    /// Tells those who listen of the notices that were made in this tick.
    fn tell_news(&mut self, registry: &S::Registry, now: Now) {
        let mut news: HashMap<Username, Vec<Notice>> = HashMap::new();
        for (user, notice) in self.service.take_news() {
            news.entry(user).or_default().push(notice);
        }
        // Mostly there is none, and 20,000 connections to ask.
        let tokens = if news.is_empty() { Vec::new() } else { self.connections.tokens() };
        for token in tokens {
            let Some(slot) = self.connections.slot(token) else { continue };
            // Behind our half's end, a reset would overtake the last reply.
            if slot.connection.is_finishing() {
                continue;
            }
            let session = &slot.state.session;
            let Some(notices) = session.listener().and_then(|user| news.get(&user)) else {
                continue;
            };
            notices.iter().for_each(|notice| session.tell(notice, slot.connection.output()));
            self.settle(token, registry, now);
        }
    }

    fn resume(&mut self, settled: Settled, registry: &S::Registry, now: Now) {
        let token = settled.client;
        let Some(slot) = self.connections.slot(token) else { return };
        self.service.settle(&mut slot.state.session, settled, slot.connection.output());
        if let Some(unfinished) = &slot.state.unfinished {
            self.budgets.allow_refusal(&unfinished.claim, !slot.state.session.is_waiting());
        }
        let has_more = slot.connection.has_more() || slot.connection.is_unfinished();
        if slot.state.session.is_closing() || (self.is_stopping && !has_more) {
            slot.connection.finish();
        }
        self.settle(token, registry, now);
    }
}
