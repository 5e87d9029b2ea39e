//! Positions of the adversaries' radios.

use crate::town::ids::PostId;
use crate::town::scenario::{Adversaries, Forgery, Plane, Post};

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

/// Place of each post, below `places`.
pub(super) fn places(posts: &[Post], places: u32) -> Vec<u32> {
    let place = |post: &Post| post.place.filter(|place| *place < places);
    posts.iter().map(|post| place(post).expect("a post at a place of the town")).collect()
}

/// Posts by place, as a town may have posts at very many places.
#[derive(Debug)]
pub(super) struct ByPlace {
    /// Place and post, in ascending order.
    posts: Vec<(u32, PostId)>,
}

impl ByPlace {
    /// Sorts posts by the place of each.
    pub(super) fn new(places: &[u32]) -> Self {
        let mut posts: Vec<_> = places.iter().copied().zip((0..).map(PostId::new)).collect();
        posts.sort_unstable();
        Self { posts }
    }

    /// The posts at a place, in ascending order.
    pub(super) fn at(&self, place: u32) -> impl ExactSizeIterator<Item = PostId> {
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
    /// Range in metres.
    pub(super) range: f64,
}

/// Position of each post.
pub(super) fn points(posts: &[Post], plane: &Plane) -> Vec<Point> {
    let coordinate = |given: Option<f64>| given.expect("a post at a point");
    let point = |post: &Post| Point {
        x: coordinate(post.x),
        y: coordinate(post.y),
        range: post.range.unwrap_or(plane.range).get(),
    };
    posts.iter().map(point).collect()
}

#[cfg(test)]
mod tests;
