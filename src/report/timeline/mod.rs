//! A picture of what overlapped with what: any [`Timeline`] as SVG, as a page to hover over, or as
//! numbers.
//!
//! Each worker of each stage is a lane, and time goes to the right. Work is a full bar in the
//! colour of its item, with the item's number where there is room; waits are thin and pale. What is
//! thinner than a pixel is drawn together, so that a picture of hours of work is as large as one of
//! seconds.
//!
//! ```
//! use drogue::pipeline::Timeline;
//! use drogue::report::timeline::Figure;
//!
//! let timeline = Timeline::new();
//! timeline.stage("fetch", &[]);
//! assert!(Figure::of(&timeline).to_svg().starts_with("<svg"));
//! ```

mod axis;
mod bars;
mod file;
mod html;
mod json;
mod layout;
mod palette;
mod svg;

pub use file::{Format, TimelineError};
pub use html::{HOVER, escape};
pub use json::Record;

use std::collections::BTreeMap;

use super::summary::told;
use crate::pipeline::Timeline;
use crate::run::Overlap;
use bars::Lane;

/// What the bars of that lane are, which are not what those of the others are.
const DEVICE: &str = "device: what it measured itself. A bar is as long as the blocks took together that \
                      were submitted at once, and ends when the host heard of the last.";

/// One timeline or several below each other, on the same scale of time.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// Lines of text above the timelines.
    sayings: Vec<String>,
    panels: Vec<Panel>,
    unit: Option<Unit>,
}

/// One timeline, from its first span to its last.
#[derive(Clone, Debug)]
struct Panel {
    title: String,
    lanes: Vec<Lane>,
    length_ns: u64,
    /// Spans that the timeline has not kept one by one.
    let_go: u64,
    /// What the items are that have a bar of their own, where that was said.
    names: BTreeMap<u64, String>,
}

/// What times are shown in.
#[derive(Clone, Debug)]
struct Unit {
    name: String,
    nanoseconds: f64,
}

impl Figure {
    /// A figure without timelines.
    pub fn new() -> Self {
        Self::default()
    }

    /// The figure of one timeline.
    pub fn of(timeline: &Timeline) -> Self {
        Self::new().panel("", timeline)
    }

    /// The figure of a run: its timeline, and above it how well it overlapped what it had to do and
    /// what to have more of, where that is known.
    pub fn of_run(timeline: &Timeline, overlap: Option<&Overlap>) -> Self {
        let figure = Self::of(timeline).saying(DEVICE.to_owned());
        match overlap {
            None => figure,
            Some(overlap) => {
                figure.saying(format!("Overlap {}", told(overlap))).saying(overlap.advice())
            }
        }
    }

    /// Adds a line of text above all timelines.
    #[must_use]
    pub fn saying(mut self, line: String) -> Self {
        self.sayings.push(line);
        self
    }

    /// Adds a timeline as it is now, below the others. Its time is counted from its own first span.
    #[must_use]
    pub fn panel(mut self, title: &str, timeline: &Timeline) -> Self {
        let summaries = timeline.summary();
        let spans: Vec<_> =
            timeline.stages().into_iter().map(|stage| timeline.spans(stage)).collect();
        let all = || spans.iter().flatten();
        let from = all().map(|span| span.start_ns).min().unwrap_or(0);
        let to = all().map(|span| span.end_ns).max().unwrap_or(0);
        let pixel_ns = to.saturating_sub(from) / layout::PLOT as u64;
        let lanes: Vec<Lane> = summaries
            .iter()
            .zip(&spans)
            .flat_map(|(summary, spans)| bars::lanes(summary, spans, from, pixel_ns))
            .collect();
        let known = timeline.item_names();
        let items = lanes.iter().flat_map(|lane| &lane.bars).filter_map(bars::Bar::item);
        let names = items.filter_map(|item| Some((item, known.get(item as usize)?.clone())));
        let names = names.collect();
        self.panels.push(Panel {
            title: title.to_owned(),
            lanes,
            names,
            length_ns: to - from,
            let_go: summaries.iter().map(|summary| summary.spans_let_go).sum(),
        });
        self
    }

    /// Shows times in a unit of so many nanoseconds of the timeline, where one clock stands for
    /// another. Otherwise seconds or parts of them are shown.
    #[must_use]
    pub fn in_units_of(mut self, nanoseconds: f64, name: &str) -> Self {
        self.unit = Some(Unit { name: name.to_owned(), nanoseconds });
        self
    }

    fn length_ns(&self) -> u64 {
        self.panels.iter().map(|panel| panel.length_ns).max().unwrap_or(0).max(1)
    }
}
