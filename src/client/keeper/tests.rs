use std::fs;

use super::*;
use crate::client::contact_log_file::SETTLING_TIME;
use crate::client::log_storage::LogDirectory;
use crate::protocol::Timestamp;

const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";

/// A phone, the keeper of its logs, and their directory.
struct Fixture {
    directory: tempfile::TempDir,
    phone: Phone,
    keeper: Keeper<LogDirectory>,
    now: Now,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn owned_by(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let wall = Timestamp::from_unix_seconds(1_600_000_000);
        let now = Now { monotonic: Instant::now(), wall };
        let phone = Phone::new(Duration::from_secs(180));
        let keeper = Keeper::new(LogDirectory::new(directory.path().into()), now);
        let mut fixture = Self { directory, phone, keeper, now };
        fixture.hand_over(name);
        fixture
    }

    fn hand_over(&mut self, name: &str) {
        let user = Username::decode(name.as_bytes()).expect("a name");
        self.keeper.hand_over(user, &mut self.phone, self.now);
        assert!(self.keeper.notices().is_empty());
    }

    fn receive(&mut self, record: ContactRecord) {
        let added = self.phone.log_mut().add(record, self.now);
        self.keeper.keep(&record, added, &self.phone, self.now);
        assert!(self.keeper.notices().is_empty());
    }

    fn wait(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.after_seconds(seconds);
    }

    /// What is told about it.
    fn tidy(&mut self) -> Vec<Notice> {
        self.keeper.tidy(&mut self.phone, self.now);
        self.keeper.notices()
    }

    /// The log to upload, or when to look again.
    fn upload_since(&mut self, asked: Instant) -> Result<Vec<ContactRecord>, Instant> {
        let log = self.keeper.log_to_upload(&mut self.phone, self.now).expect("readable");
        self.keeper.next_look(asked, self.now.monotonic).map_or(Ok(log), Err)
    }

    fn content(&self, name: &str) -> String {
        let path = self.directory.path().join(format!("{name}_contactlog.txt"));
        fs::read_to_string(path).expect("a log")
    }
}

fn sample() -> ContactRecord {
    ContactRecord::decode_line(SAMPLE.as_bytes()).expect("a record")
}

#[test]
fn former_log_whose_rewrite_fails_is_tried_again_until_nothing_is_left() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    fixture.hand_over("bob");
    fixture.wait(180);
    // A directory stands where the new file is to be written.
    let obstacle = fixture.directory.path().join("ann_contactlog.txt.new");
    fs::create_dir(&obstacle).expect("a directory");
    assert!(matches!(fixture.tidy()[..], [Notice::Unwritable(_)]));
    fixture.wait(1);
    assert!(fixture.tidy().is_empty(), "the user knows");
    assert_eq!(fixture.content("ann"), format!("{SAMPLE}\n"));
    fs::remove_dir(&obstacle).expect("removed");
    let next = fixture.keeper.next_tidying(&fixture.phone);
    assert_eq!(next, Some(fixture.now.monotonic + REWRITE_INTERVAL));
    fixture.wait(1);
    assert!(fixture.tidy().is_empty());
    assert_eq!(fixture.content("ann"), "");
    assert_eq!(fixture.keeper.next_tidying(&fixture.phone), None);
}

#[test]
fn record_received_again_with_other_times_is_the_same_in_memory_and_on_disk() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    fixture.receive(ContactRecord { expiry: sample().expiry.after_seconds(99), ..sample() });
    let records: Vec<_> = fixture.phone.log().iter().map(|entry| entry.record).collect();
    assert_eq!(records, [sample()]);
    assert_eq!(fixture.content("ann"), format!("{SAMPLE}\n"));
}

#[test]
fn error_of_one_former_log_is_told_although_the_next_is_written() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    fixture.hand_over("bob");
    fixture.receive(sample());
    fixture.hand_over("cem");
    fs::create_dir(fixture.directory.path().join("ann_contactlog.txt.new")).expect("made");
    fixture.wait(180);
    assert!(matches!(fixture.tidy()[..], [Notice::Unwritable(_)]));
    assert_eq!(fixture.content("bob"), "");
}

