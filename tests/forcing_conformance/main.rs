//! One suite for every format, and what bad data lead to.

mod bad_files;
mod damage;
mod formats;
mod inspecting;
mod joining;
mod meshes;
mod sample;
mod write;
