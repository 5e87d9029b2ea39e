//! `tempIDs.txt`: what a crash damaged is cut out after a copy was made, all else stays, and what
//! is loaded then is loaded again with nothing left to mend.

#![no_main]

use std::fs::{self, File};

use bluetrace::server::journal::{Journal, JournalFile};
use bluetrace_fuzz::{check_message, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("tempIDs.txt", content);
    let mut aside = None;
    let mut open = || {
        let storage = JournalFile::open(&path).expect("the file");
        let source = File::open(&path).expect("the file");
        Journal::recover(storage, source, &path, |offset, bytes| {
            aside = Some((offset as usize, bytes.to_vec()));
            Ok("copy".into())
        })
    };
    let (first, replayed) = match open() {
        Ok((_, registry, replayed)) => (registry, replayed),
        Err(error) => {
            assert_eq!(fs::read(&path).expect("the file"), content, "a refused file is changed");
            return check_message(&error);
        }
    };
    let kept = fs::read(&path).expect("the file");
    let again = open().map(|(_, registry, replayed)| (registry, replayed));
    let (second, nothing) = again.expect("a mended file");
    assert_eq!(second.len(), first.len());
    assert_eq!((nothing.mended, nothing.lacks_line_end), (None, false));
    match &replayed.mended {
        Some(mended) => {
            let (sound, damaged) = content.split_at(mended.offset as usize);
            assert!(kept.starts_with(sound), "a line before the damage is gone");
            let lines: Vec<_> = damaged.split(|byte| *byte == b'\n').collect();
            let after = kept[sound.len()..].split(|byte| *byte == b'\n');
            for line in after.filter(|line| !line.is_empty()) {
                let with_return = [line, b"\r"].concat();
                assert!(lines.contains(&line) || lines.contains(&&*with_return));
            }
            match aside {
                Some(copy) => assert_eq!(copy, (sound.len(), damaged.to_vec())),
                None => assert_eq!(mended.copy, None),
            }
        }
        None => {
            assert_eq!(aside, None);
            let end: &[u8] = if replayed.lacks_line_end { b"\n" } else { b"" };
            assert_eq!(kept, [content, end].concat());
        }
    }
});
