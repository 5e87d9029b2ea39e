//! One phone, and the terminal of its user.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bluetrace::arguments::{ip_address, number};
use bluetrace::client::dialogue::Ending;
use bluetrace::client::{Client, ClientError, Settings};
use bluetrace::program;
#[cfg(not(feature = "tls"))]
use bluetrace::transport::Connector;
#[cfg(feature = "tls")]
use bluetrace::transport::{arguments::TlsArguments, trust::Sessions};
use clap::Parser;

/// One phone: log in to the server, download TempIDs, exchange beacons with phones nearby.
#[derive(Debug, Parser)]
#[command(name = "client", version)]
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
    /// Directory of the contact log
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Seconds for which a beacon stays in the contact log after it was received
    #[arg(long, value_name = "SECS", default_value_t = Settings::DEFAULT_CONTACT_RETENTION,
        value_parser = number("seconds", 1..=u32::MAX))]
    contact_retention: u32,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: TlsArguments,
}

fn main() -> ExitCode {
    program::protect_memory();
    program::run("client", serve_user)
}

fn serve_user() -> ExitCode {
    let arguments: Arguments = bluetrace::arguments::parse();
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

fn run(settings: &Settings) -> Result<Ending, ClientError> {
    Client::start(settings)?.run()
}
