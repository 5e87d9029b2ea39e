use super::*;

/// A storage in memory that fails as told.
#[derive(Debug, Default)]
pub(in crate::server) struct Flaky {
    pub(in crate::server) bytes: Vec<u8>,
    /// How many bytes there may be.
    room: Option<usize>,
    pub(in crate::server) sync_fails: bool,
    truncate_fails: bool,
    /// How many bytes there were at each sync.
    synced_lens: Vec<usize>,
}

impl Storage for Flaky {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = self.room.map_or(usize::MAX, |room| room - self.bytes.len());
        let room = room.min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
        if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.sync_fails {
            return Err(io::Error::other("sync"));
        }
        self.synced_lens.push(self.bytes.len());
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if self.truncate_fails {
            return Err(io::Error::other("truncate"));
        }
        self.bytes.truncate(len as usize);
        Ok(())
    }
}

#[test]
fn failed_commit_leaves_nothing_and_the_next_one_works() {
    for failing in [
        Flaky { room: Some(3), ..Flaky::default() },
        Flaky { sync_fails: true, ..Flaky::default() },
    ] {
        let mut journal = Journal::new(failing);
        assert!(journal.append(b"first\n").is_err());
        assert_eq!(journal.storage().bytes, b"");
        (journal.storage().room, journal.storage().sync_fails) = (None, false);
        assert!(journal.append(b"second\n").is_ok());
        assert_eq!(journal.storage().bytes, b"second\n");
    }
}

#[test]
fn failed_repair_is_done_before_the_next_commit_writes() {
    let mut journal =
        Journal::new(Flaky { room: Some(3), truncate_fails: true, ..Flaky::default() });
    assert!(journal.append(b"first\n").is_err());
    journal.storage().room = None;
    assert!(journal.append(b"second\n").is_err());
    assert_eq!(journal.storage().bytes, b"fir");
    journal.storage().truncate_fails = false;
    assert!(journal.append(b"third\n").is_ok());
    assert_eq!(journal.storage().bytes, b"third\n");
}

#[test]
fn commit_syncs_before_more_is_appended_than_a_crash_may_damage() {
    let lines = |count| b"a line\n".repeat(count);
    let mut journal = Journal::new(Flaky::default());
    let most = lines(MAX_COMMIT_BYTES / 7);
    journal.append(&most).expect("no fault");
    assert_eq!(journal.storage().synced_lens, [most.len()]);
    let mut journal = Journal::new(Flaky::default());
    let more = lines(MAX_COMMIT_BYTES / 7 * 2 + 1);
    journal.append(&more).expect("no fault");
    assert_eq!(journal.storage().synced_lens, [most.len(), 2 * most.len(), more.len()]);
    assert_eq!(journal.storage().bytes, more);
}

#[test]
fn commit_that_fails_in_a_later_round_leaves_nothing() {
    let room = Some(MAX_COMMIT_BYTES + 10);
    let mut journal = Journal::new(Flaky { room, ..Flaky::default() });
    assert!(journal.append(&b"a line\n".repeat(MAX_COMMIT_BYTES / 7 + 10)).is_err());
    assert_eq!(journal.storage().bytes, b"");
    assert_eq!(journal.storage().synced_lens.last(), Some(&0), "the cut is synced");
}

#[test]
fn lines_that_a_killed_server_wrote_are_synced_before_they_count() {
    const LINE: &[u8] =
        b"+61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05\n";
    let recover = |sync_fails| {
        let storage = Flaky { bytes: LINE.to_vec(), sync_fails, ..Flaky::default() };
        let aside = |_, _: &[u8]| unreachable!("nothing is damaged");
        Journal::recover(storage, io::Cursor::new(LINE), Path::new(FILE_NAME), aside)
    };
    let (mut journal, registry, _) = recover(false).expect("a whole line");
    assert_eq!((journal.storage().synced_lens.first(), registry.len()), (Some(&LINE.len()), 1));
    let error = recover(true).expect_err("it cannot be relied upon");
    assert_eq!(error.to_string(), "tempIDs.txt: sync");
}
