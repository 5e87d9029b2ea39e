//! The reporting server of a health authority.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bluetrace::allocator::{self, Setting};
use bluetrace::arguments::{ip_address, number};
use bluetrace::numbers::counted;
use bluetrace::program;
use bluetrace::protocol::request::OperatorRequest;
use bluetrace::protocol::{Notice, Username};
use bluetrace::server::authority::{Policy, Retention, TempIdKind};
use bluetrace::server::budgets::BudgetSettings;
use bluetrace::server::operator::cases::{self, Format, Question};
use bluetrace::server::operator::{ask, users};
use bluetrace::server::{Exit, Server, Settings, hashed_file, key_file, notices};
#[cfg(feature = "tls")]
use bluetrace::transport::{
    arguments::server_name,
    identity::IdentityFiles,
    self_signed::{self, Existing},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "tls")]
use rustls::pki_types::ServerName;

/// The reporting server of a health authority: phones log in, download TempIDs and upload contact
/// logs.
#[derive(Debug, Parser)]
#[command(
    name = "server",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Option<ServeArguments>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the cases: uploaded contact logs, with whom they name. A server may run meanwhile
    Cases {
        /// Directory of authority.db [default: that of the program if credentials.txt is there,
        /// else the current one]
        #[arg(long, value_name = "DIR", global = true)]
        data: Option<PathBuf>,
        #[command(subcommand)]
        question: Option<CasesCommand>,
    },
    /// Rewrites credentials.txt with hashes (Argon2id) in place of passwords, which stay the same
    Hash {
        /// Directory of credentials.txt [default: that of the program if it is there, else the
        /// current one]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Makes a certificate and its key for a trial of TLS
    #[cfg(feature = "tls")]
    Certificate {
        /// Name or IP address that clients know the server by; several if it has several
        #[arg(value_name = "NAME", required = true, value_parser = server_name)]
        names: Vec<ServerName<'static>>,
        /// Directory to write certificate.pem and private-key.pem to [default: the current one]
        #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
        data: PathBuf,
        /// Replace the files if they are there
        #[arg(long)]
        replace: bool,
    },
    /// Makes a code with which a user may upload a contact log once, within a day
    Code {
        /// The user
        #[arg(value_name = "NUMBER", value_parser = username)]
        user: Username,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Tells everybody whom a case names that there was a contact
    Notify {
        /// Number of the case
        #[arg(value_name = "N", value_parser = number("a case", 1..=u32::MAX))]
        case: u32,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Lists the users. A server may run meanwhile
    Users {
        /// Directory of credentials.txt and authority.db [default: that of the program if
        /// credentials.txt is there, else the current one]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Ends the sessions and tokens of a user, who may not log in any more
    Revoke {
        /// The user
        #[arg(value_name = "NUMBER", value_parser = username)]
        user: Username,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Lets a user log in again who was revoked
    Restore {
        /// The user
        #[arg(value_name = "NUMBER", value_parser = username)]
        user: Username,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Makes keys for encrypted TempIDs
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Debug, Args)]
struct RunningServer {
    /// Directory of the data of the running server [default: that of the program if
    /// credentials.txt is there, else the current one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Adds a new key in front of the keys in a file, or makes a file with one; a running server
    /// reads it again on SIGHUP
    New {
        /// The file [default: tempIDs.key in the directory of the program if credentials.txt is
        /// there, else in the current one]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum CasesCommand {
    /// Lists all cases, as does no subcommand
    List,
    /// Shows a case
    Show {
        /// Number of the case
        #[arg(value_name = "N", value_parser = number("a case", 1..=u32::MAX))]
        number: u32,
    },
    /// Writes all cases to standard output, for other programs
    Export {
        #[command(flatten)]
        format: FormatArguments,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct FormatArguments {
    /// A line for each entry of a contact log
    #[arg(long)]
    csv: bool,
    /// An array of cases
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// TCP port to listen on; 0 lets the system choose
    #[arg(value_name = "server_port", value_parser = number("a port", 0..=u16::MAX))]
    server_port: u16,
    /// Seconds for which an account is blocked after three login failures in a row
    #[arg(value_name = "block_duration", value_parser = number("seconds", 0..=u32::MAX))]
    block_duration: u32,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        value_parser = ip_address)]
    bind: IpAddr,
    /// Directory of credentials.txt, tempIDs.txt and authority.db [default: that of the program if
    /// credentials.txt is there, else the current one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seconds for which a TempID is valid
    #[arg(long, value_name = "SECS", default_value_t = Settings::DEFAULT_TEMP_ID_LIFETIME,
        value_parser = number("seconds", 1..=u32::MAX))]
    tempid_lifetime: u32,
    /// How TempIDs are made: from random digits that are stored, or by encryption, with nothing to
    /// store
    #[arg(long, value_name = "KIND", value_enum, default_value_t = TempIds::Random)]
    temp_ids: TempIds,
    /// File with the keys of encrypted TempIDs, made with `server key new`; with random ones, those
    /// encrypted earlier are still traced
    #[arg(long, value_name = "FILE", required_if_eq("temp_ids", "encrypted"))]
    key: Option<PathBuf>,
    /// Days after their expiry for which TempIDs are kept in memory and tempIDs.txt; older ones
    /// leave both at the start, once a day, and on SIGHUP [default: for ever]
    #[arg(long, value_name = "DAYS", value_parser = number("days", 1..=36_500_u32))]
    retention: Option<u32>,
    /// Seconds that a connection may take to log in
    #[arg(long, value_name = "SECS", default_value_t = Settings::DEFAULT_LOGIN_TIMEOUT,
        value_parser = number("seconds", 1..=u32::MAX))]
    login_timeout: u32,
    /// Connections at a time; more are told that the server is busy [default: as many as the limit
    /// of descriptors allows]
    #[arg(long, value_name = "N", value_parser = number("connections", 1..=u32::MAX))]
    max_connections: Option<u32>,
    /// Connections at a time from one address, or one /64 of IPv6 [default: no limit]
    #[arg(long, value_name = "N", value_parser = number("connections", 1..=u32::MAX))]
    max_connections_per_address: Option<u32>,
    /// Memory for the incomplete requests of one user; the oldest is dropped for a new one
    /// [default: 16, and no limit on the loopback]
    #[arg(long, value_name = "MIB", value_parser = number("MiB", 1..=1_000_000_u32))]
    max_unfinished_per_user: Option<u32>,
    /// Memory for the incomplete requests from one address, or one /64 of IPv6 [default: 64, and no
    /// limit on the loopback]
    #[arg(long, value_name = "MIB", value_parser = number("MiB", 1..=1_000_000_u32))]
    max_unfinished_per_address: Option<u32>,
    /// Let people register: a number is sent a code, and whoever has it chooses a password
    #[arg(long)]
    registration: bool,
    /// Command that sends a message, with the number and the text as its arguments [default: the
    /// server shows the message]
    #[arg(long, value_name = "COMMAND", requires = "registration")]
    sms: Option<PathBuf>,
    /// Take contact logs only with a code, made with `server code`
    #[arg(long)]
    upload_codes: bool,
    /// Tell everybody whom a contact log names at once, without `server notify`
    #[arg(long)]
    notify: bool,
    /// What those are told who were near somebody who is ill
    #[arg(long, value_name = "TEXT", default_value = notices::DEFAULT_TEXT,
        hide_default_value = true, value_parser = notice_text)]
    notice_text: String,
    /// Encrypt connections with TLS 1.3: the certificate in PEM, behind it those of its issuers
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// How TempIDs are made.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TempIds {
    Random,
    Encrypted,
}

