use super::*;
use crate::town::outcome;

fn contact(index: u32, contact: u32, encounters: u32, is_named: bool) -> outcome::Contact {
    let [index, contact] = [index, contact].map(PersonId::new);
    outcome::Contact { index, contact, encounters, is_named }
}

fn upload(at: f64, person: u32) -> Upload {
    Upload { at, person: PersonId::new(person), entries: 1, is_forged: false }
}

fn traced(contact: u32, is_real: bool) -> Traced {
    let [index, contact] = [0, contact].map(PersonId::new);
    Traced { at: 200.0, index, contact, is_real }
}

fn found(case: &Case) -> Vec<(u32, Finding, u32)> {
    let of = |of: &Contact| (of.person.number(), of.finding, of.encounters);
    case.contacts.iter().map(of).collect()
}

#[test]
fn contacts_and_others_whom_the_server_named_are_sorted_by_what_it_made_of_them() {
    let records = Records {
        contacts: vec![
            contact(0, 2, 1, false),
            contact(0, 3, 2, true),
            contact(0, 4, 1, false),
            // Who did not upload is no case.
            contact(5, 0, 1, false),
        ],
        uploads: vec![upload(200.0, 0)],
        traces: vec![traced(3, true), traced(6, false)],
        has_app: vec![true, true, false, true, true, true, true],
        ..Records::default()
    };
    let cases = cases(&records);
    assert_eq!(cases.len(), 1);
    assert_eq!(
        found(&cases[0]),
        [
            (3, Finding::Traced, 2),
            (4, Finding::MissedUser, 1),
            (2, Finding::MissedOther, 1),
            (6, Finding::FalselyNamed, 0),
        ]
    );
    assert_eq!(cases[0].count(Finding::Traced), 1);
}

#[test]
fn two_uploads_of_one_person_are_one_case() {
    let records = Records {
        contacts: vec![contact(0, 1, 1, false), contact(0, 2, 1, false)],
        uploads: vec![upload(50.0, 0), upload(60.0, 2), upload(150.0, 0)],
        ..Records::default()
    };
    let cases = cases(&records);
    let people: Vec<_> =
        cases.iter().map(|case| (case.person.number(), case.contacts.len())).collect();
    assert_eq!(people, [(0, 2), (2, 0)]);
}
