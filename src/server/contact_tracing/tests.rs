use super::super::registry::Registry;
use super::*;

pub(in crate::server) fn record(line: &str) -> ContactRecord {
    ContactRecord::decode_line(line.as_bytes()).expect("a record")
}

pub(in crate::server) fn user(name: &str) -> Username {
    Username::decode(name.as_bytes()).expect("a name")
}

const EIGHT: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const SEVEN: &str = "12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";
const UNKNOWN: &str = "99999999999999999999 13/05/2020 17:54:06 13/05/2020 18:09:05";

/// The registry of the assignment's example.
fn registry() -> Registry {
    let mut registry = Registry::default();
    for (name, line) in [("+61410888888", EIGHT), ("+61410777777", SEVEN)] {
        assert!(registry.insert_issued(user(name), &[record(line)]));
    }
    registry
}

/// Traces the contact log of `lines` that `uploader` uploads on the 15th.
pub(in crate::server) fn traced(uploader: &str, lines: &[&str]) -> ContactTrace {
    let log: Vec<_> = lines.iter().map(|line| record(line)).collect();
    let now = Timestamp::decode(b"15/05/2020 12:00:00").expect("a time");
    trace(user(uploader), &log, &registry(), now)
}

/// Traces a whole contact log at once.
pub(crate) fn trace(
    uploader: Username,
    log: &[ContactRecord],
    registry: &Registry,
    now: Timestamp,
) -> ContactTrace {
    let mut tracing = Tracing::new(uploader, log, now, Timestamp::MIN);
    tracing.go_on(log.len(), |record| registry.find(record.temp_id));
    tracing.end()
}

/// The log of the assignment, whose second entry has other times than the server.
pub(in crate::server) fn log_of_the_assignment() -> ContactTrace {
    let other_times = SEVEN.replace(
        "14/05/2020 17:45:06 14/05/2020 18:00:05",
        "13/05/2020 18:00:06 13/05/2020 18:15:05",
    );
    traced("+61410999999", &[EIGHT, &other_times])
}

#[test]
fn log_of_the_assignment_names_both_contacts() {
    let trace = log_of_the_assignment();
    assert_eq!(trace.contacts().collect::<Vec<_>>(), [user("+61410888888"), user("+61410777777")]);
    assert_eq!(trace.oddities, [(1, Oddity::TimesDiffer)]);
    assert_eq!(trace.unknown(), 0);
}

#[test]
fn unknown_temp_ids_name_nobody_and_are_counted() {
    let trace = traced("+61410999999", &[UNKNOWN, EIGHT, UNKNOWN]);
    assert_eq!(trace.contacts().collect::<Vec<_>>(), [user("+61410888888")]);
    assert_eq!((trace.unknown(), trace.oddities.len()), (2, 0));
}

#[test]
fn entry_of_the_uploader_is_odd() {
    assert_eq!(traced("+61410888888", &[SEVEN, EIGHT]).oddities, [(1, Oddity::Own)]);
}

#[test]
fn entry_that_repeats_an_earlier_one_is_odd() {
    let trace = traced("+61410999999", &[EIGHT, SEVEN, EIGHT, EIGHT]);
    assert_eq!(trace.oddities, [(2, Oddity::Repeated), (3, Oddity::Repeated)]);
    assert_eq!(trace.contacts().count(), 4);
}

#[test]
fn temp_id_that_is_not_valid_yet_is_odd_whatever_the_entry_says() {
    let log = [record(SEVEN)];
    let before = |time: &[u8]| {
        let now = Timestamp::decode(time).expect("a time");
        trace(user("+61410999999"), &log, &registry(), now).oddities
    };
    assert_eq!(before(b"14/05/2020 17:45:05"), [(0, Oddity::InTheFuture)]);
    assert_eq!(before(b"14/05/2020 17:45:06"), []);
}

#[test]
fn entries_older_than_the_retention_name_nobody_whatever_is_still_known() {
    let fifteenth = Timestamp::decode(b"15/05/2020 12:00:00").expect("a time");
    let log = [EIGHT, SEVEN, UNKNOWN].map(record);
    // The first one's last second is too old, whether its own times say so or the server's.
    let later = ContactRecord { expiry: fifteenth, ..log[0] };
    let log = [log[0], later, log[1], log[2]];
    let since = log[0].expiry.after_seconds(1);
    let mut tracing = Tracing::new(user("+61410999999"), &log, fifteenth, since);
    let registry = registry();
    tracing.go_on(log.len(), |record| registry.find(record.temp_id));
    let trace = tracing.end();
    assert_eq!(trace.contacts().collect::<Vec<_>>(), [user("+61410777777")]);
    let old = Oddity::OlderThanRetention;
    assert_eq!(trace.oddities, [(0, old), (1, old), (3, old)]);
    assert_eq!(trace.unknown(), 0);
}
