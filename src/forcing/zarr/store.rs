//! The store's files, with metadata that Python wrote made readable.

use zarrs::filesystem::FilesystemStore;
use zarrs::storage::byte_range::ByteRangeIterator;
use zarrs::storage::{
    Bytes, ListableStorageTraits, MaybeBytes, MaybeBytesIterator, ReadableStorageTraits,
    StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix,
};

/// A directory whose metadata may hold the numbers `NaN` and `Infinity`.
///
/// JSON has no such numbers, yet Python writes them, so xarray's v2 stores are full of them. They
/// are turned into text, which is how Zarr itself spells them in fill values.
pub(super) struct Store(pub(super) FilesystemStore);

const METADATA: [&str; 5] = ["zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"];

impl ReadableStorageTraits for Store {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        let bytes = self.0.get(key)?;
        let name = key.as_str().rsplit('/').next().unwrap_or_default();
        if !METADATA.contains(&name) {
            return Ok(bytes);
        }
        Ok(bytes.map(|bytes| match std::str::from_utf8(&bytes) {
            Ok(text) => Bytes::from(quoted(text)),
            Err(_) => bytes,
        }))
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        self.0.get_partial_many(key, byte_ranges)
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.0.size_key(key)
    }

    fn supports_get_partial(&self) -> bool {
        self.0.supports_get_partial()
    }
}

impl ListableStorageTraits for Store {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.0.list()
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        self.0.list_prefix(prefix)
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        self.0.list_dir(prefix)
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        self.0.size_prefix(prefix)
    }
}

/// JSON with the bare words `NaN`, `Infinity` and `-Infinity` in quotes.
fn quoted(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    let mut rest = json;
    let (mut inside, mut escaped) = (false, false);
    while let Some(next) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word));
        match word {
            Some(word) if !inside => {
                result.extend(["\"", word, "\""]);
                rest = &rest[word.len()..];
            }
            _ => {
                if next == '"' && !escaped {
                    inside = !inside;
                }
                escaped = inside && next == '\\' && !escaped;
                result.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn bare_numbers_that_json_lacks_are_quoted_and_text_is_left_alone() {
        let python = r#"{"a": NaN, "b": [-Infinity, Infinity, 1], "c": "NaN \" NaN é", "NaN": 2}"#;
        let json =
            r#"{"a": "NaN", "b": ["-Infinity", "Infinity", 1], "c": "NaN \" NaN é", "NaN": 2}"#;
        assert_eq!(quoted(python), json);
    }
}
