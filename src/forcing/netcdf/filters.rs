//! From the stored bytes of an HDF5 chunk to its values: its filters, undone in turn.

use std::cell::RefCell;

use hdf5_reader::FilterRegistry;
use hdf5_reader::filters::fletcher32;
use hdf5_reader::messages::filter_pipeline::FilterDescription;
use libdeflater::Decompressor;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const ZSTANDARD: u16 = 32015;

/// Filters that are undone here or by the library: HDF5's own, LZ4 and Zstandard.
const BUILT_IN: [u16; 8] = [DEFLATE, SHUFFLE, FLETCHER32, 4, 5, 6, 32004, ZSTANDARD];

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

/// Bytes that the checksum of Fletcher adds.
const CHECKSUM: usize = 4;

/// What to say of the first filter that is not built in.
pub(super) fn foreign(filters: &[FilterDescription]) -> Option<String> {
    let filter = filters.iter().find(|filter| !BUILT_IN.contains(&filter.id))?;
    let known = FOREIGN.iter().find(|(id, _)| *id == filter.id).map(|&(_, name)| name);
    let name = known.or(filter.name.as_deref()).unwrap_or("a filter of an unknown name");
    Some(format!(
        "it is compressed with {name} (HDF5 filter {}), which drogue does not read: recompress it, \
         for instance with `h5repack -f GZIP=4 IN OUT`, or `nccopy -F none IN OUT`",
        filter.id
    ))
}

/// Undoes the filters of a chunk, those whose bit in `skipped` is set excepted. `values` has the
/// chunk's length, of values with `element` bytes.
pub(super) fn undo(
    filters: &[FilterDescription],
    skipped: u32,
    stored: &[u8],
    element: usize,
    values: &mut [u8],
) -> Result<(), String> {
    let mut left: Vec<&FilterDescription> = (filters.iter().enumerate())
        .filter(|(number, _)| *number >= 32 || skipped >> number & 1 == 0)
        .map(|(_, filter)| filter)
        .collect();
    let mut scratch: Option<Vec<u8>> = None;
    while let Some(filter) = left.pop() {
        let input = scratch.as_deref().unwrap_or(stored);
        let last = left.is_empty();
        let longest = values.len() + CHECKSUM * left.len();
        match filter.id {
            // The two that nearly all files use, straight into place where nothing follows.
            DEFLATE if last => return inflate(input, values),
            SHUFFLE if last => return unshuffle(input, element, values),
            DEFLATE if left.len() == 1 && left[0].id == SHUFFLE => {
                return inflate_and_unshuffle(input, element, values);
            }
            DEFLATE => {
                let mut inflated = vec![0; longest];
                let length = inflate_at_most(input, &mut inflated)?;
                inflated.truncate(length);
                scratch = Some(inflated);
            }
            ZSTANDARD => {
                let inflated = zstd::bulk::decompress(input, longest);
                scratch = Some(inflated.map_err(|error| error.to_string())?);
            }
            FLETCHER32 => {
                let checked = fletcher32::verify_and_strip(input);
                scratch = Some(checked.map_err(|error| error.to_string())?);
            }
            _ => {
                let undone = FilterRegistry::new().apply(filter, input, element);
                scratch = Some(undone.map_err(|error| error.to_string())?);
            }
        }
    }
    let found = scratch.as_deref().unwrap_or(stored);
    if found.len() != values.len() {
        return Err(wrong_length(found.len(), values.len()));
    }
    values.copy_from_slice(found);
    Ok(())
}

fn wrong_length(found: usize, expected: usize) -> String {
    format!("it decodes to {found} bytes instead of {expected}")
}

fn inflate(stored: &[u8], values: &mut [u8]) -> Result<(), String> {
    match inflate_at_most(stored, values)? {
        length if length == values.len() => Ok(()),
        length => Err(wrong_length(length, values.len())),
    }
}

