//! Orders to hash that wait for a thread. No thread, no clock.

use std::collections::VecDeque;

use super::hashing::HashOrder;
use super::origins::Origin;
use super::store::Ticket;

/// Orders that may wait at most. One thread needs 7 s for as many, and nobody waits longer than
/// 10 s for it; all of them take less than 1 MiB.
pub const MAX_ORDERS: usize = 256;

/// Orders that wait, in a line for each origin. The lines take turns.
#[derive(Debug, Default)]
pub struct HashQueue {
    lines: VecDeque<Line>,
    len: usize,
}

#[derive(Debug)]
struct Line {
    origin: Origin,
    orders: VecDeque<(Ticket, HashOrder)>,
}

impl HashQueue {
    /// Adds an order. If there are too many, returns the ticket of one that is dropped for it: the
    /// latest of the longest line, which may be this one.
    pub fn push(&mut self, ticket: Ticket, origin: Origin, order: HashOrder) -> Option<Ticket> {
        self.len += 1;
        match self.lines.iter_mut().find(|line| line.origin == origin) {
            Some(line) => line.orders.push_back((ticket, order)),
            None => self.lines.push_back(Line { origin, orders: [(ticket, order)].into() }),
        }
        if self.len > MAX_ORDERS { self.drop_one() } else { None }
    }

    /// Takes the next order.
    pub fn pop(&mut self) -> Option<(Ticket, HashOrder)> {
        let mut line = self.lines.pop_front()?;
        let order = line.orders.pop_front();
        self.len -= 1;
        if !line.orders.is_empty() {
            self.lines.push_back(line);
        }
        order
    }

    /// Removes an order, if it is there.
    pub fn remove(&mut self, ticket: Ticket) {
        for line in &mut self.lines {
            if let Some(place) = line.orders.iter().position(|(other, _)| *other == ticket) {
                line.orders.remove(place);
                self.len -= 1;
            }
        }
        self.lines.retain(|line| !line.orders.is_empty());
    }

    fn drop_one(&mut self) -> Option<Ticket> {
        let longest = self.lines.iter_mut().max_by_key(|line| line.orders.len())?;
        let (ticket, _) = longest.orders.pop_back()?;
        self.len -= 1;
        self.lines.retain(|line| !line.orders.is_empty());
        Some(ticket)
    }
}

#[cfg(test)]
mod tests;
