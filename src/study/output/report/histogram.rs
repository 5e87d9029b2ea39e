//! Histograms of lengths of time.

use crate::chart::{Axis, Chart, Form, Point, Series};
use crate::numbers::{Unit, count, duration};
use crate::study::points::Point as StudyPoint;
use crate::town::outcome::Linkability;

/// Approximate number of bars.
const BARS: usize = 24;

/// How long sniffers followed phones, and which TempIDs they linked, over all runs of `point`.
pub(super) fn linkability(point: &StudyPoint) -> Option<Chart> {
    let found: Vec<&Linkability> =
        point.outcomes.iter().filter_map(|outcome| outcome.linkability.as_ref()).collect();
    let sum = |of: fn(&Linkability) -> u64| found.iter().map(|found| of(found)).sum::<u64>();
    let share = |part: u64, all: u64| match all {
        0 => "none".to_owned(),
        all => Unit::Share.unbroken(part as f64 / all as f64),
    };
    let [changes, linked, mistaken] =
        [sum(|found| found.changes), sum(|found| found.linked), sum(|found| found.mistaken)];
    let about = format!(
        "How long sniffers could follow each phone in one go at most. They heard {} TempIDs; of {} changes \
         of TempID they linked {}, and of their links {} were wrong.",
        count(sum(|found| found.temp_ids)),
        count(changes),
        share(linked, changes),
        share(mistaken, linked + mistaken),
    );
    let times = found.iter().flat_map(|found| found.followed_seconds.iter().copied()).collect();
    (!found.is_empty()).then(|| histogram("Linkability", &about, "phones", "followed", times))
}

/// Time from the first encounter until the server named the contact, over all runs of `point`.
pub(super) fn notice(point: &StudyPoint) -> Option<Chart> {
    let outcomes = point.outcomes.iter();
    let times: Vec<_> =
        outcomes.flat_map(|outcome| outcome.tracing.seconds_to_notice.iter().copied()).collect();
    let about = "From the first encounter with an index case until the server named the contact.";
    (!times.is_empty())
        .then(|| histogram("Time to notice", about, "contacts", "from the first encounter", times))
}

fn histogram(title: &str, about: &str, what: &str, since: &str, times: Vec<f64>) -> Chart {
    let most = times.iter().copied().fold(1.0, f64::max);
    let width = nice_width(most / BARS as f64);
    let mut counts = vec![0_u64; (most / width) as usize + 1];
    for time in times {
        counts[(time / width) as usize] += 1;
    }
    let top = counts.iter().copied().max().unwrap_or(0) as f64;
    let bar = |(at, count): (usize, &u64)| Point {
        x: at as f64 * width,
        y: *count as f64,
        interval: None,
    };
    let points = counts.iter().enumerate().map(bar).collect();
    let label = format!("{what}, in bars of {}", duration(width));
    Chart {
        title: title.to_owned(),
        about: about.to_owned(),
        x: Axis::time(since, 0.0, counts.len() as f64 * width),
        y: Axis::counts(label, top),
        series: vec![Series { name: what.to_owned(), look: 0, form: Form::Bars(width), points }],
        shades: Vec::new(),
    }
}

/// The shortest round length of time of at least `seconds`.
fn nice_width(seconds: f64) -> f64 {
    const USUAL: [f64; 14] = [
        1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
        43_200.0, 86_400.0,
    ];
    let usual = USUAL.into_iter().find(|usual| *usual >= seconds);
    usual.unwrap_or_else(|| (seconds / 86_400.0).ceil() * 86_400.0)
}

#[cfg(test)]
mod tests;
