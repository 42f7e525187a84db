//! Datasets: where velocities come from. One file per format, CF metadata, one snapshot at a time.

mod catalogue;
pub mod cf;

pub use catalogue::{Attribute, Attributes, Catalogue, Slab, Stored, StoredType, Variable};
