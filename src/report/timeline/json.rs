//! The timeline as numbers for programs.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::pipeline::{Kind, Span, StageId, StageSummary, Timeline};
use crate::run::Overlap;

/// The timeline of a run, to serialise: `overlap`, as in the account of the run, and `stages`: for
/// each its totals, and its spans as objects, times in nanoseconds of the timeline's clock. Nothing is
/// merged. With several forcings also `items`: the snapshots that the spans' `origin` counts.
#[derive(Serialize)]
pub struct Record<'a> {
    /// How well the run overlapped what it had to do; nothing for one that failed.
    pub overlap: Option<&'a Overlap>,
    /// What the items are, where that was said.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub items: &'a [String],
    /// What happened when.
    #[serde(rename = "stages", serialize_with = "stages")]
    pub timeline: &'a Timeline,
}

#[derive(Serialize)]
struct Stage<'a> {
    #[serde(flatten)]
    summary: StageSummary,
    spans: Spans<'a>,
}

/// Serialised stage by stage, so that not all are copied at once.
struct Spans<'a>(&'a Timeline, StageId);

#[derive(Serialize)]
struct SpanRow {
    worker: u32,
    item: u64,
    origin: u64,
    start_ns: u64,
    end_ns: u64,
    bytes: u64,
    kind: Kind,
}

fn stages<S: Serializer>(timeline: &Timeline, serializer: S) -> Result<S::Ok, S::Error> {
    let stages = timeline.stages();
    let mut all = serializer.serialize_seq(Some(stages.len()))?;
    for (stage, summary) in stages.into_iter().zip(timeline.summary()) {
        all.serialize_element(&Stage { summary, spans: Spans(timeline, stage) })?;
    }
    all.end()
}

impl Serialize for Spans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.spans(self.1).into_iter().map(|span| {
            let Span { worker, item, origin, start_ns, end_ns, bytes, kind, .. } = span;
            SpanRow { worker, item, origin, start_ns, end_ns, bytes, kind }
        }))
    }
}
