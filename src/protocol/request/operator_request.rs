use super::super::{Username, resp};
use super::RequestError;

/// What the operator asks of the server, over its Unix socket. There is no case-sensitivity in the
/// names of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorRequest {
    /// `CODE number`: a code with which this user may upload once.
    Code {
        /// The user.
        user: Username,
    },
    /// `NOTIFY case`: everybody whom the case names is to be told.
    Notify {
        /// The number of the case.
        case: i64,
    },
    /// `REVOKE number`: this user may not log in any more.
    Revoke {
        /// The user.
        user: Username,
    },
    /// `RESTORE number`: this user may log in again.
    Restore {
        /// The user.
        user: Username,
    },
}

impl OperatorRequest {
    const NAMES: [&str; 4] = ["CODE", "NOTIFY", "REVOKE", "RESTORE"];

    /// Reads the words of a frame, unless they begin with a command that is not the operator's.
    ///
    /// # Errors
    ///
    /// [`RequestError`], which is an answer and no reason to close the connection.
    pub fn decode(words: &[&[u8]]) -> Option<Result<Self, RequestError>> {
        let (name, arguments) = words.split_first()?;
        let is = |command: &str| name.eq_ignore_ascii_case(command.as_bytes());
        let request = match arguments {
            [user] if is("CODE") => decode_user(user).map(|user| Self::Code { user }),
            [case] if is("NOTIFY") => decode_case(case).map(|case| Self::Notify { case }),
            [user] if is("REVOKE") => decode_user(user).map(|user| Self::Revoke { user }),
            [user] if is("RESTORE") => decode_user(user).map(|user| Self::Restore { user }),
            _ if Self::NAMES.into_iter().any(is) => {
                Err(RequestError::wrong_number_of_arguments(name))
            }
            _ => return None,
        };
        Some(request)
    }

    /// Appends the request in the form that [`OperatorRequest::decode`] reads back.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Code { user } => {
                resp::encode_request(out, &[b"CODE", user.as_str().as_bytes()]);
            }
            Self::Notify { case } => {
                resp::encode_request(out, &[b"NOTIFY", case.to_string().as_bytes()]);
            }
            Self::Revoke { user } => {
                resp::encode_request(out, &[b"REVOKE", user.as_str().as_bytes()]);
            }
            Self::Restore { user } => {
                resp::encode_request(out, &[b"RESTORE", user.as_str().as_bytes()]);
            }
        }
    }
}

fn decode_user(text: &[u8]) -> Result<Username, RequestError> {
    Username::decode(text).map_err(RequestError::NoUsername)
}

fn decode_case(text: &[u8]) -> Result<i64, RequestError> {
    let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.filter(|number| *number > 0).ok_or(RequestError::NoCaseNumber)
}

#[cfg(test)]
mod tests;
