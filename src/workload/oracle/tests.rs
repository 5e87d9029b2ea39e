use super::*;
use crate::client::breach::Breach;
use crate::protocol::Timestamp;

fn temp_ids(number: u128) -> Fact {
    let start = Timestamp::from_unix_seconds(0);
    let temp_id = TempId::from_number(number).expect("in range");
    Fact::TempIds(vec![ContactRecord { temp_id, start, expiry: start }])
}

fn enter(oracle: &mut Oracle<()>, fact: &Fact) -> Result<(), BrokenPromise> {
    oracle.enter(fact, |_| ())
}

#[test]
fn temp_id_told_twice_is_found() {
    let mut oracle = Oracle::new(Repeats::Never);
    assert_eq!(enter(&mut oracle, &temp_ids(1)), Ok(()));
    assert_eq!(enter(&mut oracle, &temp_ids(2)), Ok(()));
    assert_eq!(enter(&mut oracle, &temp_ids(1)), Err(BrokenPromise::TempIdTwice));
    assert_eq!(oracle.told().len(), 2);
}

#[test]
fn temp_id_told_twice_with_the_same_note_is_found_unless_it_may_be_repeated() {
    for (repeats, same, other) in [
        (Repeats::WithSameNote, Ok(()), Err(BrokenPromise::TempIdTwice)),
        (Repeats::Never, Err(BrokenPromise::TempIdTwice), Err(BrokenPromise::TempIdTwice)),
    ] {
        let mut oracle = Oracle::new(repeats);
        for (note, outcome) in [("ann", Ok(())), ("ann", same), ("bob", other)] {
            assert_eq!(oracle.enter(&temp_ids(1), |_| note), outcome, "{repeats:?} {note}");
        }
    }
}

#[test]
fn login_with_a_wrong_password_and_a_breach_are_found() {
    let mut oracle = Oracle::new(Repeats::Never);
    let logged_in = |with_right_password| Fact::LoggedIn { with_right_password };
    assert_eq!(enter(&mut oracle, &logged_in(true)), Ok(()));
    assert_eq!(enter(&mut oracle, &logged_in(false)), Err(BrokenPromise::LetIn));
    let breach = BrokenPromise::from(Breach::WrongTimes);
    assert_eq!(enter(&mut oracle, &Fact::Broken(breach.clone())), Err(breach));
}
