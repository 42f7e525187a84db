//! From the stored bytes of an HDF5 chunk to its values: its filters, undone in turn.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};
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

/// Undoes the filters of a chunk, those whose bit in `skipped` is set excepted: `length` bytes, of
/// values with `element` bytes.
pub(super) fn undo(
    filters: &[FilterDescription],
    skipped: u32,
    stored: Bytes,
    element: usize,
    length: usize,
) -> Result<Bytes, String> {
    let mut left: Vec<&FilterDescription> = (filters.iter().enumerate())
        .filter(|(number, _)| *number >= 32 || skipped >> number & 1 == 0)
        .map(|(_, filter)| filter)
        .collect();
    let mut values = stored;
    while let Some(filter) = left.pop() {
        let longest = length + CHECKSUM * left.len();
        let undone = match filter.id {
            // What nearly all files use.
            DEFLATE if left.len() == 1 && left[0].id == SHUFFLE => {
                left.clear();
                inflate_and_unshuffle(&values, element, length)?
            }
            DEFLATE => {
                let mut inflated = vec![0; longest];
                let found = inflate(&values, &mut inflated)?;
                inflated.truncate(found);
                inflated
            }
            SHUFFLE => unshuffle(&values, element),
            ZSTANDARD => {
                zstd::bulk::decompress(&values, longest).map_err(|error| error.to_string())?
            }
            FLETCHER32 => {
                fletcher32::verify_and_strip(&values).map_err(|error| error.to_string())?
            }
            _ => (FilterRegistry::new().apply(filter, &values, element))
                .map_err(|error| error.to_string())?,
        };
        values = undone.into();
    }
    if values.len() != length {
        return Err(wrong_length(values.len(), length));
    }
    Ok(values)
}

fn wrong_length(found: usize, expected: usize) -> String {
    format!("it decodes to {found} bytes instead of {expected}")
}

thread_local! {
    /// Where a chunk is inflated before it is unshuffled. Kept, since asking for its pages anew
    /// takes as long as unshuffling it; a thread keeps one chunk at most.
    static INFLATED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn inflate_and_unshuffle(stored: &[u8], element: usize, length: usize) -> Result<Vec<u8>, String> {
    INFLATED.with_borrow_mut(|inflated| {
        inflated.resize(length, 0);
        match inflate(stored, inflated)? {
            found if found == length => Ok(unshuffle(inflated, element)),
            found => Err(wrong_length(found, length)),
        }
    })
}

/// The number of bytes that it inflates to, which must not be more than there is room for.
fn inflate(stored: &[u8], inflated: &mut [u8]) -> Result<usize, String> {
    Decompressor::new().zlib_decompress(stored, inflated).map_err(|error| error.to_string())
}

/// Puts the first bytes of all values, then the second ones and so on, back into values.
fn unshuffle(stored: &[u8], element: usize) -> Vec<u8> {
    let count = stored.len() / element.max(1);
    // What is left over of a value at the end is stored as it is.
    let (planes, rest) = stored.split_at(count * element);
    let mut values = match element {
        2 => interleave::<2>(planes),
        4 => interleave::<4>(planes),
        8 => interleave::<8>(planes),
        _ => (0..planes.len()).map(|at| planes[at % element * count + at / element]).collect(),
    };
    values.extend_from_slice(rest);
    values
}

/// With the number of bytes known, and sixty-four values at once, the compiler makes vector
/// instructions of it.
fn interleave<const N: usize>(planes: &[u8]) -> Vec<u8> {
    let count = planes.len() / N;
    let planes: [&[u8]; N] = std::array::from_fn(|byte| &planes[byte * count..][..count]);
    let value = |number: usize| std::array::from_fn(|byte| planes[byte][number]);
    let blocks = planes.map(|plane| plane.as_chunks::<64>().0);
    let mut values: Vec<[u8; N]> = Vec::with_capacity(count);
    for number in 0..count / 64 {
        let block = blocks.map(|blocks| &blocks[number]);
        let interleaved: [[u8; N]; 64] =
            std::array::from_fn(|value| std::array::from_fn(|byte| block[byte][value]));
        values.extend_from_slice(&interleaved);
    }
    values.extend((values.len()..count).map(value));
    values.into_flattened()
}

/// Values in the machine's byte order; turned round where `swapped`.
pub(super) fn to_native(values: Bytes, element: usize, swapped: bool) -> Bytes {
    if !swapped || element < 2 {
        return values;
    }
    let mut values = BytesMut::from(values);
    values.chunks_exact_mut(element).for_each(<[u8]>::reverse);
    values.freeze()
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
        fn shuffled_bytes_come_back(
            values in prop::collection::vec(any::<u8>(), 0..1000),
            element in 1_usize..10,
        ) {
            let planes = shuffled(&values, element);
            prop_assert_eq!(&unshuffle(&planes, element), &values);
            let again = hdf5_reader::filters::shuffle::unshuffle(&planes, element);
            prop_assert_eq!(again, values, "the library agrees");
        }
    }

    fn undone(filters: &[u16], skipped: u32, stored: Vec<u8>) -> Result<Bytes, String> {
        let filters: Vec<_> = filters.iter().copied().map(filter).collect();
        undo(&filters, skipped, stored.into(), 4, 256)
    }

    #[test]
    fn filters_are_undone_from_the_last_to_the_first() {
        let values: Vec<u8> = (0..=255).collect();
        let both = [SHUFFLE, DEFLATE];
        assert_eq!(undone(&both, 0, deflated(&shuffled(&values, 4))).unwrap(), values);
        let found = undone(&both, 1, deflated(&values)).unwrap();
        assert_eq!(found, values, "the first filter was not used for this chunk");
        assert_eq!(undone(&[DEFLATE, DEFLATE], 0b11, values.clone()).unwrap(), values);
        let zstandard = zstd::bulk::compress(&shuffled(&values, 4), 1).unwrap();
        assert_eq!(undone(&[SHUFFLE, ZSTANDARD], 0, zstandard).unwrap(), values);
    }

    #[test]
    fn chunks_of_a_wrong_length_are_refused() {
        for length in [0, 255, 257, 300] {
            let stored = deflated(&vec![1; length]);
            assert!(undone(&[SHUFFLE, DEFLATE], 0, stored.clone()).is_err(), "{length}");
            assert!(undone(&[DEFLATE], 0, stored).is_err(), "{length}");
            assert!(undone(&[], 0, vec![1; length]).is_err(), "{length}");
        }
        assert!(undone(&[SHUFFLE, DEFLATE], 0, b"no zlib at all".to_vec()).is_err());
    }

    #[test]
    fn values_are_turned_round_where_their_bytes_are() {
        let turned = |bytes: &[u8]| to_native(Bytes::copy_from_slice(bytes), 2, true);
        assert_eq!(turned(&[1, 2, 3, 4])[..], [2, 1, 4, 3]);
        // A part of what others hold too is copied.
        let shared = Bytes::from_static(&[1, 2, 3, 4]);
        assert_eq!(to_native(shared.slice(2..), 2, true)[..], [4, 3]);
        assert_eq!(shared[..], [1, 2, 3, 4]);
        assert_eq!(to_native(shared.clone(), 2, false), shared);
    }

    #[test]
    fn filters_that_are_not_built_in_are_named() {
        assert!(foreign(&[filter(SHUFFLE), filter(32001)]).unwrap().contains("blosc"));
        assert!(foreign(&[filter(12345)]).unwrap().contains("filter 12345"));
        assert_eq!(foreign(&[filter(SHUFFLE), filter(ZSTANDARD)]), None);
    }
}
