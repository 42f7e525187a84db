//! The bytes of a file as the library asks for them: here and there, a few at a time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hdf5_reader::storage::{BlockCacheStorage, DynStorage, RangeRequestStorage};

use crate::forcing::ForcingError;
use crate::forcing::place::Place;

/// Bytes that one request for metadata brings: a few structures of a local file; as many as arrive
/// in the time that the request takes anyway from far away.
const BLOCK: [usize; 2] = [64 << 10, 256 << 10];

/// Blocks that are kept. They serve for opening a file and for its chunk indices.
const BLOCKS: usize = 64;

/// A file, cached in blocks.
pub(super) struct Storage {
    name: PathBuf,
    shared: DynStorage,
    failure: Arc<Mutex<Option<ForcingError>>>,
}

impl Storage {
    /// A file of so many bytes.
    pub(super) fn new(place: &Place, length: u64) -> Self {
        let failure: Arc<Mutex<Option<ForcingError>>> = Arc::default();
        let (noted, asked) = (Arc::clone(&failure), place.clone());
        let read = move |start: u64, count: usize| {
            let range = start..start + count as u64;
            let parts = pollster::block_on(asked.read_ranges(&[range]));
            let parts = parts.and_then(|parts| parts.ok_or_else(|| gone(&asked)));
            // The library has no error of a store: it is kept beside.
            parts.map(|parts| parts[0].to_vec()).map_err(|error| {
                let text = error.to_string();
                *noted.lock().expect("no panic while held") = Some(error);
                hdf5_reader::error::Error::Other(text)
            })
        };
        let block = BLOCK[usize::from(place.is_remote())];
        let requests = Arc::new(RangeRequestStorage::new(length, read));
        let shared = Arc::new(BlockCacheStorage::new(requests, block, BLOCKS));
        Self { name: place.name().to_owned(), shared, failure }
    }

    pub(super) fn shared(&self) -> DynStorage {
        Arc::clone(&self.shared)
    }

    /// The first bytes, `count` or all that there are.
    pub(super) fn start(&self, count: u64) -> Result<Vec<u8>, ForcingError> {
        let count = count.min(self.shared.len()) as usize;
        self.shared.read_range(0, count).map(|bytes| bytes.to_vec()).map_err(|error| {
            self.failure().unwrap_or_else(|| {
                let source = std::io::Error::other(error.to_string());
                ForcingError::Io { path: self.name.clone(), source }
            })
        })
    }

    /// What kept bytes from coming, where that is why the library failed.
    pub(super) fn failure(&self) -> Option<ForcingError> {
        self.failure.lock().expect("no panic while held").take()
    }
}

pub(super) fn gone(place: &Place) -> ForcingError {
    let (path, reason) = (place.name().to_owned(), "the file is gone".to_owned());
    ForcingError::Changed { path, reason }
}
