//! The CSV file of a contact trace: its changes come in the order of time, each person is near
//! another at most once at a time, and nobody parts who was not near.

#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use bluetrace::town::Scenario;
use bluetrace::town::meetings::{ChangeKind, Meeting, Meetings};
use bluetrace::town::scenario::MeetingsKind;
use bluetrace_fuzz::{check_message, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let mut scenario = Scenario::default();
    scenario.meetings.kind = MeetingsKind::Trace;
    scenario.meetings.trace.file = file("contacts.csv", content);
    let people = match Meetings::people_of(&scenario) {
        Ok(people) => people as usize,
        Err(error) => return check_message(&error),
    };
    let meetings = match Meetings::new(&scenario, &vec![true; people], &[]) {
        Ok(meetings) => meetings,
        Err(error) => return check_message(&error),
    };
    let (mut near, mut latest) = (BTreeSet::new(), Duration::ZERO);
    for change in meetings {
        assert!(latest <= change.at, "{change:?} after {latest:?}");
        latest = change.at;
        let Meeting::Encounter { people: [a, b], .. } = change.meeting else {
            panic!("a post in {change:?}")
        };
        assert!(a < b && b.index() < people, "{change:?} of {people}");
        let is_expected = match change.kind {
            ChangeKind::Begins => near.insert((a, b)),
            ChangeKind::Ends => near.remove(&(a, b)),
        };
        assert!(is_expected, "{change:?} twice");
    }
});
