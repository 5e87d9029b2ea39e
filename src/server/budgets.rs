//! Memory that incomplete requests may take: all together, those of a user, and those from an
//! address.

use std::collections::{BTreeMap, HashMap};

use super::origins::Origin;
use crate::protocol::Username;
use crate::reactor::Token;

/// Memory for the incomplete requests of all connections, in bytes. Without a limit, 19,000
/// connections of users take 19 GB. It is enough for 256 requests of the greatest length at a time,
/// and a phone sends one of them in less than a second.
const MAX_BYTES_IN_ALL: usize = 256 * 1024 * 1024;

/// Memory for the incomplete requests of one user, in bytes: a phone sends one at a time, and even
/// after it lost a few connections it takes no more than eight of the greatest length.
const MAX_BYTES_PER_USER: usize = 16 * 1024 * 1024;

/// Memory for the incomplete requests from one address, in bytes. A mobile operator may have
/// thousands of phones behind one.
const MAX_BYTES_PER_ADDRESS: usize = 64 * 1024 * 1024;

/// How much memory incomplete requests may take.
#[derive(Debug, Clone, Copy)]
pub struct BudgetSettings {
    /// For all connections together, in bytes.
    pub in_all: usize,
    /// For one user, in bytes. If it is not given, users who come from other hosts have a default.
    pub per_user: Option<usize>,
    /// For one address, in bytes. If it is not given, other hosts have a default.
    pub per_address: Option<usize>,
}

/// Memory that incomplete requests take, and whose is the oldest where it is too much.
///
/// The one that is dropped is the oldest and not the one that came last: an honest phone completes
/// its request within seconds, and whoever leaves requests incomplete has the oldest.
#[derive(Debug)]
pub struct Budgets {
    settings: BudgetSettings,
    shares: HashMap<Scope, Share>,
    claims: u64,
}

/// Whose memory is limited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    All,
    User(Username),
    Address(Origin),
}

/// The claims within a scope.
#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// The connections that may be refused, by the age of their requests.
    clients: BTreeMap<u64, Token>,
}

/// The memory of one incomplete request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    client: Token,
    user: Option<Username>,
    origin: Origin,
    /// The number of the claim: an older one has a lower number.
    number: u64,
    bytes: usize,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self { in_all: MAX_BYTES_IN_ALL, per_user: None, per_address: None }
    }
}

impl Budgets {
    /// Budgets of which nothing is used.
    pub fn new(settings: BudgetSettings) -> Self {
        Self { settings, shares: HashMap::new(), claims: 0 }
    }

    /// A claim, of no memory yet, for a request that begins on a connection.
    pub(super) fn claim(&mut self, client: Token, user: Option<Username>, origin: Origin) -> Claim {
        self.claims += 1;
        let claim = Claim { client, user, origin, number: self.claims, bytes: 0 };
        self.allow_refusal(&claim, true);
        claim
    }

    /// Sets whether the connection of a claim may be refused where too much memory is taken.
    pub(super) fn allow_refusal(&mut self, claim: &Claim, is_allowed: bool) {
        for (scope, _) in self.scopes(claim) {
            let clients = &mut self.shares.entry(scope).or_default().clients;
            if is_allowed {
                clients.insert(claim.number, claim.client);
            } else {
                clients.remove(&claim.number);
            }
        }
    }

    /// Sets how much memory a request takes.
    pub(super) fn resize(&mut self, claim: &mut Claim, bytes: usize) {
        for (scope, _) in self.scopes(claim) {
            if let Some(share) = self.shares.get_mut(&scope) {
                share.bytes = share.bytes - claim.bytes + bytes;
            }
        }
        claim.bytes = bytes;
    }

    /// Ends a claim.
    pub(super) fn release(&mut self, mut claim: Claim) {
        self.resize(&mut claim, 0);
        for (scope, _) in self.scopes(&claim) {
            if let Some(share) = self.shares.get_mut(&scope) {
                share.clients.remove(&claim.number);
                if share.clients.is_empty() && share.bytes == 0 {
                    self.shares.remove(&scope);
                }
            }
        }
    }

    /// The connection with the oldest request, among those that may be refused, where too much
    /// memory is taken together with `claim`.
    pub(super) fn oldest_beyond(&self, claim: &Claim) -> Option<Token> {
        self.scopes(claim).find_map(|(scope, limit)| {
            let share = self.shares.get(&scope).filter(|share| share.bytes > limit)?;
            share.clients.values().next().copied()
        })
    }

    /// What is limited together with a claim, and to how many bytes; the narrowest comes first, so
    /// that a user who takes too much loses a request and not others.
    fn scopes(&self, claim: &Claim) -> impl Iterator<Item = (Scope, usize)> + use<> {
        let BudgetSettings { in_all, per_user, per_address } = self.settings;
        let is_remote = !claim.origin.is_loopback();
        let per_user = per_user.or(is_remote.then_some(MAX_BYTES_PER_USER));
        let per_address = per_address.or(is_remote.then_some(MAX_BYTES_PER_ADDRESS));
        let of_user = claim.user.map(Scope::User).zip(per_user);
        let of_address = per_address.map(|limit| (Scope::Address(claim.origin), limit));
        of_user.into_iter().chain(of_address).chain([(Scope::All, in_all)])
    }
}

#[cfg(test)]
mod tests;
