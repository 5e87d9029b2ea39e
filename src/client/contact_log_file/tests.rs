use std::time::{Duration, Instant};

use super::*;

const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER: &str = "12345678901234567892 13/05/2020 18:00:06 13/05/2020 18:15:05";

/// A directory, and a phone's log in it that can be restarted at any time.
struct Fixture {
    directory: tempfile::TempDir,
    file: ContactLogFile,
    log: ContactLog,
    now: Now,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let user = Username::decode(b"ann").expect("a name");
        let file = ContactLogFile::new(directory.path(), user);
        let wall = Timestamp::from_unix_seconds(1_600_000_000);
        let now = Now { monotonic: Instant::now(), wall };
        let log = ContactLog::new(Duration::from_secs(180));
        let mut fixture = Self { directory, file, log, now };
        fixture.restart();
        fixture
    }

    fn receive(&mut self, line: &str) {
        let record = ContactRecord::decode_line(line.as_bytes()).expect("a record");
        self.log.add(record, self.now);
        let entry = self.log.find(record.temp_id).expect("just added");
        self.file.append(entry).expect("appended");
    }

    fn wait(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.after_seconds(seconds);
    }

    fn restart(&mut self) {
        self.log = ContactLog::new(Duration::from_secs(180));
        let notices = self.file.load(&mut self.log, self.now).expect("loaded");
        assert!(notices.is_empty(), "{notices:?}");
    }

    fn content(&self) -> String {
        fs::read_to_string(&self.file.records).unwrap_or_default()
    }
}

#[test]
fn log_survives_a_restart_with_its_ages() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fixture.wait(100);
    fixture.receive(OTHER);
    fixture.wait(50);
    fixture.restart();
    assert_eq!(fixture.log.len(), 2);
    fixture.wait(30);
    assert!(fixture.log.expire(fixture.now.monotonic));
    assert_eq!(fixture.log.len(), 1);
    fixture.file.rewrite(&fixture.log).expect("rewritten");
    assert_eq!(fixture.content(), format!("{OTHER}\n"));
    fixture.restart();
    fixture.wait(100);
    assert!(fixture.log.expire(fixture.now.monotonic) && fixture.log.is_empty());
}

#[test]
fn log_written_by_hand_counts_as_received_when_first_seen() {
    let mut fixture = Fixture::new();
    fs::write(&fixture.file.records, format!("{SAMPLE}\r\n\r\n{OTHER}")).expect("written");
    fixture.restart();
    assert_eq!(fixture.log.len(), 2);
    fixture.wait(179);
    assert!(!fixture.log.expire(fixture.now.monotonic));
}

#[test]
fn record_is_appended_on_a_new_line() {
    let mut fixture = Fixture::new();
    fs::write(&fixture.file.records, SAMPLE).expect("written");
    fixture.receive(OTHER);
    assert_eq!(fixture.content(), format!("{SAMPLE}\n{OTHER}\n"));
}

#[test]
fn file_edited_meanwhile_is_followed() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fs::write(&fixture.file.records, OTHER).expect("written");
    assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    let records: Vec<_> = fixture.log.iter().map(|entry| entry.record).collect();
    assert_eq!(records, [ContactRecord::decode_line(OTHER.as_bytes()).expect("a record")]);
    assert!(!fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    fs::remove_file(&fixture.file.records).expect("removed");
    assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    assert!(fixture.log.is_empty());
}

#[test]
fn entry_that_left_does_not_come_back_from_the_file() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fixture.wait(180);
    assert!(fixture.log.expire(fixture.now.monotonic));
    assert!(!fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    assert!(fixture.log.is_empty());
}

#[test]
fn malformed_file_is_named_and_changes_nothing() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fs::write(&fixture.file.records, format!("{OTHER}\nnonsense\n")).expect("written");
    let error = fixture.file.follow(&mut fixture.log, fixture.now).expect_err("malformed");
    assert!(error.to_string().contains("ann_contactlog.txt:2: "), "{error}");
    assert_eq!(fixture.log.len(), 1);
    assert!(fixture.directory.path().exists());
}

#[test]
fn malformed_receptions_cost_the_ages_and_not_the_log() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fs::write(&fixture.file.receptions, "nonsense\n").expect("written");
    fixture.log = ContactLog::new(Duration::from_secs(180));
    let notices = fixture.file.load(&mut fixture.log, fixture.now).expect("loaded");
    let [notice] = &notices[..] else { panic!("one, not {notices:?}") };
    assert!(notice.to_string().contains("_received.txt:1: "), "{notice}");
    assert_eq!(fixture.log.len(), 1);
}

