//! A disk that can fill up, fail and crash.

use std::io;

use rand::RngExt;
use rand::rngs::ChaCha12Rng;

use crate::server::journal::Storage;

/// The bytes of one file. What was appended and not synced is lost in a crash, from any byte on.
#[derive(Debug, Default)]
pub struct Disk {
    bytes: Vec<u8>,
    /// How many bytes there are.
    len: usize,
    /// How many of them survive a crash.
    synced: usize,
    fault: DiskFault,
    is_dead: bool,
    is_write_only: bool,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DiskFault {
    /// Nothing.
    #[default]
    None,
    /// There is room for so many more bytes.
    Full {
        /// How many.
        room: usize,
    },
    /// A sync fails, and what it should have kept may be lost.
    SyncFails,
    /// The machine dies in the middle of the next sync.
    DiesInSync,
}

impl Disk {
    /// A disk for machines that never start again: nobody will read it, and so it keeps no bytes.
    pub fn write_only() -> Self {
        Self { is_write_only: true, ..Self::default() }
    }

    /// What can be read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lets something go wrong from now on, or nothing any more.
    pub fn set_fault(&mut self, fault: DiskFault) {
        self.fault = fault;
    }

    /// Lets a server start on it, as those see to who start the machine: syncs work again. A disk that is
    /// full stays so, but for the line end that a crash may have cut off.
    pub fn repair(&mut self) {
        match &mut self.fault {
            DiskFault::None => {}
            DiskFault::Full { room } => *room = (*room).max(1),
            DiskFault::SyncFails | DiskFault::DiesInSync => self.fault = DiskFault::None,
        }
    }

    /// Loses power: what was not synced is cut anywhere.
    pub fn crash(&mut self, rng: &mut ChaCha12Rng) {
        debug_assert!(!self.is_write_only, "its machine starts again");
        let kept = rng.random_range(self.synced..=self.len);
        self.bytes.truncate(kept);
        self.len = kept;
        self.synced = kept;
        if std::mem::take(&mut self.is_dead) {
            self.fault = DiskFault::None;
        }
    }

    /// Whether the machine died in a sync. What the server did since then, nobody has seen.
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
            DiskFault::None | DiskFault::SyncFails | DiskFault::DiesInSync => bytes.len(),
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
        self.is_dead |= self.fault == DiskFault::DiesInSync;
        self.check_alive()?;
        if self.fault == DiskFault::SyncFails {
            return Err(io::Error::other("the disk does not answer"));
        }
        self.synced = self.len;
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.check_alive()?;
        let len = len as usize;
        if let DiskFault::Full { room } = &mut self.fault {
            *room += self.len - len;
        }
        self.bytes.truncate(len);
        self.len = len;
        self.synced = self.synced.min(len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, stream};
    use super::*;

    #[test]
    fn crash_keeps_what_was_synced_and_cuts_the_rest_anywhere() {
        let mut lengths = Vec::new();
        for seed in 0..100 {
            let mut disk = Disk::default();
            disk.append(b"synced").and_then(|()| disk.sync()).expect("no fault");
            disk.append(b"not").expect("no fault");
            disk.crash(&mut stream(seed, Purpose::Disk));
            assert!(b"syncednot".starts_with(disk.bytes()) && disk.bytes().len() >= 6);
            lengths.push(disk.bytes().len());
        }
        assert!((6..=9).all(|len| lengths.contains(&len)), "{lengths:?}");
    }

    #[test]
    fn machine_that_dies_in_a_sync_keeps_any_part_of_what_was_appended() {
        let mut lengths = Vec::new();
        for seed in 0..100 {
            let mut disk = Disk::default();
            disk.set_fault(DiskFault::DiesInSync);
            disk.append(b"not").expect("it dies later");
            assert!(disk.sync().is_err() && disk.truncate(0).is_err() && disk.is_dead());
            disk.crash(&mut stream(seed, Purpose::Disk));
            assert!(disk.append(b"").is_ok() && disk.sync().is_ok());
            lengths.push(disk.bytes().len());
        }
        assert!((0..=3).all(|len| lengths.contains(&len)), "{lengths:?}");
    }

    #[test]
    fn repair_lets_syncs_work_and_makes_room_for_a_line_end() {
        for fault in [DiskFault::SyncFails, DiskFault::DiesInSync] {
            let mut disk = Disk::default();
            disk.set_fault(fault);
            disk.repair();
            assert!(disk.sync().is_ok());
        }
        let mut disk = Disk::default();
        disk.set_fault(DiskFault::Full { room: 0 });
        disk.repair();
        assert!(disk.append(b"\n").is_ok() && disk.sync().is_ok());
        disk.repair();
        assert!(disk.append(b"12").is_err());
    }

    #[test]
    fn full_disk_takes_what_fits_and_has_room_again_when_cut() {
        let mut disk = Disk::default();
        disk.set_fault(DiskFault::Full { room: 3 });
        assert!(disk.append(b"four").is_err());
        assert_eq!(disk.bytes(), b"fou");
        disk.truncate(0).expect("cut");
        assert!(disk.append(b"3by").is_ok());
    }
}
