//! The tiles of a Zarr array: its chunks, or the sub-chunks of shards.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use bytes::Bytes;
use zarrs::array::codec::ShardingCodecConfiguration;
use zarrs::array::{
    Array as Declared, ArrayShardedExt, ArrayShardedReadableExt, ArrayShardedReadableExtCache,
    ArrayToBytesCodecTraits, CodecChain, CodecMetadataOptions, CodecOptions,
};
use zarrs::metadata::ConfigurationSerialize;
use zarrs::storage::StorageError;

use super::store::Store;
use crate::forcing::source::Array;
use crate::forcing::tiles::{Location, Tiles, Tiling};

/// Shard indices that are kept before they are forgotten and read again.
const SHARD_INDICES: usize = 1024;

struct Chunks {
    array: Declared<Store>,
    codecs: Arc<CodecChain>,
    tile: Vec<NonZeroU64>,
    shards: Option<Shards>,
}

/// Where shards are read by sub-chunk.
struct Shards {
    indices: ArrayShardedReadableExtCache,
    /// Tiles along each dimension of a shard.
    tiles: Vec<u64>,
}

/// Cuts an array into its chunks, or into sub-chunks where its shards are not encoded further.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn cut(array: Declared<Store>) -> Result<Array, String> {
    let element = array.data_type().fixed_size();
    let element = element.ok_or("its values have no fixed size")?;
    let origin = vec![0; array.dimensionality()];
    let chunk = array.chunk_shape(&origin).map_err(|error| error.to_string())?;
    // The library reads other grids, which no writer of fields uses.
    if array.chunk_grid().name_v3().is_some_and(|name| name != "regular") {
        return Err("its chunks have different shapes".to_owned());
    }
    let shape = array.shape().to_vec();
    let lengths = |of: &[NonZeroU64]| of.iter().map(|length| length.get()).collect();
    let mut tiling = Tiling::new(shape.clone(), lengths(&chunk), false, element)?;
    let mut chunks = Chunks { codecs: array.codecs(), tile: chunk.to_vec(), shards: None, array };
    if chunks.array.is_exclusively_sharded() {
        chunks.by_sub_chunk()?;
        tiling = Tiling::new(shape, lengths(&chunks.tile), false, element)?;
    }
    let fill = chunks.array.fill_value().as_ne_bytes().to_vec();
    Ok(Array { tiling, tiles: Box::new(chunks), fill })
}

impl Chunks {
    fn by_sub_chunk(&mut self) -> Result<(), String> {
        let configuration = (self.array.codecs().array_to_bytes_codec())
            .configuration_v3(&CodecMetadataOptions::default())
            .ok_or("its sharding has no configuration")?;
        let sharding = ShardingCodecConfiguration::try_from_configuration(configuration);
        let Ok(ShardingCodecConfiguration::V1(sharding)) = sharding else {
            return Err("its sharding is of an unknown version".to_owned());
        };
        let codecs = CodecChain::from_metadata(&sharding.codecs).map_err(|e| e.to_string())?;
        let part = self.array.subchunk_shape().ok_or("its sharding has no sub-chunks")?;
        let across = self.tile.iter().zip(part.iter());
        let shards = Shards {
            indices: ArrayShardedReadableExtCache::new(&self.array),
            tiles: across.map(|(shard, part)| shard.get() / part.get()).collect(),
        };
        (self.codecs, self.tile, self.shards) = (Arc::new(codecs), part.to_vec(), Some(shards));
        Ok(())
    }
}

impl Tiles for Chunks {
    fn file(&self, tile: &[u64]) -> String {
        let key = match &self.shards {
            None => self.array.chunk_key(tile),
            Some(shards) => {
                let shard =
                    tile.iter().zip(&shards.tiles).map(|(tile, &tiles)| tile / tiles.max(1));
                self.array.chunk_key(&shard.collect::<Vec<_>>())
            }
        };
        key.to_string()
    }

    fn known_location(&self, tile: &[u64]) -> Option<Location> {
        match self.shards {
            None => Some(Location::File(self.file(tile))),
            Some(_) => None,
        }
    }

    fn look_up(&self, tile: &[u64]) -> Result<Location, String> {
        let file = self.file(tile);
        let Some(Shards { indices, .. }) = &self.shards else { return Ok(Location::File(file)) };
        if indices.len() > SHARD_INDICES {
            indices.clear();
        }
        let size = zarrs::storage::ReadableStorageTraits::size_key(
            &*self.array.storage(),
            &file.as_str().try_into().map_err(|_| "its name makes no key".to_owned())?,
        );
        let Some(size) = size.map_err(|error: StorageError| error.to_string())? else {
            // A missing file is found to be missing where it is read.
            return Ok(Location::File(file));
        };
        let range = self.array.subchunk_byte_range(indices, tile).map_err(|e| e.to_string())?;
        Ok(match range {
            None => Location::Unwritten,
            Some(range) => Location::Part(file, range.to_range(size)),
        })
    }

    fn decode(&self, _: &[u64], stored: Bytes, length: usize) -> Result<Bytes, String> {
        let decoded = self.codecs.decode(
            Cow::Borrowed(&stored),
            &self.tile,
            self.array.data_type(),
            self.array.fill_value(),
            // Tiles are decoded side by side already.
            &CodecOptions::default().with_concurrent_target(1),
        );
        let decoded = decoded.and_then(|decoded| Ok(decoded.into_fixed()?));
        let decoded = decoded.map_err(|error| error.to_string())?;
        if decoded.len() != length {
            return Err(format!("it decodes to {} bytes instead of {length}", decoded.len()));
        }
        Ok(match decoded {
            Cow::Owned(values) => values.into(),
            Cow::Borrowed(values) => stored.slice_ref(values),
        })
    }
}
