//! The bytes of a file as the library asks for them: here and there, a few at a time.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use hdf5_reader::storage::{BlockCacheStorage, DynStorage, RangeRequestStorage};

use crate::forcing::ForcingError;
use crate::forcing::place::Place;
use crate::forcing::tiles::Unread;

/// Bytes that one request for metadata brings: a few structures of a local file; as many as arrive
/// in the time that the request takes anyway from far away.
const BLOCK: [usize; 2] = [64 << 10, 256 << 10];

/// Blocks that are kept. They serve for opening a file and for its chunk indices.
const BLOCKS: usize = 64;

/// A file, cached in blocks.
pub(super) struct Storage {
    place: Place,
    shared: DynStorage,
    failures: Arc<Failures>,
}

/// What kept bytes from coming. The library has no error of a store, and makes text of those that
/// it has; but it waits for bytes on the thread that called it.
type Failures = Mutex<HashMap<ThreadId, ForcingError>>;

impl Storage {
    /// A file of so many bytes.
    pub(super) fn new(place: &Place, length: u64) -> Self {
        let failures: Arc<Failures> = Arc::default();
        let (noted, asked) = (Arc::clone(&failures), place.clone());
        let read = move |start: u64, count: usize| {
            let part = pollster::block_on(asked.read_range(start..start + count as u64));
            let part = part.and_then(|part| part.ok_or_else(|| asked.gone()));
            part.map(|part| part.to_vec()).map_err(|error| {
                let text = error.to_string();
                let mut noted = noted.lock().expect("no panic while held");
                // The first explains those that follow from it.
                noted.entry(thread::current().id()).or_insert(error);
                hdf5_reader::error::Error::Other(text)
            })
        };
        let block = BLOCK[usize::from(place.is_remote())];
        let requests = Arc::new(RangeRequestStorage::new(length, read));
        let shared = Arc::new(BlockCacheStorage::new(requests, block, BLOCKS));
        Self { place: place.clone(), shared, failures }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn shared(&self) -> DynStorage {
        Arc::clone(&self.shared)
    }

    /// The first bytes, `count` or all that there are.
    pub(super) fn start(&self, count: u64) -> Result<Vec<u8>, Unread> {
        let count = count.min(self.shared.len()) as usize;
        self.watch(|| self.shared.read_range(0, count)).map(|bytes| bytes.to_vec())
    }

    /// Has the library read. Where bytes did not come, that is the error, whatever the library made
    /// of it: it may do without what it could not read.
    pub(super) fn watch<T, E: Display>(
        &self,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, Unread> {
        let this = thread::current().id();
        let answer = read();
        match self.failures.lock().expect("no panic while held").remove(&this) {
            Some(failure) => Err(Unread::Refused(failure)),
            None => answer.map_err(|error| Unread::Damaged(error.to_string())),
        }
    }
}
