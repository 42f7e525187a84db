//! The store as the library reads it: for the indices of shards alone.

use zarrs::storage::byte_range::ByteRangeIterator;
use zarrs::storage::{
    Bytes, MaybeBytes, MaybeBytesIterator, ReadableStorageTraits, StorageError, StoreKey,
};

use crate::forcing::ForcingError;
use crate::forcing::place::Place;

/// A place whose readers wait.
pub(super) struct Store(pub(super) Place);

fn failed(error: ForcingError) -> StorageError {
    StorageError::Other(error.to_string())
}

impl ReadableStorageTraits for Store {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        pollster::block_on(self.0.child(key.as_str()).read()).map_err(failed)
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let Some(size) = self.size_key(key)? else { return Ok(None) };
        let ranges: Vec<_> = byte_ranges.map(|range| range.to_range(size)).collect();
        let parts = pollster::block_on(self.0.child(key.as_str()).read_ranges(&ranges));
        let Some(parts) = parts.map_err(failed)? else { return Ok(None) };
        let whole = parts.into_iter().zip(ranges).map(|(part, range)| {
            let expected = range.end.saturating_sub(range.start);
            if part.len() as u64 == expected {
                return Ok(part);
            }
            Err(StorageError::Other(format!("{} bytes came instead of {expected}", part.len())))
        });
        Ok(Some(Box::new(whole.collect::<Vec<Result<Bytes, _>>>().into_iter())))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        pollster::block_on(self.0.child(key.as_str()).size()).map_err(failed)
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}