impl From<TempIds> for TempIdKind {
    fn from(kind: TempIds) -> Self {
        match kind {
            TempIds::Random => Self::Random,
            TempIds::Encrypted => Self::Encrypted,
        }
    }
}

/// A megabyte in the options.
const MIB: usize = 1024 * 1024;

fn main() -> ExitCode {
    allocator::request(&[Setting::HUGE_PAGES, Setting::ONE_HEAP]);
    program::protect_memory();
    program::run("server", || match execute(bluetrace::arguments::parse()) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("server: {problem}");
            ExitCode::FAILURE
        }
    })
}

fn execute(arguments: Arguments) -> Result<ExitCode, String> {
    match arguments.command {
        Some(Command::Cases { data, question }) => {
            let data = data.unwrap_or_else(default_directory);
            cases::print(&data, question.map_or(Question::List, Question::from))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Hash { data }) => {
            hashed_file::rewrite(&data.unwrap_or_else(default_directory))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Key { command: KeyCommand::New { file } }) => {
            let path = file.unwrap_or_else(|| default_directory().join(key_file::DEFAULT_NAME));
            let count = key_file::add_random(&path).map_err(|error| error.to_string())?;
            println!("{}: {}", path.display(), counted(count, "key"));
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Code { user, server }) => ask(OperatorRequest::Code { user }, server),
        Some(Command::Notify { case, server }) => {
            ask(OperatorRequest::Notify { case: case.into() }, server)
        }
        Some(Command::Users { data }) => {
            users::print(&data.unwrap_or_else(default_directory))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Revoke { user, server }) => ask(OperatorRequest::Revoke { user }, server),
        Some(Command::Restore { user, server }) => ask(OperatorRequest::Restore { user }, server),
        #[cfg(feature = "tls")]
        Some(Command::Certificate { names, data, replace }) => {
            let existing = if replace { Existing::Replaced } else { Existing::Kept };
            self_signed::make(&names, &data, existing)?;
            Ok(ExitCode::SUCCESS)
        }
        None => serve(arguments.serve.expect("required where there is no subcommand")),
    }
}

