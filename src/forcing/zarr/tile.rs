//! The smallest parts of an array that can be read alone: chunks, or the sub-chunks of shards.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use zarrs::array::codec::ShardingCodecConfiguration;
use zarrs::array::{
    Array, ArrayBytes, ArrayShardedExt, ArrayShardedReadableExt, ArrayShardedReadableExtCache,
    ArraySubset, ArrayToBytesCodecTraits, ChunkGrid, CodecChain, CodecMetadataOptions,
    CodecOptions,
};
use zarrs::metadata::ConfigurationSerialize;
use zarrs::storage::ReadableStorageTraits;

use super::store::Store;
use crate::forcing::Slab;

/// Shard indices that are kept before they are forgotten and read again.
const SHARD_INDICES: usize = 1024;

/// Bytes of a decoded chunk, or of a shard, beyond which an array is refused. None so large could be
/// held, and the lengths of a damaged declaration would overflow the arithmetic on them.
const LARGEST_CHUNK: u64 = 64 << 30;

/// A chunk or sub-chunk that a block touches.
#[derive(Debug)]
pub(in crate::forcing) struct Tile {
    pub(super) index: Vec<u64>,
    pub(super) content: Content,
}

/// What is known of a tile's values.
#[derive(Debug)]
pub(in crate::forcing) enum Content {
    /// As it is stored.
    Encoded(Vec<u8>),
    /// Decoded for an earlier block.
    Decoded(Arc<Vec<u8>>),
    /// All its values are the fill value: a shard's index says so, or the scenario does.
    Empty,
}

impl Tile {
    /// Bytes that it adds to memory; a decoded one belongs to the store's cache.
    pub(in crate::forcing) fn bytes(&self) -> u64 {
        match &self.content {
            Content::Encoded(bytes) => bytes.len() as u64,
            Content::Decoded(_) | Content::Empty => 0,
        }
    }
}

/// How an array is cut into tiles.
pub(super) struct Tiling {
    array: Array<Store>,
    grid: ChunkGrid,
    codecs: Arc<CodecChain>,
    /// Where shards are read by sub-chunk.
    shards: Option<ArrayShardedReadableExtCache>,
    element: usize,
}

impl Tiling {
    /// Sub-chunks are read alone where the shard itself is not encoded further.
    pub(super) fn new(array: Array<Store>) -> Result<Self, String> {
        let element = array
            .data_type()
            .fixed_size()
            .ok_or_else(|| "its values have no fixed size".to_owned())?;
        check_chunk(&array, element as u64)?;
        if !array.is_exclusively_sharded() {
            let (grid, codecs) = (array.chunk_grid().clone(), array.codecs());
            return Ok(Self { array, grid, codecs, shards: None, element });
        }
        let configuration = array
            .codecs()
            .array_to_bytes_codec()
            .configuration_v3(&CodecMetadataOptions::default())
            .ok_or_else(|| "its sharding has no configuration".to_owned())?;
        let sharding = ShardingCodecConfiguration::try_from_configuration(configuration);
        let Ok(ShardingCodecConfiguration::V1(sharding)) = sharding else {
            return Err("its sharding is of an unknown version".to_owned());
        };
        let codecs = CodecChain::from_metadata(&sharding.codecs).map_err(|e| e.to_string())?;
        let (grid, shards) = (array.subchunk_grid(), ArrayShardedReadableExtCache::new(&array));
        Ok(Self { array, grid, codecs: Arc::new(codecs), shards: Some(shards), element })
    }

    pub(super) fn type_name(&self) -> String {
        format!("{:?}", self.array.data_type())
    }

    /// The tiles that a block touches, in row-major order.
    pub(super) fn touched(&self, slab: &Slab) -> Vec<Vec<u64>> {
        let block = ArraySubset::new_with_start_shape(slab.start.clone(), slab.count.clone());
        let tiles = block.ok().and_then(|block| self.grid.chunks_in_array_subset(&block).ok());
        let tiles = tiles.flatten();
        tiles.map_or_else(Vec::new, |tiles| {
            tiles.indices().into_iter().map(|index| index.to_vec()).collect()
        })
    }

    /// Reads a tile as it is stored; `None` where its file is missing.
    pub(super) fn read(&self, tile: &[u64]) -> Result<Option<Content>, String> {
        let Some(shards) = &self.shards else {
            let bytes = self.array.retrieve_encoded_chunk(tile).map_err(|e| e.to_string())?;
            return Ok(bytes.map(Content::Encoded));
        };
        let key = self.array.chunk_key(&self.file_index(tile));
        if self.array.storage().size_key(&key).map_err(|e| e.to_string())?.is_none() {
            return Ok(None);
        }
        if shards.len() > SHARD_INDICES {
            shards.clear();
        }
        let bytes =
            self.array.retrieve_encoded_subchunk(shards, tile).map_err(|e| e.to_string())?;
        Ok(Some(bytes.map_or(Content::Empty, Content::Encoded)))
    }

    /// Runs the codecs backward. The result has the machine's byte order.
    pub(super) fn decode(&self, tile: &[u64], encoded: Vec<u8>) -> Result<Arc<Vec<u8>>, String> {
        let decoded = self.codecs.decode(
            Cow::Owned(encoded),
            &self.tile_shape(tile)?,
            self.array.data_type(),
            self.array.fill_value(),
            // Tiles are decoded side by side already.
            &CodecOptions::default().with_concurrent_target(1),
        );
        self.checked(tile, decoded.map_err(|e| e.to_string())?)
    }

