//! One page that shows a study at a glance, without a network, a script or another file.

mod adversaries;
mod contacts;
mod figures;
mod graph;
mod headline;
mod histogram;
mod key;
mod over_time;
mod page;
mod plane;
mod settings;
mod sweep;

use super::super::points::Study;

/// The page as HTML.
pub(super) fn render(study: &Study) -> String {
    page::render(study).into_string()
}

#[cfg(test)]
mod tests;
