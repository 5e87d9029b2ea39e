//! What the arrows of a tree must not do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter;
use std::path::Path;

use crate::arrows::Arrow;
use crate::tree::Tree;

/// The layers of the crate, the highest first; those of one row know nothing of each other.
pub(crate) struct Layers {
    rows: Vec<Vec<String>>,
}

impl Layers {
    /// Reads the fenced block below the heading "Layers".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (_, below) = text.split_once("## Layers\n").ok_or("no heading \"## Layers\"")?;
        let block = below.split("```").nth(1).ok_or("no fenced block below \"## Layers\"")?;
        let lines = block.lines().skip(1).filter(|line| !line.trim().is_empty());
        let rows: Vec<Vec<String>> =
            lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
        let mut seen = BTreeSet::new();
        match rows.iter().flatten().find(|name| !seen.insert(*name)) {
            Some(name) => Err(format!("layer {name} twice")),
            None => Ok(Self { rows }),
        }
    }

    fn row(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.iter().any(|layer| layer == name))
    }

    /// Modules at the top of the crate that are no layer.
    pub(crate) fn unlisted<'a>(&self, tree: &'a Tree) -> BTreeSet<&'a str> {
        let tops = tree.modules.keys().filter_map(|path| path.first());
        tops.map(String::as_str).filter(|name| self.row(name).is_none()).collect()
    }

    fn forbids(&self, from: &str, to: &str) -> bool {
        from != to && self.row(from) >= self.row(to)
    }
}

/// Every arrow that goes up, or to a layer at the side.
pub(crate) fn upward_arrows(tree: &Tree, layers: &Layers) -> Vec<String> {
    let mut violations: Vec<_> = tree
        .arrows
        .iter()
        .filter_map(|arrow| {
            let (from, to) = (arrow.from.first()?, arrow.item.first()?);
            layers.forbids(from, to).then(|| {
                let place = format!("{}:{}", arrow.file.display(), arrow.line);
                format!("{place}: {from} must not import {to} ({})", arrow.item.join("::"))
            })
        })
        .collect();
    violations.dedup();
    violations
}

/// Every shortest ring of files of which each imports the next. Arrows between a parent module and
/// its child do not count.
pub(crate) fn rings(tree: &Tree) -> Vec<String> {
    let mut arrows = BTreeMap::new();
    for arrow in tree.arrows.iter().filter(|arrow| !arrow.is_test) {
        let target = tree.file_of(&arrow.item);
        if !are_one_module(&arrow.file, target) {
            arrows.entry((arrow.file.as_path(), target)).or_insert(arrow);
        }
    }
    let mut seen = BTreeSet::new();
    let mut rings = Vec::new();
    for &(from, to) in arrows.keys() {
        let Some(way) = shortest_way(to, from, arrows.keys().copied()) else { continue };
        if seen.insert(way.iter().copied().collect::<BTreeSet<_>>()) {
            let ring = iter::once(from).chain(way.iter().copied());
            let steps: Vec<_> =
                ring.zip(&way).map(|(from, to)| describe(arrows[&(from, *to)], to)).collect();
            rings.push(steps.join(", "));
        }
    }
    rings
}

/// The files from `start` to `goal`, both included, along as few arrows as can be.
fn shortest_way<'a>(
    start: &'a Path,
    goal: &Path,
    arrows: impl Iterator<Item = (&'a Path, &'a Path)> + Clone,
) -> Option<Vec<&'a Path>> {
    let mut came_from = BTreeMap::from([(start, start)]);
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        if file == goal {
            let back = iter::successors(Some(file), |at| Some(came_from[at]).filter(|to| to != at));
            let mut way: Vec<_> = back.collect();
            way.reverse();
            return Some(way);
        }
        for (_, next) in arrows.clone().filter(|(from, _)| *from == file) {
            came_from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                file
            });
        }
    }
    None
}

fn describe(arrow: &Arrow, to: &Path) -> String {
    let (from, to) = (arrow.file.display(), to.display());
    format!("{from}:{} imports {to} ({})", arrow.line, arrow.item.join("::"))
}

/// Whether one of the files is the parent module of the other.
fn are_one_module(a: &Path, b: &Path) -> bool {
    /// The folder that holds the children of the module in `file`.
    fn folder(file: &Path) -> std::path::PathBuf {
        if file.ends_with("mod.rs") { file.with_file_name("") } else { file.with_extension("") }
    }
    /// The folder of the module that declares the one in `file`.
    fn place(file: &Path) -> std::path::PathBuf {
        let own = folder(file);
        own.parent().map(Path::to_path_buf).unwrap_or_default()
    }
    let same = |a: std::path::PathBuf, b: std::path::PathBuf| a.components().eq(b.components());
    same(folder(a), place(b)) || same(folder(b), place(a))
}
