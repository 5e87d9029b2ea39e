//! Figures over time, as means over the runs of a point.

use crate::chart::{Axis, Chart, Form, Point, Series, Shade};
use crate::numbers::duration;
use crate::study::statistics::Estimate;
use crate::town::Scenario;
use crate::town::outcome::{Bin, Outcome};
use crate::town::scenario::Spell;

/// Maximum number of steps; more would be narrower than a line.
const MOST_STEPS: usize = 120;

/// The charts of the `outcomes` of `scenario`; none if nothing was counted.
pub(super) fn charts(outcomes: &[Outcome], scenario: &Scenario) -> Vec<Chart> {
    let Some(timeline) = Timeline::of(outcomes) else { return Vec::new() };
    let mut charts = vec![timeline.encounters(), timeline.load(), timeline.busiest_seconds()];
    charts.push(timeline.logs());
    for chart in &mut charts {
        chart.shades = shades(scenario, timeline.end());
    }
    charts
}

/// Spells of trouble of the server, on an axis from the beginning of the meetings to `end`. A
/// scenario counts from the start of the run, which is `warm_up` earlier.
fn shades(scenario: &Scenario, end: f64) -> Vec<Shade> {
    let server = &scenario.server;
    let outages = server.outage.iter().map(|spell| (spell, "server without power"));
    let full = server.disk_full.iter().map(|spell| (spell, "disk of the server full"));
    let shade = |(spell, name): (&Spell, _)| {
        let from = spell.from.as_f64() - scenario.warm_up.as_f64();
        let until = (from + spell.duration.as_f64()).min(end);
        let from = from.max(0.0);
        (from < until).then_some(Shade { from, until, name })
    };
    outages.chain(full).filter_map(shade).collect()
}

/// The bins of all runs, several merged into a step if there are many.
struct Timeline<'a> {
    outcomes: &'a [Outcome],
    bins: usize,
    together: usize,
    /// Length of a step, in seconds.
    width: f64,
}

impl<'a> Timeline<'a> {
    fn of(outcomes: &'a [Outcome]) -> Option<Self> {
        let bins = outcomes.iter().map(|outcome| outcome.over_time.len()).min()?;
        let first = &outcomes.first()?.over_time;
        let width = first.get(1)?.from - first[0].from;
        let together = bins.div_ceil(MOST_STEPS).max(1);
        Some(Self { outcomes, bins, together, width: width * together as f64 })
    }

    fn encounters(&self) -> Chart {
        let area =
            |name, look, of: fn(&Bin) -> u64| self.sums(name, look, Form::Area(self.width), of);
        self.chart(
            "Encounters",
            "What really happened, what two phones could have noticed, and what at least one did.",
            format!("encounters begun in {}", duration(self.width)),
            vec![
                area("real", 5, |bin| bin.encounters),
                area("possible: both have the app", 3, |bin| bin.possible),
                area("recorded", 0, |bin| bin.recorded),
            ],
        )
    }

    fn load(&self) -> Chart {
        let steps =
            |name, look, of: fn(&Bin) -> u64| self.sums(name, look, Form::Steps(self.width), of);
        self.chart(
            "Load of the server",
            "Connections of phones, and their requests for TempIDs.",
            format!("connections, requests in {}", duration(self.width)),
            // The dashed line lies on the other one where each connection asks once.
            vec![
                steps("requests for TempIDs", 0, |bin| bin.downloads),
                steps("connections", 1, |bin| bin.connections),
            ],
        )
    }

    fn busiest_seconds(&self) -> Chart {
        let form = Form::Steps(self.width);
        let most = |name: &str, look, of: fn(&Outcome) -> &[u32]| {
            let points = self.points(|outcome, step| {
                let from = (step * self.together) as f64 * (self.width / self.together as f64);
                let (from, until) = (from as usize, (from + self.width) as usize);
                let seconds = of(outcome);
                let seconds = &seconds[from.min(seconds.len())..until.min(seconds.len())];
                f64::from(seconds.iter().copied().max().unwrap_or(0))
            });
            Series { name: name.to_owned(), look, form, points }
        };
        self.chart(
            "Busiest second of the server",
            &format!(
                "The most that came in one second, in each stretch of {}.",
                duration(self.width)
            ),
            "connections, requests in one second".to_owned(),
            vec![
                most("requests for TempIDs", 0, |outcome| {
                    &outcome.server.downloads_by_second.counts.0
                }),
                most("connections", 1, |outcome| &outcome.server.connections_by_second.counts.0),
            ],
        )
    }

    fn logs(&self) -> Chart {
        let mut points = self.points(|outcome, step| {
            let last = ((step + 1) * self.together).min(self.bins) - 1;
            outcome.over_time[last].log_entries
        });
        points.iter_mut().for_each(|point| point.x += self.width);
        let series = Series { name: "entries".to_owned(), look: 0, form: Form::Line, points };
        self.chart(
            "Contact logs",
            "TempIDs that a phone remembers.",
            "entries of a log, mean over phones".to_owned(),
            vec![series],
        )
    }

    fn sums(&self, name: &str, look: usize, form: Form, of: fn(&Bin) -> u64) -> Series {
        let points = self.points(|outcome, step| {
            let first = step * self.together;
            let bins = &outcome.over_time[first..(first + self.together).min(self.bins)];
            bins.iter().map(of).sum::<u64>() as f64
        });
        Series { name: name.to_owned(), look, form, points }
    }

    /// For each step, the mean of `of` over the runs.
    fn points(&self, of: impl Fn(&Outcome, usize) -> f64) -> Vec<Point> {
        let point = |step: usize| {
            let values: Vec<_> = self.outcomes.iter().map(|outcome| of(outcome, step)).collect();
            let x = step as f64 * self.width;
            Estimate::of(&values).map(|of| Point { x, y: of.mean, interval: of.interval() })
        };
        (0..self.bins.div_ceil(self.together)).filter_map(point).collect()
    }

    /// End of the last bin, in seconds from the beginning of the meetings.
    fn end(&self) -> f64 {
        self.bins as f64 * (self.width / self.together as f64)
    }

    fn chart(&self, title: &str, about: &str, label: String, series: Vec<Series>) -> Chart {
        let top = series.iter().flat_map(Series::tops).fold(0.0, f64::max);
        let runs = match self.outcomes.len() {
            1 => String::new(),
            runs => format!(" Mean of {runs} runs."),
        };
        Chart {
            title: title.to_owned(),
            about: format!("{about}{runs}"),
            x: Axis::time("from the beginning of the meetings", 0.0, self.end()),
            y: Axis::counts(label, top),
            series,
            shades: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
