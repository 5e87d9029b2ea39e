//! Where the radios of adversaries are, and what to say if they cannot be there.

use std::fmt::Display;

use crate::town::TownError;
use crate::town::scenario::{Adversaries, Forgery, MeetingsKind, Plane, Post, Scenario};

/// All posts that the scenario names, each with its key.
pub(super) fn posts_of(adversaries: &Adversaries) -> Vec<(String, &Post)> {
    let Adversaries { sniffer, replay, relay, forger, guesser: _, flooder: _ } = adversaries;
    let sniffers = sniffer.iter().enumerate().flat_map(|(number, sniffer)| {
        let key = move |at| format!("adversary.sniffer[{number}].at[{at}]");
        sniffer.at.iter().enumerate().map(move |(at, post)| (key(at), post))
    });
    let replays = replay.iter().enumerate().flat_map(|(number, replay)| {
        let key = move |post| format!("adversary.replay[{number}].{post}");
        std::iter::once((key("at"), &replay.at))
            .chain(replay.to.iter().map(move |to| (key("to"), to)))
    });
    let relays = relay.iter().enumerate().flat_map(|(number, relay)| {
        let key = move |post| format!("adversary.relay[{number}].{post}");
        [(key("from"), &relay.from), (key("to"), &relay.to)]
    });
    // Who makes up digits listens nowhere.
    let forgers = forger
        .iter()
        .enumerate()
        .filter(|(_, forger)| forger.forgery == Forgery::Overheard)
        .map(|(number, forger)| (format!("adversary.forger[{number}].at"), &forger.at));
    sniffers.chain(replays).chain(relays).chain(forgers).collect()
}

/// The place of each post, all of them below `places`.
pub(super) fn places(
    scenario: &Scenario,
    posts: &[Post],
    places: u32,
) -> Result<Vec<u32>, TownError> {
    let place = |post: &Post| match post.place {
        Some(place) if place < places => Ok(place),
        Some(place) => Err(match places {
            0 => refuse(scenario, post, "place", "none, as there are no places", place),
            _ => refuse(scenario, post, "place", format_args!("0 to {}", places - 1), place),
        }),
        None => Err(refuse(scenario, post, "place", "a number from 0 up", "nothing")),
    };
    posts
        .iter()
        .map(|post| only_keys_of_the_kind(scenario, post).and_then(|()| place(post)))
        .collect()
}

/// Posts by their places: a town may have a post at each of very many.
#[derive(Debug)]
pub(super) struct ByPlace {
    /// Place and post, in ascending order.
    posts: Vec<(u32, u32)>,
}

impl ByPlace {
    /// From the place of each post.
    pub(super) fn new(places: &[u32]) -> Self {
        let mut posts: Vec<_> = places.iter().copied().zip(0..).collect();
        posts.sort_unstable();
        Self { posts }
    }

    /// The posts at a place, in ascending order.
    pub(super) fn at(&self, place: u32) -> impl ExactSizeIterator<Item = u32> {
        let start = self.posts.partition_point(|(at, _)| *at < place);
        let end = self.posts.partition_point(|(at, _)| *at <= place);
        self.posts[start..end].iter().map(|(_, post)| *post)
    }
}

/// A post in the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// In metres.
    pub(super) range: f64,
}

/// The point of each post.
pub(super) fn points(scenario: &Scenario, posts: &[Post]) -> Result<Vec<Point>, TownError> {
    let Plane { width, height, range, .. } = &scenario.meetings.plane;
    let coordinate = |post: &Post, key, given: Option<f64>, most: f64| match given {
        Some(value) if (0.0..=most).contains(&value) => Ok(value),
        Some(value) => {
            Err(refuse(scenario, post, key, format_args!("metres from 0 to {most}"), value))
        }
        None => {
            Err(refuse(scenario, post, key, format_args!("metres from 0 to {most}"), "nothing"))
        }
    };
    let point = |post: &Post| {
        only_keys_of_the_kind(scenario, post)?;
        Ok(Point {
            x: coordinate(post, "x", post.x, width.get())?,
            y: coordinate(post, "y", post.y, height.get())?,
            range: post.range.unwrap_or(*range).get(),
        })
    };
    posts.iter().map(point).collect()
}

/// Who carries each post, one of `carriers`.
pub(super) fn carriers<'a>(
    scenario: &Scenario,
    posts: &'a [Post],
    mut is_known: impl FnMut(&str) -> bool,
) -> Result<Vec<&'a str>, TownError> {
    let file = scenario.meetings.trace.file.display();
    let expected = format!("a name that is in {file}");
    let mut carrier = |post: &'a Post| {
        only_keys_of_the_kind(scenario, post)?;
        match &post.with {
            Some(name) if is_known(name) => Ok(name.as_str()),
            Some(name) => Err(refuse(scenario, post, "with", &expected, format_args!("{name:?}"))),
            None => Err(refuse(scenario, post, "with", &expected, "nothing")),
        }
    };
    posts.iter().map(&mut carrier).collect()
}

