//! The server on the simulated kernel and disk.

use std::io::{self, Cursor};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::ChaCha12Rng;

use super::database_disk::DatabaseDisk;
use super::disk::Disk;
use super::disks::Disks;
use super::ids::PersonId;
use super::kernel::{Done, Kernel, SimulatedStream};
use super::late_store::{LateStore, Lateness};
use super::network::ConnectionId;
use super::phone;
use super::slow_hasher::SlowHasher;
use crate::clock::Now;
use crate::protocol::{ContactRecord, Username};
use crate::server::accounts::Accounts;
use crate::server::authority::{Authority, Policy, TempIdKind};
use crate::server::decision::Decision;
use crate::server::embedded::Embedded;
use crate::server::encryption::Encryption;
use crate::server::frontend::ConnectionStatus;
use crate::server::journal::Journal;
use crate::server::key_file::{KEY_BYTES, Key};
use crate::server::origins::{Origin, Origins};
use crate::server::password_hash::{Cost, PasswordHash, SALT_BYTES, Workspace};
use crate::server::passwords::Passwords;
use crate::server::registry::Registry;
use crate::server::temp_id_cipher::TempIdCipher;
use crate::server::user_numbers::UserNumbers;
use crate::server::{Frontend, Service};
use crate::text_file::FileError;

/// What the server knows of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// All of them.
    Passwords,
    /// Passwords of every second phone, and hashes of those of the others.
    Mixed {
        /// The longest time that it takes to hash one.
        slowest: Duration,
    },
}

/// Settings of the simulated server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Duration of a block.
    pub block_duration: Duration,
    /// How TempIDs are made.
    pub temp_ids: TempIdKind,
    /// Lifetime of a TempID, in seconds.
    pub temp_id_lifetime: u32,
    /// Time that a connection may take to log in.
    pub login_timeout: Duration,
    /// Bytes that a connection takes before its phone reads them.
    pub window: usize,
    /// What it knows of passwords.
    pub secrets: Secrets,
    /// What the operator wants done with contact logs.
    pub policy: Policy,
}

/// The key of encrypted TempIDs. Nobody in the simulation knows it.
const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

/// Users besides those of the phones, with their passwords.
pub type Others = Vec<(Username, String)>;

/// Effects of a tick of the server.
#[derive(Debug)]
pub struct Ticked {
    /// Actions on streams, in order.
    pub done: Vec<(ConnectionId, Done)>,
    /// Streams that it read from or wrote to; one may occur more than once.
    pub touched: Vec<ConnectionId>,
    /// Decisions.
    pub decisions: Vec<Decision>,
}

/// A running server: the [`Frontend`] and [`Service`] that the real one has, in another shell.
#[derive(Debug)]
pub struct SimulatedServer {
    frontend: Frontend<LateStore<Embedded<Disk, DatabaseDisk>>, SimulatedStream>,
    kernel: Kernel,
}

impl SimulatedServer {
    /// Starts the server on a disk, with accounts for the users of `users` phones and for `others`.
    /// Like the real one, it reads the files on the disk and cuts off a torn line. The random
    /// numbers are those for TempIDs, for what happens between server and store, and for how long
    /// passwords take to hash.
    ///
    /// # Errors
    ///
    /// A message if the disk holds anything but what a server writes and a crash leaves.
    pub fn start(
        settings: &ServerSettings,
        users: u32,
        others: &Others,
        disks: Disks,
        [rng, network_of_store, hashes]: [ChaCha12Rng; 3],
        now: Now,
    ) -> Result<Self, String> {
        let Disks { temp_ids, users: numbers, database } = disks;
        let (journal, (registry, replayed)) =
            recovered(temp_ids, |disk, source, path, set_aside| {
                let (journal, registry, replayed) =
                    Journal::recover(disk, source, path, set_aside)?;
                Ok((journal, (registry, replayed)))
            })?;
        if !replayed.repeated.is_empty() {
            return Err(format!("the disk holds a TempID twice: {replayed:?}"));
        }
        let mut passwords = Passwords::default();
        for person in (0..users).map(PersonId::new) {
            let user = phone::username(person);
            let secret = secret(person, settings.secrets);
            passwords.insert(user, secret.as_bytes()).expect("everybody has another name");
        }
        for (user, password) in others {
            passwords.insert(*user, password.as_bytes())?;
        }
        let accounts = Accounts::new(passwords, settings.block_duration);
        let mut authority = Authority::new(accounts, registry, settings.temp_id_lifetime, rng);
        authority.policy = settings.policy.clone();
        authority.remember(database.records().remembered());
        let users = match settings.temp_ids {
            TempIdKind::Random => None,
            TempIdKind::Encrypted => {
                let (journal, numbers) = recovered(numbers, |disk, source, path, set_aside| {
                    let mut numbers = UserNumbers::default();
                    let (journal, _) =
                        Journal::recover_lines(disk, source, path, &mut numbers, set_aside)?;
                    Ok((journal, numbers))
                })?;
                let cipher = TempIdCipher::new(&[Key::new(KEY)]);
                authority.set_encryption(settings.temp_ids, Encryption { cipher, numbers });
                Some(journal)
            }
        };
        let store = LateStore::new(Embedded { journal, users, database }, network_of_store);
        let slowest = match settings.secrets {
            Secrets::Passwords => Duration::ZERO,
            Secrets::Mixed { slowest } => slowest,
        };
        let hasher = Box::new(SlowHasher::new(slowest, hashes));
        let service = Service::new(authority, store, hasher);
        let frontend =
            Frontend::new(service, settings.login_timeout, Origins::new(None), now.monotonic);
        Ok(Self { frontend, kernel: Kernel::new(settings.window) })
    }

