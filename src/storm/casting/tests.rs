use rand::SeedableRng;

use super::*;

fn casting(mix: &str, users: usize) -> Result<Casting, String> {
    Casting::new(mix.parse().expect("a mix"), users, ChaCha12Rng::seed_from_u64(1))
}

#[test]
fn users_take_turns() {
    let mut casting = casting("tempid", 3).expect("enough");
    let users: Vec<_> = (0..7).map(|_| casting.cast().1).collect();
    assert_eq!(users, [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn guessers_in_a_mix_have_users_of_their_own() {
    let mut casting = casting("tempid:8,wrong-password:2", 100).expect("enough");
    for _ in 0..1000 {
        let (script, user) = casting.cast();
        assert_eq!(script == Script::WrongPassword, user >= 80, "{script} {user}");
    }
}

#[test]
fn guessers_alone_have_all_users_from_the_last_one_on() {
    let mut casting = casting("wrong-password", 3).expect("enough");
    let users: Vec<_> = (0..7).map(|_| casting.cast().1).collect();
    assert_eq!(users, [2, 1, 0, 2, 1, 0, 2]);
}

#[test]
fn too_few_users_are_refused() {
    assert!(casting("tempid:1,wrong-password:1", 1).is_err());
    assert!(casting("tempid:1,wrong-password:1", 2).is_ok());
    assert!(casting("tempid", 0).is_err());
}
