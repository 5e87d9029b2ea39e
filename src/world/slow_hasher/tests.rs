use super::*;
use crate::server::password_hash::PasswordHash;
use crate::world::random::{Purpose, stream};

const SLOWEST: Duration = Duration::from_secs(5);

fn submit(hasher: &mut SlowHasher, number: u32, password: &str, now: Instant) {
    let workspace = &mut Workspace::default();
    let hash = PasswordHash::make(b"secret", &[7; 16], Cost::LEAST, workspace);
    let order = HashOrder::Check { password: password.as_bytes().into(), hash };
    hasher.submit(Ticket::numbered(number), Origin::new([192, 0, 2, 1].into()), order, now);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
fn passwords_are_hashed_one_after_the_other_and_each_takes_its_time() {
    for seed in 0..20 {
        let start = Instant::now();
        let mut hasher = SlowHasher::new(SLOWEST, stream(seed, Purpose::Hashes));
        for (number, password) in [(0, "secret"), (1, "wrong"), (2, "secret"), (3, "secret")] {
            submit(&mut hasher, number, password, start);
        }
        hasher.cancel(Ticket::numbered(2));
        let (mut now, mut answers) = (start, Vec::new());
        while let Some(wake) = hasher.next_wake() {
            assert!(wake >= now && wake - now <= SLOWEST, "seed {seed}");
            assert!(wake == now || hasher.next_answer(now).is_none(), "seed {seed}: too early");
            now = wake;
            answers.push(hasher.next_answer(now).expect("it is time"));
        }
        let expected = [(0, true), (1, false), (3, true)].map(|(number, is_right)| {
            let result = HashResult::Checked(is_right);
            HashAnswer { ticket: Ticket::numbered(number), result }
        });
        assert_eq!(answers, expected, "seed {seed}");
    }
}
