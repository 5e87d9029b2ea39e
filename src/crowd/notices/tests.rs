use super::*;
use crate::protocol::ContactRecord;
use crate::reactor::Token;
use crate::server::change::{Change, Permit};
use crate::server::contact_tracing::{Issued, TracedEntry};
use crate::server::database::ChangeStore;
use crate::server::waits::{Operation, Waits};

const ANN: PersonId = PersonId::new(0);
const BOB: PersonId = PersonId::new(1);
const CAT: PersonId = PersonId::new(2);
const AT_ONCE: bool = true;
const LATER: bool = false;
fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_600_000_000)
}

/// The TempID of a person has the person's number.
fn owner_of(temp_id: TempId) -> Option<(PersonId, Timestamp)> {
    let people = [ANN, BOB, CAT].into_iter();
    people.map(|person| (person, now())).find(|(person, _)| temp_id_of(*person) == temp_id)
}

fn temp_id_of(person: PersonId) -> TempId {
    TempId::from_number(person.number().into()).expect("in range")
}

/// A contact log of Ann in which the server has found `people`.
fn case(people: &[PersonId]) -> Arc<ContactTrace> {
    let entries = people.iter().map(|person| {
        let expiry = now().after_seconds(899);
        let record = ContactRecord { temp_id: temp_id_of(*person), start: now(), expiry };
        let issued = Some(Issued { user: username(*person), start: now(), expiry });
        TracedEntry { record, issued }
    });
    let (entries, oddities) = (entries.collect(), Vec::new());
    ContactTrace { uploader: username(ANN), uploaded_at: now(), entries, oddities }.into()
}

fn store(disk: &mut DatabaseDisk, change: Change) {
    let ticket = Waits::default().begin(Token::permanent(0), Operation::Change(change.clone()));
    disk.submit(ticket, &change);
    disk.begin_commit();
}

/// A disk with the case of Ann, who met Bob, and maybe with his notice.
fn disk(notice: Option<&str>) -> DatabaseDisk {
    let mut disk = DatabaseDisk::default();
    let (trace, notice) = (case(&[ANN, BOB]), notice.map(Arc::from));
    store(&mut disk, Change::TakeLog { trace, permit: Permit::NotNeeded, notice });
    disk
}

fn told() -> DatabaseDisk {
    disk(Some("Stay at home."))
}

fn notice(disk: &DatabaseDisk) -> Notice {
    disk.records().notices()[0].notice.clone()
}

#[track_caller]
fn assert_violation(found: Result<(), String>, problem: &str) {
    assert!(found.as_ref().is_err_and(|found| found.contains(problem)), "{found:?}");
}

#[test]
fn named_user_without_a_notice_is_a_violation_if_people_are_told() {
    assert_eq!(Notices::new(3, AT_ONCE).check(&told(), owner_of), Ok(()));
    assert_violation(Notices::new(3, AT_ONCE).check(&disk(None), owner_of), "has notices for {}");
    let mut notices = Notices::new(3, LATER);
    assert_eq!(notices.check(&disk(None), owner_of), Ok(()));
    notices.notified(1, 1, &disk(None));
    assert_violation(notices.check(&disk(None), owner_of), "has notices for {}");
}

#[test]
fn notice_for_somebody_who_was_not_met_is_a_violation() {
    let only_ann = |temp_id| owner_of(temp_id).filter(|(person, _)| *person == ANN);
    assert_violation(Notices::new(3, LATER).check(&told(), only_ann), "names {} and has");
}

#[test]
fn notice_of_another_day_is_a_violation() {
    let a_day_later = |temp_id| {
        owner_of(temp_id).map(|(person, start)| (person, start.after_seconds(24 * 60 * 60)))
    };
    assert!(Notices::new(3, LATER).check(&told(), a_day_later).is_err());
}

#[test]
fn notice_that_is_told_to_another_user_or_is_not_stored_is_a_violation() {
    let (mut notices, disk) = (Notices::new(3, AT_ONCE), told());
    assert_eq!(notices.told(BOB, &notice(&disk), &disk), Ok(()));
    assert_violation(notices.told(CAT, &notice(&disk), &disk), "not on the disk");
    let other = Notice { text: "Go out.".into(), ..notice(&disk) };
    assert_violation(notices.told(BOB, &other, &disk), "not on the disk");
}

#[test]
fn notice_that_was_seen_and_is_told_again_or_forgotten_is_a_violation() {
    let (mut notices, mut disk) = (Notices::new(3, AT_ONCE), told());
    let notice = notice(&disk);
    for _ in 0..2 {
        assert_eq!(notices.told(BOB, &notice, &disk), Ok(()));
    }
    notices.seen(BOB, notice.number);
    assert_violation(notices.told(BOB, &notice, &disk), "again");
    assert_violation(notices.check(&disk, owner_of), "is forgotten");
    let seen = Change::Acknowledge { user: username(BOB), notice: notice.number, at: now() };
    store(&mut disk, seen);
    assert_eq!(notices.check(&disk, owner_of), Ok(()));
}

#[test]
fn server_knows_notices_of_contact_logs_that_it_took_and_all_after_a_restart() {
    let (mut notices, disk) = (Notices::new(3, AT_ONCE), told());
    assert_eq!(notices.unseen(&disk).count(), 0);
    notices.taken(&case(&[ANN, BOB]), &disk);
    assert_eq!(notices.unseen(&disk).count(), 0, "another one that is the same");
    notices.taken(&disk.records().cases()[0], &disk);
    assert_eq!(notices.unseen(&disk).count(), 1);
    let mut notices = Notices::new(3, AT_ONCE);
    notices.restarted(&disk);
    assert_eq!(notices.unseen(&disk).count(), 1);
}
