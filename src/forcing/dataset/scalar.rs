//! Scalar fields beside the velocity: temperature, salinity, the depth of the sea, each on points,
//! levels and times of its own.

mod following;
mod joining;
mod opening;

pub use following::Following;

use std::path::PathBuf;
use std::sync::Arc;

use super::DatasetSpec;
use super::component::{self, FetchedComponent};
use super::layout::Layout;
use super::series::Entry;
use crate::forcing::cf::Horizontal;
use crate::forcing::shelf::{OPEN_FILES, Shelf};
use crate::forcing::{Attributes, ForcingError, Traffic};
use crate::grid::{Grid, Region, Scalars};
use crate::time::Instant;

/// What a scenario says of a scalar field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalarSpec {
    /// Its variable, by name or CF standard name.
    pub variable: String,
    /// Where it is: no `data` for the files of the velocity, and then what is not said of it is as it is
    /// said of the velocity, as far as that fits. Whether all levels are taken, and what coordinates
    /// mean, is always as for the velocity.
    pub dataset: DatasetSpec,
}

/// A scalar field over time.
pub struct Scalar {
    shelf: Arc<Shelf>,
    /// Whether its files are not those of the velocity.
    has_own_files: bool,
    variable: String,
    attributes: Attributes,
    /// Number of each file that holds it, and where it lies in it.
    members: Vec<(usize, Layout)>,
    entries: Vec<Entry>,
    times: Vec<Instant>,
    horizontal: Horizontal,
    grid: Arc<Grid>,
    depths: Vec<f64>,
    following: Option<Following>,
    fetched_bytes: u64,
    cache_bytes: u64,
    notes: Vec<String>,
}

/// A snapshot of a scalar in memory, not yet decoded.
pub struct FetchedScalar {
    index: usize,
    region: Region,
    component: FetchedComponent,
}

/// A scalar at one time.
pub struct ScalarSnapshot {
    /// Its place among [`Scalar::times`].
    pub index: usize,
    /// Its values in the units of the file, on [`Scalar::grid`].
    pub values: Scalars,
}

impl Scalar {
    /// The variable.
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// A text that its file says of it: `units`, `standard_name`, `long_name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.text(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The snapshots' times, strictly increasing; none where one holds for all times.
    pub fn times(&self) -> &[Instant] {
        &self.times
    }

    /// Where its points lie.
    pub fn grid(&self) -> &Arc<Grid> {
        &self.grid
    }

    /// The depths of its levels in metres, positive down, ascending; none where it has one value above
    /// another nowhere, or one level is taken. Where levels [follow](Self::following) the floor, how far
    /// down they are, from 0 at the surface to 1.
    pub fn depths(&self) -> &[f64] {
        &self.depths
    }

    /// What its levels follow, if they lie between the floor and the surface.
    pub fn following(&self) -> Option<&Following> {
        self.following.as_ref()
    }

    /// It, and the fields of the floor and the surface that its levels follow.
    pub fn with_followed(&self) -> impl Iterator<Item = &Self> {
        let followed = self.following.iter().flat_map(Following::fields);
        std::iter::once(self).chain(followed.map(|field| &**field))
    }

    /// What was assumed or preferred, one sentence each, for people to check.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The files and stores that are read for it alone.
    pub fn own_paths(&self) -> &[PathBuf] {
        if self.has_own_files { self.shelf.paths() } else { &[] }
    }

    /// What has been asked of these so far.
    pub fn own_traffic(&self) -> Traffic {
        if self.has_own_files { self.shelf.traffic() } else { Traffic::default() }
    }

    /// Upper bound of the bytes of decoded chunks of these that are kept for later snapshots.
    pub fn own_cache_bytes(&self) -> u64 {
        let files = self.members.len().min(OPEN_FILES) as u64;
        if self.has_own_files { self.cache_bytes.saturating_mul(files) } else { 0 }
    }

    /// Bytes of a whole [`ScalarSnapshot`].
    pub fn snapshot_bytes(&self) -> u64 {
        let levels = self.depths.len().max(1) as u64;
        levels * (Scalars::most_of_level(&self.grid) * size_of::<f32>()) as u64
    }

    /// Upper estimate of the bytes of a [`FetchedScalar`].
    pub fn fetched_bytes(&self) -> u64 {
        self.fetched_bytes
    }

    /// Brings a region of a snapshot into memory as it is stored; snapshot 0 holds for all times where
    /// there are no [`times`](Self::times). Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub async fn fetch(
        &self,
        index: usize,
        region: &Region,
    ) -> Result<FetchedScalar, ForcingError> {
        let Some(entry) = self.entries.get(index) else {
            return Err(ForcingError::NoSuchSnapshot { index, snapshots: self.entries.len() });
        };
        let (file, layout) = &self.members[entry.member];
        let component =
            component::fetch(&self.shelf, *file, layout, entry.index as u64, region).await?;
        Ok(FetchedScalar { index, region: region.clone(), component })
    }

    /// Turns a fetched snapshot into values. Computes, and blocks while it does.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub fn decode(&self, fetched: FetchedScalar) -> Result<ScalarSnapshot, ForcingError> {
        let FetchedScalar { index, region, component } = fetched;
        let values = component.decode(&region)?;
        Ok(ScalarSnapshot { index, values: Scalars::new(&self.grid, region, values) })
    }
}
