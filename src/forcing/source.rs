//! One opened file or store, whatever its format: its variables, read block by block.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::future::{join_all, try_join_all};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rayon::prelude::*;

use super::cache::cache;
use super::place::Place;
use super::tiles::{Location, Tiles, Tiling, Unread};
use super::{Catalogue, ForcingError, MissingChunks, Slab, Stored, Variable};

/// Two-dimensional coordinates of the largest ocean grids have some 10^8 values.
const MOST_COORDINATES: u64 = 1 << 28;

/// Bytes of decoded tiles that one source keeps at most.
const LARGEST_CACHE: u64 = 512 << 20;

/// Tiles that a source keeps, as far as can be said: their sizes differ from file to file.
const TILES: usize = 256;

/// A variable's values as a format stores them.
pub(super) struct Array {
    pub(super) tiling: Tiling,
    pub(super) tiles: Box<dyn Tiles>,
    /// The value of what was never written, in the machine's byte order.
    pub(super) fill: Vec<u8>,
}

/// A file or store that holds variables.
///
/// Reading is in two parts, so that a host can overlap them: [`Source::fetch`] waits for bytes as
/// they are stored, [`Source::decode`] computes values from them.
pub struct Source {
    place: Place,
    format: &'static str,
    catalogue: Catalogue,
    arrays: HashMap<String, Arc<Array>>,
    missing: MissingChunks,
    /// Decoded tiles of which other blocks want other parts.
    cache: TileCache<Bytes>,
    /// The same tiles as they are stored, from when they are fetched until they are decoded: blocks
    /// that are fetched at the same time ask for them once.
    fetched: TileCache<Content>,
    cache_bytes: u64,
    /// Axes that were fetched before anybody asked for them.
    axes: OnceLock<HashMap<String, Fetched>>,
}

/// A variable and a tile of it.
type Key = (String, Vec<u64>);
type TileCache<V> = Cache<Key, V, BytesHeld>;

#[derive(Clone)]
struct BytesHeld;

impl Weighter<Key, Bytes> for BytesHeld {
    fn weight(&self, _: &Key, decoded: &Bytes) -> u64 {
        decoded.len() as u64
    }
}

impl Weighter<Key, Content> for BytesHeld {
    fn weight(&self, _: &Key, content: &Content) -> u64 {
        content.bytes()
    }
}

/// A block of a variable, in memory as it is stored.
#[derive(Clone, Debug)]
pub struct Fetched {
    variable: String,
    slab: Slab,
    tiles: Vec<(Vec<u64>, Content)>,
}

/// What is known of a tile's values.
#[derive(Clone, Debug)]
enum Content {
    Stored(Bytes),
    /// Decoded for an earlier block.
    Decoded(Bytes),
    /// All values are the fill value.
    Unwritten,
}

impl Fetched {
    /// Bytes that it holds. A decoded tile belongs to the source's cache.
    pub fn bytes(&self) -> u64 {
        self.tiles.iter().map(|(_, content)| content.bytes()).sum()
    }
}

impl Content {
    fn bytes(&self) -> u64 {
        match self {
            Self::Stored(bytes) => bytes.len() as u64,
            Self::Decoded(_) | Self::Unwritten => 0,
        }
    }
}

impl Source {
    /// Puts together what a format found. Variables without an array are listed in the catalogue's
    /// `unreadable`.
    pub(super) fn new(
        place: Place,
        format: &'static str,
        catalogue: Catalogue,
        arrays: HashMap<String, Array>,
        missing: MissingChunks,
    ) -> Self {
        let cache_bytes = cache_bytes(arrays.values());
        let arrays = arrays.into_iter().map(|(name, array)| (name, Arc::new(array))).collect();
        let fetched = cache(TILES, cache_bytes / 3, BytesHeld);
        let cache = cache(TILES, cache_bytes - cache_bytes / 3, BytesHeld);
        let axes = OnceLock::new();
        Self { place, format, catalogue, arrays, missing, cache, fetched, cache_bytes, axes }
    }

    /// Its path or URL.
    pub fn path(&self) -> &Path {
        self.place.name()
    }

