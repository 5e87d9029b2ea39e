//! Every state in which a crash can leave the end of a journal, and states in which none can.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::Path;

use super::super::tests::Flaky;
use super::super::{Journal, MAX_COMMIT_BYTES, Mended, Replayed};
use super::*;
use crate::server::registry::Registry;

const SECTOR: usize = SECTOR_BYTES as usize;

/// What a start makes of some bytes.
struct Recovered {
    after: Vec<u8>,
    registry: Registry,
    replayed: Replayed,
    copy: Option<(u64, Vec<u8>)>,
}

fn recover(bytes: &[u8]) -> Result<Recovered, String> {
    let (mut storage, mut copy) = (Flaky::default(), None);
    storage.bytes = bytes.to_vec();
    let path = Path::new("tempIDs.txt");
    let recovered = Journal::recover(storage, Cursor::new(bytes), path, |offset, bytes| {
        copy = Some((offset, bytes.to_vec()));
        Ok("copy".into())
    });
    let (mut journal, registry, replayed) = recovered.map_err(|error| error.to_string())?;
    Ok(Recovered { after: journal.storage().bytes.clone(), registry, replayed, copy })
}

fn line(number: usize) -> String {
    // Names of several lengths, so that lines begin anywhere in a sector.
    let name = &"+61410888888"[..2 + number % 11];
    format!("{name} {number:020} 13/05/2020 17:54:06 13/05/2020 18:09:05\n")
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(line).collect()
}

fn text_lines(bytes: &[u8]) -> HashSet<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The server starts with all that was synced, and with all else that can be read; and what it cut
/// out is in a copy.
#[track_caller]
fn assert_recovers(synced: &str, written: &str, state: &[u8]) {
    let Recovered { after, registry, replayed, copy } = recover(state).expect("it starts");
    assert!(after.starts_with(synced.as_bytes()), "what was synced is there");
    let (issued, kept) = (text_lines((synced.to_owned() + written).as_bytes()), text_lines(&after));
    assert!(kept.is_subset(&issued), "nothing is there that was never written");
    assert_eq!(registry.len(), kept.len());
    let mut readable: HashSet<_> = text_lines(state).intersection(&issued).cloned().collect();
    // A line without an end may be whole.
    readable.extend(text_lines(&[state, b"\n"].concat()).intersection(&issued).cloned());
    assert_eq!(kept, readable);
    let lost_something = text_lines(state)
        .difference(&kept)
        .any(|line| !kept.contains(&[line, &b"\n"[..]].concat()) && line.iter().any(|b| *b != 0));
    assert_eq!(copy.is_some(), lost_something);
    if let Some((offset, copy)) = copy {
        assert_eq!(copy, state[offset as usize..]);
        assert!(
            synced.len() as u64 <= offset && after[..offset as usize] == state[..offset as usize]
        );
    }
    assert_eq!(replayed.mended.is_some(), state.contains(&0) || lost_something);
    assert_eq!(recover(&after).expect("it starts").replayed, Replayed::default());
}

/// What a crash leaves of `written` behind `synced`: the sectors in `present`, of which the one at
/// `torn.0` only to its byte `torn.1`, in a file of `len` bytes.
fn state(
    synced: &str,
    written: &str,
    present: usize,
    torn: Option<(usize, usize)>,
    len: usize,
) -> Vec<u8> {
    let first = synced.len() / SECTOR;
    let mut state = [synced, written].concat().into_bytes();
    for (index, byte) in state.iter_mut().enumerate().skip(synced.len()) {
        let sector = index / SECTOR - first;
        let is_torn_off = torn.is_some_and(|(at, end)| sector == at && index % SECTOR >= end);
        if present & (1 << sector) == 0 || is_torn_off {
            *byte = 0;
        }
    }
    state.truncate(len);
    state
}

