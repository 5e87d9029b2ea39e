//! Remarks on requests of a scenario that a run cannot fulfil, which the figures alone would hide.

use super::points::Point;
use crate::numbers::count;

/// Remarks on the points of a study, each with the points it applies to, if not all.
pub(super) fn of(points: &[Point]) -> Vec<String> {
    let remarks: [fn(&Point) -> Option<String>; 3] = [few_people, late_tests, late_contacts];
    let everywhere = points.len();
    let of_kind = |remark: fn(&Point) -> Option<String>| {
        let remarks: Vec<_> = points.iter().filter_map(remark).collect();
        let first = remarks.first()?;
        Some(match remarks.len() {
            there if there == everywhere && everywhere == 1 => first.clone(),
            there => format!("At {there} of {everywhere} points, as at the first of them: {first}"),
        })
    };
    remarks.into_iter().filter_map(of_kind).collect()
}

/// There are fewer people than index cases.
fn few_people(point: &Point) -> Option<String> {
    let (illness, outcome) = (&point.scenario.illness, point.outcomes.first()?);
    let (candidates, who) = match illness.among_users {
        true => (outcome.users, "people with the app"),
        false => (outcome.people, "people"),
    };
    (illness.index_cases > candidates).then(|| {
        let cases = illness.index_cases;
        format!("There are only {candidates} {who} for illness.index_cases, which is {cases}.")
    })
}

/// All tests are positive too late for an upload before the end.
fn late_tests(point: &Point) -> Option<String> {
    let (illness, duration) = (&point.scenario.illness, point.scenario.duration);
    let (from, delay) = (illness.from, illness.test_delay);
    (illness.index_cases > 0 && from.0 + delay.0 >= duration.0).then(|| {
        format!(
            "No index case uploads: the first test comes illness.from ({from}) and illness.test_delay \
             ({delay}) after the beginning, and duration is {duration}."
        )
    })
}

fn late_contacts(point: &Point) -> Option<String> {
    let late = point.outcomes.first()?.late_contacts;
    let scenario = &point.scenario;
    let (file, duration) = (scenario.meetings.trace.file.display(), scenario.duration);
    (late > 0).then(|| {
        format!(
            "Left out: {} contacts of {file} that begin when duration ({duration}) is over.",
            count(late)
        )
    })
}
