//! The files of a contact log, its records and its receptions, separated by a line of four dashes:
//! what is loaded is loaded again after it was written down anew, with nothing left to say.

#![no_main]

use std::time::Duration;

use bluetrace::client::contact_log::ContactLog;
use bluetrace::client::contact_log_file::ContactLogFile;
use bluetrace::client::log_storage::LogDirectory;
use bluetrace::clock::Now;
use bluetrace::protocol::Username;
use bluetrace_fuzz::{check_message, directory, file, parts};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "+61410999999";

fn load(now: Now) -> Result<(ContactLog, ContactLogFile<LogDirectory>, bool), String> {
    let user = Username::decode(NAME.as_bytes()).expect("a username");
    let mut log = ContactLog::new(Duration::from_secs(u32::MAX.into()));
    let mut files = ContactLogFile::new(user);
    match files.follow(&mut LogDirectory::new(directory().to_owned()), &mut log, now) {
        Ok(is_untidy) => Ok((log, files, is_untidy)),
        Err(notice) => {
            assert!(log.is_empty(), "a log that was refused has entries");
            check_message(&notice);
            Err(notice.to_string())
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let [records, receptions] = parts(input);
    file(&format!("{NAME}_contactlog.txt"), records);
    file(&format!("{NAME}_contactlog_received.txt"), receptions);
    file(&format!("{NAME}_contactlog_rejected.txt"), b"");
    let now = Now::read();
    let Ok((log, mut files, _)) = load(now) else { return };
    files.notices().iter().for_each(check_message);
    let mut storage = LogDirectory::new(directory().to_owned());
    files.rewrite(&mut storage, &log, now).expect("files in memory");
    drop(files);
    let (again, mut files, is_untidy) = load(now).expect("our own files");
    let notices = files.notices();
    assert!(notices.is_empty() && !is_untidy, "{notices:?}");
    let entries = |log: &ContactLog| log.iter().map(|entry| entry.record).collect::<Vec<_>>();
    assert_eq!(entries(&again), entries(&log));
});
