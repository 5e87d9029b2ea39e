use std::time::Duration;

use rand::SeedableRng;

use super::super::crowd::Manner;
use super::*;
use crate::client::session::MAX_RECORDS_PER_UPLOAD;
use crate::protocol::{TempId, Timestamp};
use crate::workload::Repeats;

const PATIENCE: Duration = Duration::from_secs(1);

fn crowd(records: usize) -> Crowd {
    let manner = Manner {
        records,
        hold: Duration::ZERO,
        byte_interval: Duration::ZERO,
        patience: PATIENCE,
        says_goodbye: true,
        request: Vec::new(),
    };
    Crowd::new(manner, false, Repeats::Never)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "no duration is measured here")]
fn uploading_each_part_taken_begins_to_wait_anew() {
    let (now, mut out) = (Instant::now(), Vec::new());
    let mut crowd = crowd(2 * MAX_RECORDS_PER_UPLOAD + 1);
    let user = Username::decode(b"+61410888888").expect("a name");
    let (temp_id, start) = (TempId::from_number(1), Timestamp::from_unix_seconds(0));
    let temp_id = temp_id.expect("in range");
    let told = Fact::TempIds(vec![ContactRecord { temp_id, start, expiry: start }]);
    crowd.witness.enter(user, &told).expect("told once");
    let rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut phone = Phone::new(Script::Upload, user, now, true, rng);
    phone.begin("password", &mut out, &mut crowd);
    let part = format!(":{MAX_RECORDS_PER_UPLOAD}\r\n");
    for reply in ["+OK\r\n", &part, &part, ":1\r\n"] {
        let (_, step) = phone.receive(reply.as_bytes(), &mut out, &mut crowd, now);
        assert_eq!(step, Step::WaitFor(PATIENCE), "{reply}");
    }
}
