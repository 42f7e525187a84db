//! The values of NetCDF-4: where HDF5 keeps the chunks of a variable.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use hdf5_reader::btree_v1::{BTreeV1Key, collect_btree_v1_leaves_storage};
use hdf5_reader::chunk_index::{
    ChunkEntry, collect_implicit_chunk_entries, collect_v2_chunk_entries_storage,
    single_chunk_entry,
};
use hdf5_reader::error::{ByteOrder, Error};
use hdf5_reader::extensible_array::collect_extensible_array_chunk_entries_storage;
use hdf5_reader::fixed_array::collect_fixed_array_chunk_entries_storage;
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::filter_pipeline::FilterDescription;
use hdf5_reader::messages::layout::{ChunkIndexing, DataLayout};
use hdf5_reader::{Dataset, Datatype, Hdf5File};
use tokio::sync::OnceCell;

use super::filters;
use super::storage::Storage;
use crate::forcing::ForcingError;
use crate::forcing::place::Place;
use crate::forcing::requests::blocking;
use crate::forcing::source::Array;
use crate::forcing::tiles::{Location, Tiles, Tiling, Unread};

/// All variables of the root group, or why one cannot be read.
pub(super) fn arrays(
    storage: &Arc<Storage>,
) -> Result<HashMap<String, Result<Array, String>>, Error> {
    let file = Opened {
        storage: Arc::clone(storage),
        library: Arc::new(Hdf5File::from_storage(storage.shared())?),
    };
    let datasets = file.library.root_group()?.datasets()?;
    let named = datasets.into_iter().filter_map(|dataset| {
        let (element, swapped) = number(dataset.dtype())?;
        let name = dataset.name().trim_start_matches('/').to_owned();
        Some((name, array(&file, dataset, element, swapped)))
    });
    Ok(named.collect())
}

/// The file, as the library sees it.
#[derive(Clone)]
struct Opened {
    storage: Arc<Storage>,
    library: Arc<Hdf5File>,
}

/// Bytes of a number, and whether they are in the other order than the machine's.
fn number(datatype: &Datatype) -> Option<(usize, bool)> {
    let (Datatype::FixedPoint { size, byte_order, .. }
    | Datatype::FloatingPoint { size, byte_order }) = datatype
    else {
        return None;
    };
    let big = *byte_order == ByteOrder::BigEndian;
    Some((usize::from(*size), big != cfg!(target_endian = "big")))
}

fn array(file: &Opened, dataset: Dataset, element: usize, swapped: bool) -> Result<Array, String> {
    let header = file.library.get_or_parse_header(dataset.address());
    let header = header.map_err(|error| error.to_string())?;
    let mut layout = None;
    let mut filters = Vec::new();
    for message in &header.messages {
        match message {
            HdfMessage::DataLayout(found) => layout = Some(found.layout.clone()),
            HdfMessage::FilterPipeline(found) => filters.clone_from(&found.filters),
            HdfMessage::ExternalFiles(_) => {
                return Err("its values are in another file: copy them in with `nccopy`".into());
            }
            _ => {}
        }
    }
    if let Some(reason) = filters::foreign(&filters) {
        return Err(reason);
    }
    let shape = dataset.shape().to_vec();
    let declared = dataset.fill_value().and_then(|fill| fill.value.as_deref());
    let fill = match declared.filter(|value| value.len() == element) {
        Some(value) => filters::to_native(Bytes::copy_from_slice(value), element, swapped).to_vec(),
        None => vec![0; element],
    };
    let superblock = file.library.superblock();
    let base = superblock.base_address;
    let addressed = |address: u64| {
        let defined = !Cursor::is_undefined_offset(address, superblock.offset_size);
        defined.then_some(base.saturating_add(address))
    };
    let whole: Vec<u64> = shape.iter().map(|&length| length.max(1)).collect();
    let (tile, clipped, stored) = match layout.ok_or("its header does not say where it is")? {
        DataLayout::Compact { data } => (whole, true, Stored::Held(data.into())),
        DataLayout::Contiguous { address, .. } => {
            let mut tile = whole;
            let plane = tile.len().saturating_sub(2);
            tile[..plane].fill(1);
            (tile, true, Stored::Contiguous(addressed(address)))
        }
        DataLayout::Chunked { address, mut dims, chunk_indexing, .. } => {
            // Old versions add the size of a value.
            dims.truncate(shape.len());
            let tile = dims.iter().map(|&length| u64::from(length)).collect();
            let index = Index {
                file: file.clone(),
                dataset,
                root: addressed(address).map(|_| address),
                chunk: dims,
                indexing: chunk_indexing,
                entries: OnceCell::new(),
            };
            (tile, false, Stored::Chunks(Arc::new(index)))
        }
    };
    let tiling = Tiling::new(shape, tile, clipped, element)?;
    let chunks = Chunks {
        file: file.storage.place().clone(),
        tiling: tiling.clone(),
        element,
        swapped,
        filters,
        stored,
    };
    Ok(Array { tiling, tiles: Box::new(chunks), fill })
}

/// The tiles of one variable.
struct Chunks {
    file: Place,
    tiling: Tiling,
    element: usize,
    swapped: bool,
    filters: Vec<FilterDescription>,
    stored: Stored,
}

enum Stored {
    Held(Bytes),
    /// One after another from this byte on; nowhere if nothing was written.
    Contiguous(Option<u64>),
    Chunks(Arc<Index>),
}

