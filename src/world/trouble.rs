//! Troubles of a world.

use super::disk::DiskFault;
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
}
