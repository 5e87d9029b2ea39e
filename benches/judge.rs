//! Whether the time of a refused login tells a user from a stranger: wrong passwords under names of
//! both kinds in random order, with names that nobody has in between, judged in this process. What
//! a client can measure has the noise of a network on top.
//!
//! `cargo bench --bench judge [-- --tries 40000 --users 1000000 --junk 4]`

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bluetrace::protocol::Username;
use bluetrace::protocol::request::Credentials;
use bluetrace::server::accounts::Accounts;
use bluetrace::server::passwords::Passwords;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

/// Numbers of people, of which the lower half may be users.
const NAMES: u32 = 100_000_000;

fn main() {
    let tries = option("--tries").unwrap_or(40_000);
    let users = option("--users").unwrap_or(1_000_000) as u32;
    let junk = option("--junk").unwrap_or(4);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut accounts = accounts(users);
    let (mut of_users, mut of_strangers) = (Vec::new(), Vec::new());
    // Each name once: a second failure of it would find it in the processor's cache.
    let mut tried = HashSet::new();
    while of_users.len() + of_strangers.len() < tries {
        for _ in 0..junk {
            judge(&mut accounts, rng.random_range(NAMES / 2..NAMES));
        }
        let is_user = rng.random_bool(0.5);
        let number = rng.random_range(0..users) + if is_user { 0 } else { NAMES / 4 };
        if tried.insert(number) {
            let time = judge(&mut accounts, number);
            if is_user { of_users.push(time) } else { of_strangers.push(time) }
        }
    }
    println!("| {users} users | tries | lower quartile | median | upper quartile |");
    println!("|---|--:|--:|--:|--:|");
    row("user", &mut of_users);
    row("stranger", &mut of_strangers);
    let (share, error) = share_longer(&of_users, &of_strangers);
    println!(
        "\nA user takes longer than a stranger in {:.1} % of all pairs (95 %: ± {:.1}); 50 % tells nothing.",
        100.0 * share,
        100.0 * 1.96 * error
    );
}

fn accounts(users: u32) -> Accounts {
    let mut passwords = Passwords::default();
    for number in 0..users {
        let user = Username::decode(name(number).as_bytes()).expect("a phone number");
        passwords.insert(user, format!("secret{number:06}").as_bytes()).expect("a new name");
    }
    Accounts::new(passwords, Duration::from_secs(60))
}

fn name(number: u32) -> String {
    format!("+614{number:08}")
}

fn judge(accounts: &mut Accounts, number: u32) -> Duration {
    let name = name(number);
    let credentials = Credentials { user: name.as_bytes(), password: b"wrong-password" };
    let start = Instant::now();
    std::hint::black_box(accounts.judge(credentials, start));
    start.elapsed()
}

fn row(kind: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let quantile = |part: usize| times[times.len() * part / 4].as_nanos();
    let [low, middle, high] = [1, 2, 3].map(quantile);
    println!("| {kind} | {} | {low} ns | {middle} ns | {high} ns |", times.len());
}

/// The share of pairs of which the first is longer, ties by half, and its standard error if both
/// are alike: the statistic of Mann and Whitney. Both are sorted.
fn share_longer(first: &[Duration], second: &[Duration]) -> (f64, f64) {
    let rank = |time: &Duration| {
        let below = second.partition_point(|other| other < time);
        let equal = second[below..].partition_point(|other| other == time);
        below as f64 + 0.5 * equal as f64
    };
    let (m, n) = (first.len() as f64, second.len() as f64);
    let share = first.iter().map(rank).sum::<f64>() / (m * n);
    (share, ((m + n + 1.0) / (12.0 * m * n)).sqrt())
}

/// The value of an option of this program; cargo adds options of its own.
fn option(name: &str) -> Option<usize> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}
