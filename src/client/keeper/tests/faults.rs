//! A phone whose storage fills up, whose program is killed, whose machine loses power, and whose
//! user edits the log: no entry is lost that the file had, and none that the running program has.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::client::contact_log_file::SETTLING_TIME;
use crate::client::keeper::Keeper;
use crate::client::log_storage::{LogStorage, Uptime};
use crate::client::phone::Phone;
use crate::clock::Now;
use crate::protocol::{ContactRecord, TempId, Timestamp, Username};

const LOG: &str = "ann_contactlog.txt";
const REJECTED: &str = "ann_contactlog_rejected.txt";

/// Long after all that a run takes.
const RETENTION: Duration = Duration::from_secs(86_400);

/// Longest time that an editor is open. Entries that are older at the save count as deleted.
const EDITING_TIME: Duration = Duration::from_secs(300);

/// Files in memory, with the faults of a disk. They outlive the program.
#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, File>,
    /// Changes of all files so far, which tell one state of a file from the next.
    changes: u64,
    is_full: bool,
    boots: u32,
    uptime: i64,
    is_locked: Rc<Cell<bool>>,
    /// A fault that is planted: appended lines are not there.
    forgets: bool,
}

#[derive(Debug, Default)]
struct File {
    content: Vec<u8>,
    /// Bytes from the start that survive a loss of power.
    synced: usize,
    change: u64,
}

impl Disk {
    fn content(&self, name: &str) -> &[u8] {
        self.files.get(name).map_or(b"", |file| &file.content)
    }

    fn write(&mut self, name: &str, content: Vec<u8>, synced: usize) {
        self.changes += 1;
        let file = File { content, synced, change: self.changes };
        self.files.insert(name.to_owned(), file);
    }

    fn check_room(&self) -> io::Result<()> {
        if self.is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// The TempIDs in the log, read without the code that is tested.
    fn logged(&self) -> BTreeSet<TempId> {
        let lines = self.content(LOG).split(|byte| *byte == b'\n');
        lines.filter_map(|line| ContactRecord::decode_line(line).ok()).map(|r| r.temp_id).collect()
    }

    /// Keeps some of what was not synced, torn anywhere, or zeros of it.
    fn lose_power(&mut self, kept: u8, is_hole: bool) {
        for file in self.files.values_mut() {
            let unsynced = file.content.len() - file.synced;
            file.content.truncate(file.synced + unsynced * usize::from(kept) / 255);
            if is_hole {
                file.content[file.synced..].fill(0);
            }
            file.synced = file.content.len();
            self.changes += 1;
            file.change = self.changes;
        }
        (self.boots, self.uptime) = (self.boots + 1, 0);
    }
}

/// What a program sees of the disk.
#[derive(Debug, Clone)]
struct Mounted(Rc<RefCell<Disk>>);

/// Free again when the program ends.
#[derive(Debug)]
struct Lock(Rc<Cell<bool>>);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl LogStorage for Mounted {
    type Lock = Lock;
    type Stamp = u64;

    fn lock(&mut self, _: &str) -> io::Result<Option<Lock>> {
        let is_locked = Rc::clone(&self.0.borrow().is_locked);
        Ok((!is_locked.replace(true)).then_some(Lock(is_locked)))
    }

    fn stamp(&self, name: &str) -> Option<u64> {
        self.0.borrow().files.get(name).map(|file| file.change)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.borrow().files.get(name).map(|file| file.content.clone()))
    }

    fn append(&mut self, name: &str, lines: &[u8]) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        disk.check_room()?;
        let synced = disk.files.get(name).map_or(0, |file| file.synced);
        let mut content = disk.content(name).to_vec();
        if content.last().is_some_and(|last| *last != b'\n') {
            content.push(b'\n');
        }
        if !disk.forgets {
            content.extend(lines);
        }
        disk.write(name, content, synced);
        Ok(())
    }

    fn replace(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        disk.check_room()?;
        disk.write(name, content.to_vec(), content.len());
        Ok(())
    }

    fn discard_unfinished(&mut self, _: &str) {}

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }

    fn uptime(&self) -> Option<Uptime> {
        let disk = self.0.borrow();
        Some(Uptime { boot: disk.boots.to_string(), seconds: disk.uptime })
    }
}

/// What happens to the phone.
#[derive(Debug, Clone)]
enum Event {
    Receives,
    Waits(u8),
    FillsUp,
    HasRoom,
    /// The program is killed and started again.
    IsKilled,
    LosesPower {
        kept: u8,
        is_hole: bool,
    },
    /// The user opens the log in an editor.
    IsOpened,
    /// The editor saves what it had opened, and a line that is no record.
    IsSaved,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Receives),
        4 => (1_u8..20).prop_map(Event::Waits),
        1 => Just(Event::FillsUp),
        2 => Just(Event::HasRoom),
        1 => Just(Event::IsKilled),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(kept, is_hole)| Event::LosesPower { kept, is_hole }),
        2 => Just(Event::IsOpened),
        2 => Just(Event::IsSaved),
    ]
}