#[test]
fn beacons_of_a_second_client_are_in_memory_and_written_when_the_first_ends() {
    let mut first = Fixture::owned_by("ann");
    first.receive(sample());
    let mut phone = Phone::new(Duration::from_secs(180));
    let storage = LogDirectory::new(first.directory.path().into());
    let mut keeper = Keeper::new(storage, first.now);
    let ann = Username::decode(b"ann").expect("a name");
    keeper.hand_over(ann, &mut phone, first.now);
    keeper.tidy(&mut phone, first.now);
    assert!(matches!(keeper.notices()[..], [Notice::InUse { .. }]));
    let temp_id = "99999999999999999999".as_bytes();
    let temp_id = crate::protocol::TempId::decode(temp_id).expect("digits");
    let record = ContactRecord { temp_id, ..sample() };
    let added = phone.log_mut().add(record, first.now);
    keeper.keep(&record, added, &phone, first.now);
    assert_eq!(keeper.log_to_upload(&mut phone, first.now).expect("in memory"), [record]);
    assert_eq!(first.content("ann"), format!("{SAMPLE}\n"));
    assert!(keeper.notices().is_empty(), "it is told once");
    // A second later it is tried again.
    first.wait(1);
    assert!(keeper.next_tidying(&phone).is_some_and(|next| next <= first.now.monotonic));
    let Fixture { directory, keeper: of_first, now, .. } = first;
    drop(of_first);
    keeper.tidy(&mut phone, now);
    assert_eq!(phone.log().len(), 2);
    let content = fs::read_to_string(directory.path().join("ann_contactlog.txt")).expect("a log");
    assert_eq!(content.lines().count(), 2, "{content}");
    assert!(keeper.notices().is_empty());
}

#[test]
fn upload_waits_while_an_editor_saves_but_not_for_ever() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    assert_eq!(fixture.upload_since(fixture.now.monotonic), Ok(vec![sample()]));
    let path = fixture.directory.path().join("ann_contactlog.txt");
    fs::remove_file(&path).expect("removed, to be written anew");
    let asked = fixture.now.monotonic;
    assert_eq!(fixture.upload_since(asked), Err(asked + SETTLING_TIME));
    fixture.wait(1);
    fs::write(&path, SAMPLE).expect("written anew");
    assert_eq!(fixture.upload_since(asked), Err(fixture.now.monotonic + SETTLING_TIME));
    fixture.wait(2);
    assert_eq!(fixture.upload_since(asked), Ok(vec![sample()]));
    // Of who never comes to an end, it takes what is there.
    let asked = fixture.now.monotonic;
    for lines in 1..=10 {
        fs::write(&path, format!("{SAMPLE}\n").repeat(lines)).expect("written");
        let next = fixture.upload_since(asked).expect_err("the file has just changed");
        assert!(next <= asked + UPLOAD_PATIENCE);
        fixture.wait(1);
    }
    assert_eq!(fixture.upload_since(asked), Ok(vec![sample()]));
}

#[test]
fn beacon_received_while_an_editor_saves_is_written_when_it_has_finished() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    let path = fixture.directory.path().join("ann_contactlog.txt");
    fs::write(&path, &SAMPLE[..20]).expect("half of it");
    fixture.keeper.follow(&mut fixture.phone, fixture.now);
    let temp_id = crate::protocol::TempId::decode(b"99999999999999999999").expect("digits");
    fixture.receive(ContactRecord { temp_id, ..sample() });
    fixture.wait(1);
    assert!(fixture.tidy().is_empty());
    assert_eq!(fs::read_to_string(&path).expect("a log"), &SAMPLE[..20]);
    fs::write(&path, SAMPLE).expect("all of it");
    fixture.wait(1);
    assert!(fixture.tidy().is_empty());
    fixture.wait(2);
    assert!(fixture.tidy().is_empty());
    assert_eq!(fixture.content("ann").lines().count(), 2);
    assert_eq!(fixture.phone.log().len(), 2);
}

#[test]
fn erasing_removes_the_log_of_the_user_and_leaves_that_of_an_earlier_one() {
    let mut fixture = Fixture::owned_by("ann");
    fixture.receive(sample());
    fixture.hand_over("bob");
    fixture.receive(sample());
    fixture.keeper.erase(&mut fixture.phone).expect("erased");
    assert!(fixture.phone.log().is_empty());
    let left = fs::read_dir(fixture.directory.path()).expect("a directory");
    let names = left.map(|entry| entry.expect("an entry").file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("bob")));
    assert!(fixture.content("ann").contains(SAMPLE));
}
