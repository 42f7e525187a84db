//! The chunks of NetCDF-4: their shapes, how many to keep inflated, and filters beyond HDF5's own.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use hdf5_reader::messages::HdfMessage;
use hdf5_reader::{Dataset, FilterRegistry, Hdf5File};

use crate::forcing::format::{is_netcdf, read_start};

/// The shape of a variable's chunks and the bytes of one of its values.
pub(super) struct Chunk {
    pub(super) shape: Vec<u64>,
    /// Bytes of all chunks that one step along the slower dimensions touches.
    layer_bytes: u64,
    /// Whether a chunk holds more than one step.
    spans_steps: bool,
    /// Why it cannot be decoded, where it is compressed by a filter that is not built in.
    pub(super) unreadable: Option<String>,
}

/// Chunked variables of the root group by name.
pub(super) type Chunks = HashMap<String, Chunk>;

/// Inflated chunks are kept within these bounds.
const CACHE_BOUNDS: [u64; 2] = [16 << 20, 512 << 20];

/// HDF5's registered number of the Zstandard filter.
const ZSTANDARD: u16 = 32015;

/// Filters that are built in: HDF5's own, LZ4 and Zstandard.
const BUILT_IN: [u16; 8] = [1, 2, 3, 4, 5, 6, 32004, ZSTANDARD];

/// Common filters that are not, by their registered numbers.
const FOREIGN: [(u16, &str); 9] = [
    (305, "lzo"),
    (307, "bzip2"),
    (32000, "lzf"),
    (32001, "blosc"),
    (32008, "bitshuffle"),
    (32013, "zfp"),
    (32017, "sz"),
    (32022, "granular bit round"),
    (32026, "blosc2"),
];

/// What one chunk may inflate to: HDF5 limits chunks to 4 GiB.
const LARGEST_CHUNK: u64 = 4 << 30;

/// The chunk shapes of a NetCDF-4 file; empty for the classic formats, which have no chunks.
pub(super) fn shapes(path: &Path) -> Result<Chunks, String> {
    let start = read_start(path).map_err(|error| error.to_string())?;
    if !is_netcdf(&start) || start.starts_with(b"CDF") {
        return Ok(Chunks::new());
    }
    let file = Hdf5File::open(path).map_err(|error| error.to_string())?;
    let datasets = file.root_group().and_then(|root| root.datasets());
    let datasets = datasets.map_err(|error| error.to_string())?;
    Ok(datasets
        .iter()
        .filter_map(|dataset| {
            let shape: Vec<u64> = dataset.chunks()?.into_iter().map(u64::from).collect();
            let element = dataset.raw_element_size().ok()? as u64;
            let name = dataset.name().trim_start_matches('/').to_owned();
            let unreadable = foreign_filter(&file, dataset);
            Some((name, Chunk { unreadable, ..chunk(shape, dataset.shape(), element) }))
        })
        .collect())
}

/// What to say of the first filter of a variable that is not built in.
fn foreign_filter(file: &Hdf5File, dataset: &Dataset) -> Option<String> {
    let header = file.get_or_parse_header(dataset.address()).ok()?;
    let filters = header.messages.iter().filter_map(|message| match message {
        HdfMessage::FilterPipeline(pipeline) => Some(&pipeline.filters),
        _ => None,
    });
    let filter = filters.flatten().find(|filter| !BUILT_IN.contains(&filter.id))?;
    let known = FOREIGN.iter().find(|(id, _)| *id == filter.id).map(|&(_, name)| name);
    let name = known.or(filter.name.as_deref()).unwrap_or("a filter of an unknown name");
    Some(format!(
        "it is compressed with {name} (HDF5 filter {}), which drogue does not read: recompress it, \
         for instance with `h5repack -f GZIP=4 IN OUT`, or `nccopy -F none IN OUT`",
        filter.id
    ))
}

fn chunk(shape: Vec<u64>, whole: &[u64], element: u64) -> Chunk {
    let plane = shape.len().saturating_sub(2);
    let steps: u64 = shape[..plane].iter().product();
    let layer =
        shape[plane..].iter().zip(&whole[plane..]).fold(steps, |values, (&chunk, &length)| {
            values.saturating_mul(length.div_ceil(chunk.max(1))).saturating_mul(chunk)
        });
    Chunk {
        shape,
        layer_bytes: layer.saturating_mul(element),
        spans_steps: steps > 1,
        unreadable: None,
    }
}

/// How many bytes of inflated chunks to keep. A chunk that spans several time steps must stay
/// until all of them have been read, for both components; other chunks are read once.
pub(super) fn cache_bytes(chunks: &Chunks) -> u64 {
    let spanning = chunks.values().filter(|chunk| chunk.spans_steps);
    let largest = spanning.map(|chunk| chunk.layer_bytes).max().unwrap_or(0);
    // Two components, and room for the next row of chunks while the last is still in use.
    largest.saturating_mul(4).clamp(CACHE_BOUNDS[0], CACHE_BOUNDS[1])
}

/// HDF5's own filters and Zstandard.
pub(super) fn filters() -> FilterRegistry {
    let mut registry = FilterRegistry::new();
    let inflate = |_: &_, data: &[u8], _| {
        let failed = |error: std::io::Error| {
            hdf5_reader::error::Error::DecompressionError(error.to_string())
        };
        let mut inflated = Vec::new();
        let decoder = zstd::stream::read::Decoder::new(data).map_err(failed)?;
        decoder.take(LARGEST_CHUNK).read_to_end(&mut inflated).map_err(failed)?;
        Ok(inflated)
    };
    registry.register(ZSTANDARD, Box::new(inflate));
    registry
}
