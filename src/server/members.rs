//! Accounts that have changed since their lines in `credentials.txt` were written: users who have
//! registered, have left, or log in with tokens. No clock, and nothing is hashed with Argon2 here.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::password_hash::PasswordHash;
use crate::protocol::{Timestamp, Username};

/// Tokens of one user; the oldest ends for a new one. As many devices as a person has, and some
/// more that were reset without a logout.
pub const MAX_TOKENS: usize = 8;

/// The hash that passwords of unknown names are compared with where nobody in `credentials.txt` has
/// one. It is made of random bytes.
const NOBODYS_HASH: &[u8] = b"$argon2id$v=19$m=19456,t=2,p=1$\
    6Gm7rkzYyX2xQX6hQnS1cw$Jp5cPjmQ3m0e3b0vYb1mN2kT4uWc6QxLr8sD9fGhJ0k";

/// What is known of a token: the SHA-256 of the token, a zero, and the password or hash that was in
/// force when it was made. So a token ends with the password that it was got with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest(pub [u8; 32]);

/// The account of a user, as far as it is not what `credentials.txt` says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Member {
    /// The hash of a registered user's password, which counts instead of `credentials.txt`.
    pub hash: Option<PasswordHash>,
    /// Whether nobody may log in.
    pub is_closed: bool,
    /// TempIDs whose window begins then or earlier name nobody.
    pub forgotten_until: Option<Timestamp>,
    /// The latest tokens, the oldest first.
    pub tokens: VecDeque<TokenDigest>,
}

/// The accounts that are not what `credentials.txt` says. All of it is on stable storage.
#[derive(Debug, Default)]
pub struct Members {
    by_name: HashMap<Username, Member>,
    /// How many have a hash.
    hashed: usize,
}

impl TokenDigest {
    /// The digest of a token that was got with a password, or is to be checked beside it.
    pub fn new(token: &[u8], password: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(token).chain_update([0]).chain_update(password);
        Self(digest.finalize().into())
    }
}

impl Members {
    /// The account of a user, if there is anything to know.
    pub fn of(&self, user: Username) -> Option<&Member> {
        self.by_name.get(&user)
    }

    /// All accounts, in no order.
    pub fn all(&self) -> impl Iterator<Item = (&Username, &Member)> {
        self.by_name.iter()
    }

    /// Changes an account.
    pub fn change(&mut self, user: Username, change: impl FnOnce(&mut Member)) {
        let member = self.by_name.entry(user).or_default();
        self.hashed -= usize::from(member.hash.is_some());
        change(member);
        self.hashed += usize::from(member.hash.is_some());
        if *member == Member::default() {
            self.by_name.remove(&user);
        }
    }

    /// Whether anybody has a hash, so that every password has to be hashed.
    pub fn have_hashes(&self) -> bool {
        self.hashed > 0
    }

    /// A hash that is nobody's.
    pub fn nobodys_hash() -> PasswordHash {
        PasswordHash::decode(NOBODYS_HASH).expect("a hash")
    }
}

impl Member {
    /// Gives the account a password, under which it is open.
    pub fn register(&mut self, hash: PasswordHash) {
        self.hash = Some(hash);
        self.is_closed = false;
        self.tokens.clear();
    }

    /// Adds a token. Another one may end for it.
    pub fn add_token(&mut self, token: TokenDigest) {
        if self.tokens.len() == MAX_TOKENS {
            self.tokens.pop_front();
        }
        self.tokens.push_back(token);
    }

    /// Whether this is a token of the account. The time depends on the number of tokens only.
    pub fn has_token(&self, given: TokenDigest) -> bool {
        let is_it = |is_any: Choice, token: &TokenDigest| is_any | token.0.ct_eq(&given.0);
        self.tokens.iter().fold(Choice::from(0), is_it).into()
    }

    /// Closes the account. If the user leaves, no TempID names anybody whose window begins at
    /// `forgotten_until` or earlier.
    pub fn close(&mut self, forgotten_until: Option<Timestamp>) {
        self.is_closed = true;
        self.tokens.clear();
        if forgotten_until.is_some() {
            self.hash = None;
            self.forgotten_until = forgotten_until;
        }
    }

    /// Whether the user has left, and has not registered again.
    pub fn has_left(&self) -> bool {
        self.is_closed && self.hash.is_none() && self.forgotten_until.is_some()
    }

    /// Whether the operator has closed the account.
    pub fn is_revoked(&self) -> bool {
        self.is_closed && !self.has_left()
    }

    /// Opens the account again.
    pub fn reopen(&mut self) {
        self.is_closed = false;
    }
}

#[cfg(test)]
mod tests;
