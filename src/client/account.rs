//! What the phone keeps of an account: the token of a login, and the contact log.

use super::dialogue::{Action, TypedPassword};
use super::{Client, ClientError};
use crate::clock::Now;
use crate::protocol::{DeviceToken, Username};

impl Client {
    /// Logs a user in with the token that is kept. Without one, the password is asked for.
    pub(super) fn log_in_with_token(&mut self, user: String, now: Now) -> Result<(), ClientError> {
        let kept = Username::decode(user.as_bytes()).ok().map(|user| self.tokens.read(user));
        match kept {
            Some(Ok(Some(token))) => {
                let password = TypedPassword::new(token.as_str());
                return self.act(Action::LogIn { user, password }, now);
            }
            None | Some(Ok(None)) => self.dialogue.no_token(None, &mut self.lines),
            Some(Err(problem)) => {
                self.dialogue.no_token(Some(&problem.to_string()), &mut self.lines);
            }
        }
        Ok(())
    }

    pub(super) fn keep_token(&mut self, user: Username, token: &DeviceToken) {
        if let Err(problem) = self.tokens.keep(user, token) {
            let text = format!("This login is not remembered: {problem}");
            self.dialogue.trouble(&text, &mut self.lines);
        }
    }

    /// Removes a token that the server has refused.
    pub(super) fn drop_token(&mut self, user: &str) {
        if let Ok(user) = Username::decode(user.as_bytes())
            && let Err(problem) = self.tokens.remove(user)
        {
            self.dialogue.trouble(&problem.to_string(), &mut self.lines);
        }
    }

    /// Removes what is kept of a user whose account has ended.
    pub(super) fn erase(&mut self, user: Username) {
        for erased in [self.tokens.remove(user), self.keeper.erase(&mut self.phone)] {
            if let Err(problem) = erased {
                self.dialogue.not_erased(&problem.to_string(), &mut self.lines);
            }
        }
    }
}
