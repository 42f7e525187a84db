//! Datasets: where velocities come from. One file per format, CF metadata, one snapshot at a time.

mod catalogue;
pub mod cf;
mod dataset;
mod error;
mod format;
mod netcdf;
mod shelf;
mod sources;
mod zarr;

pub use catalogue::{Attribute, Attributes, Catalogue, Slab, Stored, StoredType, Variable};
pub use dataset::{
    Dataset, DatasetSpec, FetchedSnapshot, FieldInspection, FileInspection, Inspection, Snapshot,
    VariableInspection, inspect,
};
pub use error::ForcingError;
pub use format::{Fetched, Format, MissingChunks, open};
pub use sources::find;
