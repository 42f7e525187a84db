//! Why particles cannot be released as asked.

use std::io;
use std::path::PathBuf;

use crate::time::TimeError;

/// Why particles cannot be released as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what its name says, or not of the layout needed.
    #[error("{}: {message}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// A table lacks a column.
    #[error(
        "{}: no column for {wanted}: name it {accepted} (the columns are {})",
        .path.display(),
        .found.join(", ")
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What the column would hold.
        wanted: &'static str,
        /// The names that are recognised.
        accepted: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A value in a table is missing or not what it should be.
    #[error("{}, row {row}, column `{column}`: {problem}", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The row, from 1, not counting a header.
        row: u64,
        /// The column.
        column: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// A position that is nowhere.
    #[error("{place}: ({x}, {y}) is no position: {problem}")]
    Position {
        /// Which position it is: a key of the scenario, or file and row.
        place: String,
        /// Degrees east, or x in metres.
        x: f64,
        /// Degrees north, or y in metres.
        y: f64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The pattern does not fit the sphere or plane, or holds no particles.
    #[error("the release of kind \"{kind}\": {problem}")]
    Pattern {
        /// The kind of pattern.
        kind: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The file says what the scenario says too.
    #[error("{}: the file has a column `{column}`, so the scenario must not have `{key}` in [release]", .path.display())]
    SaidTwice {
        /// The file.
        path: PathBuf,
        /// The column of the file.
        column: &'static str,
        /// The key of the scenario.
        key: &'static str,
    },
    /// Particles would be released when the run does not take place.
    #[error(
        "{what} at {time}, and the run goes from {from} to {to}: release after it starts (or then) \
         and before it ends"
    )]
    OutsideRun {
        /// What starts then: a key of the scenario, or file and row.
        what: String,
        /// The time asked for.
        time: String,
        /// When the run starts.
        from: String,
        /// When the run ends.
        to: String,
    },
    /// More particles than can be numbered.
    #[error("{particles} particles, released {repeats} times, are more than can be numbered")]
    TooMany {
        /// Particles of one repetition.
        particles: u64,
        /// Repetitions.
        repeats: u64,
    },
    /// A date that the calendar of the forcing lacks.
    #[error("{what}: {source}")]
    Date {
        /// Where the date is written.
        what: String,
        /// What is wrong with it.
        source: TimeError,
    },
}