    /// What people call its format.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// What it holds.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The declaration of a variable.
    ///
    /// # Errors
    /// [`ForcingError::NoSuchVariable`].
    pub fn variable(&self, name: &str) -> Result<&Variable, ForcingError> {
        self.catalogue.variable(name).ok_or_else(|| ForcingError::NoSuchVariable {
            path: self.path().to_owned(),
            variable: name.to_owned(),
            known: self.catalogue.variables.iter().map(|known| known.name.clone()).collect(),
        })
    }

    /// Brings a block of a variable into memory as it is stored. Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`ForcingError`] naming the variable and the block or chunk.
    pub async fn fetch(&self, variable: &str, slab: &Slab) -> Result<Fetched, ForcingError> {
        let (array, wanted) = self.wanted(variable, slab)?;
        let mut tiles = Vec::with_capacity(wanted.len());
        let mut stored = Vec::new();
        let mut promised = Vec::new();
        for tile in wanted {
            let mut known = None;
            if self.cache_bytes > 0 && !array.tiling.is_inside(&tile, slab) {
                let key = (variable.to_owned(), tile.clone());
                // All blocks go through their tiles in the same order, so that none waits for one
                // that waits for it.
                match self.fetched.get_value_or_guard_async(&key).await {
                    Ok(content) => known = Some(content),
                    Err(guard) => match self.cache.get(&key) {
                        Some(decoded) => known = Some(Content::Decoded(decoded)),
                        None => promised.push((tiles.len(), guard)),
                    },
                }
            }
            if known.is_none() {
                stored.push(tiles.len());
            }
            tiles.push((tile, known.unwrap_or(Content::Unwritten)));
        }
        let located = stored.iter().map(|&number| self.locate(array, variable, &tiles[number].0));
        // The first failure ends it: each tile that waits for the same index would try again.
        let located = try_join_all(located).await?;
        let unread: Vec<&[u64]> = stored.iter().map(|&number| &tiles[number].0[..]).collect();
        let contents = self.read(array, variable, &unread, &located).await?;
        for (number, content) in stored.into_iter().zip(contents) {
            tiles[number].1 = content;
        }
        for (number, guard) in promised {
            // One that is too large to be kept is asked for again.
            let _ = guard.insert(tiles[number].1.clone());
        }
        Ok(Fetched { variable: variable.to_owned(), slab: slab.clone(), tiles })
    }

    /// The array of a variable, and the tiles of it that a block touches.
    fn wanted(
        &self,
        variable: &str,
        slab: &Slab,
    ) -> Result<(&Arc<Array>, Vec<Vec<u64>>), ForcingError> {
        let declared = self.variable(variable)?;
        if !slab.fits(&declared.shape) {
            return Err(ForcingError::OutOfBounds {
                path: self.path().to_owned(),
                variable: variable.to_owned(),
                slab: slab.to_string(),
                shape: declared.shape.clone(),
            });
        }
        let array = self.array(variable)?;
        Ok((array, array.tiling.touched(slab)))
    }

    fn array(&self, variable: &str) -> Result<&Arc<Array>, ForcingError> {
        self.arrays.get(variable).ok_or_else(|| {
            let reason = self.catalogue.why_unreadable(variable);
            ForcingError::NotNumbers {
                path: self.path().to_owned(),
                variable: variable.to_owned(),
                reason: reason.unwrap_or("it holds text or a user-defined type").to_owned(),
            }
        })
    }

    async fn locate(
        &self,
        array: &Array,
        variable: &str,
        tile: &[u64],
    ) -> Result<Location, ForcingError> {
        array.tiles.locate(tile).await.map_err(|error| match error {
            Unread::Refused(error) => error,
            Unread::Damaged(reason) => self.damaged(array, variable, tile, reason),
        })
    }

