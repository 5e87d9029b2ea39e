//! The options of `simulate sequence`: what is taken is a moment of a run, and selects messages of
//! that time only.

#![no_main]

use bluetrace::study::sequence::{Options, SequenceArguments, draw};
use bluetrace::town::message::{Message, Via};
use bluetrace_fuzz::parts;
use clap::Parser;
use libfuzzer_sys::fuzz_target;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    arguments: SequenceArguments,
}

fn message(t: f64, from: &str, to: &str) -> Message {
    let (from, to) = (from.to_owned(), to.to_owned());
    Message { t, from, to, via: Via::Tcp, text: "QUIT".to_owned() }
}

fuzz_target!(|input: &[u8]| {
    let words: [&[u8]; 3] = parts(input);
    let [only, from, until] = words.map(String::from_utf8_lossy);
    let options = [format!("--only={only}"), format!("--from={from}"), format!("--until={until}")];
    let words = ["sequence", "trace.jsonl", "--width=80"].map(str::to_owned).into_iter();
    let Ok(Program { arguments }) = Program::try_parse_from(words.chain(options)) else { return };
    let options = Options::from(&arguments);
    assert!(options.from.is_finite() && options.from >= 0.0, "{options:?}");
    assert!(options.until.is_finite() && options.until >= 0.0, "{options:?}");
    let inside = (options.from + options.until) / 2.0;
    let messages = [message(inside, "phone 1", "server"), message(1e9, "server", "phone 1")];
    let diagram = draw(&messages, &options);
    if options.only.is_empty() && options.from <= options.until {
        assert!(diagram.contains("QUIT"), "{options:?}\n{diagram}");
    }
});
