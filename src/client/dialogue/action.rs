use std::net::SocketAddr;

use crate::protocol::UploadCode;

/// An action to carry out for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Log in.
    LogIn {
        /// The username as typed, without surrounding spaces.
        user: String,
        /// The password as typed.
        password: String,
    },
    /// Request a TempID.
    Download,
    /// Upload the contact log, with the code that the user has typed, if any.
    Upload(Option<UploadCode>),
    /// Send a beacon to this address.
    Beacon(SocketAddr),
    /// Log out.
    LogOut,
}
