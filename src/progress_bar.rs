//! Progress bars on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::stdio::stderr;

use crate::terminal_kind::is_capable_terminal;

/// Makes a bar of so many steps; it is hidden unless standard error is a terminal that can draw it.
pub(crate) fn new(steps: u64) -> ProgressBar {
    let target = match is_capable_terminal(stderr()) {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    ProgressBar::with_draw_target(Some(steps), target)
}

/// The style of a row.
///
/// # Panics
///
/// `template` is malformed, which tests show.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a well-formed template").progress_chars("=> ")
}
