use rand::RngExt;

use super::*;

#[test]
fn streams_of_other_purposes_and_numbers_are_others() {
    let first = |seed, purpose, number| stream(seed, purpose, number).random::<u64>();
    let numbers = [
        first(1, Purpose::App, 0),
        first(1, Purpose::App, 1),
        first(1, Purpose::Radio, 0),
        first(2, Purpose::App, 0),
    ];
    for (at, number) in numbers.iter().enumerate() {
        assert!(!numbers[..at].contains(number), "{numbers:?}");
    }
    assert_eq!(first(1, Purpose::App, 1), numbers[1]);
}
