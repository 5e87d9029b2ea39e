use super::*;

fn changes_after(encounters: &mut Encounters, at: u64, mut pairs: Vec<Pair>) -> Vec<Change> {
    encounters.become_near(Duration::from_secs(at), &mut pairs);
    std::iter::from_fn(|| encounters.take()).collect()
}

fn change(at: u64, meeting: Meeting, kind: ChangeKind) -> Change {
    Change { at: Duration::from_secs(at), meeting, kind }
}

fn encounter(number: u64, a: u32, b: u32) -> Meeting {
    Meeting::Encounter { number, people: [a, b].map(PersonId::new) }
}

#[test]
fn pairs_that_change_end_first_and_the_others_go_on() {
    use ChangeKind::{Begins, Ends};
    let mut encounters = Encounters::new(4);
    assert_eq!(
        changes_after(&mut encounters, 0, vec![(2, 3), (0, 1), (1, 4)]),
        [
            change(0, encounter(0, 0, 1), Begins),
            change(0, Meeting::AtPost { person: PersonId::new(1), post: PostId::new(0) }, Begins),
            change(0, encounter(1, 2, 3), Begins)
        ]
    );
    assert_eq!(
        changes_after(&mut encounters, 7, vec![(1, 4), (0, 2), (1, 3)]),
        [
            change(7, encounter(0, 0, 1), Ends),
            change(7, encounter(1, 2, 3), Ends),
            change(7, encounter(2, 0, 2), Begins),
            change(7, encounter(3, 1, 3), Begins)
        ]
    );
    assert_eq!(changes_after(&mut encounters, 8, Vec::new()).len(), 3);
    assert_eq!(changes_after(&mut encounters, 9, Vec::new()), []);
}
