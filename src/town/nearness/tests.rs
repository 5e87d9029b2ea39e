use super::*;

#[test]
fn phones_are_near_each_other_until_they_part() {
    let people = |a, b| [a, b].map(PersonId::new);
    let [a, b, c] = [0, 1, 2].map(PhoneId::new);
    let post = PostId::new(0);
    let mut nearness = Nearness::new(1, 3, 1);
    nearness.begin(5, people(10, 11), Duration::ZERO, Some([a, b]), 1.0);
    nearness.begin(6, people(10, 12), Duration::ZERO, Some([a, c]), 1.0);
    nearness.begin(7, people(11, 13), Duration::ZERO, None, 1.0);
    nearness.begin_at_post(a, post);
    assert_eq!((nearness.near(a).len(), nearness.near(b).len()), (3, 1));
    let ended = nearness.end(5).expect("it lasts");
    assert_eq!((ended.people, ended.side_of(a), ended.side_of(b)), (people(10, 11), 0, 1));
    assert_eq!((nearness.near(a).len(), nearness.near(b).len()), (2, 0));
    nearness.end_at_post(a, post);
    assert_eq!((nearness.near(a).len(), nearness.near_post(post).len()), (1, 0));
    assert!(nearness.end(5).is_none() && nearness.iter().count() == 2);
}
