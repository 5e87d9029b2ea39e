use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;
use crate::client::log_storage::{FileStamp, LockFile, LogDirectory, Uptime};
use crate::protocol::Timestamp;

const SAMPLE: &str = "12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER: &str = "12345678901234567892 13/05/2020 18:00:06 13/05/2020 18:15:05";
const THIRD: &str = "12345678901234567893 13/05/2020 18:00:06 13/05/2020 18:15:05";

/// A real directory on a machine whose clock since its start a test sets.
#[derive(Debug)]
struct Machine {
    directory: LogDirectory,
    uptime: Uptime,
}

impl LogStorage for Machine {
    type Lock = LockFile;
    type Stamp = FileStamp;

    fn lock(&mut self, name: &str) -> std::io::Result<Option<LockFile>> {
        self.directory.lock(name)
    }

    fn stamp(&self, name: &str) -> Option<FileStamp> {
        self.directory.stamp(name)
    }

    fn read(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        self.directory.read(name)
    }

    fn append(&mut self, name: &str, lines: &[u8]) -> std::io::Result<()> {
        self.directory.append(name, lines)
    }

    fn replace(&mut self, name: &str, content: &[u8]) -> std::io::Result<()> {
        self.directory.replace(name, content)
    }

    fn remove(&mut self, name: &str) -> std::io::Result<()> {
        self.directory.remove(name)
    }

    fn discard_unfinished(&mut self, name: &str) {
        self.directory.discard_unfinished(name);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path(name)
    }

    fn uptime(&self) -> Option<Uptime> {
        Some(self.uptime.clone())
    }
}

/// A directory, and a phone's log in it that can be restarted at any time.
struct Fixture {
    directory: tempfile::TempDir,
    storage: Machine,
    file: ContactLogFile<Machine>,
    log: ContactLog,
    now: Now,
}

impl Fixture {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let storage = Machine {
            directory: LogDirectory::new(directory.path().into()),
            uptime: Uptime { boot: "first".to_owned(), seconds: 1_000 },
        };
        let wall = Timestamp::from_unix_seconds(1_600_000_000);
        let now = Now { monotonic: Instant::now(), wall };
        let (file, log) = (ContactLogFile::new(user()), new_log());
        let mut fixture = Self { directory, storage, file, log, now };
        assert!(fixture.restart().is_empty());
        fixture
    }

    /// A log with these records, received a minute apart, the last one just now.
    fn with(lines: &[&str]) -> Self {
        let mut fixture = Self::new();
        for line in lines {
            fixture.wait(60);
            fixture.receive(line);
        }
        fixture
    }

    fn receive(&mut self, line: &str) {
        let record = ContactRecord::decode_line(line.as_bytes()).expect("a record");
        self.log.add(record, self.now);
        let entry = self.log.find(record.temp_id).expect("just added");
        self.file.append(&mut self.storage, entry, self.now).expect("appended");
    }

    fn wait(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.after_seconds(seconds);
        self.storage.uptime.seconds += i64::try_from(seconds).expect("small");
    }

    fn set_clock(&mut self, by_seconds: i64) {
        let wall = self.now.wall.unix_seconds() + by_seconds;
        self.now.wall = Timestamp::from_unix_seconds(wall);
    }

    fn restart(&mut self) -> Vec<Notice> {
        self.log = new_log();
        self.file = ContactLogFile::new(user());
        self.follow();
        self.file.notices()
    }

    /// Whether the file has to be rewritten.
    fn follow(&mut self) -> bool {
        self.file.follow(&mut self.storage, &mut self.log, self.now).expect("followed")
    }

    fn rewrite(&mut self) {
        assert!(self.file.is_writable(self.now), "not while somebody saves it");
        self.file.rewrite(&mut self.storage, &self.log, self.now).expect("rewritten");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn save(&self, content: &str) {
        fs::write(self.path("ann_contactlog.txt"), content).expect("written");
    }

    fn content(&self) -> String {
        fs::read_to_string(self.path("ann_contactlog.txt")).unwrap_or_default()
    }

    fn rejected(&self) -> String {
        fs::read_to_string(self.path("ann_contactlog_rejected.txt")).unwrap_or_default()
    }

    /// The log, as lines.
    fn lines(&self) -> Vec<String> {
        let line = |entry: &Entry| {
            let mut line = Vec::new();
            entry.record.encode_line(&mut line);
            String::from_utf8(line).expect("ASCII")
        };
        self.log.iter().map(line).collect()
    }

    fn ages(&self) -> Vec<u64> {
        self.log.iter().map(|entry| self.log.age(entry, self.now.monotonic).as_secs()).collect()
    }
}

fn user() -> Username {
    Username::decode(b"ann").expect("a name")
}

fn new_log() -> ContactLog {
    ContactLog::new(Duration::from_secs(180))
}

