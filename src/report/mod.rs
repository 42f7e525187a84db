//! What people look at: the summary of a run, what overlapped in it, and maps of its
//! trajectories.

mod account;
pub mod chart;
pub mod human;
pub mod map;
pub mod summary;
pub mod timeline;
