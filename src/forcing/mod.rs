//! Datasets: where velocities come from. One file per format, CF metadata, one snapshot at a time.

mod catalogue;
pub mod cf;
mod error;
mod format;
mod netcdf;
mod sources;
mod zarr;

pub use catalogue::{Attribute, Attributes, Catalogue, Slab, Stored, StoredType, Variable};
pub use error::ForcingError;
pub use format::{Fetched, Format, open};
pub use sources::find;
