//! Whole runs through the library and the command line: what holds for every run, and what bad
//! input comes to.

mod bad_input;
mod command_line;
mod deep;
mod depths;
mod fields;
mod meshes;
mod ocean;
mod periodic;
mod regions;
mod runs;
mod sampling;
mod staggered;
mod terrain;
