//! Made-up datasets, each one step away from a plain one, in which that step is the trap.

mod coordinates;
mod grids;
mod made;
mod maps;
mod meshes;
mod projections;
mod velocities;
