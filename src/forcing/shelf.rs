//! The files of a dataset, a few of them open at a time.

use std::path::PathBuf;
use std::sync::Arc;

use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;

use super::ForcingError;
use super::cache::cache;
use super::format::{MissingChunks, open_at};
use super::place::Place;
use super::requests::{Traffic, blocking};
use super::source::Source;

/// Files that stay open: those of the snapshots in flight, for two components in files of their
/// own. Years of daily files would otherwise exhaust file handles and hold a chunk cache each.
pub(super) const OPEN_FILES: usize = 6;

/// The files of a dataset by number, opened when they are needed.
pub(super) struct Shelf {
    places: Vec<Place>,
    names: Vec<PathBuf>,
    /// Lengths of the dimensions when the dataset was opened.
    dimensions: Vec<Vec<(String, u64)>>,
    missing_chunks: MissingChunks,
    open: Cache<usize, Arc<Source>>,
}

impl Shelf {
    /// Files that have been opened, of which a few stay so.
    pub(super) fn new(
        places: Vec<Place>,
        files: Vec<Arc<Source>>,
        missing_chunks: MissingChunks,
    ) -> Self {
        let open = cache(OPEN_FILES, OPEN_FILES as u64, UnitWeighter);
        let dimensions = files.iter().map(|file| file.catalogue().dimensions.clone()).collect();
        for (number, file) in files.into_iter().take(OPEN_FILES).enumerate() {
            open.insert(number, file);
        }
        Self {
            names: places.iter().map(|place| place.name().to_owned()).collect(),
            places,
            dimensions,
            missing_chunks,
            open,
        }
    }

    /// Their paths and URLs.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.names
    }

    /// The file, opened again if it was closed meanwhile.
    ///
    /// # Errors
    /// Those of [`open`](super::open), and [`ForcingError::Changed`] where it is another file now.
    pub(super) async fn file(&self, file: usize) -> Result<Arc<Source>, ForcingError> {
        let open = async {
            let path = &self.names[file];
            let (place, missing) = (self.places[file].clone(), self.missing_chunks);
            let opened = blocking(move || open_at(place, missing)).await;
            let io = |source| ForcingError::Io { path: path.clone(), source };
            let opened = opened.map_err(io)??;
            let now = &opened.catalogue().dimensions;
            if *now == self.dimensions[file] {
                return Ok(opened);
            }
            Err(ForcingError::Changed {
                path: path.clone(),
                reason: format!(
                    "its dimensions were {:?} and are now {now:?}",
                    self.dimensions[file]
                ),
            })
        };
        self.open.get_or_insert_async(&file, open).await
    }

    /// What has been asked for so far.
    pub(super) fn traffic(&self) -> Traffic {
        self.places.first().map(Place::traffic).unwrap_or_default()
    }
}
