//! The files of a dataset, a few of them open at a time.

use std::path::PathBuf;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};

use super::format::{self, Format, MissingChunks};
use super::{Catalogue, ForcingError};

/// Files that stay open: those of the snapshots in flight, for two components in files of their
/// own. Years of daily files would otherwise exhaust file handles and hold a chunk cache each.
pub(super) const OPEN_FILES: usize = 6;

/// The files of a dataset by number, opened when they are needed.
pub(super) struct Shelf {
    paths: Vec<PathBuf>,
    /// Lengths of the dimensions when the dataset was opened.
    dimensions: Vec<Vec<(String, u64)>>,
    missing_chunks: MissingChunks,
    open: Cache<usize, Arc<dyn Format>>,
}

impl Shelf {
    /// Files whose catalogues are known.
    pub(super) fn new<'a>(
        paths: Vec<PathBuf>,
        catalogues: impl Iterator<Item = &'a Catalogue>,
        missing_chunks: MissingChunks,
    ) -> Self {
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity(OPEN_FILES)
            .weight_capacity(OPEN_FILES as u64)
            .build()
            .expect("the capacities are set");
        Self {
            paths,
            dimensions: catalogues.map(|catalogue| catalogue.dimensions.clone()).collect(),
            missing_chunks,
            open: Cache::with_options(
                options,
                UnitWeighter,
                DefaultHashBuilder::default(),
                Default::default(),
            ),
        }
    }

    /// Where they are.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The file, opened again if it was closed meanwhile.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`ForcingError::Changed`] where it is another file now.
    pub(super) fn file(&self, file: usize) -> Result<Arc<dyn Format>, ForcingError> {
        self.open.get_or_insert_with(&file, || {
            let opened = format::open(&self.paths[file], self.missing_chunks)?;
            let now = &opened.catalogue().dimensions;
            if *now == self.dimensions[file] {
                return Ok(opened);
            }
            Err(ForcingError::Changed {
                path: self.paths[file].clone(),
                reason: format!(
                    "its dimensions were {:?} and are now {now:?}",
                    self.dimensions[file]
                ),
            })
        })
    }
}