struct World {
    disk: Rc<RefCell<Disk>>,
    keeper: Keeper<Mounted>,
    phone: Phone,
    now: Now,
    received: u32,
    /// The entries that must not be lost.
    owed: BTreeSet<TempId>,
    /// What an editor shows, and since when.
    editor: Option<(Vec<u8>, Instant)>,
    nonsense: u32,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "only the distance to it matters")]
    fn new() -> Self {
        let disk = Rc::new(RefCell::new(Disk::default()));
        let now =
            Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(1_600_000_000) };
        let (keeper, phone) = (Keeper::new(Mounted(Rc::clone(&disk)), now), Phone::new(RETENTION));
        let (received, nonsense, owed) = (0, 0, BTreeSet::new());
        let mut world = Self { disk, keeper, phone, now, received, owed, editor: None, nonsense };
        world.start();
        world
    }

    fn start(&mut self) {
        self.phone = Phone::new(RETENTION);
        // First the end of the old program, which frees its lock.
        self.keeper = Keeper::new(Mounted(Rc::default()), self.now);
        self.keeper = Keeper::new(Mounted(Rc::clone(&self.disk)), self.now);
        let user = Username::decode(b"ann").expect("a name");
        self.keeper.hand_over(user, &mut self.phone, self.now);
    }

    fn wait(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall = self.now.wall.after_seconds(time.as_secs());
        self.disk.borrow_mut().uptime += time.as_secs() as i64;
        self.keeper.tidy(&mut self.phone, self.now);
    }

    fn play(&mut self, event: &Event) {
        match event {
            Event::Receives => {
                self.received += 1;
                let start = Timestamp::from_unix_seconds(1_600_000_000);
                let temp_id = TempId::from_number(self.received.into()).expect("in range");
                let record = ContactRecord { temp_id, start, expiry: start.after_seconds(899) };
                self.keeper.follow(&mut self.phone, self.now);
                let added = self.phone.log_mut().add(record, self.now);
                self.keeper.keep(&record, added, &self.phone, self.now);
                self.owed.insert(temp_id);
            }
            Event::Waits(seconds) => self.wait(Duration::from_secs((*seconds).into())),
            Event::FillsUp => self.disk.borrow_mut().is_full = true,
            Event::HasRoom => self.disk.borrow_mut().is_full = false,
            Event::IsKilled => self.begin_again(),
            Event::LosesPower { kept, is_hole } => {
                self.disk.borrow_mut().lose_power(*kept, *is_hole);
                self.begin_again();
            }
            Event::IsOpened => {
                let disk = self.disk.borrow();
                // Who saves a file that lacks an entry twice has deleted it.
                if disk.logged().is_superset(&self.owed) {
                    self.editor = Some((disk.content(LOG).to_vec(), self.now.monotonic));
                }
            }
            Event::IsSaved => {
                let Some((mut content, opened)) = self.editor.take() else { return };
                if self.now.monotonic - opened <= EDITING_TIME {
                    self.nonsense += 1;
                    content.extend(format!("nonsense {}\n", self.nonsense).as_bytes());
                    let len = content.len();
                    self.disk.borrow_mut().write(LOG, content, len);
                }
            }
        }
    }

    /// A program that ends takes with it what the file does not have, and an editor's save undone
    /// by it.
    fn begin_again(&mut self) {
        self.editor = None;
        self.owed = self.disk.borrow().logged();
        self.start();
    }

    /// Checks that the program has all entries, now.
    fn check_memory(&self) -> Result<(), String> {
        let lost = self.owed.iter().find(|temp_id| self.phone.log().find(**temp_id).is_none());
        lost.map_or(Ok(()), |lost| Err(format!("the phone has lost {lost:?}")))
    }

    /// Checks that the files have everything once there is room and nobody edits.
    fn check_files(&mut self) -> Result<(), String> {
        self.disk.borrow_mut().is_full = false;
        for _ in 0..3 {
            // As at a beacon or an upload, which is when the file is looked at.
            self.keeper.follow(&mut self.phone, self.now);
            self.wait(SETTLING_TIME);
        }
        self.check_memory()?;
        let disk = self.disk.borrow();
        if let Some(lost) = self.owed.difference(&disk.logged()).next() {
            return Err(format!("the file has lost {lost:?}"));
        }
        let has_nonsense = disk.content(LOG).windows(8).any(|bytes| bytes == b"nonsense");
        if has_nonsense { Err("the file has wrong lines".to_owned()) } else { Ok(()) }
    }
}

fn run(events: &[Event], forgets: bool) -> Result<(), String> {
    let mut world = World::new();
    world.disk.borrow_mut().forgets = forgets;
    for event in events {
        world.play(event);
        world.check_memory()?;
    }
    world.check_files()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_entry_is_lost_by_faults_crashes_and_editors(
        events in prop::collection::vec(any_event(), 0..60)
    ) {
        run(&events, false).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn storage_that_forgets_what_it_took_is_found() {
    let events = [Event::Receives, Event::Waits(1), Event::IsKilled];
    assert!(run(&events, false).is_ok());
    let found = run(&[Event::Receives, Event::Waits(1)], true);
    assert!(found.is_err_and(|lost| lost.starts_with("the file has lost")));
}

#[test]
fn wrong_lines_are_kept_beside_before_they_leave_the_log() {
    let mut world = World::new();
    for event in [Event::Receives, Event::IsOpened, Event::IsSaved, Event::FillsUp] {
        world.play(&event);
    }
    world.wait(2 * SETTLING_TIME);
    assert!(world.disk.borrow().content(REJECTED).is_empty());
    assert_eq!(world.keeper.log_to_upload(&mut world.phone, world.now).expect("in order").len(), 1);
    world.check_files().expect("there is room");
    assert_eq!(world.disk.borrow().content(REJECTED), b"nonsense 1\n");
}