/// Refuses what would be silently left out.
fn only_keys_of_the_kind(scenario: &Scenario, post: &Post) -> Result<(), TownError> {
    let Post { place, x, y, range, with } = post;
    let (kind, allowed): (_, &[&str]) = match scenario.meetings.kind {
        MeetingsKind::RandomMixing => ("random-mixing", &["place"]),
        MeetingsKind::Plane => ("plane", &["x", "y", "range"]),
        MeetingsKind::Timetable => ("timetable", &["place"]),
        MeetingsKind::Trace => ("trace", &["with"]),
    };
    let given = [
        ("place", place.map(|place| place.to_string())),
        ("x", x.map(|x| x.to_string())),
        ("y", y.map(|y| y.to_string())),
        ("range", range.map(|range| range.get().to_string())),
        ("with", with.as_ref().map(|name| format!("{name:?}"))),
    ];
    for (key, value) in given {
        if let Some(value) = value.filter(|_| !allowed.contains(&key)) {
            let allowed = allowed.join(", ");
            let expected = format!("none but {allowed} with meetings.kind = {kind:?}");
            return Err(refuse(scenario, post, key, expected, value));
        }
    }
    Ok(())
}

fn refuse(
    scenario: &Scenario,
    post: &Post,
    key: &str,
    expected: impl Display,
    given: impl Display,
) -> TownError {
    let posts = posts_of(&scenario.adversary);
    let at = posts.iter().find(|(_, named)| *named == post);
    let at = at.map_or("a post of an adversary", |(at, _)| at);
    TownError::Scenario(format!("{at}.{key}: expected {expected}, not {given}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::scenario::{Amount, Forger, Relay, Sniffer};

    fn scenario(kind: MeetingsKind, post: Post) -> Scenario {
        let mut scenario = Scenario::default();
        scenario.meetings.kind = kind;
        let from = Post { place: Some(1), ..Post::default() };
        scenario.adversary.relay = vec![Relay { from, to: post, ..Relay::default() }];
        scenario
    }

    fn message<T: std::fmt::Debug>(result: Result<T, TownError>) -> String {
        result.expect_err("refused").to_string()
    }

    #[test]
    fn post_without_a_place_of_the_town_is_refused_with_its_key() {
        let refused = |post: Post| {
            let scenario = scenario(MeetingsKind::RandomMixing, post.clone());
            message(places(&scenario, &[post], 100))
        };
        let post = Post { place: Some(100), ..Post::default() };
        assert_eq!(refused(post), "adversary.relay[0].to.place: expected 0 to 99, not 100");
        assert_eq!(
            refused(Post::default()),
            "adversary.relay[0].to.place: expected a number from 0 up, not nothing"
        );
        let post = Post { x: Some(2.5), ..Post::default() };
        assert_eq!(
            refused(post),
            "adversary.relay[0].to.x: expected none but place with meetings.kind = \
             \"random-mixing\", not 2.5"
        );
    }

    #[test]
    fn posts_are_found_by_their_place() {
        let posts = ByPlace::new(&[7, 3, 7, 0]);
        let at = |place| posts.at(place).collect::<Vec<_>>();
        assert_eq!(
            [at(0), at(3), at(5), at(7), at(8)],
            [vec![3], vec![1], vec![], vec![0, 2], vec![]]
        );
    }

    #[test]
    fn post_outside_the_plane_is_refused_and_its_own_range_counts() {
        let points = |post: Post| points(&scenario(MeetingsKind::Plane, post.clone()), &[post]);
        let post = Post { x: Some(1.0), y: Some(200.0), ..Post::default() };
        assert_eq!(points(post.clone()).expect("taken"), [Point { x: 1.0, y: 200.0, range: 5.0 }]);
        let range = Amount::try_from(9.0).ok();
        let wide = points(Post { range, ..post.clone() }).expect("taken");
        assert_eq!(wide[0].range, 9.0);
        let message = message(points(Post { y: Some(-1.0), ..post }));
        assert_eq!(message, "adversary.relay[0].to.y: expected metres from 0 to 200, not -1");
    }

    #[test]
    fn post_of_nobody_in_the_trace_is_refused() {
        let post = Post { with: Some("eve".to_owned()), ..Post::default() };
        let mut scenario = scenario(MeetingsKind::Trace, post.clone());
        scenario.meetings.trace.file = "a.csv".into();
        assert_eq!(
            message(carriers(&scenario, std::slice::from_ref(&post), |_| false)),
            "adversary.relay[0].to.with: expected a name that is in a.csv, not \"eve\""
        );
        assert_eq!(carriers(&scenario, &[post], |name| name == "eve").expect("taken"), ["eve"]);
    }

    #[test]
    fn posts_of_all_adversaries_are_found() {
        let mut scenario = scenario(MeetingsKind::Plane, Post::default());
        let at = vec![Post::default(); 2];
        scenario.adversary.sniffer = vec![Sniffer { at, ..Sniffer::default() }];
        scenario.adversary.replay = vec![Default::default()];
        let forgery = Forgery::Overheard;
        scenario.adversary.forger =
            vec![Forger { forgery, ..Forger::default() }, Forger::default()];
        let keys: Vec<_> = posts_of(&scenario.adversary).into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            [
                "adversary.sniffer[0].at[0]",
                "adversary.sniffer[0].at[1]",
                "adversary.replay[0].at",
                "adversary.relay[0].from",
                "adversary.relay[0].to",
                "adversary.forger[0].at"
            ]
        );
    }
}
