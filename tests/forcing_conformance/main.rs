//! One suite for every format, what bad data lead to, and real data of many producers.

mod bad_files;
mod formats;
mod joining;
mod real_data;
mod sample;
mod write;
