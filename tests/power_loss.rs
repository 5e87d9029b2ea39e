//! What a power loss leaves of `tempIDs.txt`: the server starts by itself, traces every TempID that
//! was told, and throws nothing away that can be read.

mod support;

use std::fs;

use support::data::{Data, EIGHT, SEVEN, SIX};
use support::phone::Phone;
use support::record::Record;
use support::reply::Reply;
use support::server::Server;

/// What a disk writes at once, in bytes.
const SECTOR: usize = 512;

fn record(number: usize) -> Record {
    Record::new(&format!("{number:020}"), "13/05/2020 17:54:06", "13/05/2020 18:09:05")
}

fn line(number: usize) -> String {
    let Record { temp_id, start, expiry } = record(number);
    format!("{} {temp_id} {start} {expiry}\n", EIGHT.user)
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(line).collect()
}

/// TempIDs that were told, and others that were appended with them and not synced.
const TOLD: usize = 3;
const APPENDED: usize = 18;

/// The bytes that were synced, and all that were written.
fn written() -> (usize, Vec<u8>) {
    (lines(0..TOLD).len(), lines(0..APPENDED).into_bytes())
}

/// Every state of three sectors, each there or not or the last torn, in a file of every length that
/// ends with a sector or with what was written.
fn states() -> Vec<Vec<u8>> {
    let (synced, written) = written();
    let mut lens = vec![synced, synced + 40, written.len()];
    lens.extend((synced..written.len()).filter(|len| len % SECTOR == 0));
    let mut states = Vec::new();
    for present in 0..8 {
        for torn in [None, Some(700)] {
            let is_there = |at: usize| {
                let is_torn_off =
                    torn.is_some_and(|torn| at >= torn && at / SECTOR == torn / SECTOR);
                at < synced || (present & (1 << (at / SECTOR)) != 0 && !is_torn_off)
            };
            let byte = |(at, byte): (usize, &u8)| if is_there(at) { *byte } else { 0 };
            let state: Vec<u8> = written.iter().enumerate().map(byte).collect();
            states.extend(lens.iter().map(|len| state[..*len].to_vec()));
        }
    }
    states.sort();
    states.dedup();
    states
}

/// The copies of the end of `tempIDs.txt`, by name.
fn copies(data: &Data) -> Vec<(String, Vec<u8>)> {
    let names = fs::read_dir(data.path())
        .expect("a directory")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name in UTF-8"));
    let copies = names.filter(|name| name.starts_with("tempIDs.txt.torn-"));
    let mut copies: Vec<_> =
        copies.map(|name| (name.clone(), fs::read(data.file(&name)).expect("read"))).collect();
    copies.sort();
    copies
}

#[track_caller]
fn assert_recovered(state: &[u8]) {
    let data = Data::with_temp_ids(state);
    let server = Server::start(&data);
    let told: Vec<_> = (0..TOLD).map(record).collect();
    assert_eq!(Phone::logged_in(&server, SIX).upload(&told), Reply::Integer(TOLD as i64));
    let named: String = told.iter().map(|record| record.shown_with(EIGHT.user)).collect();
    let shown: String = told.iter().map(Record::shown).collect();
    let from = SIX.user;
    server.stdout.assert_exactly(&format!(
        "> received contact log from {from}\n{shown}> Contact log checking\n{named}"
    ));
    let issued = Phone::logged_in(&server, SEVEN).temp_id();
    let kept = data.temp_ids();
    assert_eq!(kept.last().map(|line| &line.record), Some(&issued));
    let is_kept = |number: &usize| kept.iter().any(|line| line.record == record(*number));
    let text = String::from_utf8_lossy(state);
    let whole = (0..APPENDED).filter(|number| text.contains(line(*number).trim_end()));
    assert!(whole.clone().all(|number| is_kept(&number)), "a line that can be read is gone");
    let is_damaged = state.contains(&0)
        || whole.map(line).map(|line| line.len()).sum::<usize>() + 1 < state.len();
    let warnings = server.stderr.so_far();
    let is_told = warnings.iter().any(|line| line.contains("tempIDs.txt: torn by a crash at byte"));
    assert_eq!(is_told, is_damaged, "{warnings:#?}");
    for (name, copy) in copies(&data) {
        let offset: usize = name.rsplit('-').next().and_then(|end| end.parse().ok()).expect(&name);
        assert_eq!(copy, state[offset..]);
        assert!(warnings.iter().any(|line| line.ends_with(&name)), "{warnings:#?}");
    }
    server.stop();
}

#[test]
fn every_state_that_a_power_loss_leaves_is_recovered() {
    let states = states();
    assert!(states.len() > 20, "{}", states.len());
    states.iter().for_each(|state| assert_recovered(state));
}

#[test]
fn copy_of_an_earlier_power_loss_is_not_overwritten() {
    let (synced, written) = written();
    let data = Data::with_users();
    for end in [synced + 10, synced + 20, synced + 30] {
        data.write("tempIDs.txt", &written[..end]);
        Server::start(&data).stop();
    }
    let copies = copies(&data);
    let expected = ["", "-2", "-3"].map(|number| format!("tempIDs.txt.torn-{synced}{number}"));
    assert_eq!(copies.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), expected);
    for (index, (_, copy)) in copies.iter().enumerate() {
        assert_eq!(copy, &written[synced..][..10 * (index + 1)]);
    }
}

#[test]
fn zeros_without_anything_readable_are_cut_out_without_a_copy() {
    let (synced, written) = written();
    let data = Data::with_temp_ids([&written[..synced], &[0; 4000]].concat());
    let server = Server::start(&data);
    server.stderr.wait_for_part("they held nothing but zeros");
    assert_eq!(copies(&data), []);
    assert_eq!(data.temp_ids().len(), TOLD);
}
