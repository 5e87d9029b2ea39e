//! The simulated storage of a phone, with its contact logs.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;

use super::disk::Disk;
use crate::client::log_storage::{LogStorage, Uptime};
use crate::server::journal::Storage;

/// The files of a phone, which outlive its program. Replaced ones are synced, appended lines are
/// not.
#[derive(Debug, Default)]
pub struct LogDisk {
    files: BTreeMap<String, LogFile>,
    /// Changes of all files so far, which tell one state of a file from the next.
    changes: u64,
    /// Whether nothing more can be written.
    pub is_full: bool,
    /// Time since the start of the run.
    pub time: Duration,
    /// When the phone was started.
    booted_at: Duration,
    boots: u32,
}

#[derive(Debug, Default)]
struct LogFile {
    disk: Disk,
    change: u64,
}

impl LogDisk {
    /// Content of a file; empty if there is no such file.
    pub fn content(&self, name: &str) -> &[u8] {
        self.files.get(name).map_or(b"", |file| file.disk.bytes())
    }

    /// Cuts the power of the phone and starts it again.
    pub fn lose_power(&mut self, rng: &mut ChaCha12Rng) {
        for file in self.files.values_mut() {
            file.disk.crash(rng);
            self.changes += 1;
            file.change = self.changes;
        }
        (self.boots, self.booted_at) = (self.boots + 1, self.time);
    }

    fn change(&mut self, name: &str) -> io::Result<&mut Disk> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.changes += 1;
        let file = self.files.entry(name.to_owned()).or_default();
        file.change = self.changes;
        Ok(&mut file.disk)
    }
}

impl LogStorage for LogDisk {
    type Lock = ();
    type Stamp = u64;

    fn lock(&mut self, _: &str) -> io::Result<Option<()>> {
        Ok(Some(()))
    }

    fn stamp(&self, name: &str) -> Option<u64> {
        self.files.get(name).map(|file| file.change)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files.get(name).map(|file| file.disk.bytes().to_vec()))
    }

    fn append(&mut self, name: &str, lines: &[u8]) -> io::Result<()> {
        let disk = self.change(name)?;
        if disk.bytes().last().is_some_and(|last| *last != b'\n') {
            disk.append(b"\n")?;
        }
        disk.append(lines)
    }

    fn replace(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let disk = self.change(name)?;
        *disk = Disk::default();
        disk.append(content)?;
        disk.sync()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.files.remove(name);
        Ok(())
    }

    /// Replacing is one step here, so that nothing is left unfinished.
    fn discard_unfinished(&mut self, _: &str) {}

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }

    fn uptime(&self) -> Option<Uptime> {
        let seconds = (self.time - self.booted_at).as_secs() as i64;
        Some(Uptime { boot: self.boots.to_string(), seconds })
    }
}

#[cfg(test)]
mod tests;
