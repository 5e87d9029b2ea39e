//! How a server starts.

use std::io;
use std::sync::Arc;

use mio::{Registry, Waker};
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};

use super::accounts::Accounts;
use super::authority::{Authority, Retention};
use super::budgets::{BudgetSettings, Budgets};
use super::console::Console;
use super::data_directory::DataDirectory;
use super::database::DatabaseWriter;
use super::embedded::Embedded;
use super::encryption::Encryption;
use super::hash_pool::HashPool;
use super::journal::JournalFile;
use super::memory::Memory;
use super::operator::socket::{self, OperatorSocket};
use super::origins::Origins;
use super::printer::Printer;
use super::reload::{self, Reload};
use super::retention::Cleaning;
use super::sms::SmsSender;
use super::temp_id_cipher::TempIdCipher;
use super::{
    Frontend, HELPERS, LISTENER, OPERATOR, RunState, SIGNALS, STDERR, STDOUT, Server, Service,
    Settings, StartError, key_file, passwords,
};
use crate::clock::Now;
use crate::numbers::counted;
use crate::protocol::Timestamp;
use crate::reactor::signals::{SIGHUP, SIGINT, SIGTERM};
use crate::reactor::{EventLoop, Listener, MAX_PENDING_OUTPUT_BYTES, Output, Signals, descriptors};
use crate::transport::Acceptor;

/// The part of a limited address space that incomplete requests may take: one in so many.
const SHARE_OF_REQUESTS: u64 = 4;

/// The part of a limited address space that events which nobody reads may take: one in so many. The
/// vector that holds them is twice as large, and while it grows there is another one.
const SHARE_OF_OUTPUT: u64 = 16;

/// What is told if passwords travel over a network as they are.
#[cfg(feature = "tls")]
const CLEAR: &str = "without --tls-cert, passwords and TempIDs travel in the clear";
#[cfg(not(feature = "tls"))]
const CLEAR: &str =
    "passwords and TempIDs travel in the clear, as this server was built without TLS";

impl Server {
    /// Reads the files, listens, and takes over the signals of the process.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let mut server = Self::start_embedded(settings)?;
        let registry = server.event_loop.registry();
        server.signals = Some(Signals::take_over(&[SIGINT, SIGTERM, SIGHUP], registry, SIGNALS)?);
        let (stdout, stderr) = (Output::stdout(registry, STDOUT), Output::stderr(registry, STDERR));
        server.printer = Printer::new(stdout, stderr);
        let memory = server.frontend.service.authority.memory();
        server.printer.limit_pending(memory.share(SHARE_OF_OUTPUT, MAX_PENDING_OUTPUT_BYTES));
        server.announce();
        Ok(server)
    }

    /// Like [`start`](Server::start), for a server within a larger program, whose signals and
    /// output it leaves alone, though not its limit of file descriptors. It runs until the process
    /// ends.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start_embedded(settings: &Settings) -> Result<Self, StartError> {
        let start = Now::read().monotonic;
        let event_loop = EventLoop::new()?;
        let ceiling = descriptors::raise_limit();
        let memory = Memory::of_this_process();
        let directory = DataDirectory::open(&settings.data)?;
        let mut console = Console::default();
        let acceptor = settings.acceptor()?;
        let waker = Arc::new(Waker::new(event_loop.registry(), HELPERS.into())?);
        let service = open_service(settings, &directory, memory, &waker, &mut console)?;
        let with_address = |source| StartError::Listen { address: settings.address, source };
        let listener = Listener::bind(settings.address, event_loop.registry(), LISTENER)
            .map_err(with_address)?;
        let mut frontend = Frontend::new(
            service,
            settings.login_timeout,
            Origins::new(settings.max_connections_per_address),
            start,
        );
        let in_all = memory.share(SHARE_OF_REQUESTS, settings.budgets.in_all);
        frontend.budgets = Budgets::new(BudgetSettings { in_all, ..settings.budgets });
        if matches!(acceptor, Acceptor::Plain) && !settings.address.ip().is_loopback() {
            console.diagnostic(CLEAR);
        }
        let operator = open_socket(settings, &directory, event_loop.registry(), &mut console);
        let sms = match &settings.sms {
            Some(command) => Some(SmsSender::start(command.clone(), Arc::clone(&waker))?),
            None => None,
        };
        Ok(Self {
            local_address: listener.local_address()?,
            console,
            printer: Printer::nowhere(),
            listener: Some(listener),
            keys: settings.keys.clone(),
            signals: None,
            frontend,
            acceptor,
            operator,
            sms,
            #[cfg(feature = "tls")]
            identity: settings.identity.clone(),
            max_connections: settings.max_connections.unwrap_or(ceiling).min(ceiling),
            cleaning: settings
                .retention
                .map(|retention| Cleaning::new(retention, start, Arc::clone(&waker))),
            reload: Reload::new(directory.credentials(), memory, waker)?,
            _directory: directory,
            event_loop,
            run_state: RunState::Serving,
            tick_began: start,
        })
    }

    fn announce(&mut self) {
        let (address, ceiling) = (self.local_address, self.max_connections);
        let service = &mut self.frontend.service;
        let users = counted(service.authority.accounts().passwords().len(), "user");
        let temp_ids = counted(service.authority.registry().len(), "TempID");
        self.console.diagnostic(format_args!(
            "listening on {address} for at most {ceiling} connections; {users}, {temp_ids}"
        ));
        self.printer.print(&mut self.console, Now::read().monotonic);
    }
}

