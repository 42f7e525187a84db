//! One component of a snapshot, or a scalar, on its way from its file.

use std::sync::Arc;

use super::layout::Layout;
use crate::forcing::shelf::Shelf;
use crate::forcing::{Fetched, ForcingError, Source};
use crate::grid::Region;

/// Its planes in memory as they are stored.
pub(super) struct FetchedComponent {
    file: Arc<Source>,
    layout: Layout,
    time: u64,
    fetched: Fetched,
}

/// Brings a region of the planes at an index along the file's time into memory.
pub(super) async fn fetch(
    shelf: &Shelf,
    file: usize,
    layout: &Layout,
    time: u64,
    region: &Region,
) -> Result<FetchedComponent, ForcingError> {
    let file = shelf.file(file).await?;
    let fetched = file.fetch(&layout.variable, &layout.slab(time, region)).await?;
    Ok(FetchedComponent { file, layout: layout.clone(), time, fetched })
}

impl FetchedComponent {
    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> u64 {
        self.fetched.bytes()
    }

    /// The values of the region that was fetched, turned as [`Layout::turn`] says.
    pub(super) fn decode(self, region: &Region) -> Result<Vec<f32>, ForcingError> {
        let values = self.file.decode(self.fetched)?;
        let plane = self.layout.packing.unpack(&values).map_err(|source| {
            ForcingError::Snapshot { path: self.file.path().to_owned(), index: self.time, source }
        })?;
        Ok(self.layout.turn(plane, region))
    }
}
