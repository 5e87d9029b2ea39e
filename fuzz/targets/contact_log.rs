//! The two files of a contact log, separated by a line of four dashes: what is loaded is loaded again
//! after it was written down anew.

#![no_main]

use std::time::Duration;

use bluetrace::client::contact_log::ContactLog;
use bluetrace::client::contact_log_file::ContactLogFile;
use bluetrace::clock::Now;
use bluetrace::protocol::Username;
use bluetrace_fuzz::{check_message, directory, file, parts};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "+61410999999";

fuzz_target!(|input: &[u8]| {
    let [records, receptions] = parts(input);
    file(&format!("{NAME}_contactlog.txt"), records);
    file(&format!("{NAME}_contactlog_received.txt"), receptions);
    let user = Username::decode(NAME.as_bytes()).expect("a username");
    let now = Now::read();
    let load = |log: &mut ContactLog| {
        let mut files = ContactLogFile::new(directory(), user);
        files.load(log, now).map(|notices| (files, notices))
    };
    let empty = || ContactLog::new(Duration::from_secs(u32::MAX.into()));
    let mut log = empty();
    match load(&mut log) {
        Ok((mut files, notices)) => {
            notices.iter().for_each(check_message);
            files.rewrite(&log).expect("files in memory");
            let mut again = empty();
            let (_, notices) = load(&mut again).expect("our own files");
            assert!(notices.is_empty(), "{notices:?}");
            let entries = |log: &ContactLog| {
                log.iter().map(|entry| (entry.record, entry.received)).collect::<Vec<_>>()
            };
            assert_eq!(entries(&again), entries(&log));
        }
        Err(error) => {
            assert!(log.is_empty(), "a log that was refused has entries");
            check_message(&error);
        }
    }
});
