//! Keys of a terminal: any cut of the bytes leads to the same lines and the same bytes for the
//! screen.

#![no_main]

use bluetrace::client::line_editor::{Fed, LineEditor, LineKind, Outcome, ScreenSize};
use bluetrace_fuzz::cut;
use libfuzzer_sys::fuzz_target;

const COMPLETIONS: &[&str] = &["Beacon ", "Download_tempID", "Upload_contact_log", "logout"];

fn press(pieces: &[&[u8]], size: ScreenSize, kind: LineKind) -> (Vec<Outcome>, Vec<u8>) {
    let mut editor = LineEditor::new(size, COMPLETIONS);
    let (mut outcomes, mut screen) = (Vec::new(), Vec::new());
    editor.start("> ", kind, &mut screen);
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let Fed { used, outcome } = editor.feed(rest, &mut screen);
            assert!(used > 0, "no byte of {rest:?} is used");
            rest = &rest[used..];
            outcomes.extend(outcome);
            if editor.is_idle() {
                editor.start("> ", kind, &mut screen);
            }
        }
    }
    (outcomes, screen)
}

fuzz_target!(|input: &[u8]| {
    let [seed, columns, rows, kind, keys @ ..] = input else { return };
    let size = ScreenSize { columns: u16::from(columns % 24), rows: u16::from(rows % 8) };
    let kind = match kind % 3 {
        0 => LineKind::Command,
        1 => LineKind::Answer,
        _ => LineKind::Password,
    };
    let (outcomes, screen) = press(&[keys], size, kind);
    assert_eq!(press(&cut(keys, *seed), size, kind), (outcomes.clone(), screen));
    for outcome in outcomes {
        if let Outcome::Line(line) = outcome {
            // Only a pasted command has several lines.
            let has_lines = kind != LineKind::Command && line.contains('\n');
            assert!(!has_lines && !line.contains(['\r', '\x1b']), "a line with {line:?}");
        }
    }
});