    /// Reads tiles that have been located, all at once; parts of one file that lie close together in
    /// one request.
    async fn read(
        &self,
        array: &Array,
        variable: &str,
        tiles: &[&[u64]],
        located: &[Location],
    ) -> Result<Vec<Content>, ForcingError> {
        let mut by_file: BTreeMap<&Path, (&Place, Vec<usize>)> = BTreeMap::new();
        let mut contents = Vec::with_capacity(located.len());
        for (number, location) in located.iter().enumerate() {
            contents.push(match location {
                Location::Held(bytes) => Content::Stored(bytes.clone()),
                Location::Missing(place) => self.missing(place, variable, tiles[number])?,
                Location::File(_) | Location::Part(..) | Location::Unwritten => Content::Unwritten,
            });
            if let Location::File(place) | Location::Part(place, _) = location {
                by_file.entry(place.name()).or_insert((place, Vec::new())).1.push(number);
            }
        }
        let files = by_file.into_values().map(|(place, members)| async move {
            let ranges: Vec<_> =
                members.iter().filter_map(|&member| located[member].range()).collect();
            let parts = match ranges.is_empty() {
                true => place.read().await?.map(|whole| vec![whole]),
                // It was there when its index was read.
                false => Some(place.read_ranges(&ranges).await?.ok_or_else(|| place.gone())?),
            };
            Ok::<_, ForcingError>((place, members, parts))
        });
        for (place, members, parts) in try_join_all(files).await? {
            let Some(parts) = parts else {
                contents[members[0]] = self.missing(place, variable, tiles[members[0]])?;
                continue;
            };
            for (member, part) in members.into_iter().zip(parts) {
                if let Some(range) = located[member].range()
                    && part.len() as u64 != range.end - range.start
                {
                    let reason =
                        format!("{} bytes came instead of {}", part.len(), range.end - range.start);
                    return Err(self.damaged(array, variable, tiles[member], reason));
                }
                contents[member] = Content::Stored(part);
            }
        }
        Ok(contents)
    }

    /// What a tile holds that has no file.
    fn missing(
        &self,
        place: &Place,
        variable: &str,
        tile: &[u64],
    ) -> Result<Content, ForcingError> {
        match self.missing {
            MissingChunks::Fill => Ok(Content::Unwritten),
            MissingChunks::Refuse => Err(ForcingError::MissingChunk {
                path: place.name().to_owned(),
                variable: variable.to_owned(),
                chunk: tile.to_vec(),
            }),
        }
    }

    /// Turns what [`Source::fetch`] brought into values, row-major over the block. Blocks while it
    /// computes.
    ///
    /// # Errors
    /// [`ForcingError::Damaged`] where it cannot be decoded.
    pub fn decode(&self, fetched: Fetched) -> Result<Stored, ForcingError> {
        let Fetched { variable, slab, tiles } = fetched;
        let array = self.array(&variable)?;
        let kind = self.variable(&variable)?.stored;
        let values = match <[_; 1]>::try_from(tiles) {
            // A block that is a tile needs no copy.
            Ok([(tile, content)]) if array.tiling.slab(&tile) == slab => {
                self.decode_tile(array, &variable, &slab, &tile, content)?
            }
            Ok(tile) => self.put_together(array, &variable, &slab, tile.into())?,
            Err(tiles) => self.put_together(array, &variable, &slab, tiles)?,
        };
        Stored::new(kind, values)
            .ok_or_else(|| self.no_numbers(&variable, "its type is none of theirs"))
    }

    /// A block of several tiles, or of a part of one.
    fn put_together(
        &self,
        array: &Array,
        variable: &str,
        slab: &Slab,
        tiles: Vec<(Vec<u64>, Content)>,
    ) -> Result<Bytes, ForcingError> {
        let length = usize::try_from(slab.values()).ok();
        let length = length.and_then(|values| values.checked_mul(array.fill.len()));
        let too_large = || self.no_numbers(variable, "a block of it is too large");
        let mut values = vec![0; length.ok_or_else(too_large)?];
        let decoded = tiles.into_par_iter().map(|(tile, content)| {
            let bytes = self.decode_tile(array, variable, slab, &tile, content);
            bytes.map(|bytes| (tile, bytes))
        });
        // Of several damaged tiles the first is named, whichever was decoded first.
        let decoded: Vec<Result<_, ForcingError>> = decoded.collect();
        for tile in decoded {
            let (tile, bytes) = tile?;
            array.tiling.cut(&tile, &bytes, slab, &mut values);
        }
        Ok(values.into())
    }

