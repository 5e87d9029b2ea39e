//! What the user of a simulated phone may do.

/// Something that a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Types a wrong password.
    MistypePassword,
    /// Types a number as the password, with leading zeros.
    Guess {
        /// The number.
        number: u64,
        /// How many digits.
        digits: u8,
    },
    /// Connects and does not log in.
    Loiter,
    /// Downloads TempIDs for so many windows.
    Download(u8),
    /// Sends a beacon to another phone.
    Beacon {
        /// The number of that phone.
        to: u32,
    },
    /// Uploads the contact log.
    Upload,
    /// Asks for more than any connection holds, and reads none of the replies.
    Flood,
    /// Resets the connection.
    Vanish,
    /// Resets the connection, without having logged in.
    Leave,
    /// Loses power: the server hears nothing of it.
    PowerOff,
    /// Downloads a TempID and ends its half of the connection, without a goodbye.
    HangUp,
    /// Logs out.
    LogOut,
    /// Downloads a TempID and logs out without waiting for it.
    LogOutInHaste,
}
