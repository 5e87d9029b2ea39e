//! A simulated disk that fills up, fails and loses power.

use std::io;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::server::journal::Storage;

/// Bytes that the disk writes atomically, unless a sector is torn.
const SECTOR_BYTES: usize = 512;

/// A disk with one file.
///
/// Synced bytes survive a crash. Each sector written since the last sync has its old content
/// (zeros, if it had none), its new content, or the first bytes of the new content before the old
/// ones. The length of the file is the old one, the new one, or one between.
#[derive(Debug, Default)]
pub struct Disk {
    bytes: Vec<u8>,
    /// Length of the file, in bytes.
    len: usize,
    /// Bytes from the start of the file that are synced.
    synced: usize,
    /// Bytes on the platter behind the synced ones: they were cut off, and the cut is not synced.
    cut_off: Vec<u8>,
    fault: DiskFault,
    is_dead: bool,
    is_write_only: bool,
}

/// A fault of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DiskFault {
    /// The disk works.
    #[default]
    None,
    /// The disk fills up.
    Full {
        /// Bytes that can still be appended.
        room: usize,
    },
    /// Each sync fails, and its bytes may be lost.
    SyncFails,
    /// The machine dies in the middle of the next sync.
    DiesInSync,
    /// The server is killed in the middle of the next sync. Everything that it wrote stays in the
    /// memory of the system, where the next server finds it and a later crash of the machine may
    /// lose it.
    KilledInSync,
    /// Each sync reports success without storing anything. No server can make up for that.
    Lies,
}

impl Disk {
    /// A disk that keeps no bytes, for machines that never start again.
    pub fn write_only() -> Self {
        Self { is_write_only: true, ..Self::default() }
    }

    /// The content of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether nothing was ever written to it, or cut off again.
    pub fn is_untouched(&self) -> bool {
        self.len == 0 && self.cut_off.is_empty() && !self.is_dead
    }

    /// The fault of the disk.
    pub fn fault(&self) -> DiskFault {
        self.fault
    }

    /// Sets the fault of the disk from now on.
    pub fn set_fault(&mut self, fault: DiskFault) {
        self.fault = fault;
    }

    /// Does what an operator does before a restart: syncs work again. A full disk stays full,
    /// except for the line end that recovery may have to append.
    pub fn repair(&mut self) {
        match &mut self.fault {
            DiskFault::None | DiskFault::Lies => {}
            DiskFault::Full { room } => *room = (*room).max(1),
            DiskFault::SyncFails | DiskFault::DiesInSync | DiskFault::KilledInSync => {
                self.fault = DiskFault::None;
            }
        }
    }

    /// Cuts the power, which keeps only a part of the unsynced bytes, unless the server was killed
    /// and the machine lives on.
    pub fn crash(&mut self, rng: &mut ChaCha12Rng) {
        debug_assert!(!self.is_write_only, "its machine starts again");
        if self.is_dead && self.fault == DiskFault::KilledInSync {
            (self.is_dead, self.fault) = (false, DiskFault::None);
            return;
        }
        self.bytes.truncate(self.len);
        let written = self.bytes.split_off(self.synced);
        let left = after_crash(&self.cut_off, &written, self.synced, rng);
        self.bytes.extend(left);
        self.len = self.bytes.len();
        self.synced = self.len;
        self.cut_off.clear();
        if std::mem::take(&mut self.is_dead) {
            self.fault = DiskFault::None;
        }
    }

    /// Whether machine or server died during a sync. Nobody has seen what the server did since
    /// then.
    pub fn is_dead(&self) -> bool {
        self.is_dead
    }

    fn check_alive(&self) -> io::Result<()> {
        if self.is_dead { Err(io::Error::other("the machine is dead")) } else { Ok(()) }
    }
}

impl Storage for Disk {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len as u64)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check_alive()?;
        let room = match self.fault {
            DiskFault::Full { room } => room.min(bytes.len()),
            DiskFault::None
            | DiskFault::SyncFails
            | DiskFault::DiesInSync
            | DiskFault::KilledInSync
            | DiskFault::Lies => bytes.len(),
        };
        self.len += room;
        if !self.is_write_only {
            self.bytes.extend_from_slice(&bytes[..room]);
        }
        if let DiskFault::Full { room: left } = &mut self.fault {
            *left -= room;
        }
        if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.is_dead |= matches!(self.fault, DiskFault::DiesInSync | DiskFault::KilledInSync);
        self.check_alive()?;
        if self.fault == DiskFault::SyncFails {
            return Err(io::Error::other("the disk does not answer"));
        }
        if self.fault != DiskFault::Lies {
            self.synced = self.len;
            self.cut_off.clear();
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.check_alive()?;
        let len = len as usize;
        if let DiskFault::Full { room } = &mut self.fault {
            *room += self.len - len;
        }
        if len < self.synced && !self.is_write_only {
            let cut_off = self.bytes[len..self.synced].iter().copied();
            self.cut_off.splice(0..0, cut_off);
        }
        self.bytes.truncate(len);
        self.len = len;
        self.synced = self.synced.min(len);
        Ok(())
    }
}

/// The bytes behind `offset` after a crash, with `old` on the platter and `new` in memory.
fn after_crash(old: &[u8], new: &[u8], offset: usize, rng: &mut ChaCha12Rng) -> Vec<u8> {
    if new.is_empty() {
        // A cut is made, or it is not.
        return if rng.random() { old.to_vec() } else { Vec::new() };
    }
    let (shortest, longest) = (old.len().min(new.len()), old.len().max(new.len()));
    let len = rng.random_range(shortest..=longest);
    let byte = |bytes: &[u8], index: usize| bytes.get(index).copied().unwrap_or_default();
    let mut left = Vec::with_capacity(len);
    while left.len() < len {
        let start = left.len();
        let end = (start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES).min(len);
        // Most sectors are whole, as they are written at once.
        let torn_at = match rng.random_range(0..5) {
            0 | 1 => start,
            2 | 3 => end,
            _ => rng.random_range(start..=end),
        };
        left.extend((start..torn_at).map(|index| byte(new, index)));
        left.extend((torn_at..end).map(|index| byte(old, index)));
    }
    left
}

#[cfg(test)]
mod tests;
