//! What a scenario asks for that a run cannot give, which figures alone would hide.

use crate::simulate::numbers::count;
use crate::simulate::study::Point;
use crate::town::Scenario;

/// Remarks on the runs of a town, with a blank line before them if there are any.
pub(super) fn of(scenario: &Scenario, point: &Point) -> Vec<String> {
    let remarks: Vec<_> =
        [late_tests(scenario), late_contacts(scenario, point)].into_iter().flatten().collect();
    let blank = (!remarks.is_empty()).then(String::new);
    blank.into_iter().chain(remarks).collect()
}

/// Nobody can be found for an index case whose test comes too late.
fn late_tests(scenario: &Scenario) -> Option<String> {
    let (illness, duration) = (&scenario.illness, scenario.duration);
    let first = illness.from.0 + illness.test_delay.0;
    (illness.index_cases > 0 && first >= duration.0).then(|| {
        let (from, delay) = (illness.from, illness.test_delay);
        format!(
            "Nobody uploads: the first test comes illness.from ({from}) and illness.test_delay ({delay}) \
             after the beginning, and duration is {duration}."
        )
    })
}

fn late_contacts(scenario: &Scenario, point: &Point) -> Option<String> {
    let late = point.outcomes.first()?.late_contacts;
    let (file, duration) = (scenario.meetings.trace.file.display(), scenario.duration);
    (late > 0).then(|| {
        format!(
            "Left out: {} contacts of {file} that begin when duration ({duration}) is over.",
            count(late)
        )
    })
}
