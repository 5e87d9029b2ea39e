//! The bar that shows how far a storm is.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::Duration;

use rustix::stdio::stderr;
use rustix::termios::tcgetwinsize;

use super::tally::Tally;
use crate::terminal_kind::is_capable_terminal;

/// How often it is drawn.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// Columns of a terminal that does not know its size.
const COLUMNS_FALLBACK: usize = 80;

/// Columns of the bar itself, at least; where there is no room for so many, the numbers go without it.
const MIN_BAR_COLUMNS: usize = 10;

/// A bar on standard error, if that is a terminal: one row, cut to its width.
#[derive(Debug)]
pub(super) struct Progress {
    goal: Goal,
    is_on_terminal: bool,
    /// Columns of what is on the screen.
    drawn: Cell<usize>,
}

/// What ends the storm.
#[derive(Debug, Clone, Copy)]
enum Goal {
    Phones(u64),
    Time(Duration),
    None,
}

impl Progress {
    pub(super) fn new(phones: Option<u64>, duration: Option<Duration>) -> Self {
        let goal = match (phones, duration) {
            (Some(phones), _) => Goal::Phones(phones),
            (None, Some(time)) => Goal::Time(time),
            (None, None) => Goal::None,
        };
        Self { goal, is_on_terminal: is_capable_terminal(stderr()), drawn: Cell::new(0) }
    }

    pub(super) fn show(&self, tally: &Tally, running: usize, elapsed: Duration) {
        if self.is_on_terminal {
            let columns = columns();
            // The last column stays free, as terminals differ in what they do behind it.
            let row = self.goal.row(tally, running, elapsed, columns - 1);
            self.draw(&row, columns);
        }
    }

    /// Puts a line above the bar, also where there is no terminal and so no bar.
    pub(super) fn say(&self, line: &str) {
        self.clear();
        // Nobody may be there to read it.
        let _ = writeln!(io::stderr(), "{line}");
    }

    fn clear(&self) {
        if self.drawn.get() > 0 {
            self.draw("", columns());
        }
    }

    fn draw(&self, row: &str, columns: usize) {
        let bytes = [&erase(self.drawn.get(), columns), row].concat();
        self.drawn.set(row.chars().count());
        let _ = io::stderr().write_all(bytes.as_bytes());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Goal {
    fn row(self, tally: &Tally, running: usize, elapsed: Duration, columns: usize) -> String {
        let (done, failed) = (tally.done(), tally.failed());
        let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
        let numbers = format!("{running} connected, {rate:.0}/s, {failed} failed");
        let numbers = match self {
            Self::Phones(phones) => format!("{} of {phones} phones, {numbers}", done + failed),
            Self::Time(_) | Self::None => numbers,
        };
        let share = match self {
            Self::Phones(phones) => Some((done + failed) as f64 / phones as f64),
            Self::Time(time) => Some(elapsed.as_secs_f64() / time.as_secs_f64()),
            Self::None => None,
        };
        let seconds = format!("{}s", elapsed.as_secs());
        let room = columns.saturating_sub(seconds.len() + numbers.len() + " [] ".len());
        let bar = share.filter(|_| room >= MIN_BAR_COLUMNS).map(|share| bar(share, room));
        let row = format!("{seconds} {}{numbers}", bar.unwrap_or_default());
        row.chars().take(columns).collect()
    }
}

/// `[===>   ] ` with so many columns between the brackets.
fn bar(share: f64, columns: usize) -> String {
    let full = ((share.min(1.0) * columns as f64) as usize).min(columns);
    let head = if full < columns { ">" } else { "" };
    format!("[{}{head:<rest$}] ", "=".repeat(full), rest = columns - full)
}

/// Erases a row of `drawn` columns. If the terminal has become narrower than that meanwhile, it has made
/// several of it, as most do, and the cursor is at the end of the last.
fn erase(drawn: usize, columns: usize) -> String {
    match drawn.div_ceil(columns) {
        0 | 1 => "\r\x1b[J".to_owned(),
        rows => format!("\x1b[{}A\r\x1b[J", rows - 1),
    }
}

fn columns() -> usize {
    let size = tcgetwinsize(stderr()).ok().map(|size| usize::from(size.ws_col));
    size.filter(|columns| *columns > 1).unwrap_or(COLUMNS_FALLBACK)
}

#[cfg(test)]
mod tests {
    use super::super::script::Script;
    use super::*;

    const TIME: Duration = Duration::from_secs(75);

    fn tally() -> Tally {
        let mut tally = Tally::new();
        (0..30).for_each(|_| tally.ended(Script::Login, Ok(()), Duration::ZERO, Duration::ZERO));
        tally
    }

    #[test]
    fn wide_row_has_a_bar_that_fills_it() {
        let row = Goal::Phones(40).row(&tally(), 7, TIME, 79);
        let bar = "=".repeat(21) + ">" + &" ".repeat(7);
        assert_eq!(row, format!("75s [{bar}] 30 of 40 phones, 7 connected, 0/s, 0 failed"));
        let row = Goal::Time(TIME).row(&tally(), 7, TIME, 49);
        assert_eq!(row, format!("75s [{}] 7 connected, 0/s, 0 failed", "=".repeat(16)));
        let row = Goal::None.row(&tally(), 7, TIME, 79);
        assert_eq!(row, "75s 7 connected, 0/s, 0 failed");
    }

    #[test]
    fn narrow_row_has_the_numbers_and_no_more_than_fits() {
        let row = Goal::Phones(40).row(&tally(), 7, TIME, 39);
        assert_eq!(row, "75s 30 of 40 phones, 7 connected, 0/s, ");
        for columns in 1..120 {
            for goal in [Goal::Phones(40), Goal::Time(TIME), Goal::None] {
                let row = goal.row(&tally(), 7, TIME, columns);
                assert!(row.len() <= columns && row.is_ascii(), "{columns}: {row:?}");
            }
        }
    }

    #[test]
    fn row_that_a_narrower_terminal_has_wrapped_is_erased_whole() {
        assert_eq!(erase(79, 80), "\r\x1b[J");
        assert_eq!(erase(79, 40), "\x1b[1A\r\x1b[J");
        assert_eq!(erase(79, 20), "\x1b[3A\r\x1b[J");
    }
}