fn texts(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(ToString::to_string).collect()
}

#[test]
fn log_survives_a_restart_with_its_ages() {
    let mut fixture = Fixture::new();
    fixture.receive(SAMPLE);
    fixture.wait(100);
    fixture.receive(OTHER);
    fixture.wait(50);
    fixture.restart();
    assert_eq!(fixture.ages(), [150, 50]);
    fixture.wait(30);
    assert!(fixture.log.expire(fixture.now.monotonic));
    fixture.rewrite();
    assert_eq!(fixture.content(), format!("{OTHER}\n"));
    fixture.restart();
    assert_eq!(fixture.ages(), [80]);
    fixture.wait(100);
    assert!(fixture.log.expire(fixture.now.monotonic) && fixture.log.is_empty());
}

#[test]
fn clock_set_while_the_client_runs_changes_no_age() {
    for set_by in [-999_999_999, -3_600, 3_600, 999_999_999] {
        let mut fixture = Fixture::with(&[SAMPLE]);
        fixture.set_clock(set_by);
        fixture.wait(10);
        // Written at once or not, and on another start of the machine if it was.
        fixture.receive(OTHER);
        fixture.wait(10);
        fixture.restart();
        assert_eq!(fixture.ages(), [20, 10], "set by {set_by}");
        assert!(!fixture.follow(), "the clock is described");
        fixture.set_clock(-set_by);
        fixture.receive(THIRD);
        fixture.rewrite();
        fixture.storage.uptime = Uptime { boot: "second".to_owned(), seconds: 1 };
        fixture.wait(10);
        fixture.restart();
        assert_eq!(fixture.ages(), [30, 20, 10], "set by {set_by}");
    }
}

#[test]
fn clock_set_while_the_client_runs_has_the_file_rewritten() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    assert!(!fixture.follow());
    fixture.set_clock(3_600);
    assert!(fixture.follow());
    fixture.rewrite();
    assert!(!fixture.follow());
}

#[test]
fn clock_set_while_the_machine_is_off_is_believed_only_forward() {
    for (set_by, age) in [(-999_999, 0), (50, 60)] {
        let mut fixture = Fixture::with(&[SAMPLE]);
        fixture.wait(10);
        fixture.set_clock(set_by);
        fixture.storage.uptime = Uptime { boot: "second".to_owned(), seconds: 1 };
        fixture.restart();
        assert_eq!(fixture.ages(), [age], "set by {set_by}");
    }
}

#[test]
fn receptions_of_an_earlier_version_have_their_ages() {
    let fixture = &mut Fixture::new();
    fixture.save(&format!("{SAMPLE}\n"));
    let received = "12345678901234567891 13/09/2020 12:26:40\n";
    fs::write(fixture.path("ann_contactlog_received.txt"), received).expect("written");
    fixture.wait(70);
    assert!(fixture.restart().is_empty());
    assert_eq!(fixture.ages(), [70]);
}

#[test]
fn log_written_by_hand_counts_as_received_when_first_seen() {
    let mut fixture = Fixture::new();
    fixture.save(&format!("\u{feff}{SAMPLE}\r\n\r\n{OTHER}"));
    assert!(fixture.restart().is_empty());
    assert_eq!(fixture.ages(), [0, 0]);
}

#[test]
fn entry_deleted_and_one_written_by_the_user_are_followed() {
    let mut fixture = Fixture::with(&[SAMPLE, OTHER]);
    fixture.wait(1);
    fixture.save(&format!("{THIRD}\n{OTHER}\n"));
    fixture.follow();
    assert_eq!(fixture.lines(), [OTHER, THIRD]);
    assert!(fixture.file.notices().is_empty());
    fs::remove_file(fixture.path("ann_contactlog.txt")).expect("removed");
    fixture.follow();
    assert!(fixture.lines().is_empty());
}

/// The editor was opened, beacons arrived, the editor saved.
#[test]
fn entries_that_an_editor_cannot_have_shown_are_put_back() {
    for saved in ["", &format!("{SAMPLE}\n"), &format!("{SAMPLE}\n{THIRD}\n")] {
        let mut fixture = Fixture::with(&[SAMPLE, OTHER]);
        fixture.save(saved);
        assert!(fixture.follow());
        assert!(fixture.file.notices().is_empty(), "they are not put back yet");
        assert!(fixture.lines().contains(&OTHER.to_owned()));
        fixture.wait(3);
        fixture.rewrite();
        let expected = if saved.is_empty() { "2 of its last" } else { "1 of its last" };
        let told = texts(&fixture.file.notices());
        assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
        let content = fixture.content();
        assert!(content.contains(SAMPLE) && content.contains(OTHER), "{content}");
        // Whoever has seen it come back, and deletes it again, means it.
        fixture.save(&content.replace(&format!("{OTHER}\n"), ""));
        fixture.follow();
        assert!(!fixture.lines().contains(&OTHER.to_owned()), "{saved:?}");
        assert!(fixture.file.notices().is_empty());
    }
}

