use std::time::Duration;

use rand::SeedableRng;

use super::super::passwords::Passwords;
use super::*;

#[test]
fn drawn_windows_follow_each_other_without_gap_or_overlap() {
    let accounts = Accounts::new(Passwords::default(), Duration::ZERO);
    let rng = ChaCha12Rng::seed_from_u64(1);
    let mut authority = Authority::new(accounts, Registry::default(), 900, rng);
    let noon = Timestamp::decode(b"13/05/2020 12:00:00").expect("a time");
    let records = authority.draw(100, noon);
    assert_eq!((records.len(), records[0].start), (100, noon));
    for pair in records.windows(2) {
        assert_eq!(pair[0].expiry.after_seconds(1), pair[1].start);
        assert_eq!(pair[0].expiry.seconds_since(pair[0].start), 899);
        assert_ne!(pair[0].temp_id, pair[1].temp_id);
    }
}
