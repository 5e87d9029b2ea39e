use std::io::Cursor;

use super::*;

const LINE: &str = "+61410888888 12345678901234567891 13/05/2020 17:54:06 13/05/2020 18:09:05";
const OTHER: &str = "+61410777777 12345678901234567892 14/05/2020 17:45:06 14/05/2020 18:00:05";

fn replay_text(content: &str) -> (Result<Replayed, String>, usize) {
    let mut registry = Registry::default();
    let (size, path) = (content.len() as u64, Path::new("tempIDs.txt"));
    let replayed = replay(Cursor::new(content), size, path, &mut registry);
    let replayed = replayed.map(|(replayed, residue)| Replayed {
        mended: residue.map(|residue| residue.mended()),
        ..replayed
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
