//! One suite for every format, and what bad data lead to.

mod bad_files;
mod damage;
mod formats;
mod inspecting;
mod joining;
mod sample;
mod write;
