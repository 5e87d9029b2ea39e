//! One phone, and the terminal of its user.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bluetrace::arguments::{ip_address, number};
use bluetrace::client::dialogue::Ending;
use bluetrace::client::{Client, ClientError, Settings, TempIdSupply};
use bluetrace::program;
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
    /// Fetch TempIDs in batches after a login, and again before they run out
    #[arg(long)]
    auto: bool,
}

fn main() -> ExitCode {
    program::protect_memory();
    program::run("client", serve_user)
}

fn serve_user() -> ExitCode {
    let arguments: Arguments = bluetrace::arguments::parse();
    let settings = Settings {
        server: SocketAddr::new(arguments.server_ip, arguments.server_port),
        udp_port: arguments.client_udp_port,
        data: arguments.data,
        contact_retention: Duration::from_secs(arguments.contact_retention.into()),
        temp_ids: if arguments.auto { TempIdSupply::Automatic } else { TempIdSupply::ByHand },
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
