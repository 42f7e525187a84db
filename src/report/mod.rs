//! What people look at: the summary of a run and maps of its trajectories.

pub mod human;
pub mod map;
pub mod summary;
