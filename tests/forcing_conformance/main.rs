//! One suite for every format, and what bad data lead to.

mod bad_files;
mod formats;
mod joining;
mod sample;
mod write;
