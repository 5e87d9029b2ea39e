use std::io::Cursor;

use super::*;

const LINE: &str = "+61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER: &str = "+61410777777 12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";

fn replay_text(content: &str) -> (Result<Replayed, String>, usize) {
    let mut registry = Registry::default();
    let (size, path) = (content.len() as u64, Path::new("tempIDs.txt"));
    let mut lines = Replay::new(&mut registry, size, Timestamp::MIN);
    let replayed = replay(Cursor::new(content), size, path, &mut lines);
    let replayed = replayed.map(|(has_end, residue)| {
        let mended = residue.map(|residue| residue.mended());
        lines.end(Replayed { mended, lacks_line_end: !has_end, ..Replayed::default() })
    });
    (replayed.map_err(|error| error.to_string()), registry.len())
}

#[test]
fn lines_of_both_ends_are_read() {
    let (replayed, len) = replay_text(&format!("{LINE}\r\n\r\n{OTHER}\n"));
    assert_eq!((replayed, len), (Ok(Replayed::default()), 2));
}

#[test]
fn whole_last_line_without_end_is_read() {
    let (replayed, len) = replay_text(&format!("{LINE}\n{OTHER}"));
    assert_eq!(len, 2);
    assert!(replayed.expect("read").lacks_line_end);
}

#[test]
fn last_line_torn_at_any_byte_is_found() {
    for cut in 1..OTHER.len() {
        assert_torn(&OTHER[..cut]);
    }
}

#[test]
fn last_line_that_ends_in_zeros_is_torn() {
    for cut in 0..=OTHER.len() {
        for zeros in [1, 100, 5000] {
            assert_torn(&format!("{}{}", &OTHER[..cut], "\0".repeat(zeros)));
        }
    }
}

#[track_caller]
fn assert_torn(last: &str) {
    let (replayed, len) = replay_text(&format!("{LINE}\n{last}"));
    let offset = LINE.len() as u64 + 1;
    let mended = Some(Mended { offset, cut_out: 1, kept: 0, copy: None });
    assert_eq!(replayed, Ok(Replayed { mended, ..Replayed::default() }), "{last:?}");
    assert_eq!(len, 1);
}

#[test]
fn malformed_line_with_an_end_is_refused_with_its_number() {
    for (line, problem) in [
        ("word", "it is one word"),
        ("+61 1234 x y", "not a TempID"),
        (&OTHER.replace("14/05", "31/02"), "the start is not"),
        (&OTHER.replace("892", "89x"), "the TempID is not"),
        (&OTHER.replace(' ', "  "), "not a TempID"),
    ] {
        let (replayed, _) = replay_text(&format!("{LINE}\n{line}\n{LINE}\n"));
        let error = replayed.expect_err(line);
        assert!(error.contains(&format!(":2: {problem}")), "{error}");
    }
}

#[test]
fn last_line_that_is_no_torn_record_is_refused_and_not_cut_off() {
    for last in ["x".repeat(200), format!("{OTHER}\0{OTHER}"), format!("\0{}", "x".repeat(91))] {
        let (replayed, _) = replay_text(&last);
        assert!(replayed.is_err(), "{last:?}");
    }
}

#[test]
fn repeated_temp_id_counts_once() {
    let repeated = OTHER.replace("892", "891");
    let (replayed, len) = replay_text(&format!("{LINE}\n{repeated}\n"));
    assert_eq!(replayed.expect("read").repeated, [2]);
    assert_eq!(len, 1);
}

#[test]
fn repeated_temp_ids_far_apart_are_told_with_their_lines() {
    let line = |number: usize| LINE.replace("12345678901234567891", &format!("{number:020}"));
    let numbers = (1..=100).chain([7, 101, 100]);
    let content: String = numbers.map(|number| line(number) + "\n\n").collect();
    let (replayed, len) = replay_text(&content);
    assert_eq!(replayed.expect("read").repeated, [201, 205]);
    assert_eq!(len, 101);
}

#[test]
fn first_line_alone_tells_for_how_many_there_is_to_be_room() {
    const COUNT: usize = 1000;
    let mut registry = Registry::default();
    let mut replay = Replay::new(&mut registry, (COUNT * (LINE.len() + 1)) as u64, Timestamp::MIN);
    for line in [LINE, &OTHER.replace("+61410777777", "+61")] {
        replay.take(1, line.as_bytes()).expect("a whole line");
    }
    drop(replay);
    assert!(registry.room() > COUNT / 2, "{}", registry.room());
}

#[test]
fn lines_are_added_in_batches_and_the_rest_at_the_end() {
    let mut registry = Registry::default();
    let mut replay = Replay::new(&mut registry, 0, Timestamp::MIN);
    let line = |number: usize| LINE.replace("12345678901234567891", &format!("{number:020}"));
    for number in 1..=2 * Registry::BATCH + 1 {
        replay.take(number as u64, line(number).as_bytes()).expect("a whole line");
        let added = number / Registry::BATCH * Registry::BATCH;
        assert_eq!(replay.registry.len(), added);
    }
    replay.end(Replayed::default());
    assert_eq!(registry.len(), 2 * Registry::BATCH + 1);
}
