//! What the user of a simulated phone may do.

/// An action of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Types a wrong password.
    MistypePassword,
    /// Types a number as the password, with leading zeros.
    Guess {
        /// Number to type.
        number: u64,
        /// Digits of the password.
        digits: u8,
    },
    /// Connects and does not log in.
    Loiter,
    /// Downloads TempIDs for this number of windows.
    Download(u8),
    /// Sends a beacon to another phone.
    Beacon {
        /// Number of the other phone.
        to: u32,
    },
    /// Uploads the contact log.
    Upload,
    /// Sends requests for more replies than a connection holds, and reads none.
    Flood,
    /// Resets the connection.
    Vanish,
    /// Resets the connection, without having logged in.
    Leave,
    /// Loses power, which the server does not notice.
    PowerOff,
    /// Downloads a TempID and ends its half of the connection, without `QUIT`.
    HangUp,
    /// Logs out.
    LogOut,
    /// Requests a TempID and logs out without waiting for it.
    LogOutInHaste,
}
