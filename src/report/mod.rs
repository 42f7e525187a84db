//! What people look at: the summary of a run, what overlapped in it, maps of its trajectories, and
//! tables of benches.

mod account;
pub mod bench;
pub mod chart;
pub mod human;
pub mod map;
pub mod suggestion;
pub mod summary;
pub mod timeline;
mod writable;

pub use writable::writable;
