use super::*;

fn name(number: u32) -> Username {
    Username::decode(number.to_string().as_bytes()).expect("a name")
}

#[test]
fn users_with_numbers_keep_them_however_they_are_asked_for() {
    let mut users = Users::default();
    let first = users.numbers((0..1000).map(name));
    let again = users.numbers((0..2000).map(|number| name(number / 2)));
    for (number, user) in first.iter().enumerate() {
        assert_eq!(users.name(*user), name(number as u32));
        assert_eq!(users.number(name(number as u32)), *user);
        assert_eq!(again[2 * number..2 * number + 2], [*user; 2]);
    }
}

#[test]
fn new_user_named_twice_at_once_has_one_number() {
    let mut users = Users::default();
    let numbers = users.numbers([name(1), name(2), name(1)].into_iter());
    assert_eq!(numbers[0], numbers[2]);
    assert_ne!(numbers[0], numbers[1]);
}
