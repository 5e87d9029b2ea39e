//! What goes wrong.

use super::disk::DiskFault;
use super::late_store::Lateness;
use super::network::NetworkFaults;

/// Something that goes wrong, or right again.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Trouble {
    /// The server dies, and the machine with it: what was not synced may be lost.
    Crash,
    /// The server is started again.
    Restart,
    /// The disk gets another fault, or none.
    Disk(DiskFault),
    /// The store answers late, or at once again. A server that is started again has it at once.
    Store(Lateness),
    /// The network gets other faults, or none.
    Network(NetworkFaults),
}
