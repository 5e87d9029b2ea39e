use super::*;
use crate::town::scenario::{Amount, Forger, Sniffer};

#[test]
fn posts_are_found_by_their_place() {
    let posts = ByPlace::new(&[7, 3, 7, 0]);
    let at = |place| posts.at(place).map(PostId::number).collect::<Vec<_>>();
    assert_eq!([at(0), at(3), at(5), at(7), at(8)], [vec![3], vec![1], vec![], vec![0, 2], vec![]]);
}

#[test]
fn range_of_a_post_counts_before_that_of_phones() {
    let post = Post { x: Some(1.0), y: Some(200.0), ..Post::default() };
    let wide = Post { range: Amount::try_from(9.0).ok(), ..post.clone() };
    let point = |range| Point { x: 1.0, y: 200.0, range };
    assert_eq!(points(&[post, wide], &Plane::default()), [point(5.0), point(9.0)]);
}

#[test]
fn posts_of_all_adversaries_are_found() {
    let at = vec![Post::default(); 2];
    let forgery = Forgery::Overheard;
    let adversaries = Adversaries {
        sniffer: vec![Sniffer { at, ..Sniffer::default() }],
        replay: vec![Default::default()],
        relay: vec![Default::default()],
        forger: vec![Forger::default(), Forger { forgery, ..Forger::default() }],
        ..Adversaries::default()
    };
    let keys: Vec<_> = posts_of(&adversaries).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "adversary.sniffer[0].at[0]",
            "adversary.sniffer[0].at[1]",
            "adversary.replay[0].at",
            "adversary.relay[0].from",
            "adversary.relay[0].to",
            "adversary.forger[1].at"
        ]
    );
}
