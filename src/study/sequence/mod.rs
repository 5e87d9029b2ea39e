//! Messages as a sequence diagram in plain text: a lifeline for each participant, time from the top
//! down, an arrow for each message.

mod columns;
mod moment;
mod picture;
mod selection;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

use self::columns::{ARROW_COLUMNS, Columns, Need};
use self::moment::MomentFormat;
use self::picture::{Arrow, LIFELINE, Picture};
use self::selection::Selection;
use super::error::SimulateError;
use super::messages;
use super::print::print;
use crate::arguments::number;
use crate::text_width;
use crate::town::message::{Message, Via};

/// Columns at least: two lifelines and the longest moment.
const MIN_WIDTH: usize = 60;

/// Columns of what is no terminal.
const DEFAULT_WIDTH: usize = 100;

/// Columns of a text for which lifelines move apart; a longer one is wrapped.
const MAX_TEXT_COLUMNS: usize = 64;

/// Blanks between the moments and what stands furthest to the left.
const MARGIN_COLUMNS: usize = 2;

/// After so many rows the names are shown again, so that they are never far from the screen.
const ROWS_BETWEEN_NAMES: usize = 40;

/// A diagram of so many rows has the names at its end as well.
const ROWS_WITHOUT_FOOT: usize = 20;

/// Silence that is shown, in seconds.
const PAUSE_SECONDS: f64 = 60.0;

const LIFELINE_IN_PAUSE: char = '┊';

/// Print the messages of a run as a sequence diagram.
#[derive(Debug, Clone, Args)]
pub struct SequenceArguments {
    /// The messages of a run, as --trace writes them; - is standard input
    #[arg(value_name = "FILE.jsonl")]
    pub file: PathBuf,
    /// Show only what these participants say to each other, side by side in this order, such as
    /// "phone 1,server,phone 2"; or all that a single one says and hears
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Show nothing before this time, such as 90, 15m or "1d 08:15:30"
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub from: Option<f64>,
    /// Show nothing after this time
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub until: Option<f64>,
    /// Columns to use, at least 60 [default: those of the terminal, else 100]
    #[arg(long, value_name = "N", value_parser = number("columns", MIN_WIDTH as u16..=u16::MAX))]
    pub width: Option<u16>,
}

/// What to show of messages, and how wide.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Only what these say to each other, in this order from the left; all that a single one says
    /// and hears; everybody if it is empty.
    pub only: Vec<String>,
    /// Nothing earlier, in seconds from the start of the run.
    pub from: f64,
    /// Nothing later.
    pub until: f64,
    /// Columns of a line at most, 60 at least.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { only: Vec::new(), from: 0.0, until: f64::INFINITY, width: DEFAULT_WIDTH }
    }
}

impl From<&SequenceArguments> for Options {
    fn from(arguments: &SequenceArguments) -> Self {
        let names = arguments.only.iter().map(|name| name.trim().to_owned());
        let defaults = Self::default();
        Self {
            only: names.filter(|name| !name.is_empty()).collect(),
            from: arguments.from.unwrap_or(defaults.from),
            until: arguments.until.unwrap_or(defaults.until),
            width: arguments.width.map_or_else(terminal_width, usize::from),
        }
    }
}

/// The columns of the terminal on standard output, if there is one.
fn terminal_width() -> usize {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        Ok(_) | Err(_) => DEFAULT_WIDTH,
    }
}

/// Draws the messages of a file on standard output, and says whether all are there that were asked
/// for by name. Whoever closes the output has seen enough.
///
/// # Errors
///
/// The file cannot be read, or the output cannot be written.
pub fn run(arguments: &SequenceArguments) -> Result<bool, SimulateError> {
    let messages = messages::read_file(&arguments.file).map_err(SimulateError::Input)?;
    let options = Options::from(arguments);
    let selection = Selection::new(&messages, &options);
    print(&diagram(&selection, options.width))?;
    Ok(selection.knows_all_names())
}

/// A diagram of messages, and notes on what it does not show.
pub fn draw(messages: &[Message], options: &Options) -> String {
    diagram(&Selection::new(messages, options), options.width)
}

fn diagram(selection: &Selection<'_>, width: usize) -> String {
    let narrow = (width < MIN_WIDTH)
        .then(|| format!("The diagram needs {MIN_WIDTH} columns, of which there are {width}."));
    let width = width.max(MIN_WIDTH);
    let format = MomentFormat::new(selection.messages.iter().map(|message| message.t));
    let margin = format.width() + MARGIN_COLUMNS;
    let (arrows, unseen) = selection.arrows(Columns::capacity(width, margin));
    let mut text = String::new();
    if !arrows.is_empty() {
        let names = &selection.shown_names(Columns::capacity(width, margin));
        let columns = Columns::new(names, &needs(&arrows, names.len()), width, margin);
        text = picture(&arrows, names, &columns, width, format);
        text.push('\n');
    }
    for note in legend(&arrows).into_iter().chain(narrow).chain(selection.notes(&unseen)) {
        for line in words::wrap(&note, width, usize::MAX) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// How far apart lifelines should be.
fn needs(arrows: &[(f64, Arrow)], lifelines: usize) -> Vec<Need> {
    let mut widest = BTreeMap::new();
    for (_, arrow) in arrows {
        let (left, right) = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        let between = match left == right {
            false => (left, right),
            true if right + 1 < lifelines => (left, left + 1),
            true if left > 0 => (left - 1, left),
            true => continue,
        };
        let columns = text_width::width(&arrow.text).min(MAX_TEXT_COLUMNS) + ARROW_COLUMNS;
        let widest = widest.entry(between).or_insert(0);
        *widest = columns.max(*widest);
    }
    widest.into_iter().map(|(between, columns)| Need { between, columns }).collect()
}

fn picture(
    arrows: &[(f64, Arrow)],
    names: &[String],
    columns: &Columns,
    width: usize,
    format: MomentFormat,
) -> String {
    let mut picture = Picture::new(columns, width);
    picture.names(names, "time");
    picture.lifelines(LIFELINE);
    let (mut named_at, mut before, mut shown) = (0, arrows[0].0, String::new());
    for (t, arrow) in arrows {
        if picture.height() - named_at >= ROWS_BETWEEN_NAMES {
            named_at = picture.height();
            picture.names(names, "");
            shown.clear();
        }
        if t - before >= PAUSE_SECONDS {
            picture.lifelines(LIFELINE_IN_PAUSE);
        }
        let moment = format.text(*t);
        picture.arrow(arrow, if moment == shown { "" } else { &moment });
        (before, shown) = (*t, moment);
    }
    picture.lifelines(LIFELINE);
    if picture.height() - named_at >= ROWS_WITHOUT_FOOT {
        picture.names(names, "");
    }
    picture.into_text()
}

/// What the lines mean that there are.
fn legend(arrows: &[(f64, Arrow)]) -> Option<String> {
    let has = |via| arrows.iter().any(|(_, arrow)| arrow.via == via && arrow.from != arrow.to);
    let has_pause = arrows.windows(2).any(|pair| pair[1].0 - pair[0].0 >= PAUSE_SECONDS);
    let parts =
        [(has(Via::Tcp), "──▶ TCP"), (has(Via::Udp), "╌╌▶ UDP"), (has_pause, "┊ a minute or more")];
    let parts: Vec<&str> =
        parts.iter().filter(|(is_there, _)| *is_there).map(|(_, part)| *part).collect();
    (!parts.is_empty()).then(|| parts.join("   "))
}