/// Reads the files of the data directory, and starts the threads that write or hash.
fn open_service(
    settings: &Settings,
    directory: &DataDirectory,
    memory: Memory,
    waker: &Arc<Waker>,
    console: &mut Console,
) -> Result<Service<Embedded<JournalFile, DatabaseWriter>>, StartError> {
    let passwords = reload::read_now(&directory.credentials(), memory)?;
    if passwords.is_empty() && !settings.registration {
        let path = directory.credentials();
        console.diagnostic(format_args!(
            "{}: it has no user, so nobody can log in; expected lines of {}",
            path.display(),
            passwords::FORM
        ));
    }
    let kept_since = |retention: Retention| retention.kept_since(Now::read().wall);
    let since = settings.retention.map_or(Timestamp::MIN, kept_since);
    let (journal, registry) = directory.open_journal(since, memory, console)?;
    let (encryption, users) = match &settings.keys {
        Some(path) => {
            let cipher = TempIdCipher::new(&key_file::read(path)?);
            let (users, numbers) = directory.open_users(&passwords, memory, console)?;
            (Some(Encryption { cipher, numbers }), Some(users))
        }
        None => (None, None),
    };
    let accounts = Accounts::new(passwords, settings.block_duration);
    let (database, remembered) = directory.open_database()?;
    let database = DatabaseWriter::start(database, Arc::clone(waker))?;
    let hasher = Box::new(HashPool::new(Arc::clone(waker)));
    directory.check_modes(console)?;
    let rng = ChaCha12Rng::try_from_rng(&mut SysRng).map_err(io::Error::other)?;
    let mut authority = Authority::new(accounts, registry, settings.temp_id_lifetime, rng);
    authority.limit_memory(memory);
    authority.remember(remembered);
    authority.policy = settings.policy.clone();
    if settings.registration {
        authority.allow_registration();
    }
    if let Some(retention) = settings.retention {
        authority.keep_for(retention);
    }
    if let Some(encryption) = encryption {
        authority.set_encryption(settings.temp_ids, encryption);
    }
    Ok(Service::new(authority, Embedded { journal, users, database }, hasher))
}

/// Opens the socket of the operator; without it, the server serves phones all the same.
fn open_socket(
    settings: &Settings,
    directory: &DataDirectory,
    registry: &Registry,
    console: &mut Console,
) -> Option<OperatorSocket> {
    match OperatorSocket::open(directory.file(), registry, OPERATOR) {
        Ok(socket) => Some(socket),
        Err(error) => {
            console.diagnostic(format_args!(
                "{}: {error}; codes, notices and revocations cannot be asked for",
                settings.data.join(socket::FILE_NAME).display()
            ));
            None
        }
    }
}
