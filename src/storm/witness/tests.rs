use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::*;
use crate::protocol::{TempId, Timestamp};

fn record(number: u128) -> ContactRecord {
    let temp_id = TempId::from_number(number).expect("in range");
    let start = Timestamp::from_unix_seconds(0);
    ContactRecord { temp_id, start, expiry: start.after_seconds(899) }
}

fn user() -> Username {
    Username::decode(b"+61410888888").expect("a name")
}

fn told(witness: &mut Witness, record: ContactRecord) {
    witness.enter(user(), &Fact::TempIds(vec![record])).expect("told once");
}

#[test]
fn lines_are_those_of_the_file_and_taken_once() {
    let mut witness = Witness::new(true, Repeats::Never);
    told(&mut witness, record(7));
    let line = "+61410888888 00000000000000000007 01/01/1970 00:00:00 01/01/1970 00:14:59\n";
    assert_eq!(witness.take_lines(), line.as_bytes());
    assert_eq!(witness.take_lines(), b"");
}

#[test]
fn contact_logs_hold_what_others_were_told() {
    let (mut witness, mut rng) =
        (Witness::new(false, Repeats::Never), Xoshiro256PlusPlus::seed_from_u64(1));
    let count = REMEMBERED_RECORDS as u128 + 10;
    (0..count).for_each(|number| told(&mut witness, record(number)));
    let log = witness.contact_log(1000, &mut rng);
    assert!(log.iter().all(|entry| (10..count).any(|number| record(number) == *entry)));
}
