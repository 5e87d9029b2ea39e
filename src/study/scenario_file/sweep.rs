//! The option `--sweep`: one scenario with several values of a key.

use super::{Change, ScenarioError};

/// Limit of the points of a grid, each of which is a whole town.
const MOST_POINTS: usize = 10_000;

/// A key and the values to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Dotted key.
    pub key: String,
    /// A change for each value.
    pub values: Vec<Change>,
}

impl Sweep {
    /// Reads `key=a,b,c`. A comma within brackets or quotes does not separate.
    ///
    /// # Errors
    ///
    /// The form is wrong, or there is no such key.
    pub fn parse(written: &str) -> Result<Self, ScenarioError> {
        let option = format!("--sweep {written}");
        let malformed = |what| Err(ScenarioError::option(&option, "", what));
        let Some((key, values)) = written.split_once('=') else {
            return malformed("expected key=a,b,c");
        };
        let (key, texts) = (key.trim(), split(values));
        if texts.iter().any(|text| text.is_empty()) {
            return malformed("expected a value between two commas");
        }
        if key == "runs" {
            return malformed("all points have the same number of runs: see --runs");
        }
        // Of many values, an error names the one that it is about.
        let change = |text: &&str| Change::new(format!("--sweep {key}={text}"), key, text);
        let values = texts.iter().map(change).collect::<Result<_, _>>()?;
        Ok(Self { key: key.to_owned(), values })
    }
}

/// All combinations of the values of `sweeps`, the last one changing fastest. Without sweeps, a
/// single combination without changes.
///
/// # Errors
///
/// Two sweeps have the same key, or there are too many points.
pub fn grid(sweeps: &[Sweep]) -> Result<Vec<Vec<Change>>, ScenarioError> {
    let count = sweeps.iter().try_fold(1_usize, |count, sweep| {
        count.checked_mul(sweep.values.len()).filter(|count| *count <= MOST_POINTS)
    });
    if count.is_none() {
        let what = format!("expected at most {MOST_POINTS} points");
        return Err(ScenarioError::option("--sweep", "", &what));
    }
    for (index, sweep) in sweeps.iter().enumerate() {
        if sweeps[..index].iter().any(|earlier| earlier.key == sweep.key) {
            return Err(ScenarioError::option("--sweep", &sweep.key, "it is swept twice"));
        }
    }
    let start = vec![Vec::new()];
    Ok(sweeps.iter().fold(start, |points, sweep| {
        let with_each = |point: &Vec<Change>| {
            let point = point.clone();
            let with = move |value: &Change| [&point[..], std::slice::from_ref(value)].concat();
            sweep.values.iter().map(with).collect::<Vec<_>>()
        };
        points.iter().flat_map(with_each).collect()
    }))
}

/// Splits at the commas that are not within brackets or quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut is_escaped) = (0_u32, None, false);
    let mut is_comma = |letter: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match (quote, letter) {
            (Some('"'), '\\') => is_escaped = !was_escaped,
            (Some(open), _) if open == letter && !was_escaped => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => return letter == ',' && depth == 0,
        }
        false
    };
    text.split(&mut is_comma).map(str::trim).collect()
}

#[cfg(test)]
mod tests;
