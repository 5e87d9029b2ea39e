use super::*;
use crate::town::scenario::{MeetingsKind, Probability, Sniffer};

#[test]
fn share_of_places_is_rounded_up_and_no_further() {
    for (share, count, expected) in
        [(0.0, 100, 0), (0.07, 100, 7), (0.55, 100, 55), (0.1, 5, 1), (1.0, 3, 3)]
    {
        assert_eq!(part(share, count), expected, "{share} of {count}");
    }
}

#[test]
fn sniffer_covers_places_of_all_kinds_and_with_more_coverage_these_and_others() {
    let mut scenario = Scenario::default();
    scenario.meetings.kind = MeetingsKind::Timetable;
    let mut with = |coverage| {
        let coverage = Probability::try_from(coverage).expect("from 0 to 1");
        scenario.adversary.sniffer = vec![Sniffer { coverage, ..Sniffer::default() }];
        covered(&scenario, 0)
    };
    let (few, many) = (with(0.3), with(0.6));
    assert_eq!(few, many[..few.len()]);
    // Of 167 homes and 53 other rooms.
    let homes = many.iter().filter(|place| **place < 167).count();
    assert!((80..120).contains(&homes) && many.len() - homes > 10, "{homes}");
    let mut all = with(1.0);
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..Meetings::places_of(&scenario)));
}
