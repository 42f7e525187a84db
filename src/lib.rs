//! `drogue` follows drifting particles through the currents, winds and waves of ocean and weather
//! models: an async host reads and prepares the fields, a GPU (or the f64 reference) moves the
//! particles, and the two can be held side by side.
//!
//! # The house
//!
//! Data flows from left to right and never back.
//!
//! ```text
//!        scenario          what was asked
//!           │
//! forcing ─▶ pipeline ─▶ engine ─▶ trajectory
//! where      CONCURRENCY  PARALLELISM   what is kept
//! velocities
//! come from
//! ```
//!
//! | room | what it is about |
//! |---|---|
//! | [`scenario`] | the TOML that a user writes, checked, with units resolved |
//! | [`release`] | where and when particles start |
//! | [`forcing`] | datasets: formats, CF metadata, reading one snapshot |
//! | [`grid`] | geometry: where a point lies in a grid, metrics, the sphere |
//! | [`pipeline`] | stages, bounded queues, memory budget, timeline; knows no oceans |
//! | [`engine`] | particle state in, particle state out: `gpu` and `cpu` |
//! | [`trajectory`] | observations on their way to disk |
//! | [`run`] | joins the rooms into one run |
//! | [`verify`] | exact answers, and the device held against the reference |
//! | [`bench`](mod@bench) | workloads with names, and how fast devices are on them |
//! | [`report`] | what people look at: summaries and maps |
//! | [`explain`] | concurrency and parallelism, measured on this machine and told |
//! | [`demo`] | a small ocean with a coast, to try everything on |
//! | [`time`], [`units`] | the words that all rooms share |

pub mod bench;
pub mod demo;
pub mod engine;
pub mod explain;
pub mod forcing;
pub mod grid;
pub mod pipeline;
pub mod release;
pub mod report;
pub mod run;
pub mod scenario;
pub mod time;
pub mod trajectory;
pub mod units;
pub mod verify;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
