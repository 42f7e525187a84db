//! From spans to what can be seen of them.

use serde::Serialize;

use crate::pipeline::{Kind, Span, StageSummary};

/// What one worker did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    /// The stage, with the worker's number where it has several.
    pub name: String,
    /// Whether it is the first of its stage.
    pub first: bool,
    /// In the order of time; they do not overlap.
    pub bars: Vec<Bar>,
}

/// A span, or several that are too thin to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    /// What was done, for most of the time.
    pub kind: Kind,
    /// Nanoseconds since the start of the panel.
    pub from_ns: u64,
    /// Nanoseconds since the start of the panel.
    pub to_ns: u64,
    /// The first and the last item of the source.
    pub items: [u64; 2],
    /// How many spans it stands for.
    pub spans: u64,
    /// Bytes of the largest item.
    pub bytes: u64,
}

impl Bar {
    /// The item, if there is one only.
    pub fn item(&self) -> Option<u64> {
        let [first, last] = self.items;
        (first == last).then_some(first)
    }
}

/// The lanes of a stage, whose spans are in the order in which they ended. Times are counted from
/// `origin`. What is shorter than `pixel_ns` is merged with its neighbours on the same pixel.
pub(super) fn lanes(
    summary: &StageSummary,
    spans: &[Span],
    origin: u64,
    pixel_ns: u64,
) -> Vec<Lane> {
    let lane = |worker| {
        let own = spans.iter().filter(|span| span.worker == worker);
        let name = match summary.workers {
            1 => summary.stage.clone(),
            _ => format!("{} {}", summary.stage, worker + 1),
        };
        Lane { name, first: worker == 0, bars: merge(own, origin, pixel_ns) }
    };
    (0..summary.workers).map(lane).collect()
}

fn merge<'a>(spans: impl Iterator<Item = &'a Span>, origin: u64, pixel_ns: u64) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut thin: Vec<Bar> = Vec::new();
    for span in spans {
        let bar = Bar {
            kind: span.kind,
            from_ns: span.start_ns.saturating_sub(origin),
            to_ns: span.end_ns.saturating_sub(origin),
            items: [span.origin; 2],
            spans: 1,
            bytes: span.bytes,
        };
        let is_thin = bar.to_ns - bar.from_ns < pixel_ns;
        let same_pixel =
            thin.first().is_none_or(|first: &Bar| bar.to_ns - first.from_ns <= pixel_ns);
        if !(is_thin && same_pixel) {
            bars.extend(together(&thin));
            thin.clear();
        }
        if is_thin {
            thin.push(bar);
        } else {
            bars.push(bar);
        }
    }
    bars.extend(together(&thin));
    bars
}

/// One bar for several, of the kind that took most of their time.
fn together(bars: &[Bar]) -> Option<Bar> {
    let (first, last) = (bars.first()?, bars.last()?);
    let time = |kind| -> u64 {
        bars.iter().filter(|bar| bar.kind == kind).map(|bar| bar.to_ns - bar.from_ns).sum()
    };
    // Of two that took as long, work is the more telling.
    let kinds = [Kind::WaitMemory, Kind::WaitOutput, Kind::WaitInput, Kind::Busy];
    Some(Bar {
        kind: kinds.into_iter().max_by_key(|&kind| time(kind))?,
        from_ns: first.from_ns,
        to_ns: last.to_ns,
        items: [
            bars.iter().map(|bar| bar.items[0]).min()?,
            bars.iter().map(|bar| bar.items[1]).max()?,
        ],
        spans: bars.len() as u64,
        bytes: bars.iter().map(|bar| bar.bytes).max()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Timeline;

    fn drawn(spans: &[(u64, u64, Kind)], pixel_ns: u64) -> Vec<Bar> {
        let timeline = Timeline::with_clock(|| 0);
        let stage = timeline.stage("fetch", &[]);
        for (item, &(start_ns, end_ns, kind)) in (0..).zip(spans) {
            timeline.record(Span {
                stage,
                worker: 0,
                item,
                origin: item,
                start_ns,
                end_ns,
                bytes: item,
                kind,
            });
        }
        let [summary] = &timeline.summary()[..] else { panic!("one stage") };
        lanes(summary, &timeline.spans(stage), 100, pixel_ns).remove(0).bars
    }

    #[test]
    fn what_is_wide_enough_stays_itself_and_what_is_thin_is_one_bar_for_each_pixel() {
        let spans = [
            (100, 200, Kind::Busy),
            (200, 202, Kind::Busy),
            (202, 205, Kind::WaitInput),
            (205, 209, Kind::Busy),
            (209, 214, Kind::Busy),
            (214, 400, Kind::WaitMemory),
        ];
        let bars = drawn(&spans, 10);
        let seen: Vec<_> =
            bars.iter().map(|bar| (bar.from_ns, bar.to_ns, bar.kind, bar.items)).collect();
        let expected = [
            (0, 100, Kind::Busy, [0, 0]),
            (100, 109, Kind::Busy, [1, 3]),
            (109, 114, Kind::Busy, [4, 4]),
            (114, 300, Kind::WaitMemory, [5, 5]),
        ];
        assert_eq!(seen, expected);
        assert_eq!((bars[1].spans, bars[1].bytes), (3, 3));
        assert_eq!(drawn(&spans, 0).len(), spans.len(), "a fine scale shows every span");
    }

    #[test]
    fn a_long_story_has_no_more_bars_than_pixels() {
        let spans: Vec<_> = (0..50_000).map(|at| (100 + at, 101 + at, Kind::Busy)).collect();
        let bars = drawn(&spans, 50);
        assert_eq!(bars.len(), 1000);
        assert_eq!(bars.iter().map(|bar| bar.spans).sum::<u64>(), 50_000);
    }
}
