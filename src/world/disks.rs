//! What the server's machine keeps when the server does not run.

use rand::rngs::ChaCha12Rng;

use super::database_disk::DatabaseDisk;
use super::disk::Disk;

/// The files on the disk of the server's machine.
#[derive(Debug, Default)]
pub struct Disks {
    /// `tempIDs.txt`
    pub temp_ids: Disk,
    /// `users.txt`, empty unless TempIDs are encrypted.
    pub users: Disk,
    /// `authority.db`
    pub database: DatabaseDisk,
}

impl Disks {
    /// Files that keep nothing, for machines that never start again.
    pub fn write_only() -> Self {
        let users = Disk::write_only();
        Self { temp_ids: Disk::write_only(), users, database: DatabaseDisk::write_only() }
    }

    /// Does what an operator does before a restart.
    pub fn repair(&mut self) {
        self.temp_ids.repair();
        self.users.repair();
        self.database.set_fault(self.temp_ids.fault());
    }

    /// Cuts the power.
    pub fn crash(&mut self, rng: &mut ChaCha12Rng) {
        self.temp_ids.crash(rng);
        // Where it is not used, it draws nothing.
        if !self.users.is_untouched() {
            self.users.crash(rng);
        }
        self.database.crash(rng);
    }
}