#[test]
fn torn_last_line_is_cut_off_when_the_log_is_loaded() {
    for torn in [&SAMPLE[..1], &SAMPLE[..30], &SAMPLE[..SAMPLE.len() - 1]] {
        let mut fixture = Fixture::new();
        fs::write(&fixture.file.records, format!("{OTHER}\n{torn}")).expect("written");
        let notices = fixture.file.load(&mut fixture.log, fixture.now).expect("loaded");
        let [notice] = &notices[..] else { panic!("one, not {notices:?}") };
        let expected = "ann_contactlog.txt:2: cut off, as it is not a whole record";
        assert!(notice.to_string().ends_with(expected), "{notice}");
        assert_eq!((fixture.log.len(), fixture.content()), (1, format!("{OTHER}\n")));
        fixture.receive(SAMPLE);
        fixture.restart();
        assert_eq!(fixture.log.len(), 2);
    }
}

#[test]
fn last_line_that_somebody_is_writing_is_left_alone() {
    let mut fixture = Fixture::new();
    fixture.receive(OTHER);
    let content = format!("{OTHER}\n{}", &SAMPLE[..30]);
    fs::write(&fixture.file.records, &content).expect("written");
    let error = fixture.file.follow(&mut fixture.log, fixture.now).expect_err("malformed");
    assert!(error.to_string().contains("ann_contactlog.txt:2: "), "{error}");
    assert_eq!(fixture.content(), content);
    fs::write(&fixture.file.records, format!("{OTHER}\n{SAMPLE}")).expect("written");
    assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    assert_eq!(fixture.log.len(), 2);
}

/// Whoever sends beacons would otherwise have the file read as often as they like.
#[test]
fn malformed_file_is_not_read_again_before_it_changes() {
    let mut fixture = Fixture::new();
    let wrong = OTHER.replace(' ', "-");
    fs::write(&fixture.file.records, format!("{wrong}\n")).expect("written");
    let metadata = fs::metadata(&fixture.file.records).expect("a file");
    fixture.file.follow(&mut fixture.log, fixture.now).expect_err("malformed");
    // It looks as it did, so that nobody can tell without reading it.
    let mut file = OpenOptions::new().write(true).open(&fixture.file.records).expect("a file");
    file.write_all(format!("{OTHER}\n").as_bytes()).expect("written");
    file.set_modified(metadata.modified().expect("a time")).expect("set");
    fixture.file.follow(&mut fixture.log, fixture.now).expect_err("not read");
    fixture.receive(SAMPLE);
    fixture.file.follow(&mut fixture.log, fixture.now).expect_err("only we have added to it");
    fs::write(&fixture.file.records, OTHER).expect("written");
    assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
}

#[test]
fn malformed_file_that_is_mended_is_loaded_with_its_ages() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fixture.wait(100);
    fs::write(&fixture.file.records, format!("{SAMPLE}\nnonsense\n")).expect("written");
    fixture.log = ContactLog::new(Duration::from_secs(180));
    let user = Username::decode(b"ann").expect("a name");
    fixture.file = ContactLogFile::new(fixture.directory.path(), user);
    assert!(fixture.file.load(&mut fixture.log, fixture.now).is_err());
    fs::write(&fixture.file.records, SAMPLE).expect("written");
    assert!(fixture.file.follow(&mut fixture.log, fixture.now).expect("read"));
    fixture.wait(80);
    assert!(fixture.log.expire(fixture.now.monotonic));
}

#[test]
fn rewritten_file_keeps_its_mode() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    let mode =
        |fixture: &Fixture| fs::metadata(&fixture.file.records).expect("a file").mode() & 0o777;
    assert_eq!(mode(&fixture), 0o600);
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(&fixture.file.records, readable).expect("changed");
    fixture.file.rewrite(&fixture.log).expect("rewritten");
    assert_eq!(mode(&fixture), 0o640);
}

#[test]
fn receptions_of_one_beacon_make_the_files_overgrown_not_endless() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    while !fixture.file.is_overgrown(&fixture.log) {
        let entry = *fixture.log.iter().next().expect("one entry");
        fixture.file.append_reception(&entry).expect("appended");
    }
    fixture.file.rewrite(&fixture.log).expect("rewritten");
    assert!(!fixture.file.is_overgrown(&fixture.log));
}
