//! Concurrency is structure: stages joined by bounded queues, in bounded memory.
//!
//! A flow is put together from what has to be done, in the order in which one item meets it.
//! Different items are then in different stages at the same time, and nothing more has to be said
//! about what overlaps with what.
//!
//! ```text
//!           ╭────────────────────── memory budget ─────────────────────╮
//!           │ reserves                                       gives back │
//!  items ─▶ source ─▶ ▯ ─▶ stage ─▶ ▯▯ ─▶ operator ─▶ ▯▯ ─▶ sink ─▶ finish
//!                          ├ worker       one at a          one at a
//!                          └ worker       time, with        time
//!                          order kept     a state
//! ```
//!
//! | a step that … | is |
//! |---|---|
//! | waits, for a disk, a network or a device | [`Flow::stage`] |
//! | computes or blocks | [`Flow::blocking`] |
//! | remembers: pairs, collects, carries a state on | [`Flow::operator`] |
//! | does two things to one item at once | [`Flow::fork_join`] |
//! | ends the flow, and completes what it wrote | [`Flow::sink`], [`Flow::blocking_sink`] |
//!
//! What always holds:
//!
//! * **Order.** Every queue carries items in the order of the source, whatever the number of
//!   workers and however long each item takes. Results do not depend on the schedule.
//! * **Back-pressure.** A stage that cannot hand on stops taking. With nothing leaving the last
//!   stage, items in flight are at most one at the source's door, the workers of all stages and the
//!   queues between them.
//! * **Memory.** An item reserves the most it will ever need before it sets out, in order, and only
//!   gives back on its way ([`Flow::shrink_to`]). So no item that holds memory waits for memory,
//!   and the oldest can always go on: no deadlock, see [`Budget`].
//! * **One end.** The first error of any stage ends the run and is what [`Pipeline::run`] returns,
//!   with the stage and the item. A panic is such an error. Nothing is left running.
//! * **Stopping.** [`Cancel::now`] closes the source and lets the rest come to a proper end;
//!   [`Cancel::abort`] drops everything.
//! * **Two schedules.** [`Schedule::Serial`] takes one item all the way before the next: the same
//!   stages, the same results, nothing overlapped. It is what concurrency is measured against.
//! * **No secrets.** The [`Timeline`] knows when each worker was busy and for whom it waited.
//!
//! ```
//! use std::convert::Infallible;
//! use drogue::pipeline::{Budget, Flow, Settings, Timeline};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), drogue::pipeline::PipelineError> {
//! let timeline = Timeline::new();
//! let settings = Settings { timeline: timeline.clone(), ..Settings::new(Budget::new(1000)) };
//! let words = ["drogue", "drifter", "current"];
//! let outcome = Flow::source("words", settings, words, |word| word.len() as u64)
//!     .stage("fetch", 2, async |word: &str| Ok::<_, Infallible>(word.to_owned()))
//!     .blocking("shout", 2, |word: String| Ok::<_, Infallible>(word.to_uppercase()))
//!     .sink("collect", Vec::new())
//!     .run()
//!     .await?;
//!
//! assert_eq!(outcome.output, ["DROGUE", "DRIFTER", "CURRENT"]);
//! assert_eq!(timeline.summary()[2].input_from, ["fetch"]);
//! # Ok(())
//! # }
//! ```

mod budget;
mod cancel;
mod crew;
mod depth;
mod error;
mod flow;
mod fork;
mod lane;
mod operator;
mod queue;
mod run;
mod schedule;
mod serial;
mod sink;
mod source;
mod stage;
mod timeline;
mod trace;

pub use budget::{Budget, BudgetError, Reservation};
pub use cancel::Cancel;
pub use depth::{Depth, DepthSummary};
pub use error::{BoxError, PipelineError};
pub use flow::{Flow, Settings};
pub use operator::{Operator, Outlet};
pub use queue::Parcel;
pub use run::{Outcome, Pipeline};
pub use schedule::{Delay, Schedule};
pub use sink::{BlockingSink, Sink};
pub use timeline::{Kind, Span, StageId, StageSummary, Timeline};
pub use trace::{TraceError, write_trace};
