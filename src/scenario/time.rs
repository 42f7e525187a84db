//! `[time]`: what time a run covers, and in which steps.

use serde::Serialize;

use super::error::Fault;
use super::reader::Table;
use super::values;
use crate::time::{CivilTime, Span};

/// What time a run covers, and in which steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Time {
    /// When the run starts; `None`: with the first snapshot, backward with the last.
    pub start: Option<CivilTime>,
    /// How far it goes.
    pub extent: Extent,
    /// The time step, more than zero in either direction.
    pub step: Span,
    /// Whether time runs on or back.
    pub direction: Direction,
}

/// How far a run goes from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// As far as the forcing reaches.
    #[default]
    Forcing,
    /// For so long, more than zero in either direction.
    Duration(Span),
    /// Until then, which in a backward run is before the start.
    End(CivilTime),
}

/// The direction of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Where do the particles go?
    #[default]
    Forward,
    /// Where do they come from?
    Backward,
}

impl Default for Time {
    /// All of the forcing, forward, in steps of ten minutes.
    fn default() -> Self {
        Self {
            start: None,
            extent: Extent::Forcing,
            step: Span::from_seconds(600.0),
            direction: Direction::Forward,
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> Option<Time> {
    let start = table.optional(&["start"], values::time);
    let duration = table.optional(&["duration"], values::duration);
    let end_span = table.entry(&["end"]).map(|value| value.span());
    let end = table.optional(&["end"], values::time);
    let step = table.required(
        &["step"],
        "for example step = \"10min\": short enough that nothing crosses a cell in one step",
        values::duration,
    );
    let direction =
        values::choice(&[("forward", Direction::Forward), ("backward", Direction::Backward)], &[]);
    let direction = table.optional(&["direction"], direction).unwrap_or_default();
    if let (Some(span), true) = (end_span, duration.is_some()) {
        let fault = Fault::at(span, "`duration` and `end` both say how long the run is");
        table.fault(fault.help("give one of them"));
    } else if let (Some(start), Some(end), Some(span)) = (start, end, table.entry(&["end"])) {
        let ahead = match direction {
            Direction::Forward => end > start,
            Direction::Backward => end < start,
        };
        if !ahead {
            let message = format!("the run would end at {end} without leaving its start, {start}");
            table.fault(Fault::at(span.span(), message).help(match direction {
                Direction::Forward => "a forward run ends after it starts",
                Direction::Backward => "a backward run ends before it starts",
            }));
        }
    }
    table.finish();
    let extent = match (duration, end) {
        (Some(duration), _) => Extent::Duration(duration),
        (None, Some(end)) => Extent::End(end),
        (None, None) => Extent::Forcing,
    };
    Some(Time { start, extent, step: step?, direction })
}
