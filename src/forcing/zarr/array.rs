//! The tiles of a Zarr array: its chunks, or the sub-chunks of shards.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use zarrs::array::{
    Array as Declared, ArrayShardedExt, ArrayToBytesCodecTraits, CodecChain, CodecOptions,
};

use super::shards::Shards;
use crate::forcing::place::Place;
use crate::forcing::source::Array;
use crate::forcing::tiles::{Location, Tiles, Tiling, Unread};

struct Chunks {
    array: Declared<()>,
    store: Place,
    cut: Cut,
    /// The first chunk, where it came before anybody asked for it.
    first: Option<Bytes>,
}

/// What the tiles are.
enum Cut {
    Chunks { shape: Vec<NonZeroU64>, codecs: Arc<CodecChain> },
    SubChunks(Box<Shards>),
}

/// The key of the first chunk of an array of one dimension, unless its chunks are cut further.
pub(super) fn first_of_axis(array: &Declared<()>) -> Option<String> {
    let is_whole = array.dimensionality() == 1 && !array.is_exclusively_sharded();
    is_whole.then(|| array.chunk_key(&[0]).as_str().to_owned())
}

/// Cuts an array of this store into its chunks, or into sub-chunks where its shards are not encoded
/// further. Of an axis, `first` is the first chunk, if it has come.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn cut(
    array: Declared<()>,
    store: &Place,
    first: Option<Bytes>,
) -> Result<Array, String> {
    let element = array.data_type().fixed_size();
    let element = element.ok_or("its values have no fixed size")?;
    let origin = vec![0; array.dimensionality()];
    let shape = array.chunk_shape(&origin).map_err(|error| error.to_string())?.to_vec();
    // The library reads other grids, which no writer of fields uses.
    if array.chunk_grid().name_v3().is_some_and(|name| name != "regular") {
        return Err("its chunks have different shapes".to_owned());
    }
    let codecs = array.codecs();
    let cut = match array.is_exclusively_sharded() {
        true => Cut::SubChunks(Box::new(Shards::new(&shape, &**codecs.array_to_bytes_codec())?)),
        false => Cut::Chunks { shape, codecs },
    };
    let fill = array.fill_value().as_ne_bytes().to_vec();
    let tile = cut.tile().iter().map(|length| length.get()).collect();
    let tiling = Tiling::new(array.shape().to_vec(), tile, false, element)?;
    Ok(Array { tiling, tiles: Box::new(Chunks { array, store: store.clone(), cut, first }), fill })
}

impl Cut {
    fn tile(&self) -> &[NonZeroU64] {
        match self {
            Self::Chunks { shape, .. } => shape,
            Self::SubChunks(shards) => &shards.tile,
        }
    }

    fn codecs(&self) -> &CodecChain {
        match self {
            Self::Chunks { codecs, .. } => codecs,
            Self::SubChunks(shards) => &shards.codecs,
        }
    }
}

impl Tiles for Chunks {
    fn file(&self, tile: &[u64]) -> Place {
        let key = match &self.cut {
            Cut::Chunks { .. } => self.array.chunk_key(tile),
            Cut::SubChunks(shards) => self.array.chunk_key(&shards.shard(tile)),
        };
        self.store.child(key.as_str())
    }

    fn locate<'a>(&'a self, tile: &'a [u64]) -> BoxFuture<'a, Result<Location, Unread>> {
        let file = self.file(tile);
        match &self.cut {
            Cut::Chunks { .. } => {
                let first = self.first.clone().filter(|_| tile.iter().all(|&index| index == 0));
                let location = first.map_or(Location::File(file), Location::Held);
                future::ready(Ok(location)).boxed()
            }
            Cut::SubChunks(shards) => shards.locate(file, tile).boxed(),
        }
    }

    fn decode(&self, _: &[u64], stored: Bytes, length: usize) -> Result<Bytes, String> {
        let decoded = self.cut.codecs().decode(
            Cow::Borrowed(&stored),
            self.cut.tile(),
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
