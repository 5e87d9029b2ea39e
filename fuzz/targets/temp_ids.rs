//! `tempIDs.txt`: what is loaded after a crash is loaded again, with nothing left to repair.

#![no_main]

use std::fs::{self, File};

use bluetrace::server::journal::{Journal, JournalFile};
use bluetrace_fuzz::{check_message, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("tempIDs.txt", content);
    let open = || {
        let storage = JournalFile::open(&path).expect("the file");
        Journal::recover(storage, File::open(&path).expect("the file"), &path)
    };
    let (first, replayed) = match open() {
        Ok((_, registry, replayed)) => (registry, replayed),
        Err(error) => {
            assert_eq!(fs::read(&path).expect("the file"), content, "a refused file is changed");
            return check_message(&error);
        }
    };
    if let Some(offset) = replayed.torn_at {
        assert!((offset as usize) < content.len());
    }
    let kept = fs::read(&path).expect("the file");
    assert!(kept.starts_with(&content[..kept.len().min(content.len())]));
    let (_, second, replayed) = open().expect("a repaired file");
    assert_eq!(second.len(), first.len());
    assert_eq!((replayed.torn_at, replayed.lacks_line_end), (None, false));
});
