//! Where the radios of adversaries are.

use crate::town::TownError;
use crate::town::scenario::{Plane, Post};

/// The places of posts, of which there must be `count`.
pub fn places(posts: &[Post], count: u32) -> Result<Vec<u32>, TownError> {
    posts
        .iter()
        .map(|post| match post {
            Post { place: Some(place), x: None, y: None, with: None, .. } if *place < count => {
                Ok(*place)
            }
            _ => Err(wrong(post, &format!("place = 0 to {}", count.saturating_sub(1)))),
        })
        .collect()
}

/// A point of the plane, and how far a post there hears and is heard, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How far.
    pub range: f64,
}

/// The points of posts.
pub fn points(posts: &[Post], plane: &Plane) -> Result<Vec<Point>, TownError> {
    posts
        .iter()
        .map(|post| match post {
            Post { place: None, x: Some(x), y: Some(y), range, with: None } => {
                let range = range.unwrap_or(plane.range).get();
                Ok(Point { x: *x, y: *y, range })
            }
            _ => Err(wrong(post, "x and y in metres, and maybe range")),
        })
        .collect()
}

/// By whom posts are carried.
pub fn carriers(posts: &[Post]) -> Result<Vec<&str>, TownError> {
    posts
        .iter()
        .map(|post| match post {
            Post { place: None, x: None, y: None, with: Some(name), .. } => Ok(name.as_str()),
            _ => Err(wrong(post, "with = \"somebody of the contact trace\"")),
        })
        .collect()
}

fn wrong(post: &Post, expected: &str) -> TownError {
    let Post { place, x, y, with, .. } = post;
    let mut given = Vec::new();
    given.extend(place.map(|place| format!("place = {place}")));
    given.extend(x.map(|x| format!("x = {x}")));
    given.extend(y.map(|y| format!("y = {y}")));
    given.extend(with.as_ref().map(|with| format!("with = {with:?}")));
    let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
    TownError::Scenario(format!(
        "adversary: a radio at {given}; with these meetings expected {expected}"
    ))
}
