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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::forcing::requests::Requests;

    #[test]
    fn bytes_that_do_not_come_are_the_error_whatever_is_made_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sea.nc");
        fs::write(&path, vec![1; 3 * BLOCK[0]]).unwrap();
        let requests = Arc::new(Requests::new(Default::default()));
        let pinned = pollster::block_on(Place::local(&path, &requests).pinned());
        let (place, length) = pinned.unwrap().unwrap();
        let storage = Storage::new(&place, length);
        assert_eq!(storage.start(4).unwrap(), [1; 4]);
        fs::remove_file(&path).unwrap();
        let beyond = || storage.shared().read_range(length - 4, 4);
        let as_text = storage.watch(|| beyond().map_err(|error| format!("no index: {error}")));
        let without = storage.watch(|| Ok::<_, String>(beyond().is_ok()));
        for unread in [as_text.map(|_| ()), without.map(|_| ())] {
            let gone = matches!(unread, Err(Unread::Refused(ForcingError::Changed { .. })));
            assert!(gone, "{unread:?}");
        }
        // What is in memory is there, and what is wrong with it is no fault of the request's.
        let damaged = storage.watch(|| match storage.shared().read_range(0, 4) {
            Ok(_) => Err("no magic".to_owned()),
            Err(error) => Ok(error),
        });
        assert!(matches!(damaged, Err(Unread::Damaged(reason)) if reason == "no magic"));
    }
}