/// The editor emptied the file, was seen so, and filled it again.
#[test]
fn entries_that_came_back_by_themselves_are_not_put_back_and_not_told() {
    let mut fixture = Fixture::with(&[SAMPLE, OTHER]);
    let saved = fixture.content();
    fixture.save("");
    fixture.follow();
    fixture.save(&saved);
    fixture.follow();
    fixture.wait(SETTLING_TIME.as_secs());
    fixture.rewrite();
    assert!(fixture.file.notices().is_empty());
    // So a save without them is still no deletion.
    fixture.save(&format!("{SAMPLE}\n"));
    fixture.follow();
    fixture.wait(SETTLING_TIME.as_secs());
    fixture.rewrite();
    assert_eq!(fixture.content(), saved);
    assert_eq!(fixture.file.notices().len(), 1);
}

#[test]
fn entries_whose_time_is_over_before_they_are_put_back_are_not_told() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fixture.wait(179);
    fixture.save("");
    fixture.follow();
    fixture.wait(SETTLING_TIME.as_secs());
    assert!(fixture.log.expire(fixture.now.monotonic));
    fixture.rewrite();
    assert!(fixture.content().is_empty() && fixture.file.notices().is_empty());
}

#[test]
fn entry_that_was_in_the_file_for_long_is_deleted_at_once() {
    let mut fixture = Fixture::new();
    fixture.log = ContactLog::new(Duration::from_secs(86_400));
    fixture.receive(SAMPLE);
    fixture.receive(OTHER);
    fixture.wait(EDITING_TIME.as_secs());
    fixture.save(&format!("{SAMPLE}\n"));
    fixture.follow();
    assert_eq!(fixture.lines(), [SAMPLE]);
}

/// An editor that saves in place empties the file and fills it in pieces.
#[test]
fn file_seen_half_saved_loses_nothing() {
    let saved = format!("{SAMPLE}\n{OTHER}\n{THIRD}");
    for cut in 0..=saved.len() {
        let mut fixture = Fixture::with(&[SAMPLE, OTHER, THIRD]);
        let ages = fixture.ages();
        fs::remove_file(fixture.path("ann_contactlog.txt")).expect("removed");
        fixture.follow();
        fixture.save(&saved[..cut]);
        fixture.follow();
        assert!(!fixture.file.is_writable(fixture.now), "nobody else writes meanwhile");
        fixture.save(&saved);
        fixture.follow();
        assert_eq!(
            (fixture.lines(), fixture.ages()),
            (vec![SAMPLE.into(), OTHER.into(), THIRD.into()], ages)
        );
        assert_eq!(fixture.rejected(), "");
        fixture.wait(SETTLING_TIME.as_secs());
        fixture.rewrite();
        assert_eq!(fixture.content(), format!("{saved}\n"));
    }
}

#[test]
fn line_that_stays_half_written_is_rejected() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fixture.save(&format!("{SAMPLE}\n{}", &OTHER[..30]));
    assert!(fixture.follow());
    assert!(fixture.file.notices().is_empty());
    fixture.wait(SETTLING_TIME.as_secs());
    assert!(fixture.follow());
    assert_eq!(fixture.file.notices().len(), 1);
    fixture.rewrite();
    assert_eq!(fixture.content(), format!("{SAMPLE}\n"));
    assert_eq!(fixture.rejected(), format!("{}\n", &OTHER[..30]));
}

#[test]
fn entry_that_left_does_not_come_back_from_the_file() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fixture.wait(180);
    assert!(fixture.log.expire(fixture.now.monotonic));
    fixture.follow();
    assert!(fixture.log.is_empty());
}

#[test]
fn lines_that_are_no_records_are_told_and_moved_beside() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fixture.wait(1);
    let wrong = [OTHER.replace(' ', "-"), "x".repeat(5_000)];
    let content = format!("{SAMPLE}\n{}\n{}\n{OTHER}\n", wrong[0], wrong[1]);
    for is_running in [true, false] {
        fixture.save(&content);
        let told = if is_running {
            assert!(fixture.follow());
            fixture.file.notices()
        } else {
            fixture.restart()
        };
        let [told] = &texts(&told)[..] else { panic!("{told:?}") };
        assert!(told.contains("ann_contactlog.txt:2: "), "{told}");
        assert!(told.contains("2 lines that are no records are moved to "), "{told}");
        assert_eq!(fixture.lines(), [SAMPLE, OTHER]);
        fixture.wait(SETTLING_TIME.as_secs());
        fixture.rewrite();
        assert_eq!(fixture.content(), format!("{SAMPLE}\n{OTHER}\n"));
        // Each once, also if a crash came before the rewriting.
        assert_eq!(fixture.rejected(), format!("{}\n{}\n", wrong[0], wrong[1]));
    }
}