fn ask(request: OperatorRequest, server: RunningServer) -> Result<ExitCode, String> {
    println!("{}", ask::ask(&server.data.unwrap_or_else(default_directory), request)?);
    Ok(ExitCode::SUCCESS)
}

fn username(text: &str) -> Result<Username, String> {
    Username::decode(text.as_bytes()).map_err(|error| error.to_string())
}

fn notice_text(text: &str) -> Result<String, String> {
    let is_fit = (1..=Notice::MAX_TEXT_BYTES).contains(&text.len());
    if is_fit && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(format!("expected 1 to {} bytes without control characters", Notice::MAX_TEXT_BYTES))
}

impl From<CasesCommand> for Question {
    fn from(command: CasesCommand) -> Self {
        match command {
            CasesCommand::List => Self::List,
            CasesCommand::Show { number } => Self::Show(number.into()),
            CasesCommand::Export { format } => {
                Self::Export(if format.csv { Format::Csv } else { Format::Json })
            }
        }
    }
}

fn serve(arguments: ServeArguments) -> Result<ExitCode, String> {
    #[cfg(feature = "tls")]
    let identity = arguments
        .tls_cert
        .zip(arguments.tls_key)
        .map(|(certificate, key)| IdentityFiles { certificate, key });
    let settings = Settings {
        #[cfg(feature = "tls")]
        identity,
        address: SocketAddr::new(arguments.bind, arguments.server_port),
        data: arguments.data.unwrap_or_else(default_directory),
        block_duration: Duration::from_secs(arguments.block_duration.into()),
        temp_id_lifetime: arguments.tempid_lifetime,
        temp_ids: arguments.temp_ids.into(),
        keys: arguments.key,
        policy: Policy {
            upload_codes: arguments.upload_codes,
            notify_at_once: arguments.notify,
            notice_text: arguments.notice_text.into(),
        },
        registration: arguments.registration,
        sms: arguments.sms,
        retention: arguments.retention.map(|days| Retention { days }),
        login_timeout: Duration::from_secs(arguments.login_timeout.into()),
        max_connections: arguments.max_connections.map(|count| count as usize),
        max_connections_per_address: arguments
            .max_connections_per_address
            .map(|count| count as usize),
        budgets: BudgetSettings {
            per_user: arguments.max_unfinished_per_user.map(|count| count as usize * MIB),
            per_address: arguments.max_unfinished_per_address.map(|count| count as usize * MIB),
            ..BudgetSettings::default()
        },
    };
    let server = Server::start(&settings).map_err(|error| error.to_string())?;
    match server.run().map_err(|error| error.to_string())? {
        Exit::Orderly => Ok(ExitCode::SUCCESS),
        Exit::OutputLost | Exit::AtOnce => Ok(ExitCode::FAILURE),
    }
}

fn default_directory() -> PathBuf {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent);
    beside
        .filter(|directory| directory.join("credentials.txt").exists())
        .unwrap_or(Path::new("."))
        .to_owned()
}
