//! Zarr v2 and v3 on a local disk, sharded or not.
//!
//! [`Format::fetch`] reads the encoded bytes of the chunks that a block touches (of the sub-chunks,
//! where chunks are shards); [`Format::decode`] runs the codecs and cuts the block out. Decoded
//! chunks that hold more than the block are kept, within bounds, because the next snapshot will
//! want them.

mod metadata;
mod store;
mod tile;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use rayon::prelude::*;
use zarrs::filesystem::FilesystemStore;
use zarrs::group::Group;
use zarrs::metadata::NodeMetadata;

use super::format::{Fetched, Format, MissingChunks, Parts, check_bounds};
use super::{Catalogue, ForcingError, Slab, Stored, Variable};
use tile::Tiling;
pub(super) use tile::{Content, Tile};

/// Bytes of decoded chunks that one store keeps at most.
const CACHE_BYTES: u64 = 256 << 20;

type Decoded = Arc<Vec<u8>>;
type TileCache = Cache<(String, Vec<u64>), Decoded, BytesHeld>;

#[derive(Clone)]
struct BytesHeld;

impl Weighter<(String, Vec<u64>), Decoded> for BytesHeld {
    fn weight(&self, _: &(String, Vec<u64>), decoded: &Decoded) -> u64 {
        decoded.len() as u64
    }
}

/// An opened Zarr group.
pub struct Zarr {
    path: PathBuf,
    version: &'static str,
    catalogue: Catalogue,
    /// The arrays that can be read, and why the others cannot.
    arrays: HashMap<String, Result<Tiling, String>>,
    cache: TileCache,
    missing: MissingChunks,
}

impl Zarr {
    /// Opens a store and reads the metadata of the arrays in its root group.
    ///
    /// # Errors
    /// [`ForcingError::Unreadable`].
    pub fn open(path: &Path, missing: MissingChunks) -> Result<Self, ForcingError> {
        let unreadable = |reason: String| ForcingError::Unreadable {
            path: path.to_owned(),
            format: "Zarr",
            reason,
        };
        if path.join(".zarray").is_file() {
            return Err(unreadable(
                "it is a single array; name the group that holds it".to_owned(),
            ));
        }
        let store = FilesystemStore::new(path).map_err(|error| unreadable(error.to_string()))?;
        let group = Group::open(Arc::new(store::Store(store)), "/")
            .map_err(|error| unreadable(error.to_string()))?;
        let children = group.children(false).map_err(|error| unreadable(error.to_string()))?;
        let mut catalogue = Catalogue {
            attributes: metadata::attributes(group.attributes(), false),
            ..Catalogue::default()
        };
        let mut arrays = HashMap::new();
        for node in children {
            let NodeMetadata::Array(declared) = node.metadata() else { continue };
            let name = node.name().as_str().to_owned();
            let array = metadata::array(group.storage(), node.path().as_str(), declared);
            let variable = metadata::variable(&name, declared, array.as_ref().ok());
            for (dimension, &length) in variable.dimensions.iter().zip(&variable.shape) {
                if !catalogue.dimensions.iter().any(|(known, _)| known == dimension) {
                    catalogue.dimensions.push((dimension.clone(), length));
                }
            }
            catalogue.variables.push(variable);
            let tiling = array.and_then(Tiling::new);
            if let Err(reason) = &tiling {
                catalogue.unreadable.push((name.clone(), reason.clone()));
            }
            arrays.insert(name, tiling);
        }
        let version = match group.metadata() {
            zarrs::metadata::GroupMetadata::V2(_) => "Zarr v2",
            zarrs::metadata::GroupMetadata::V3(_) => "Zarr v3",
        };
        Ok(Self { path: path.to_owned(), version, catalogue, arrays, cache: new_cache(), missing })
    }

    fn tiling(&self, variable: &str) -> Result<&Tiling, ForcingError> {
        let not_numbers = |reason: &str| ForcingError::NotNumbers {
            path: self.path.clone(),
            variable: variable.to_owned(),
            reason: reason.to_owned(),
        };
        match self.arrays.get(variable) {
            Some(Ok(tiling)) => Ok(tiling),
            Some(Err(reason)) => Err(not_numbers(reason)),
            None => Err(not_numbers("it is not an array")),
        }
    }

