use super::*;

#[test]
fn phones_of_people_come_before_those_of_adversaries() {
    let owners = Owners::new(&[true, false, true]);
    let [first, second, adversary] = [0, 1, 2].map(PhoneId::new);
    assert_eq!(
        [0, 1, 2].map(|it| owners.phone_of(PersonId::new(it))),
        [Some(first), None, Some(second)]
    );
    assert_eq!([first, second, adversary].map(|it| owners.owner_of(it).number()), [0, 2, 3]);
    assert_eq!([second, adversary].map(|it| owners.is_adversary(it)), [false, true]);
    assert_eq!(owners.name_of(owners.owner_of(second)), "phone 2");
    assert_eq!(owners.name_of(owners.owner_of(adversary)), "adversary 0");
}

#[test]
fn range_knows_its_phones_and_starts_again_after_the_last() {
    let mut free = 5..u32::MAX;
    let (few, more) = (PhoneRange::take(&mut free, 2), PhoneRange::take(&mut free, 3));
    let numbers = |range: PhoneRange| range.iter().map(PhoneId::number).collect::<Vec<_>>();
    assert_eq!([numbers(few), numbers(more)], [vec![5, 6], vec![7, 8, 9]]);
    assert_eq!(
        [4, 5, 6, 7].map(|it| few.index_of(PhoneId::new(it))),
        [None, Some(0), Some(1), None]
    );
    assert_eq!([0, 1, 2].map(|index| few.cycle(index).number()), [5, 6, 5]);
}
