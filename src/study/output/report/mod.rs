//! The report of a study: one HTML page that needs no network, script or other file.

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

/// Renders the report as HTML.
pub(super) fn render(study: &Study) -> String {
    page::render(study).into_string()
}

#[cfg(test)]
mod tests;
