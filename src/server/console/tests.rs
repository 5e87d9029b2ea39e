use std::sync::Arc;

use super::super::contact_tracing::tests::{log_of_the_assignment, traced};
use super::*;

fn shown(trace: ContactTrace) -> (String, String) {
    let mut console = Console::default();
    console.show(&Decision::ContactLogTaken(Arc::new(trace)));
    let text = |bytes| String::from_utf8(bytes).expect("ASCII");
    (text(console.events), text(console.diagnostics))
}

#[test]
fn contact_log_of_the_assignment_is_shown_as_printed_there() {
    let (events, diagnostics) = shown(log_of_the_assignment());
    let expected = "> received contact log from +61410999999\n\
            12345678901234567891,\n13/05/2020 17:54:06,\n13/05/2020 18:09:05;\n\
            12345678901234567892,\n13/05/2020 18:00:06,\n13/05/2020 18:15:05;\n\
            > Contact log checking\n\
            +61410888888,\n13/05/2020 17:54:06,\n12345678901234567891;\n\
            +61410777777,\n13/05/2020 18:00:06,\n12345678901234567892;\n";
    assert_eq!(events, expected);
    let expected = "contact log of +61410999999: entries whose times differ from what was issued: 2 (1 of 2)\n";
    assert_eq!(diagnostics, expected);
}

#[test]
fn odd_entries_are_told_by_kind_with_their_positions_as_far_as_a_line_takes_them() {
    const EIGHT: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
    let (_, diagnostics) = shown(traced("+61410888888", &[EIGHT; 3]));
    let expected = "contact log of +61410888888: entries with a TempID of the uploader: 1, 2, 3 (3 of 3)\n\
            contact log of +61410888888: entries that repeat an earlier one: 2, 3 (2 of 3)\n";
    assert_eq!(diagnostics, expected);
    let (_, diagnostics) = shown(traced("+61410999999", &[EIGHT; 20]));
    assert!(
        diagnostics.ends_with(
            "entries that repeat an earlier one: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (19 of 20)\n"
        ),
        "{diagnostics}"
    );
}

#[test]
fn unknown_temp_ids_are_counted_and_not_quoted() {
    const UNKNOWN: &str = "99999999999999999999 13/05/2020 17:54:06 13/05/2020 18:09:05";
    let (events, diagnostics) = shown(traced("+61410999999", &[UNKNOWN; 2]));
    assert!(events.ends_with("> Contact log checking\n"));
    assert!(diagnostics.ends_with("never issued here: 2 of 2\n"), "{diagnostics}");
    assert!(!diagnostics.contains("9999999999999999"), "{diagnostics}");
}

#[test]
fn store_that_fails_is_named_by_its_file() {
    let mut console = Console::default();
    for kind in [Kind::TempIds, Kind::UserNumber, Kind::Change] {
        console.show(&Decision::StoreFailed(kind, "it is full".into()));
        console.show(&Decision::StoreWorks(kind));
    }
    let expected = "tempIDs.txt: it is full; no TempID is issued until it can be recorded\n\
            tempIDs.txt: recording again\n\
            users.txt: it is full; no TempID is issued to a user who had none so far\n\
            users.txt: recording again\n\
            authority.db: it is full; no contact log is taken and no account changed until that can be recorded\n\
            authority.db: recording again\n";
    assert_eq!(String::from_utf8_lossy(&console.diagnostics), expected);
}