#[test]
fn lines_that_cannot_be_kept_beside_stay_in_the_file() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fs::create_dir(fixture.path("ann_contactlog_rejected.txt")).expect("made");
    fixture.save("nonsense\n");
    let refused = fixture.file.follow(&mut fixture.storage, &mut fixture.log, fixture.now);
    let told = refused.expect_err("the line has no other place").to_string();
    assert!(told.contains("_rejected.txt: "), "{told}");
    assert_eq!((fixture.content().as_str(), fixture.log.len()), ("nonsense\n", 1));
}

#[test]
fn receptions_that_are_none_cost_their_ages_and_not_the_log() {
    let mut fixture = Fixture::with(&[SAMPLE, OTHER]);
    let path = fixture.path("ann_contactlog_received.txt");
    let content = fs::read_to_string(&path).expect("written").replace("567891 ", "567891-");
    fs::write(path, content).expect("written");
    let told = texts(&fixture.restart());
    assert!(told.len() == 1 && told[0].contains("_received.txt:2: "), "{told:?}");
    assert_eq!(fixture.ages(), [0, 0]);
}

/// It may also be that an editor is saving it.
#[test]
fn torn_last_line_of_an_earlier_run_is_moved_beside_once_the_file_has_settled() {
    for torn in [&SAMPLE[..1], &SAMPLE[..30], &SAMPLE[..SAMPLE.len() - 1]] {
        let mut fixture = Fixture::new();
        fixture.save(&format!("{OTHER}\n{torn}"));
        assert!(fixture.restart().is_empty());
        assert_eq!(fixture.lines(), [OTHER]);
        assert!(!fixture.file.is_writable(fixture.now));
        fixture.wait(SETTLING_TIME.as_secs());
        assert!(fixture.follow());
        let told = texts(&fixture.file.notices());
        let [told] = &told[..] else { panic!("{told:?}") };
        assert!(told.contains("ann_contactlog.txt:2: "), "{told}");
        assert!(told.contains("; the line is moved to "), "{told}");
        assert_eq!(fixture.rejected(), format!("{torn}\n"));
        fixture.rewrite();
        assert_eq!(
            (fixture.lines(), fixture.content()),
            (vec![OTHER.into()], format!("{OTHER}\n"))
        );
        fixture.receive(SAMPLE);
        assert!(fixture.restart().is_empty());
        assert_eq!(fixture.log.len(), 2);
    }
}

#[test]
fn file_half_saved_when_the_client_starts_loses_nothing() {
    let saved = format!("{SAMPLE}\n{OTHER}");
    for cut in SAMPLE.len() + 2..saved.len() {
        let mut fixture = Fixture::new();
        fixture.save(&saved[..cut]);
        assert!(fixture.restart().is_empty());
        fixture.wait(1);
        fixture.save(&saved);
        fixture.follow();
        assert_eq!(
            (fixture.lines(), fixture.rejected()),
            (vec![SAMPLE.into(), OTHER.into()], String::new())
        );
    }
}

#[test]
fn rejected_line_of_an_earlier_run_leaves_the_file_although_all_else_is_in_order() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    fixture.save(&format!("nonsense\n{SAMPLE}\n"));
    assert_eq!(fixture.restart().len(), 1);
    fixture.log = new_log();
    fixture.file = ContactLogFile::new(user());
    assert!(fixture.follow(), "it has to be rewritten");
}

#[test]
fn log_of_another_program_is_neither_read_nor_written() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    let mut second = ContactLogFile::new(user());
    let mut log = new_log();
    let refused = second.follow(&mut fixture.storage, &mut log, fixture.now);
    assert!(matches!(refused, Err(Notice::InUse { .. })), "{refused:?}");
    assert!(log.is_empty() && !second.is_writable(fixture.now));
    // The first goes on, whoever replaces the file.
    fixture.rewrite();
    fixture.save(SAMPLE);
    assert!(second.follow(&mut fixture.storage, &mut log, fixture.now).is_err());
    fixture.file = ContactLogFile::new(user());
    second.follow(&mut fixture.storage, &mut log, fixture.now).expect("it is free");
    assert_eq!(log.len(), 1);
}

#[test]
fn receptions_of_one_beacon_make_the_files_overgrown_not_endless() {
    let mut fixture = Fixture::with(&[SAMPLE]);
    let entry = *fixture.log.iter().next().expect("one entry");
    while !fixture.file.is_overgrown(&fixture.log) {
        let Fixture { file, storage, now, .. } = &mut fixture;
        file.append_reception(storage, &entry, *now).expect("appended");
    }
    fixture.rewrite();
    assert!(!fixture.file.is_overgrown(&fixture.log));
}
