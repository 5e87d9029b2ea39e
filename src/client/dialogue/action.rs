use std::net::SocketAddr;

use super::typed_password::TypedPassword;
use crate::protocol::{DeviceToken, RegistrationCode, UploadCode, Username};

/// An action to carry out for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Log in.
    LogIn {
        /// The username as typed, without surrounding spaces.
        user: String,
        /// The password, or a token.
        password: TypedPassword,
    },
    /// Log in with the token of this user, or [say](super::Dialogue::no_token) that there is none.
    LogInWithToken {
        /// The username as typed, without surrounding spaces.
        user: String,
    },
    /// Ask the server for a token.
    FetchToken,
    /// Keep a token for further logins.
    KeepToken {
        /// The user who logs in with it.
        user: Username,
        /// The token.
        token: DeviceToken,
    },
    /// Remove the token of this user, as the server refused it.
    DropToken {
        /// The username as typed, without surrounding spaces.
        user: String,
    },
    /// Ask for a registration code.
    Register {
        /// The number as typed, without surrounding spaces.
        number: String,
    },
    /// Make an account, and log in.
    Confirm {
        /// The number as typed, without surrounding spaces.
        number: String,
        /// The code that it was sent.
        code: RegistrationCode,
        /// The password, or a token.
        password: TypedPassword,
    },
    /// Request a TempID.
    Download,
    /// Upload the contact log, with the code that the user has typed, if any.
    Upload(Option<UploadCode>),
    /// Send a beacon to this address.
    Beacon(SocketAddr),
    /// End the account.
    Forget,
    /// Remove what the phone keeps of this user, whose account has ended.
    Erase(Username),
    /// Log out.
    LogOut,
}

impl Action {
    /// Whether the action makes a connection to the server if there is none.
    pub fn begins_conversation(&self) -> bool {
        match self {
            Self::LogIn { .. } | Self::Register { .. } | Self::Confirm { .. } => true,
            Self::LogInWithToken { .. }
            | Self::FetchToken
            | Self::KeepToken { .. }
            | Self::DropToken { .. }
            | Self::Download
            | Self::Upload(_)
            | Self::Beacon(_)
            | Self::Forget
            | Self::Erase(_)
            | Self::LogOut => false,
        }
    }
}