    /// A tile full of the fill value.
    pub(super) fn empty(&self, tile: &[u64]) -> Result<Arc<Vec<u8>>, String> {
        let values = self.tile_shape(tile)?.iter().map(|length| length.get()).product();
        let fill = self.array.fill_value();
        let filled = ArrayBytes::new_fill_value(self.array.data_type(), values, fill);
        self.checked(tile, filled.map_err(|e| e.to_string())?)
    }

    fn checked(&self, tile: &[u64], decoded: ArrayBytes<'_>) -> Result<Arc<Vec<u8>>, String> {
        let bytes = decoded.into_fixed().map_err(|e| e.to_string())?.into_owned();
        let (found, expected) = (bytes.len() as u64, self.decoded_bytes(tile));
        if found == expected {
            Ok(Arc::new(bytes))
        } else {
            Err(format!("it decodes to {found} bytes instead of {expected}"))
        }
    }

    /// Whether a block holds all of a tile's values, so that no later block will want it.
    pub(super) fn is_inside(&self, tile: &[u64], slab: &Slab) -> bool {
        let (Ok(shape), Ok(origin)) = (self.tile_shape(tile), self.origin(tile)) else {
            return false;
        };
        let ends = slab.start.iter().zip(&slab.count).zip(self.array.shape());
        ends.zip(origin.iter().zip(&shape)).all(|(((&start, &count), &length), (&first, shape))| {
            start <= first && start + count >= (first + shape.get()).min(length)
        })
    }

    /// Copies what a decoded tile and a block have in common into the block.
    pub(super) fn cut(
        &self,
        tile: &[u64],
        decoded: &[u8],
        slab: &Slab,
        block: &mut [u8],
    ) -> Result<(), String> {
        let (shape, origin) = (self.tile_shape(tile)?, self.origin(tile)?);
        let shape: Vec<u64> = shape.iter().map(|length| length.get()).collect();
        let ends = |start: &[u64], count: &[u64]| -> Vec<u64> {
            start.iter().zip(count).map(|(start, count)| start + count).collect()
        };
        let start: Vec<u64> = origin.iter().zip(&slab.start).map(|(&a, &b)| a.max(b)).collect();
        let end: Vec<u64> = (ends(&origin, &shape).into_iter())
            .zip(ends(&slab.start, &slab.count))
            .map(|(a, b)| a.min(b))
            .collect();
        if start.iter().zip(&end).any(|(start, end)| start >= end) {
            return Ok(());
        }
        let run = match (start.last(), end.last()) {
            (Some(start), Some(end)) => (end - start) as usize * self.element,
            _ => self.element,
        };
        let mut at = start.clone();
        loop {
            let from = self.element * offset(&at, &origin, &shape);
            let to = self.element * offset(&at, &slab.start, &slab.count);
            block[to..to + run].copy_from_slice(&decoded[from..from + run]);
            if !next_row(&mut at, &start, &end) {
                return Ok(());
            }
        }
    }

    pub(super) fn decoded_bytes(&self, tile: &[u64]) -> u64 {
        self.tile_shape(tile).map_or(0, |shape| {
            shape.iter().fold(self.element as u64, |n, length| n.saturating_mul(length.get()))
        })
    }

    /// The file of a tile, relative to the store.
    pub(super) fn key(&self, tile: &[u64]) -> String {
        self.array.chunk_key(&self.file_index(tile)).to_string()
    }

    /// Index of the chunk, which is a shard where tiles are sub-chunks, that holds a tile.
    fn file_index(&self, tile: &[u64]) -> Vec<u64> {
        if self.shards.is_none() {
            return tile.to_vec();
        }
        let origin = self.origin(tile).ok();
        let file = origin.and_then(|at| self.array.chunk_grid().chunk_indices(&at).ok().flatten());
        file.map_or_else(|| tile.to_vec(), |file| file.to_vec())
    }

    fn tile_shape(&self, tile: &[u64]) -> Result<Vec<NonZeroU64>, String> {
        let shape = self.grid.chunk_shape(tile).map_err(|e| e.to_string())?;
        shape.map(|shape| shape.to_vec()).ok_or_else(|| "it lies outside the array".to_owned())
    }

    fn origin(&self, tile: &[u64]) -> Result<Vec<u64>, String> {
        let origin = self.grid.chunk_origin(tile).map_err(|e| e.to_string())?;
        origin.map(|origin| origin.to_vec()).ok_or_else(|| "it lies outside the array".to_owned())
    }
}

/// Refuses chunks that no memory holds.
fn check_chunk(array: &Array<Store>, element: u64) -> Result<(), String> {
    // The first chunk is as large as any, and an array without values has none.
    let Ok(shape) = array.chunk_shape(&vec![0; array.dimensionality()]) else { return Ok(()) };
    let bytes = shape.iter().try_fold(element, |bytes, length| bytes.checked_mul(length.get()));
    if bytes.is_some_and(|bytes| bytes <= LARGEST_CHUNK) {
        return Ok(());
    }
    let shape: Vec<u64> = shape.iter().map(|length| length.get()).collect();
    Err(format!(
        "its chunks of shape {shape:?} are larger than any memory: the store's metadata may be \
         damaged; write it again with smaller chunks"
    ))
}

/// Row-major index of the point `at` in a box.
fn offset(at: &[u64], start: &[u64], count: &[u64]) -> usize {
    let along = at.iter().zip(start).zip(count);
    along.fold(0, |offset, ((at, start), &count)| offset * count + (at - start)) as usize
}

/// Moves `at` to the start of the next row of the box; `false` after the last.
fn next_row(at: &mut [u64], start: &[u64], end: &[u64]) -> bool {
    for dim in (0..at.len().saturating_sub(1)).rev() {
        at[dim] += 1;
        if at[dim] < end[dim] {
            return true;
        }
        at[dim] = start[dim];
    }
    false
}
