use proptest::prelude::*;

use super::*;

type OwnedLine = (u64, u64, Vec<u8>, bool);

fn lines(content: &[u8]) -> Vec<OwnedLine> {
    lines_of(content).0
}

fn lines_of(source: impl Read) -> (Vec<OwnedLine>, bool) {
    let mut lines = Vec::new();
    let has_end = read_lines_of(source, Path::new(""), "", |line| {
        lines.push((line.number, line.offset, line.text.to_vec(), line.is_terminated));
        Ok(())
    });
    (lines, has_end.expect("read"))
}

/// The same, with everything in memory at once.
fn lines_of_whole(content: &[u8]) -> (Vec<OwnedLine>, bool) {
    let (mut lines, mut offset, mut has_end) = (Vec::new(), 0, true);
    for (index, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        has_end = text.len() < line.len();
        let text = &text[..text.len().min(MAX_LINE_BYTES)];
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !text.is_empty() {
            lines.push((index as u64 + 1, offset, text.to_vec(), has_end));
        }
        offset += line.len() as u64;
    }
    (lines, has_end)
}

/// A source that gives as many bytes at once as `steps` says, in turn; zero is an interruption.
struct Steps<'a> {
    content: &'a [u8],
    steps: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.steps.next() {
            Some(0) | None => Err(io::ErrorKind::Interrupted.into()),
            Some(step) => {
                let len = buffer.len().min(*step);
                self.content.read(&mut buffer[..len])
            }
        }
    }
}

fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let long = MAX_LINE_BYTES - 2..MAX_LINE_BYTES + 3;
    let len = prop_oneof![8 => 0..100_usize, 1 => long, 1 => 0..3 * MAX_LINE_BYTES];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")];
    (len, end).prop_map(|(len, end)| [&vec![b'x'; len], end.as_bytes()].concat())
}

proptest! {
    #[test]
    fn source_cut_anywhere_has_the_same_lines(
        lines in prop::collection::vec(any_line(), 0..20),
        rest in 0..MAX_LINE_BYTES + 2,
        steps in prop::collection::vec(0..200_usize, 1..10),
        last_step in prop_oneof![1..3_usize, Just(READ_BYTES)],
    ) {
        let content = [lines.concat(), vec![b'y'; rest]].concat();
        let steps = [steps, vec![last_step]].concat();
        let source = Steps { content: &content, steps: steps.iter().cycle() };
        prop_assert_eq!(lines_of(source), lines_of_whole(&content));
    }
}

#[test]
fn line_cut_by_the_end_of_the_buffer_is_whole() {
    for short in 0..3 {
        let mut content = b"0123456789abcde\n".repeat(READ_BYTES / 16 * 2 + 1);
        content.drain(..short);
        assert_eq!(lines_of(&content[..]), lines_of_whole(&content));
    }
}

#[test]
fn line_ends_of_both_kinds_and_none_are_taken() {
    assert_eq!(
        lines(b"a\nb\r\n\n\r\nc"),
        [(1, 0, b"a".to_vec(), true), (2, 2, b"b".to_vec(), true), (5, 8, b"c".to_vec(), false)]
    );
}

#[test]
fn byte_order_mark_is_passed_over_in_front_of_the_first_line_only() {
    assert_eq!(
        lines("\u{feff}a\n\u{feff}b\n".as_bytes()),
        [(1, 0, b"a".to_vec(), true), (2, 5, "\u{feff}b".as_bytes().to_vec(), true)]
    );
    assert_eq!(lines("\u{feff}\n\u{feff}".as_bytes()), [(2, 4, "\u{feff}".into(), false)]);
}

#[test]
fn file_without_lines_has_none() {
    assert_eq!(lines(b""), []);
    assert_eq!(lines(b"\n\n"), []);
}

#[test]
fn endless_line_is_cut_and_the_next_one_is_found() {
    let content = [&vec![b'x'; 1_000_000][..], b"\nnext\n"].concat();
    let lines = lines(&content);
    assert_eq!(lines[0].2.len(), MAX_LINE_BYTES);
    assert!(lines[0].3);
    assert_eq!(lines[1], (2, 1_000_001, b"next".to_vec(), true));
}

#[test]
fn malformed_line_is_named_with_its_file() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "fine\n\nwrong\n").expect("written");
    let error = read_lines(file.path(), "fine", |line| match line.text {
        b"fine" => Ok(()),
        _ => Err("it is not fine".to_owned()),
    });
    let text = error.expect_err("the third line is wrong").to_string();
    let expected = format!("{}:3: it is not fine; expected fine", file.path().display());
    assert_eq!(text, expected);
}
