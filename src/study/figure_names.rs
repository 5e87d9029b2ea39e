//! The figures requested with `--figures`.

use std::str::FromStr;

use crate::study::scenario_file::closest;
use crate::town::Outcome;

/// Names of existing figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureNames(Vec<&'static str>);

impl FigureNames {
    /// The names of all figures.
    pub(super) fn all() -> Vec<&'static str> {
        Outcome::default().figures().iter().map(|figure| figure.name).collect()
    }

    /// The names, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

impl FromStr for FigureNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::all();
        let find = |name: &str| {
            let name = name.trim();
            let found = known.iter().find(|known| **known == name);
            found.copied().ok_or_else(|| match closest(name, &known) {
                Some(meant) => format!("there is no figure {name:?}; did you mean {meant}?"),
                None => format!("there is no figure {name:?}, only {}", known.join(", ")),
            })
        };
        let mut names = Vec::new();
        for name in text.split(',') {
            let name = find(name)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self(names))
    }
}

#[cfg(test)]
mod tests;
