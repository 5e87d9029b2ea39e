//! What a simulated town costs: how many days of a person a second of the processor simulates, how
//! that grows, how much memory a phone takes, and how fast beacons go from one phone into the log
//! of another. It prints tables; each town is simulated by a process of its own, so that its memory
//! is its own.
//!
//! `cargo bench --bench town [-- --people 10000 --days 1]`
//!
//! With `--instructions` it counts those instead, with valgrind, some ten minutes: how the work
//! grows, whatever the memory of the machine makes of it.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time and blocks")]

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use bluetrace::allocator::{self, Setting};
use bluetrace::client::phone::{Outgoing, Phone, Reception};
use bluetrace::clock::Now;
use bluetrace::protocol::{ContactRecord, TempId, Timestamp};
use bluetrace::town::scenario::{Amount, Probability, Refresh, Seconds};
use bluetrace::town::{self, Collect, Scenario};

/// Set in the environment of a process that simulates one town: `people days contacts-per-day`.
const CHILD: &str = "BLUETRACE_TOWN";

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Encounters that a person has a day.
const CONTACTS: f64 = 10.0;

/// Beacons in an encounter of 15 minutes.
const BEACONS: u32 = 15;

/// Phones that meet one after the other where beacons alone are measured.
const MEETINGS: u32 = 200_000;

/// Measurements of which the median counts.
const ROUNDS: usize = 3;

/// What one town cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    seconds: f64,
    beacons: f64,
    resident_bytes: f64,
}

fn main() {
    allocator::request(&[Setting::HUGE_PAGES, Setting::LARGE_STEPS]);
    if let Ok(town) = std::env::var(CHILD) {
        return simulate(&town);
    }
    if std::env::args().any(|argument| argument == "--instructions") {
        return count_instructions();
    }
    println!(
        "| people | days | person-days a second | to the first | beacons a second | bytes a phone |"
    );
    println!("|---|---|--:|--:|--:|--:|");
    let sizes = match (option("--people"), option("--days")) {
        (Some(people), days) => vec![(people, days.unwrap_or(1))],
        (None, _) => vec![(1_000, 30), (10_000, 3), (100_000, 1)],
    };
    let mut first = None;
    for (people, days) in sizes {
        let cost = median(|| measure(people, days, CONTACTS));
        let rate = f64::from(people * days) / cost.seconds;
        let first = *first.get_or_insert(rate);
        println!(
            "| {people} | {days} | {rate:.0} | {:.2} | {:.0} | {:.0} |",
            rate / first,
            cost.beacons / cost.seconds,
            cost.resident_bytes / f64::from(people)
        );
    }
    let people = option("--people").unwrap_or(100_000);
    let empty = measure(people, 1, 0.0).resident_bytes / f64::from(people);
    println!(
        "\n{empty:.0} bytes a phone with an empty contact log, the server's registry included"
    );
    let rates = (0..ROUNDS).map(|_| exchange_beacons());
    let mut rates: Vec<f64> = rates.collect();
    rates.sort_by(f64::total_cmp);
    println!("{:.0} beacons a second from one phone into the log of another", rates[ROUNDS / 2]);
}

/// How the instructions of a day of a person grow with the people.
fn count_instructions() {
    println!("| people | days | instructions a person-day | to the first |");
    println!("|---|---|--:|--:|");
    let mut first = None;
    for people in [1_000, 10_000, 100_000] {
        let each = instructions(people, 1) as f64 / f64::from(people);
        let first = *first.get_or_insert(each);
        println!("| {people} | 1 | {each:.0} | {:.3} |", each / first);
    }
}

/// The instructions that a town takes, outside the kernel.
fn instructions(people: u32, days: u32) -> u64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(program)
        .env(CHILD, format!("{people} {days} {CONTACTS}"))
        // Otherwise it executes itself once more, which valgrind does not follow.
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
        .output()
        .expect("valgrind is a package of its own");
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("refs:")).expect("a count");
    let count = line.rsplit(':').next().unwrap_or(line);
    count.trim().replace(',', "").parse().expect("a number")
}

/// The value of an option of this program; cargo adds options of its own.
fn option(name: &str) -> Option<u32> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

fn median(measure: impl Fn() -> Cost) -> Cost {
    let mut costs: Vec<Cost> = (0..ROUNDS).map(|_| measure()).collect();
    costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    costs[ROUNDS / 2]
}

/// Simulates a town in a process of its own.
fn measure(people: u32, days: u32, contacts: f64) -> Cost {
    let program = std::env::current_exe().expect("this program");
    let town = format!("{people} {days} {contacts}");
    let output = Command::new(program).env(CHILD, town).output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let numbers: Vec<f64> =
        text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [seconds, beacons, resident_bytes] = numbers[..] else {
        panic!("a town gives three numbers, not {text:?}");
    };
    Cost { seconds, beacons, resident_bytes }
}

/// Everybody has the app and downloads the TempIDs of a day once a day.
fn simulate(town: &str) {
    let numbers: Vec<f64> =
        town.split(' ').map(|number| number.parse().expect("a number")).collect();
    let [people, days, contacts] = numbers[..] else { panic!("three numbers, not {town:?}") };
    let mut scenario = Scenario::default();
    scenario.people.count = people as u32;
    scenario.people.app_share = Probability::ONE;
    scenario.warm_up = Seconds::new(900);
    // The next batch is due when this one is over, so that there is one a day.
    scenario.duration = Seconds::new((days * DAY) as u64 - 1800);
    scenario.meetings.random_mixing.contacts_per_day =
        Amount::try_from(contacts).expect("from zero up");
    scenario.phones.refresh = Refresh::Batch;
    scenario.phones.batch = 96;
    scenario.illness.index_cases = 0;
    let start = Instant::now();
    let (outcome, _) =
        town::run(&scenario, Collect::default(), &mut |_| {}).expect("a town that can be");
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {} {}", outcome.beacons.received, resident_bytes());
}

/// The most memory that this process ever had.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024
}

/// Lets one phone meet many others, each for 15 beacons that are written, read, judged and logged
/// as the client does, and gives how many go a second.
fn exchange_beacons() -> f64 {
    let start = Timestamp::from_unix_seconds(1_589_328_000);
    let began = Instant::now();
    let mut receiver = Phone::new(Duration::from_secs(86_400));
    let mut logged = 0_u32;
    let mut datagram = Vec::new();
    for number in 0..MEETINGS {
        let mut sender = Phone::new(Duration::from_secs(86_400));
        let met = start.after_seconds(u64::from(number) * 60);
        let temp_id = TempId::from_number(u128::from(number)).expect("in range");
        sender.use_temp_id(ContactRecord { temp_id, start: met, expiry: met.after_seconds(899) });
        for beacon in 0..BEACONS {
            let since_start = u64::from(number + beacon) * 60;
            let now = Now {
                monotonic: began + Duration::from_secs(since_start),
                wall: start.after_seconds(since_start),
            };
            let Outgoing::Valid(beacon) = sender.beacon(now) else { panic!("it is valid") };
            datagram.clear();
            beacon.encode(&mut datagram);
            let reception = receiver.receive(black_box(&datagram), now);
            logged += u32::from(matches!(reception, Reception::Valid(..)));
        }
        receiver.log_mut().expire(began + Duration::from_secs(u64::from(number) * 60));
    }
    assert_eq!(logged, MEETINGS * BEACONS);
    f64::from(logged) / began.elapsed().as_secs_f64()
}