thread_local! {
    /// Where a chunk is inflated before it is unshuffled. Kept, since asking for its pages anew
    /// takes as long as unshuffling it; a thread keeps one chunk at most.
    static INFLATED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn inflate_and_unshuffle(stored: &[u8], element: usize, values: &mut [u8]) -> Result<(), String> {
    INFLATED.with_borrow_mut(|inflated| {
        inflated.resize(values.len(), 0);
        inflate(stored, inflated)?;
        unshuffle(inflated, element, values)
    })
}

fn inflate_at_most(stored: &[u8], values: &mut [u8]) -> Result<usize, String> {
    Decompressor::new().zlib_decompress(stored, values).map_err(|error| error.to_string())
}

/// Puts the first bytes of all values, then the second ones and so on, back into values.
fn unshuffle(stored: &[u8], element: usize, values: &mut [u8]) -> Result<(), String> {
    if stored.len() != values.len() {
        return Err(wrong_length(stored.len(), values.len()));
    }
    // What is left over of a value at the end is stored as it is.
    let whole = values.len() / element * element;
    let (planes, rest) = stored.split_at(whole);
    let (values, last) = values.split_at_mut(whole);
    last.copy_from_slice(rest);
    match element {
        2 => interleave::<2>(planes, values),
        4 => interleave::<4>(planes, values),
        8 => interleave::<8>(planes, values),
        _ => {
            let count = whole / element.max(1);
            for (number, value) in values.chunks_exact_mut(element.max(1)).enumerate() {
                for (byte, value) in value.iter_mut().enumerate() {
                    *value = planes[byte * count + number];
                }
            }
        }
    }
    Ok(())
}

/// With the number of bytes known, the compiler makes vector instructions of it.
fn interleave<const N: usize>(planes: &[u8], values: &mut [u8]) {
    let count = values.len() / N;
    let planes: [&[u8]; N] = std::array::from_fn(|byte| &planes[byte * count..][..count]);
    let (values, _) = values.as_chunks_mut::<N>();
    for (number, value) in values.iter_mut().enumerate() {
        *value = std::array::from_fn(|byte| planes[byte][number]);
    }
}

/// Turns values whose bytes are in the other order round, where `swapped`.
pub(super) fn to_native(values: &mut [u8], element: usize, swapped: bool) {
    if swapped && element > 1 {
        values.chunks_exact_mut(element).for_each(<[u8]>::reverse);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(id: u16) -> FilterDescription {
        FilterDescription { id, name: None, client_data: vec![4] }
    }

    fn shuffled(values: &[u8], element: usize) -> Vec<u8> {
        let count = values.len() / element;
        let mut planes: Vec<u8> = (0..count * element)
            .map(|at| values[at % count.max(1) * element + at / count.max(1)])
            .collect();
        planes.extend(&values[count * element..]);
        planes
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(4));
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn shuffled_bytes_come_back(values: Vec<u8>, element in 1_usize..10) {
            let mut found = vec![0; values.len()];
            unshuffle(&shuffled(&values, element), element, &mut found).unwrap();
            prop_assert_eq!(&found, &values);
            let again = hdf5_reader::filters::shuffle::unshuffle(&shuffled(&values, element), element);
            prop_assert_eq!(again, values, "the library agrees");
        }
    }

    #[test]
    fn filters_are_undone_from_the_last_to_the_first() {
        let values: Vec<u8> = (0..=255).collect();
        let stored = deflated(&shuffled(&values, 4));
        let mut found = vec![0; 256];
        undo(&[filter(SHUFFLE), filter(DEFLATE)], 0, &stored, 4, &mut found).unwrap();
        assert_eq!(found, values);
        undo(&[filter(SHUFFLE), filter(DEFLATE)], 1, &deflated(&values), 4, &mut found).unwrap();
        assert_eq!(found, values, "the first filter was not used for this chunk");
        undo(&[filter(DEFLATE), filter(DEFLATE)], 0b11, &values, 4, &mut found).unwrap();
        assert_eq!(found, values);
        let zstandard = zstd::bulk::compress(&shuffled(&values, 4), 1).unwrap();
        undo(&[filter(SHUFFLE), filter(ZSTANDARD)], 0, &zstandard, 4, &mut found).unwrap();
        assert_eq!(found, values);
    }

    #[test]
    fn chunks_of_a_wrong_length_are_refused() {
        let filters = [filter(SHUFFLE), filter(DEFLATE)];
        for length in [0, 255, 257, 300] {
            let stored = deflated(&vec![1; length]);
            assert!(undo(&filters, 0, &stored, 4, &mut [0; 256]).is_err(), "{length}");
            assert!(undo(&filters[1..], 0, &stored, 4, &mut [0; 256]).is_err(), "{length}");
            assert!(undo(&[], 0, &vec![1; length], 4, &mut [0; 256]).is_err(), "{length}");
        }
        assert!(undo(&filters, 0, b"no zlib at all", 4, &mut [0; 256]).is_err());
    }

    #[test]
    fn filters_that_are_not_built_in_are_named() {
        assert!(foreign(&[filter(SHUFFLE), filter(32001)]).unwrap().contains("blosc"));
        assert!(foreign(&[filter(12345)]).unwrap().contains("filter 12345"));
        assert_eq!(foreign(&[filter(SHUFFLE), filter(ZSTANDARD)]), None);
    }
}
