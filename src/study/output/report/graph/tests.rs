use super::*;
use crate::town::ids::PersonId;

fn case(contacts: u32) -> Case {
    let contact = |person: u32| Contact {
        finding: if person < contacts / 2 { Finding::Traced } else { Finding::MissedOther },
        person: PersonId::new(person),
        encounters: 1,
    };
    Case {
        person: PersonId::new(7),
        is_forged: false,
        contacts: (0..contacts).map(contact).collect(),
    }
}

#[test]
fn contacts_never_touch_each_other_or_the_edge() {
    for of in 1..=MOST_CONTACTS {
        let places: Vec<_> = (0..of).map(|at| place(at, of)).collect();
        for (at, (x, y)) in places.iter().enumerate() {
            assert!((6.0..=SIZE - 6.0).contains(x) && (6.0..=SIZE - 6.0).contains(y));
            for (other_x, other_y) in &places[..at] {
                let (right, down) = (x - other_x, y - other_y);
                assert!((right * right + down * down).sqrt() > 8.4, "{at} of {of}");
            }
        }
    }
}

#[test]
fn many_cases_and_contacts_are_cut_and_said_to_be() {
    let page = render(&vec![case(100); 15]).into_string();
    assert_eq!(page.matches("<figure>").count(), MOST_CASES);
    assert_eq!(page.matches("\"link traced\"").count(), MOST_CASES * MOST_CONTACTS / 2);
    assert!(page.contains("3 more who uploaded, and 480 contacts beyond 60"), "{page}");
    assert!(page.contains("traced (750)"), "the legend counts all");
    assert_eq!(left_out(&vec![case(60); 12]), None);
}

#[test]
fn case_without_contacts_is_drawn() {
    let page = render(&[case(0)]).into_string();
    assert!(page.contains("no contacts"), "{page}");
}
