//! The timeline as a Chrome trace, which Perfetto and `chrome://tracing` open.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::timeline::{Kind, Span, StageSummary, Timeline};

/// A trace that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the trace {}: {source}; check that the directory exists and has room", .path.display())]
pub struct TraceError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

/// Writes the spans that `timeline` keeps to a trace file, in microseconds: a process for each
/// stage and a thread for each of its workers.
///
/// # Errors
/// [`TraceError`] where the file cannot be written.
pub fn write_trace(timeline: &Timeline, path: &Path) -> Result<(), TraceError> {
    let write = || {
        let mut file = BufWriter::new(File::create(path)?);
        let trace = Trace { display_time_unit: "ms", trace_events: Events(timeline) };
        serde_json::to_writer(&mut file, &trace)?;
        file.flush()
    };
    write().map_err(|source| TraceError { path: path.to_owned(), source })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'a> {
    display_time_unit: &'static str,
    trace_events: Events<'a>,
}

/// Serialised one by one: the text of a long run need not fit in memory.
struct Events<'a>(&'a Timeline);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut events = serializer.serialize_seq(None)?;
        for (stage, summary) in self.0.stages().into_iter().zip(self.0.summary()) {
            let pid = stage.0 + 1;
            let about = |name: &str, tid: u32, args: serde_json::Value| json!({"ph": "M", "name": name, "pid": pid, "tid": tid, "args": args});
            events.serialize_element(&about("process_name", 0, json!({"name": summary.stage})))?;
            events.serialize_element(&about(
                "process_sort_index",
                0,
                json!({"sort_index": stage.0}),
            ))?;
            for worker in 1..=summary.workers {
                let name = format!("{} {worker}", summary.stage);
                events.serialize_element(&about("thread_name", worker, json!({"name": name})))?;
            }
            for span in self.0.spans(stage) {
                events.serialize_element(&event(&span, &summary))?;
            }
        }
        events.end()
    }
}

fn event(span: &Span, summary: &StageSummary) -> serde_json::Value {
    let name = match span.kind {
        Kind::Busy => summary.stage.clone(),
        Kind::WaitInput => format!("waits for {}", summary.input_from.join(" and ")),
        Kind::WaitOutput => format!("waits for {}", summary.output_to.join(" or ")),
        Kind::WaitMemory => "waits for memory".to_owned(),
    };
    json!({
        "ph": "X",
        "name": name,
        "cat": span.kind,
        "pid": span.stage.0 + 1,
        "tid": span.worker + 1,
        "ts": microseconds(span.start_ns),
        "dur": microseconds(span.end_ns.saturating_sub(span.start_ns)),
        "args": {"item": span.item, "origin": span.origin, "bytes": span.bytes},
    })
}

fn microseconds(ns: u64) -> f64 {
    ns as f64 / 1e3
}
