//! Datasets: where velocities come from. One file per format, CF metadata, one snapshot at a time.

mod cache;
mod catalogue;
pub mod cf;
mod dataset;
mod error;
mod format;
mod netcdf;
mod place;
mod requests;
mod shelf;
mod source;
mod sources;
mod tiles;
mod zarr;

pub use catalogue::{Attribute, Attributes, Catalogue, Slab, Stored, StoredType, Variable};
pub use dataset::{
    Dataset, DatasetSpec, FetchedScalar, FetchedSnapshot, FieldInspection, FileInspection,
    Following, Inspection, Scalar, ScalarSnapshot, ScalarSpec, Snapshot, VariableInspection,
    inspect,
};
pub use error::ForcingError;
pub use format::{MissingChunks, open};
pub use requests::{Access, Traffic};
pub use source::{Fetched, Source};