#[test]
fn every_subset_of_sectors_in_a_file_of_every_length_is_recovered() {
    for count in [1, 4, 7] {
        let (synced, written) = (lines(0..count), lines(count..count + 22));
        let end = synced.len() + written.len();
        let sectors = end.div_ceil(SECTOR) - synced.len() / SECTOR;
        assert!((3..=4).contains(&sectors), "{sectors}");
        let mut lens: Vec<_> = (synced.len()..end).filter(|len| len % SECTOR == 0).collect();
        lens.extend([synced.len(), synced.len() + 1, end - 1, end]);
        let torn = (0..sectors).flat_map(|at| [1, 300].map(|end| Some((at, end))));
        for torn in torn.chain([None]) {
            for present in 0..1 << sectors {
                for len in &lens {
                    let state = state(&synced, &written, present, torn, *len);
                    assert_recovers(&synced, &written, &state);
                }
            }
        }
    }
}

#[test]
fn sector_torn_at_any_byte_is_recovered() {
    let (synced, written) = (lines(0..3), lines(3..25));
    let end = synced.len() + written.len();
    for at in 0..SECTOR {
        for (sector, present) in [(0, !0), (1, !0), (2, !0), (1, !1), (1, !4)] {
            let state = state(&synced, &written, present, Some((sector, at)), end);
            assert_recovers(&synced, &written, &state);
        }
    }
}

#[test]
fn file_cut_at_any_byte_behind_what_was_synced_is_recovered() {
    let (synced, written) = (lines(0..3), lines(3..12));
    for len in synced.len()..=synced.len() + written.len() {
        let state = state(&synced, &written, !0, None, len);
        assert_recovers(&synced, &written, &state);
    }
}

#[test]
fn mended_says_where_and_how_much() {
    let (synced, written) = (lines(0..3), lines(3..25));
    let end = synced.len() + written.len();
    let mended =
        recover(&state(&synced, &written, !2, None, end)).expect("it starts").replayed.mended;
    let Some(Mended { offset, cut_out: 1, kept, copy: Some(_) }) = mended else {
        panic!("{mended:?}")
    };
    assert!(offset < SECTOR as u64 && (8..22).contains(&kept), "{offset}, {kept}");
}

#[track_caller]
fn assert_refused(bytes: &[u8], line: usize) {
    let error = recover(bytes).err().expect("it is refused");
    assert!(error.starts_with(&format!("tempIDs.txt:{line}: ")), "{error}");
}

#[test]
fn hole_before_all_that_one_commit_can_hold_is_refused() {
    let last = lines(0..MAX_COMMIT_BYTES / line(0).len() + 20);
    let mut bytes = (lines(0..20) + &last).into_bytes();
    let before = bytes.len() - MAX_COMMIT_BYTES - 1;
    let hole = (before / SECTOR - 1) * SECTOR;
    bytes[hole..hole + SECTOR].fill(0);
    let number = 1 + bytes[..hole].iter().filter(|byte| **byte == b'\n').count();
    assert_refused(&bytes, number);
}

#[test]
fn zeros_that_end_within_a_sector_are_refused() {
    let mut bytes = lines(0..30).into_bytes();
    bytes[512..1023].fill(0);
    let number = 1 + bytes[..512].iter().filter(|byte| **byte == b'\n').count();
    assert_refused(&bytes, number);
}

#[test]
fn line_that_is_none_behind_a_hole_is_refused() {
    let (synced, written) = (lines(0..3), lines(3..25) + "word\n");
    let end = synced.len() + written.len();
    let state = state(&synced, &written, !2, None, end);
    let number = state.iter().filter(|byte| **byte == b'\n').count();
    assert_refused(&state, number);
}

#[test]
fn longest_line_behind_a_hole_is_cut_out_and_a_longer_text_is_refused() {
    let synced = lines(0..3);
    let hole = "\0".repeat(SECTOR - synced.len());
    let name = "x".repeat(Username::MAX_LEN);
    let times = "13/05/2020 17:54:06 13/05/2020 18:09:05";
    let longest = format!("{name} 12345678901234567891 {times}\r\n");
    let state = format!("{synced}{hole}{longest}");
    let Recovered { after, replayed, .. } = recover(state.as_bytes()).expect("it starts");
    assert_eq!(after, synced.as_bytes());
    assert_eq!(replayed.mended.map(|mended| mended.cut_out), Some(1));
    assert_refused(format!("{synced}{hole}x{longest}").as_bytes(), 4);
}