impl Tiles for Chunks {
    fn file(&self, _: &[u64]) -> Place {
        self.file.clone()
    }

    fn locate<'a>(&'a self, tile: &'a [u64]) -> BoxFuture<'a, Result<Location, Unread>> {
        async move {
            Ok(match &self.stored {
                Stored::Held(bytes) => Location::Held(bytes.clone()),
                Stored::Contiguous(None) => Location::Unwritten,
                Stored::Contiguous(Some(start)) => {
                    let start = start + self.tiling.first_value(tile) * self.element as u64;
                    let end = start + self.tiling.bytes(tile) as u64;
                    Location::Part(self.file.clone(), start..end)
                }
                Stored::Chunks(index) => match index.range(tile).await? {
                    Some(range) => Location::Part(self.file.clone(), range),
                    None => Location::Unwritten,
                },
            })
        }
        .boxed()
    }

    fn decode(&self, tile: &[u64], stored: Bytes, length: usize) -> Result<Bytes, String> {
        let skipped = match &self.stored {
            Stored::Chunks(index) => {
                // It was read to find these bytes.
                let entries = index.entries.get();
                entries.and_then(|all| all.get(tile)).map_or(0, |entry| entry.filter_mask)
            }
            _ => 0,
        };
        let values = filters::undo(&self.filters, skipped, stored, self.element, length)?;
        Ok(filters::to_native(values, self.element, self.swapped))
    }
}

/// The index of a variable's chunks, read when the first of them is wanted.
struct Index {
    file: Opened,
    dataset: Dataset,
    /// The address of the index; none where no chunk was written.
    root: Option<u64>,
    chunk: Vec<u32>,
    indexing: Option<ChunkIndexing>,
    entries: OnceCell<Entries>,
}

type Entries = HashMap<Vec<u64>, ChunkEntry>;

impl Index {
    /// The bytes of the file that hold a chunk; `None` if it was never written.
    async fn range(self: &Arc<Self>, tile: &[u64]) -> Result<Option<Range<u64>>, Unread> {
        let entries = self.entries.get_or_try_init(|| self.entries()).await?;
        let base = self.file.library.superblock().base_address;
        Ok(entries.get(tile).map(|entry| {
            let start = base.saturating_add(entry.address);
            start..start.saturating_add(entry.size)
        }))
    }

    async fn entries(self: &Arc<Self>) -> Result<Entries, Unread> {
        let index = Arc::clone(self);
        // The library reads the index here and there, and waits for each piece.
        let read = blocking(move || index.file.storage.watch(|| index.read())).await;
        let path = || self.file.storage.place().name().to_owned();
        let entries = read.map_err(|source| ForcingError::Io { path: path(), source })??;
        let by_tile = entries.into_iter().map(|entry| {
            let chunks = entry.offsets.iter().zip(&self.chunk);
            (chunks.map(|(offset, &length)| offset / u64::from(length.max(1))).collect(), entry)
        });
        Ok(by_tile.collect())
    }

    fn read(&self) -> Result<Vec<ChunkEntry>, Error> {
        let Some(root) = self.root else { return Ok(Vec::new()) };
        let library = &self.file.library;
        let (storage, superblock) = (library.storage(), library.superblock());
        let (offset, length) = (superblock.offset_size, superblock.length_size);
        let (shape, chunk) = (self.dataset.shape(), &self.chunk[..]);
        let element = self.dataset.raw_element_size()?;
        match &self.indexing {
            None => {
                let ndim = Some(shape.len() as u32);
                collect_btree_v1_leaves_storage(storage, root, offset, length, ndim, chunk, None)?
                    .into_iter()
                    .map(|(key, address)| match key {
                        BTreeV1Key::RawData { chunk_size, filter_mask, mut offsets } => {
                            offsets.truncate(shape.len());
                            let size = u64::from(chunk_size);
                            Ok(ChunkEntry { address, size, filter_mask, offsets })
                        }
                        BTreeV1Key::Group { .. } => Err(Error::InvalidData(
                            "the index of its chunks holds something else".to_owned(),
                        )),
                    })
                    .collect()
            }
            Some(ChunkIndexing::SingleChunk { filtered_size, filters }) => {
                // Without filters no size is stored.
                let whole = chunk.iter().map(|&length| u64::from(length)).product::<u64>();
                let size = match filtered_size {
                    0 => whole.saturating_mul(element as u64),
                    size => *size,
                };
                Ok(vec![single_chunk_entry(root, size, *filters, shape.len())])
            }
            Some(ChunkIndexing::BTreeV2) => {
                let ndim = shape.len() as u32;
                collect_v2_chunk_entries_storage(storage, root, offset, length, ndim, chunk, None)
            }
            Some(ChunkIndexing::Implicit) => {
                collect_implicit_chunk_entries(root, shape, chunk, element, None, storage.len())
            }
            Some(ChunkIndexing::FixedArray { .. }) => collect_fixed_array_chunk_entries_storage(
                storage, root, offset, length, shape, chunk, None,
            ),
            Some(ChunkIndexing::ExtensibleArray { .. }) => {
                let longest = self.dataset.max_dims();
                collect_extensible_array_chunk_entries_storage(
                    storage, root, offset, length, shape, longest, chunk, None,
                )
            }
        }
    }
}
