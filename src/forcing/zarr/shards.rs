//! Shards: files of many tiles, each with an index that tells where in it they lie.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use zarrs::array::codec::ShardingCodecConfiguration;
use zarrs::array::codec::array_to_bytes::sharding::ShardingIndexLocation;
use zarrs::array::data_type::uint64;
use zarrs::array::{
    ArrayToBytesCodecTraits, BytesRepresentation, CodecChain, CodecMetadataOptions, CodecOptions,
    FillValue,
};
use zarrs::metadata::ConfigurationSerialize;

use crate::forcing::cache::cache;
use crate::forcing::place::Place;
use crate::forcing::tiles::{Location, Unread};

/// Bytes of decoded indices that are kept, and so many indices at least.
const KEPT: (u64, u64) = (16 << 20, 16);

/// Where in its file a tile begins, or how long it is, if it was never written.
const UNWRITTEN: u64 = u64::MAX;

/// How an array's shards are put together, and the indices of those that were read last.
pub(super) struct Shards {
    /// Shape of a tile.
    pub(super) tile: Vec<NonZeroU64>,
    /// What a tile is encoded with.
    pub(super) codecs: CodecChain,
    /// Tiles along each dimension of a shard.
    tiles: Vec<NonZeroU64>,
    index: Encoding,
    /// By shard; without one where the shard has no file.
    indices: Indices,
}

type Indices = Cache<Vec<u64>, Option<Arc<Index>>>;

/// How an index is stored.
struct Encoding {
    codecs: CodecChain,
    /// Start and length of each tile.
    shape: Vec<NonZeroU64>,
    /// Bytes when encoded.
    length: u64,
    at: ShardingIndexLocation,
}

/// The index of one shard, and that very shard: parts of another that takes its place are refused.
struct Index {
    shard: Place,
    length: u64,
    entries: Vec<u64>,
}

impl Shards {
    /// Shards of this shape.
    ///
    /// # Errors
    /// Why their tiles cannot be found.
    pub(super) fn new(
        shape: &[NonZeroU64],
        sharding: &dyn ArrayToBytesCodecTraits,
    ) -> Result<Self, String> {
        let configuration = sharding.configuration_v3(&CodecMetadataOptions::default());
        let configuration = configuration.ok_or("its sharding has no configuration")?;
        let sharding = ShardingCodecConfiguration::try_from_configuration(configuration);
        let Ok(ShardingCodecConfiguration::V1(sharding)) = sharding else {
            return Err("its sharding is of an unknown version".to_owned());
        };
        let chain = |of| CodecChain::from_metadata(of).map_err(|error| error.to_string());
        let tile = sharding.chunk_shape.to_vec();
        let across = shape.iter().zip(&tile).map(|(shard, tile)| match shard.get() % tile.get() {
            0 => NonZeroU64::new(shard.get() / tile.get()),
            _ => None,
        });
        let tiles: Option<Vec<_>> = across.collect();
        let tiles = tiles.filter(|tiles| tiles.len() == shape.len()).ok_or_else(|| {
            format!("its shards of shape {shape:?} cannot be cut into chunks of shape {tile:?}")
        })?;
        let index = Encoding::new(&tiles, chain(&sharding.index_codecs)?, sharding.index_location)?;
        let kept = (KEPT.0 / index.length.max(1)).max(KEPT.1);
        let indices = cache(kept as usize, kept, UnitWeighter);
        Ok(Self { tile, codecs: chain(&sharding.codecs)?, tiles, index, indices })
    }

    /// The shard that holds a tile.
    pub(super) fn shard(&self, tile: &[u64]) -> Vec<u64> {
        tile.iter().zip(&self.tiles).map(|(&tile, &tiles)| tile / tiles).collect()
    }

    /// Where in its shard, which is this file, a tile lies.
    pub(super) async fn locate(&self, shard: Place, tile: &[u64]) -> Result<Location, Unread> {
        let read = self.index.read(&shard);
        let index = self.indices.get_or_insert_async(&self.shard(tile), read).await?;
        let Some(index) = index else { return Ok(Location::Missing(shard)) };
        let inside = tile.iter().zip(&self.tiles);
        let number = inside.fold(0, |number, (&tile, &tiles)| number * tiles.get() + tile % tiles);
        Ok(match index.range(number as usize).map_err(Unread::Damaged)? {
            Some(range) => Location::Part(index.shard.clone(), range),
            None => Location::Unwritten,
        })
    }
}

