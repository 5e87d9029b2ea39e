use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use super::wait::{Watched, background};

/// What a program writes to one of its outputs, collected line by line while it runs.
#[derive(Debug, Clone)]
pub struct Lines(Arc<Watched<Content>>);

#[derive(Debug, Default)]
struct Content {
    lines: Vec<String>,
    is_ended: bool,
}

impl Lines {
    /// Collects what comes out of `pipe` until its end.
    pub fn collect(pipe: impl Read + Send + 'static) -> Self {
        let content = Arc::new(Watched::default());
        let lines = Self(Arc::clone(&content));
        background(move || {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line));
                content.update(|content: &mut Content| content.lines.push(text.into_owned()));
                line.clear();
            }
            content.update(|content| content.is_ended = true);
        });
        lines
    }

    /// Collects the first line, then closes the pipe, so that the program writes to nobody.
    pub fn collect_first(mut pipe: impl Read + Send + 'static) -> Self {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            assert_eq!(pipe.read(&mut byte).expect("a line"), 1, "the output ends");
            line.push(byte[0]);
        }
        drop(pipe);
        Self::collect(Cursor::new(line))
    }

    /// An output that nobody collects.
    pub fn none() -> Self {
        let content = Watched::default();
        content.update(|content: &mut Content| content.is_ended = true);
        Self(Arc::new(content))
    }

    /// What has come so far.
    pub fn so_far(&self) -> Vec<String> {
        self.0.read(|content| content.lines.clone())
    }

    pub fn count(&self) -> usize {
        self.0.read(|content| content.lines.len())
    }

    /// Waits for a line of which `is_it` holds.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        self.wait_until(what, |lines| lines.iter().find(|line| is_it(line)).cloned())
    }

    /// Waits for a line that has `part` in it.
    #[track_caller]
    pub fn wait_for_part(&self, part: &str) -> String {
        self.wait_for(&format!("a line with {part:?}"), |line| line.contains(part))
    }

    /// Waits until `look` finds what it looks for among all lines.
    #[track_caller]
    pub fn wait_until<R>(&self, what: &str, look: impl Fn(&[String]) -> Option<R>) -> R {
        let found = self.0.wait(|content| match look(&content.lines) {
            Some(found) => Some(Some(found)),
            None => content.is_ended.then_some(None),
        });
        let Some(found) = found.flatten() else {
            panic!(
                "waited in vain for {what}; of {} lines the last are {:#?}",
                self.count(),
                self.tail()
            )
        };
        found
    }

    /// Waits until there are as many lines as in `expected`, which must be the same then.
    #[track_caller]
    pub fn assert_exactly(&self, expected: &str) {
        let expected: Vec<_> = expected.lines().collect();
        let what = format!("{} lines", expected.len());
        let is_there = |lines: &[String]| (lines.len() >= expected.len()).then(|| lines.to_vec());
        assert_eq!(self.wait_until(&what, is_there), expected);
    }

    /// Waits for the end of the output, which is also the end of the program.
    #[track_caller]
    pub fn wait_for_end(&self) {
        let ended = self.0.wait(|content| content.is_ended.then_some(()));
        assert!(ended.is_some(), "waited in vain for the end; the last lines: {:#?}", self.tail());
    }

    fn tail(&self) -> Vec<String> {
        self.0.read(|content| content.lines[content.lines.len().saturating_sub(12)..].to_vec())
    }
}
