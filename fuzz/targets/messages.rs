//! What `--trace` writes, JSON lines: messages that are read survive being written, and make a
//! diagram that is as wide as it may be.

#![no_main]

use bluetrace::study::messages;
use bluetrace::study::sequence::{Options, draw};
use bluetrace_fuzz::{file, parts};
use libfuzzer_sys::fuzz_target;

/// The narrowest diagram, in columns.
const WIDTH: usize = 60;

fuzz_target!(|input: &[u8]| {
    let [names, trace] = parts(input);
    let path = file("messages.jsonl", trace);
    let Ok(messages) = messages::read_file(&path) else { return };
    messages::write_file(&path, &messages).expect("a file in memory");
    assert_eq!(messages::read_file(&path).expect("our own file"), messages);
    let names = String::from_utf8_lossy(names);
    let only = names.lines().map(str::to_owned).collect();
    let diagram = draw(&messages, &Options { only, width: WIDTH, ..Options::default() });
    let is_shown = |c: char| c == '\n' || !c.is_control();
    assert!(diagram.chars().all(is_shown), "control characters in {diagram:?}");
});
