//! A phone whose storage fills up, whose program is killed, whose machine loses power, and whose
//! user edits the log: no entry is lost that the file had, and none that the running program has.

use std::collections::BTreeSet;
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::client::contact_log::Sender;
use crate::client::contact_log_file::SETTLING_TIME;
use crate::client::keeper::Keeper;
use crate::client::phone::Phone;
use crate::clock::Now;
use crate::protocol::{Beacon, ContactRecord, TempId, Timestamp, Username};
use crate::world::random::{self, Purpose};

const LOG: &str = "ann_contactlog.txt";
const REJECTED: &str = "ann_contactlog_rejected.txt";

/// Long after all that a run takes.
const RETENTION: Duration = Duration::from_secs(86_400);

/// Longest time that an editor is open. Entries that are older at the save count as deleted.
const EDITING_TIME: Duration = Duration::from_secs(300);

/// What happens to the phone.
#[derive(Debug, Clone)]
enum Event {
    Receives,
    Waits(u8),
    FillsUp,
    HasRoom,
    /// The program is killed and started again.
    IsKilled,
    /// The seed decides what survives of the bytes that were not synced.
    LosesPower(u64),
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
        1 => any::<u64>().prop_map(Event::LosesPower),
        2 => Just(Event::IsOpened),
        2 => Just(Event::IsSaved),
    ]
}

struct World {
    keeper: Keeper<LogDisk>,
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
        let now =
            Now { monotonic: Instant::now(), wall: Timestamp::from_unix_seconds(1_600_000_000) };
        let (keeper, phone) = (Keeper::new(LogDisk::default(), now), Phone::new(RETENTION));
        let (received, nonsense, owed) = (0, 0, BTreeSet::new());
        let mut world = Self { keeper, phone, now, received, owed, editor: None, nonsense };
        world.start();
        world
    }

    fn start(&mut self) {
        self.phone = Phone::new(RETENTION);
        let disk = std::mem::take(self.keeper.storage());
        self.keeper = Keeper::new(disk, self.now);
        let user = Username::decode(b"ann").expect("a name");
        self.keeper.hand_over(user, &mut self.phone, self.now);
    }

    fn wait(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall = self.now.wall.after_seconds(time.as_secs());
        self.keeper.storage().time += time;
        self.keeper.tidy(&mut self.phone, self.now);
    }

    fn play(&mut self, event: &Event) {
        match event {
            Event::Receives => {
                self.received += 1;
                let start = self.now.wall;
                let temp_id = TempId::from_number(self.received.into()).expect("in range");
                let record = ContactRecord { temp_id, start, expiry: start.after_seconds(899) };
                let mut datagram = Vec::new();
                Beacon(record).encode(&mut datagram);
                self.keeper.receive(Sender::UNKNOWN, &datagram, &mut self.phone, self.now);
                self.owed.insert(temp_id);
            }
            Event::Waits(seconds) => self.wait(Duration::from_secs((*seconds).into())),
            Event::FillsUp => self.keeper.storage().is_full = true,
            Event::HasRoom => self.keeper.storage().is_full = false,
            Event::IsKilled => self.begin_again(),
            Event::LosesPower(seed) => {
                self.keeper.storage().lose_power(&mut random::stream(*seed, Purpose::Disk));
                self.begin_again();
            }
            Event::IsOpened => {
                // Who saves a file that lacks an entry twice has deleted it.
                if self.logged().is_superset(&self.owed) {
                    let content = self.keeper.storage().content(LOG).to_vec();
                    self.editor = Some((content, self.now.monotonic));
                }
            }
            Event::IsSaved => {
                let Some((mut content, opened)) = self.editor.take() else { return };
                if self.now.monotonic - opened <= EDITING_TIME {
                    self.nonsense += 1;
                    content.extend(format!("nonsense {}\n", self.nonsense).as_bytes());
                    let disk = self.keeper.storage();
                    // The disk of the user is never full.
                    let is_full = std::mem::take(&mut disk.is_full);
                    disk.replace(LOG, &content).expect("there is room");
                    disk.is_full = is_full;
                }
            }
        }
    }

    /// A program that ends takes with it what the file does not have, and an editor's save undone
    /// by it.
    fn begin_again(&mut self) {
        self.editor = None;
        self.owed = self.logged();
        self.start();
    }

    /// The TempIDs in the log, read without the code that is tested.
    fn logged(&mut self) -> BTreeSet<TempId> {
        let lines = self.keeper.storage().content(LOG).split(|byte| *byte == b'\n');
        lines.filter_map(|line| ContactRecord::decode_line(line).ok()).map(|r| r.temp_id).collect()
    }

    /// Checks that the program has all entries, now.
    fn check_memory(&self) -> Result<(), String> {
        let lost = self.owed.iter().find(|temp_id| self.phone.log().find(**temp_id).is_none());
        lost.map_or(Ok(()), |lost| Err(format!("the phone has lost {lost:?}")))
    }

    /// Checks that the files have everything once there is room and nobody edits.
    fn check_files(&mut self) -> Result<(), String> {
        self.keeper.storage().is_full = false;
        for _ in 0..3 {
            // Then the file is looked at.
            self.keeper.log_to_upload(&mut self.phone, self.now).expect("readable");
            self.wait(SETTLING_TIME);
        }
        self.check_memory()?;
        let logged = self.logged();
        if let Some(lost) = self.owed.difference(&logged).next() {
            return Err(format!("the file has lost {lost:?}"));
        }
        let content = self.keeper.storage().content(LOG);
        let has_nonsense = content.windows(8).any(|bytes| bytes == b"nonsense");
        if has_nonsense { Err("the file has wrong lines".to_owned()) } else { Ok(()) }
    }
}

fn run(events: &[Event]) -> Result<(), String> {
    let mut world = World::new();
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
        run(&events).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn storage_that_forgets_what_it_took_is_found() {
    for (forgets, is_well) in [(false, true), (true, false)] {
        let mut world = World::new();
        world.play(&Event::Receives);
        if forgets {
            *world.keeper.storage() = LogDisk::default();
        }
        assert_eq!(world.check_files().is_ok(), is_well);
    }
}

#[test]
fn wrong_lines_are_kept_beside_before_they_leave_the_log() {
    let mut world = World::new();
    for event in [Event::Receives, Event::IsOpened, Event::IsSaved, Event::FillsUp] {
        world.play(&event);
    }
    world.wait(2 * SETTLING_TIME);
    assert!(world.keeper.storage().content(REJECTED).is_empty());
    assert_eq!(world.keeper.log_to_upload(&mut world.phone, world.now).expect("in order").len(), 1);
    world.check_files().expect("there is room");
    assert_eq!(world.keeper.storage().content(REJECTED), b"nonsense 1\n");
}
