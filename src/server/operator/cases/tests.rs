use super::*;
use crate::server::contact_tracing::tests::traced;

const EIGHT: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER_TIMES: &str = "12345678901234567892 13/05/2020 18:00:06 13/05/2020 18:15:05";
const UNKNOWN_ID: &str = "99999999999999999999 13/05/2020 17:54:06 13/05/2020 18:09:05";

/// What became of the notice of one user.
fn told(user: &str, notified_at: &str, seen_at: Option<&str>) -> BTreeMap<Username, Told> {
    let time = |text: &str| Timestamp::decode(text.as_bytes()).expect("a time");
    let told = Told { notified_at: time(notified_at), seen_at: seen_at.map(time) };
    BTreeMap::from([(Username::decode(user.as_bytes()).expect("a name"), told)])
}

#[test]
fn table_has_the_times_of_the_server_and_the_marks() {
    let case = traced("+61410999999", &[EIGHT, OTHER_TIMES, UNKNOWN_ID, EIGHT]);
    let notices = told("+61410777777", "15/05/2020 13:00:00", None);
    let expected = [
        "entry  contact       from (UTC)           until                TempID                told at              marks",
        "1      +61410888888  13/05/2020 17:54:06  13/05/2020 18:09:05  12345678901234567891  -",
        "2      +61410777777  14/05/2020 17:45:06  14/05/2020 18:00:05  12345678901234567892  15/05/2020 13:00:00  times_differ",
        "3      -             13/05/2020 17:54:06  13/05/2020 18:09:05  99999999999999999999  -                    unknown",
        "4      +61410888888  13/05/2020 17:54:06  13/05/2020 18:09:05  12345678901234567891  -                    repeated",
    ];
    assert_eq!(entries(&case, &notices).lines(), expected);
}

#[test]
fn export_has_both_times_in_the_form_of_programs() {
    let case = traced("+61410777777", &[UNKNOWN_ID, OTHER_TIMES]);
    let notices = told("+61410777777", "15/05/2020 13:00:00", Some("15/05/2020 14:00:00"));
    let json = serde_json::to_value(ExportedCase::new(7, &case, &notices)).expect("JSON");
    let expected = serde_json::json!({
        "case": 7,
        "uploader": "+61410777777",
        "uploaded_at": "2020-05-15T12:00:00Z",
        "entries": [
            {
                "entry": 1,
                "contact": null,
                "temp_id": "99999999999999999999",
                "start": "2020-05-13T17:54:06Z",
                "expiry": "2020-05-13T18:09:05Z",
                "issued_start": null,
                "issued_expiry": null,
                "marks": "unknown",
                "notified_at": null,
                "seen_at": null,
            },
            {
                "entry": 2,
                "contact": "+61410777777",
                "temp_id": "12345678901234567892",
                "start": "2020-05-13T18:00:06Z",
                "expiry": "2020-05-13T18:15:05Z",
                "issued_start": "2020-05-14T17:45:06Z",
                "issued_expiry": "2020-05-14T18:00:05Z",
                "marks": "times_differ own",
                "notified_at": "2020-05-15T13:00:00Z",
                "seen_at": "2020-05-15T14:00:00Z",
            },
        ],
    });
    assert_eq!(json, expected);
}
