//! Troubles of a world.

use super::disk::DiskFault;
use super::ids::PhoneId;
use super::late_store::Lateness;
use super::network::NetworkFaults;

/// A trouble, or its end.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Trouble {
    /// The machine of the server loses power. What was not synced may be lost.
    Crash,
    /// The server starts again.
    Restart,
    /// The fault of the disk changes.
    Disk(DiskFault),
    /// The store answers late, or at once again. A server that is started again has it at once.
    Store(Lateness),
    /// The faults of the network change.
    Network(NetworkFaults),
    /// Something happens to a phone.
    Phone(PhoneId, Mishap),
}

/// A trouble of a phone.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Mishap {
    /// The program is killed and started again.
    Killed,
    /// The battery is taken out and put back. The seed decides what survives of the bytes that were
    /// not synced.
    PowerLost(u64),
    /// The disk is full, or has room again.
    Full(bool),
}