    fn no_numbers(&self, variable: &str, reason: &str) -> ForcingError {
        ForcingError::NotNumbers {
            path: self.path().to_owned(),
            variable: variable.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn decode_tile(
        &self,
        array: &Array,
        variable: &str,
        slab: &Slab,
        tile: &[u64],
        content: Content,
    ) -> Result<Bytes, ForcingError> {
        let length = array.tiling.bytes(tile);
        let decode = |bytes: Bytes| {
            let decoded = array.tiles.decode(tile, bytes, length);
            decoded.map_err(|reason| self.damaged(array, variable, tile, reason))
        };
        match content {
            Content::Decoded(values) => Ok(values),
            Content::Unwritten => Ok(array.fill.repeat(length / array.fill.len()).into()),
            Content::Stored(bytes) if array.tiling.is_inside(tile, slab) => decode(bytes),
            Content::Stored(bytes) => {
                let key = (variable.to_owned(), tile.to_vec());
                let decoded = self.cache.get_or_insert_with(&key, || {
                    // A part of what was read would keep all of it in memory.
                    let mut values = Vec::from(decode(bytes)?);
                    values.shrink_to_fit();
                    Ok(values.into())
                });
                self.fetched.remove(&key);
                decoded
            }
        }
    }

    /// An upper estimate of the bytes that [`Source::fetch`] of this block holds.
    pub fn fetch_bytes(&self, variable: &str, slab: &Slab) -> u64 {
        // A chunk that does not compress is as long as its values; codecs add a little.
        let Ok((array, tiles)) = self.wanted(variable, slab) else { return 0 };
        tiles.iter().map(|tile| array.tiling.bytes(tile) as u64 + 256).sum()
    }

    /// Bytes of tiles that are kept for later blocks, decoded and as they are stored, at most.
    pub fn cache_bytes(&self) -> u64 {
        self.cache_bytes
    }

    /// Fetches all axes at once: whoever interprets the file asks for one after another. What fails
    /// is asked for again then, and named.
    pub(super) async fn fetch_axes(&self) {
        if self.axes.get().is_some() {
            return;
        }
        let is_axis = |variable: &&Variable| variable.dimensions == [variable.name.as_str()];
        let axes = self.catalogue.variables.iter().filter(is_axis).map(|axis| async {
            let fetched = self.fetch(&axis.name, &Slab::whole(&axis.shape)).await;
            Some((axis.name.clone(), fetched.ok()?))
        });
        let fetched = join_all(axes).await.into_iter().flatten().collect();
        // Whoever was first has fetched the same.
        let _ = self.axes.set(fetched);
    }

    /// All values of a variable as f64, neither scaled nor masked. Integers below 2^53 are exact.
    /// Meant for coordinates; blocks.
    ///
    /// # Errors
    /// As [`Source::fetch`] and [`Source::decode`], and [`ForcingError::TooManyValues`].
    pub fn read_numbers(&self, variable: &str) -> Result<Vec<f64>, ForcingError> {
        let slab = Slab::whole(&self.variable(variable)?.shape);
        if slab.values() > MOST_COORDINATES {
            return Err(ForcingError::TooManyValues {
                path: self.path().to_owned(),
                variable: variable.to_owned(),
                values: slab.values(),
            });
        }
        let fetched = match self.axes.get().and_then(|axes| axes.get(variable)) {
            Some(axis) => axis.clone(),
            None => pollster::block_on(self.fetch(variable, &slab))?,
        };
        Ok(self.decode(fetched)?.to_f64())
    }

    fn damaged(&self, array: &Array, variable: &str, tile: &[u64], reason: String) -> ForcingError {
        let path = array.tiles.file(tile).name().to_owned();
        let index = format!(" chunk {tile:?}");
        ForcingError::Damaged { path, variable: variable.to_owned(), index, reason }
    }
}

/// How many bytes of tiles to keep. A tile that spans several time steps must stay until all of them
/// have been read, for both components; others are read once.
fn cache_bytes<'a>(arrays: impl Iterator<Item = &'a Array>) -> u64 {
    let spanning = arrays.filter(|array| {
        let tile = array.tiling.tile();
        tile.len() > 2 && tile[0] > 1
    });
    let largest = spanning.map(|array| array.tiling.layer_bytes()).max().unwrap_or(0);
    // Two components, and room for the next row of tiles while the last is still in use; half as
    // much for those that are fetched and not yet decoded.
    largest.saturating_mul(6).min(LARGEST_CACHE)
}
