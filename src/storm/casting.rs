//! The assignment of scripts and users to phones.

use rand::rngs::ChaCha12Rng;

use super::script::{Mix, Script};

/// Assigns a script and a user to each phone.
///
/// The users take turns. Phones that type wrong passwords block accounts, so in a mixture they have
/// users of their own, the last ones: as many as their share of the phones, at least one. Alone
/// they have all users, and begin with the last: the first ones, which the next storm uses, are
/// blocked only if there are as many phones as users.
#[derive(Debug)]
pub struct Casting {
    mix: Mix,
    rng: ChaCha12Rng,
    honest: Turns,
    guessed: Turns,
}

/// A range of users that take turns.
#[derive(Debug)]
struct Turns {
    first: usize,
    count: usize,
    taken: usize,
    /// Whether the last user has the first turn.
    is_backwards: bool,
}

impl Casting {
    /// Assigns `users` users to the scripts of `mix`.
    ///
    /// # Errors
    ///
    /// A message if there are too few users.
    pub fn new(mix: Mix, users: usize, rng: ChaCha12Rng) -> Result<Self, String> {
        let share = mix.share(Script::WrongPassword);
        let is_guessing_only = mix.all(|script| script == Script::WrongPassword);
        let guessed = if is_guessing_only {
            users
        } else if share > 0.0 {
            ((users as f64 * share).round() as usize).clamp(1, users.saturating_sub(1).max(1))
        } else {
            0
        };
        if users == 0 {
            return Err("there is no user; expected at least 1".to_owned());
        }
        if guessed == users && share < 1.0 {
            return Err("there is only one user; expected at least 2, as phones that type wrong passwords need one of their own".to_owned());
        }
        let turns = |first, count| Turns { first, count, taken: 0, is_backwards: is_guessing_only };
        let (honest, guessed) = (turns(0, users - guessed), turns(users - guessed, guessed));
        Ok(Self { mix, rng, honest, guessed })
    }

    /// The script of the next phone, and the index of its user.
    pub fn cast(&mut self) -> (Script, usize) {
        let script = self.mix.draw(&mut self.rng);
        let turns =
            if script == Script::WrongPassword { &mut self.guessed } else { &mut self.honest };
        (script, turns.next())
    }
}

impl Turns {
    fn next(&mut self) -> usize {
        let turn = self.taken % self.count;
        self.taken += 1;
        self.first + if self.is_backwards { self.count - 1 - turn } else { turn }
    }
}

#[cfg(test)]
mod tests;