    /// The TempIDs and the database on its disk, to inject faults.
    pub fn files(&mut self) -> (&mut Disk, &mut DatabaseDisk) {
        let Embedded { journal, users: _, database } = &mut self.frontend.service.store.inner;
        (journal.storage(), database)
    }

    /// The numbers of users on its disk, if TempIDs are encrypted.
    pub fn users(&mut self) -> Option<&mut Disk> {
        self.frontend.service.store.inner.users.as_mut().map(Journal::storage)
    }

    /// Changes the faults between the server and its store.
    pub fn set_lateness(&mut self, lateness: Lateness) {
        self.frontend.service.store.set_lateness(lateness);
    }

    /// The kernel, to deliver bytes.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Loses power, and leaves its files.
    pub fn die(&mut self) -> Disks {
        self.kernel.die();
        let users = self.users().map(std::mem::take).unwrap_or_default();
        let (temp_ids, database) = self.files();
        Disks { temp_ids: std::mem::take(temp_ids), users, database: std::mem::take(database) }
    }

    /// To whom the TempID of a record was issued, and for which time, to check what phones were
    /// told.
    pub fn find(&self, record: &ContactRecord) -> Option<(Username, ContactRecord)> {
        self.frontend.service.authority.find(record)
    }

    /// Random TempIDs that were issued.
    pub fn registry(&self) -> &Registry {
        self.frontend.service.authority.registry()
    }

    /// Number of connections and of streams.
    pub fn connections(&self) -> (usize, usize) {
        (self.frontend.len(), self.kernel.open_streams())
    }

    /// Accepts the connection of a phone.
    pub fn accept(&mut self, connection: ConnectionId, now: Now) {
        let stream = self.kernel.accept(connection);
        // Here everybody is at the same place, which no limit counts.
        let origin = Origin::new(Ipv4Addr::LOCALHOST.into());
        self.frontend.admit(stream, origin, &self.kernel, now).expect("it has room for all");
    }

    /// Accepts a connection of the operator, from the same machine.
    pub fn accept_operator(&mut self, connection: ConnectionId, now: Now) {
        let stream = self.kernel.accept(connection);
        self.frontend.admit_operator(stream, &self.kernel, now).expect("it has room for all");
    }

    /// Whether there is work that no timer announces.
    pub fn is_busy(&self) -> bool {
        self.frontend.is_busy() || self.kernel.has_events()
    }

    /// Time of the next timer.
    pub fn next_wake(&self) -> Option<Instant> {
        self.frontend.next_wake()
    }

    /// Status of a connection, if it is open.
    pub fn status(&mut self, connection: ConnectionId) -> Option<ConnectionStatus> {
        self.frontend.status(self.kernel.token(connection)?)
    }

    /// Runs a tick, and returns its effects.
    pub fn tick(&mut self, now: Now) -> Ticked {
        let events = self.kernel.take_events();
        self.frontend.tick(events.into_iter(), &self.kernel, now);
        self.frontend.free_closed();
        Ticked {
            done: self.kernel.take_done(),
            touched: self.kernel.take_touched(),
            decisions: self.frontend.service.decisions.take(),
        }
    }
}

/// What the server knows of the password of a person.
fn secret(person: PersonId, secrets: Secrets) -> String {
    let password = phone::password(person);
    match secrets {
        Secrets::Mixed { .. } if person.number() % 2 == 1 => {
            let salt = [person.number() as u8; SALT_BYTES];
            let workspace = &mut Workspace::default();
            PasswordHash::make(password.as_bytes(), &salt, Cost::LEAST, workspace).as_str().into()
        }
        Secrets::Mixed { .. } | Secrets::Passwords => password,
    }
}

/// Recovers a journal from a disk, and checks that nothing is lost in doing so.
///
/// # Errors
///
/// A message if the disk holds anything but what a server writes and a crash leaves.
fn recovered<T>(
    disk: Disk,
    recover: impl FnOnce(
        Disk,
        Cursor<&[u8]>,
        &Path,
        &mut dyn FnMut(u64, &[u8]) -> io::Result<PathBuf>,
    ) -> Result<(Journal<Disk>, T), FileError>,
) -> Result<(Journal<Disk>, T), String> {
    let bytes = disk.bytes().to_vec();
    let mut copy = None;
    let mut set_aside = |offset, bytes: &[u8]| {
        copy = Some((offset, bytes.to_vec()));
        Ok("its copy".into())
    };
    let path = Path::new("the disk");
    let recovered = recover(disk, Cursor::new(&bytes), path, &mut set_aside);
    let (mut journal, content) = recovered.map_err(|error| error.to_string())?;
    check_nothing_readable_is_lost(&bytes, journal.storage().bytes(), copy)?;
    Ok((journal, content))
}

/// Checks that every character that a start took from the disk is in the copy of its end.
///
/// # Errors
///
/// A message if something is lost.
fn check_nothing_readable_is_lost(
    before: &[u8],
    after: &[u8],
    copy: Option<(u64, Vec<u8>)>,
) -> Result<(), String> {
    let is_kept = match copy {
        Some((offset, copy)) => {
            let (whole, end) = before.split_at(offset as usize);
            after.starts_with(whole) && copy == end
        }
        None => {
            let is_readable = |byte: &&u8| !matches!(byte, 0 | b'\n');
            before.iter().filter(is_readable).eq(after.iter().filter(is_readable))
        }
    };
    if is_kept { Ok(()) } else { Err("the start threw away what can be read".to_owned()) }
}
