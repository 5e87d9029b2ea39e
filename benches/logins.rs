//! Whole sessions against a server in the same process, on a second thread: connect, log in, get a
//! TempID that is on disk, leave. 1, 64 and 1,024 at once, driven by a storm.
//!
//! Both threads share the machine, so the figure is a session of both sides together. What the
//! server alone costs is measured from outside, as `benches/README.md` says.

#![allow(clippy::disallowed_methods, reason = "a benchmark has a thread for the server")]

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use bluetrace::server::{self, Server};
use bluetrace::storm::crowd::Manner;
use bluetrace::storm::users::Users;
use bluetrace::storm::{self, Load, Storm};
use bluetrace::transport::Connector;
use bluetrace::workload::Repeats;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Sessions of one iteration, so that 1,024 at once is a steady state.
const SESSIONS: u64 = 4096;

/// Users of the server, so that no two phones at once are the same.
const USERS: u32 = 1024;

fn start_server(directory: &Path) -> SocketAddr {
    let mut credentials = Vec::new();
    Users::Pattern(0..USERS).write(&mut credentials).expect("a Vec takes every byte");
    std::fs::write(directory.join("credentials.txt"), credentials).expect("written");
    let address = "127.0.0.1:0".parse().expect("an address");
    let block_duration = Duration::from_secs(60);
    let settings = server::Settings::new(address, directory.to_owned(), block_duration);
    let server = Server::start_embedded(&settings).expect("the server starts");
    let address = server.local_address();
    thread::spawn(move || server.run());
    address
}

fn storm(server: SocketAddr, sessions: u64, concurrency: usize) -> storm::Settings {
    storm::Settings {
        connector: Connector::Plain,
        server,
        users: Users::Pattern(0..USERS),
        phones: Some(sessions),
        duration: None,
        load: Load::Closed,
        concurrency,
        mix: "tempid".parse().expect("a script"),
        manner: Manner {
            records: 0,
            hold: Duration::ZERO,
            byte_interval: Duration::ZERO,
            patience: Duration::from_secs(30),
            says_goodbye: false,
            request: Vec::new(),
        },
        // Each keeps the ports of its connections for a minute.
        source_addresses: 250,
        seed: 1,
        repeats: Repeats::Never,
        server_process: None,
        told: None,
    }
}

fn logins(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start_server(directory.path());
    let mut group = criterion.benchmark_group("logins");
    group.sample_size(10);
    for concurrency in [1, 64, 1024] {
        let sessions = if concurrency == 1 { SESSIONS / 16 } else { SESSIONS };
        group.throughput(Throughput::Elements(sessions));
        group.bench_function(BenchmarkId::from_parameter(concurrency), |bencher| {
            bencher.iter(|| {
                let settings = storm(server, sessions, concurrency);
                let outcome = Storm::start_embedded(settings).and_then(Storm::run);
                let report = outcome.expect("a server").report;
                assert!(report.is_success(), "{report}");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, logins);
criterion_main!(benches);