    fn damaged(
        &self,
        variable: &str,
        tiling: &Tiling,
        tile: &[u64],
        reason: String,
    ) -> ForcingError {
        ForcingError::Damaged {
            path: self.path.join(tiling.key(tile)),
            variable: variable.to_owned(),
            index: format!(" chunk {tile:?}"),
            reason,
        }
    }
}

/// One shard of its own, so that a large chunk may use the whole capacity.
fn new_cache() -> TileCache {
    let options = OptionsBuilder::new()
        .shards(1)
        .estimated_items_capacity(256)
        .weight_capacity(CACHE_BYTES)
        .build()
        .expect("the capacities are set");
    Cache::with_options(options, BytesHeld, DefaultHashBuilder::default(), Default::default())
}

impl Format for Zarr {
    fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self) -> &'static str {
        self.version
    }

    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn fetch(&self, variable: &str, slab: &Slab) -> Result<Fetched, ForcingError> {
        let declared = self.variable(variable)?;
        check_bounds(&self.path, declared, slab)?;
        let tiling = self.tiling(variable)?;
        let tiles = tiling.touched(slab).into_iter().map(|index| {
            if let Some(decoded) = self.cache.get(&(variable.to_owned(), index.clone())) {
                return Ok(Tile { index, content: Content::Decoded(decoded) });
            }
            match tiling.read(&index) {
                Ok(Some(content)) => Ok(Tile { index, content }),
                Ok(None) if self.missing == MissingChunks::Fill => {
                    Ok(Tile { index, content: Content::Empty })
                }
                Ok(None) => Err(ForcingError::MissingChunk {
                    path: self.path.join(tiling.key(&index)),
                    variable: variable.to_owned(),
                    chunk: index,
                }),
                Err(reason) => Err(self.damaged(variable, tiling, &index, reason)),
            }
        });
        Ok(Fetched {
            variable: variable.to_owned(),
            slab: slab.clone(),
            parts: Parts::Tiles(tiles.collect::<Result<_, _>>()?),
        })
    }

    fn decode(&self, fetched: Fetched) -> Result<Stored, ForcingError> {
        let Fetched { variable, slab, parts } = fetched;
        let tiling = self.tiling(&variable)?;
        let tiles = match parts {
            Parts::Tiles(tiles) => tiles,
            Parts::Values(values) => return Ok(values),
        };
        let decoded = tiles.into_par_iter().map(|Tile { index, content }| {
            let damaged = |reason| self.damaged(&variable, tiling, &index, reason);
            let bytes = match content {
                Content::Decoded(bytes) => bytes,
                Content::Empty => tiling.empty(&index).map_err(damaged)?,
                Content::Encoded(bytes) if tiling.is_inside(&index, &slab) => {
                    tiling.decode(&index, bytes).map_err(damaged)?
                }
                Content::Encoded(bytes) => {
                    let key = (variable.clone(), index.clone());
                    self.cache
                        .get_or_insert_with(&key, || tiling.decode(&index, bytes))
                        .map_err(damaged)?
                }
            };
            Ok((index, bytes))
        });
        // Of several damaged chunks the first is named, whichever was decoded first.
        let decoded: Vec<Result<_, ForcingError>> = decoded.collect();
        let decoded: Vec<_> = decoded.into_iter().collect::<Result<_, _>>()?;
        let stored = self.variable(&variable)?.stored;
        let values = usize::try_from(slab.values()).ok();
        let mut values =
            values.and_then(|values| Stored::zeros(stored, values)).ok_or_else(|| {
                ForcingError::NotNumbers {
                    path: self.path.clone(),
                    variable: variable.clone(),
                    reason: format!("its type is {}", tiling.type_name()),
                }
            })?;
        for (index, bytes) in decoded {
            tiling
                .cut(&index, &bytes, &slab, values.as_bytes_mut())
                .map_err(|reason| self.damaged(&variable, tiling, &index, reason))?;
        }
        Ok(values)
    }

    fn fetch_bytes(&self, variable: &Variable, slab: &Slab) -> u64 {
        // A chunk that does not compress is as long as its values; codecs add a little.
        self.tiling(&variable.name).map_or(0, |tiling| {
            let bytes = |index: &Vec<u64>| tiling.decoded_bytes(index).saturating_add(256);
            tiling.touched(slab).iter().map(bytes).fold(0, u64::saturating_add)
        })
    }

    fn cache_bytes(&self) -> u64 {
        CACHE_BYTES
    }
}
