//! What can be wrong with a dataset.

use std::path::PathBuf;

use super::cf::CfError;
use crate::grid::{AxisError, CurvilinearError, LevelsError, TerrainError, TrianglesError};

/// Why a dataset cannot be opened or read. Every message names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForcingError {
    /// No file or store answers to what the scenario names.
    #[error("no data found at `{pattern}`: {reason}")]
    NotFound {
        /// The path, pattern or directory as given.
        pattern: String,
        /// What is there instead.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A store did not give what was asked for.
    #[error("cannot read {}: {reason}", path.display())]
    Request {
        /// The URL.
        path: PathBuf,
        /// What the store said, and what helps.
        reason: String,
    },
    /// A store does not let this be read, or does not let on that it is not there.
    #[error("cannot read {}: {reason}", path.display())]
    Denied {
        /// The URL.
        path: PathBuf,
        /// What the store said, and what helps.
        reason: String,
    },
    /// A URL that leads nowhere.
    #[error("cannot use {url}: {reason}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it, and what helps.
        reason: String,
    },
    /// The content is not of a format that drogue reads.
    #[error(
        "{} is {found}; drogue reads NetCDF (classic, 64-bit offset, CDF-5, NetCDF-4) and Zarr (v2, v3)",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        found: String,
    },
    /// The file has the signature of its format but cannot be understood.
    #[error("cannot open {} as {format}: {reason}", path.display())]
    Unreadable {
        /// The file or store.
        path: PathBuf,
        /// The format it claims to be.
        format: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// A NetCDF file ends before the data that its header declares.
    #[error(
        "{} is truncated: it has {length} bytes, but {} to byte {needed}{}; copy or download it again",
        path.display(),
        variable.as_ref().map_or("its data reach".to_owned(), |name| format!("`{name}` reaches")),
        records.map_or(String::new(), |(whole, declared)| format!(" ({whole} of {declared} records are complete)"))
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The first variable that is cut off, where the header tells.
        variable: Option<String>,
        /// Bytes that there are.
        length: u64,
        /// Bytes that there should be at least.
        needed: u64,
        /// Complete and declared records, where the cut is among the records.
        records: Option<(u64, u64)>,
    },
    /// The file has no such variable.
    #[error("{} has no variable `{variable}`; it has {}", path.display(), known.join(", "))]
    NoSuchVariable {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        variable: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No file has the variable that is to be sampled.
    #[error(
        "no variable or CF standard name `{variable}` in {}{}{}",
        path.display(),
        if *more > 0 { format!(" and {more} more files") } else { String::new() },
        instead(nearest, known)
    )]
    NoScalar {
        /// The first of the files.
        path: PathBuf,
        /// How many more there are.
        more: usize,
        /// The name asked for.
        variable: String,
        /// The name that comes nearest.
        nearest: Option<String>,
        /// The fields that there are.
        known: Vec<String>,
    },
    /// The variable holds text, or a type that drogue does not read.
    #[error("`{variable}` in {} cannot be read as numbers: {reason}", path.display())]
    NotNumbers {
        /// The file.
        path: PathBuf,
        /// The variable.
        variable: String,
        /// Its type, or what the reader does not support.
        reason: String,
    },
    /// A block that reaches beyond the variable.
    #[error("block {slab} lies outside `{variable}` in {}, which has shape {shape:?}", path.display())]
    OutOfBounds {
        /// The file.
        path: PathBuf,
        /// The variable.
        variable: String,
        /// The block asked for.
        slab: String,
        /// The variable's shape.
        shape: Vec<u64>,
    },
    /// A coordinate variable too large to be one.
    #[error("`{variable}` in {} has {values} values, too many for a coordinate", path.display())]
    TooManyValues {
        /// The file.
        path: PathBuf,
        /// The variable.
        variable: String,
        /// Number of its values.
        values: u64,
    },
    /// Stored values cannot be read: a short file, a damaged chunk, a filter that is not built in.
    #[error(
        "cannot read `{variable}`{index} from {}: {reason}; the file may be damaged or cut short",
        path.display()
    )]
    Damaged {
        /// The file or the chunk's own file.
        path: PathBuf,
        /// The variable.
        variable: String,
        /// The block or the chunk.
        index: String,
        /// What the reader said.
        reason: String,
    },
    /// A Zarr chunk has no file.
    #[error(
        "chunk {chunk:?} of `{variable}` is missing: there is no {}; \
         restore it, or set `missing_chunks = \"fill\"` if the store was written without the \
         chunks that hold nothing but fill values",
        path.display()
    )]
    MissingChunk {
        /// Where the chunk should be.
        path: PathBuf,
        /// The array.
        variable: String,
        /// The chunk's indices.
        chunk: Vec<u64>,
    },
    /// The metadata do not make sense as a velocity field.
    #[error("{}: {source}", path.display())]
    Cf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: CfError,
    },
    /// The coordinates do not make a grid.
    #[error("{}: `{variable}` is not an axis: {source}", path.display())]
    Axis {
        /// The file.
        path: PathBuf,
        /// The coordinate variable.
        variable: String,
        /// What is wrong.
        source: AxisError,
    },
    /// The coordinates of all nodes do not make a grid.
    #[error("{}: `{variable}` makes no grid: {source}", path.display())]
    Nodes {
        /// The file.
        path: PathBuf,
        /// The variable of longitude.
        variable: String,
        /// What is wrong.
        source: CurvilinearError,
    },
    /// The faces do not make a mesh.
    #[error("{}: `{variable}` makes no mesh: {source}", path.display())]
    Triangles {
        /// The file.
        path: PathBuf,
        /// The variable of their corners.
        variable: String,
        /// What is wrong.
        source: TrianglesError,
    },
    /// The depths do not make levels.
    #[error("{}: `{variable}` makes no levels: {source}", path.display())]
    Levels {
        /// The file.
        path: PathBuf,
        /// The coordinate variable.
        variable: String,
        /// What is wrong.
        source: LevelsError,
    },
    /// Levels that follow the floor, and cannot be used.
    #[error("{}: the levels `{variable}`: {source}", path.display())]
    Terrain {
        /// The file.
        path: PathBuf,
        /// The variable.
        variable: String,
        /// What is wrong.
        source: TerrainError,
    },
    /// Motion in three dimensions through the faces of a tripolar grid.
    #[error(
        "{}: motion in three dimensions is not available yet on tripolar grids with velocities on the faces of cells; leave `vertical` out and take one level",
        path.display()
    )]
    LevelsOfSeam {
        /// The file.
        path: PathBuf,
    },
    /// A scalar on levels that differ from node to node.
    #[error(
        "{}: the levels of `{variable}` lie elsewhere at each node of the mesh, so that it cannot be told between which of them a particle is: take one by its number with `level` in its table [sample.…]",
        path.display()
    )]
    ScalarOfNodes {
        /// The file.
        path: PathBuf,
        /// The scalar.
        variable: String,
    },
    /// A vertical velocity from continuity on a grid without axes.
    #[error(
        "{}: `vertical = \"continuity\"` is not available yet on curvilinear grids, on triangles, nor on levels that follow the floor; take the data's own with \"velocity\", or set \"fixed\"",
        path.display()
    )]
    NoContinuity {
        /// The file.
        path: PathBuf,
    },
    /// A component does not cover the nodes and times of its axes.
    #[error(
        "{}: `{variable}` has shape {shape:?} where its axes ask for {expected:?}; both components must lie on one grid",
        path.display()
    )]
    ShapesDiffer {
        /// The file.
        path: PathBuf,
        /// The component.
        variable: String,
        /// Its shape.
        shape: Vec<u64>,
        /// The lengths of the axes.
        expected: Vec<u64>,
    },
    /// The velocities have no time.
    #[error("{} tells no time: add a time coordinate to it", path.display())]
    NoTimes {
        /// The file.
        path: PathBuf,
    },
    /// The values of a snapshot do not make sense.
    #[error("{}, time index {index}: {source}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// Index along the file's own time.
        index: u64,
        /// What is wrong.
        source: CfError,
    },
    /// Two files of one dataset disagree.
    #[error("{} and {} cannot be joined: {difference}", first.display(), second.display())]
    FilesDiffer {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// In what they differ.
        difference: String,
    },
    /// A file's times do not increase.
    #[error(
        "{}: time {index} ({time}) does not come after the one before it ({previous}); \
         sort the file along time and remove repeated times",
        path.display()
    )]
    TimesNotIncreasing {
        /// The file.
        path: PathBuf,
        /// Index of the second of the two times.
        index: usize,
        /// The time before.
        previous: String,
        /// The time itself.
        time: String,
    },
    /// Two files cover the same times.
    #[error(
        "{} ends at {end}, and {} starts at {start}: the files overlap; name each time once",
        first.display(), second.display()
    )]
    FilesOverlap {
        /// The earlier file.
        first: PathBuf,
        /// Its last time.
        end: String,
        /// The later file.
        second: PathBuf,
        /// Its first time.
        start: String,
    },
    /// A step between snapshots far longer than the others.
    #[error(
        "no data between {before} and {after} ({step}, where the usual step is {usual}) in {}; \
         a file may be missing; allow gaps to interpolate across",
        path.display()
    )]
    Gap {
        /// The file that holds the time after the gap.
        path: PathBuf,
        /// The last time before.
        before: String,
        /// The first time after.
        after: String,
        /// Length of the step.
        step: String,
        /// The median step.
        usual: String,
    },
    /// An index beyond the dataset's times.
    #[error("there is no snapshot {index}: the dataset has {snapshots}")]
    NoSuchSnapshot {
        /// The index asked for.
        index: usize,
        /// Number of snapshots.
        snapshots: usize,
    },
    /// A file changed while it was in use.
    #[error("{} changed while it was in use: {reason}; start again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
}

/// What could be meant by a name that is not there.
fn instead(nearest: &Option<String>, known: &[String]) -> String {
    let hint = nearest.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    match known {
        [] => hint,
        known => format!("{hint} (the fields there are {})", known.join(", ")),
    }
}
