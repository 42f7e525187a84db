//! The timeline as numbers for programs.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::pipeline::{Kind, Span, StageId, StageSummary, Timeline};

/// A timeline that serialises: for each stage its totals, and its spans as objects, times in
/// nanoseconds of the timeline's clock. Nothing is merged.
pub struct Record<'a>(pub &'a Timeline);

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

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stages = self.0.stages();
        let mut all = serializer.serialize_seq(Some(stages.len()))?;
        for (stage, summary) in stages.into_iter().zip(self.0.summary()) {
            all.serialize_element(&Stage { summary, spans: Spans(self.0, stage) })?;
        }
        all.end()
    }
}

impl Serialize for Spans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.spans(self.1).into_iter().map(|span| {
            let Span { worker, item, origin, start_ns, end_ns, bytes, kind, .. } = span;
            SpanRow { worker, item, origin, start_ns, end_ns, bytes, kind }
        }))
    }
}