impl Encoding {
    fn new(
        tiles: &[NonZeroU64],
        codecs: CodecChain,
        at: ShardingIndexLocation,
    ) -> Result<Self, String> {
        let two = NonZeroU64::MIN.saturating_add(1);
        let shape = [tiles, &[two]].concat();
        // The library's own product would wrap around.
        let values = shape.iter().try_fold(8_u64, |n, length| n.checked_mul(length.get()));
        values.filter(|&bytes| bytes <= u64::MAX / 4).ok_or("its shards have too many chunks")?;
        let fill = FillValue::from(UNWRITTEN);
        match codecs.encoded_representation(&shape, &uint64(), &fill) {
            Ok(BytesRepresentation::FixedSize(length)) => Ok(Self { codecs, shape, length, at }),
            Ok(_) => Err("the index of its shards is compressed, so that none can be found".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The index of a shard; `None` where it has no file.
    async fn read(&self, shard: &Place) -> Result<Option<Arc<Index>>, Unread> {
        let Some((shard, length)) = shard.pinned().await? else { return Ok(None) };
        let Some(rest) = length.checked_sub(self.length) else {
            return Err(Unread::Damaged(format!(
                "its shard has {length} bytes, fewer than the {} of its index",
                self.length
            )));
        };
        let start = match self.at {
            ShardingIndexLocation::Start => 0,
            ShardingIndexLocation::End => rest,
        };
        let encoded = shard.read_range(start..start + self.length).await?;
        let encoded = encoded.ok_or_else(|| shard.gone())?;
        let entries = self.decode(&encoded).map_err(Unread::Damaged)?;
        Ok(Some(Arc::new(Index { shard, length, entries })))
    }

    fn decode(&self, encoded: &Bytes) -> Result<Vec<u64>, String> {
        let decoded = self.codecs.decode(
            Cow::Borrowed(encoded),
            &self.shape,
            &uint64(),
            &FillValue::from(UNWRITTEN),
            &CodecOptions::default().with_concurrent_target(1),
        );
        let decoded = decoded.and_then(|decoded| Ok(decoded.into_fixed()?));
        let decoded = decoded.map_err(|error| format!("the index of its shard: {error}"))?;
        let (values, _) = decoded.as_chunks();
        Ok(values.iter().map(|&value| u64::from_ne_bytes(value)).collect())
    }
}

impl Index {
    /// The bytes of the shard that hold its tile of this number; `None` if it was never written.
    fn range(&self, number: usize) -> Result<Option<Range<u64>>, String> {
        let entry = self.entries.get(2 * number..2 * number + 2);
        let &[start, length] = entry.ok_or("the index of its shard is too short")? else {
            return Err("the index of its shard is too short".to_owned());
        };
        if (start, length) == (UNWRITTEN, UNWRITTEN) {
            return Ok(None);
        }
        let end = start.checked_add(length).filter(|&end| end <= self.length);
        let end = end.ok_or_else(|| {
            format!(
                "the index of its shard puts it at byte {start}, {length} long, \
                 but the shard has {}",
                self.length
            )
        })?;
        Ok(Some(start..end))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::forcing::requests::Requests;

    #[test]
    fn tiles_are_looked_for_inside_their_shard_alone() {
        let requests = Arc::new(Requests::new(Default::default()));
        let shard = Place::local(Path::new("c/0/0"), &requests);
        let entries = vec![0, 60, UNWRITTEN, UNWRITTEN, 60, 40, 60, 41, UNWRITTEN - 1, 2];
        let index = Index { shard, length: 100, entries };
        assert_eq!(index.range(0), Ok(Some(0..60)));
        assert_eq!(index.range(1), Ok(None));
        assert_eq!(index.range(2), Ok(Some(60..100)));
        for beyond in [3, 4] {
            let error = index.range(beyond).unwrap_err();
            assert!(error.contains("the shard has 100"), "{error}");
        }
        assert!(index.range(5).unwrap_err().contains("too short"));
    }

    #[test]
    fn indices_that_cannot_be_are_refused() {
        let many = [NonZeroU64::MAX; 2];
        let plain = || CodecChain::from_metadata(&[serde_json::from_str("\"bytes\"").unwrap()]);
        let error = Encoding::new(&many, plain().unwrap(), ShardingIndexLocation::End);
        assert!(error.err().unwrap().contains("too many"));
    }
}
