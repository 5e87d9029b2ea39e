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
    let mut oracle = Oracle::default();
    assert_eq!(enter(&mut oracle, &temp_ids(1)), Ok(()));
    assert_eq!(enter(&mut oracle, &temp_ids(2)), Ok(()));
    assert_eq!(enter(&mut oracle, &temp_ids(1)), Err(BrokenPromise::TempIdTwice));
    assert_eq!(oracle.told().len(), 2);
}

#[test]
fn login_with_a_wrong_password_and_a_breach_are_found() {
    let mut oracle = Oracle::default();
    let logged_in = |with_right_password| Fact::LoggedIn { with_right_password };
    assert_eq!(enter(&mut oracle, &logged_in(true)), Ok(()));
    assert_eq!(enter(&mut oracle, &logged_in(false)), Err(BrokenPromise::LetIn));
    let breach = BrokenPromise::from(Breach::WrongTimes);
    assert_eq!(enter(&mut oracle, &Fact::Broken(breach.clone())), Err(breach));
}
