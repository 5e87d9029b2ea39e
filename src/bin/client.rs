//! One phone, and the terminal of its user.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bluetrace::arguments::{ip_address, number};
use bluetrace::client::dialogue::Ending;
use bluetrace::client::{AirSettings, Client, ClientError, Remembering, Settings, TempIdSupply};
use bluetrace::program;
use bluetrace::reactor::Group;
#[cfg(not(feature = "tls"))]
use bluetrace::transport::Connector;
#[cfg(feature = "tls")]
use bluetrace::transport::{arguments::TlsArguments, trust::Sessions};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

/// One phone: log in to the server, download TempIDs, exchange beacons with phones nearby.
#[derive(Debug, Parser)]
#[command(
    name = "client",
    version,
    after_help = "Whoever has no account types register at the username prompt."
)]
struct Arguments {
    /// Address of the server
    #[arg(value_name = "server_IP", value_parser = ip_address)]
    server_ip: IpAddr,
    /// TCP port of the server
    #[arg(value_name = "server_port", value_parser = number("a port", 1..=u16::MAX))]
    server_port: u16,
    /// UDP port to receive beacons on; 0 lets the system choose
    #[arg(value_name = "client_udp_port", value_parser = number("a port", 0..=u16::MAX))]
    client_udp_port: u16,
    /// Directory of the contact log and of tokens
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Seconds for which a beacon stays in the contact log after it was received
    #[arg(long, value_name = "SECS", default_value_t = Settings::DEFAULT_CONTACT_RETENTION,
        value_parser = number("seconds", 1..=u32::MAX))]
    contact_retention: u32,
    /// Keep a token of the login in the directory, in a file that only its owner can read, and log
    /// in with it at the next start
    #[arg(long)]
    remember: bool,
    /// Fetch TempIDs in batches after a login, and again before they run out
    #[arg(long)]
    auto: bool,
    /// Send beacons to this multicast group without being told to, and hear those of others:
    /// 239.1.2.3:5000, [ff02::1%eth0]:5000, or with another interface. Includes --auto
    #[arg(long, value_name = "GROUP:PORT")]
    air: Option<Group>,
    /// Seconds from one beacon by air to the next
    #[arg(long, value_name = "SECS", default_value_t = Settings::DEFAULT_BEACON_EVERY,
        requires = "air", value_parser = number("seconds", 1..=MAX_BEACON_EVERY))]
    beacon_every: u32,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: TlsArguments,
}

/// Seconds between two beacons by air, at most: with longer ones than a TempID lives, nobody would
/// hear it.
const MAX_BEACON_EVERY: u32 = 900;

fn main() -> ExitCode {
    program::protect_memory();
    program::run("client", serve_user)
}

fn serve_user() -> ExitCode {
    let arguments: Arguments = bluetrace::arguments::parse();
    require_two_ports(&arguments);
    #[cfg(feature = "tls")]
    let connector = match arguments.tls.connector(arguments.server_ip, Sessions::Resumed) {
        Ok(connector) => connector,
        Err(problem) => {
            eprintln!("client: {problem}");
            return ExitCode::from(2);
        }
    };
    #[cfg(not(feature = "tls"))]
    let connector = Connector::Plain;
    let settings = Settings {
        server: SocketAddr::new(arguments.server_ip, arguments.server_port),
        connector,
        udp_port: arguments.client_udp_port,
        data: arguments.data,
        contact_retention: Duration::from_secs(arguments.contact_retention.into()),
        temp_ids: match arguments.auto || arguments.air.is_some() {
            true => TempIdSupply::Automatic,
            false => TempIdSupply::ByHand,
        },
        remembering: match arguments.remember {
            true => Remembering::Tokens,
            false => Remembering::Nothing,
        },
        air: arguments.air.map(|group| AirSettings {
            group,
            beacon_every: Duration::from_secs(arguments.beacon_every.into()),
        }),
    };
    match run(&settings) {
        Ok(Ending::Left) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("client: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the process with exit code 2 if the phone would listen twice on a port: one socket would
/// take what is meant for the other.
fn require_two_ports(arguments: &Arguments) {
    let port = arguments.client_udp_port;
    if arguments.air.as_ref().is_some_and(|group| group.port() == port) {
        let text = format!("--air and client_udp_port need two ports, and both have {port}");
        Arguments::command().error(ErrorKind::ArgumentConflict, text).exit();
    }
}

fn run(settings: &Settings) -> Result<Ending, ClientError> {
    Client::start(settings)?.run()
}
