//! An array cut into tiles, the smallest parts of it that can be read alone: the chunks of Zarr and
//! of HDF5, the sub-chunks of shards, the planes of a file that has no chunks.

use std::ops::Range;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::place::Place;
use super::{ForcingError, Slab};

/// Bytes of a decoded tile beyond which an array is refused. None so large could be held, and the
/// lengths of a damaged declaration would overflow the arithmetic on them.
const LARGEST_TILE: u64 = 64 << 30;

/// Where the stored bytes of a tile are.
#[derive(Clone)]
pub(super) enum Location {
    /// A file that holds nothing else.
    File(Place),
    /// A part of a file that was there when the tile was located.
    Part(Place, Range<u64>),
    /// A file that was not there.
    Missing(Place),
    /// In memory since the dataset was opened.
    Held(Bytes),
    /// Nowhere: all values are the fill value.
    Unwritten,
}

impl Location {
    /// The bytes of its file, where those are not all.
    pub(super) fn range(&self) -> Option<Range<u64>> {
        match self {
            Self::Part(_, range) => Some(range.clone()),
            _ => None,
        }
    }
}

/// Why a file's own account of where its values are could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It did not come.
    Refused(ForcingError),
    /// It came, and makes no sense.
    Damaged(String),
}

impl From<ForcingError> for Unread {
    fn from(error: ForcingError) -> Self {
        Self::Refused(error)
    }
}

/// How a format stores the tiles of one array.
pub(super) trait Tiles: Send + Sync {
    /// The file of a tile.
    fn file(&self, tile: &[u64]) -> Place;

    /// Where a tile is stored, after reading the index that tells if there is one. The tiles of one
    /// index that are located at the same time wait for it together.
    fn locate<'a>(&'a self, tile: &'a [u64]) -> BoxFuture<'a, Result<Location, Unread>>;

    /// Turns the stored bytes of a tile into its values, row-major, in the machine's byte order:
    /// `length` bytes, no more and no less.
    fn decode(&self, tile: &[u64], stored: Bytes, length: usize) -> Result<Bytes, String>;
}

/// The shape of an array and of its tiles.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tiling {
    shape: Vec<u64>,
    tile: Vec<u64>,
    /// Whether the last tiles along each dimension end with the array. Chunks do not.
    clipped: bool,
    /// Bytes of a value.
    element: usize,
}

impl Tiling {
    /// # Errors
    /// Why no array can be cut so.
    pub(super) fn new(
        shape: Vec<u64>,
        tile: Vec<u64>,
        clipped: bool,
        element: usize,
    ) -> Result<Self, String> {
        let bytes = tile.iter().try_fold(element as u64, |n, &length| n.checked_mul(length));
        if shape.len() != tile.len() || tile.contains(&0) {
            return Err(format!("its chunks of shape {tile:?} do not fit its shape {shape:?}"));
        }
        if bytes.is_none_or(|bytes| bytes > LARGEST_TILE) {
            return Err(format!(
                "its chunks of shape {tile:?} are larger than any memory: its metadata may be \
                 damaged; write it again with smaller chunks"
            ));
        }
        Ok(Self { shape, tile, clipped, element })
    }

    /// Whether the last tiles end with the array.
    pub(super) fn is_clipped(&self) -> bool {
        self.clipped
    }

    /// Makes the array longer, the new values being fill values.
    pub(super) fn lengthen(&mut self, shape: &[u64]) {
        if !self.clipped && shape.len() == self.shape.len() {
            self.shape.copy_from_slice(shape);
        }
    }

    /// The shape of all tiles but, where they are clipped, the last.
    pub(super) fn tile(&self) -> &[u64] {
        &self.tile
    }

    /// The tiles that a block of the array touches, in row-major order.
    pub(super) fn touched(&self, slab: &Slab) -> Vec<Vec<u64>> {
        if slab.values() == 0 {
            return Vec::new();
        }
        let first: Vec<u64> = over(&slab.start, &self.tile, |start, tile| start / tile);
        let end: Vec<u64> = over(&ends(&slab.start, &slab.count), &self.tile, u64::div_ceil);
        let mut tiles = vec![first.clone()];
        let mut at = first.clone();
        while advance(&mut at, &first, &end) {
            tiles.push(at.clone());
        }
        tiles
    }

    /// Bytes of all tiles that one plane of the last two dimensions touches.
    pub(super) fn layer_bytes(&self) -> u64 {
        let plane = self.tile.len().saturating_sub(2);
        let slower = self.tile[..plane].iter().product::<u64>();
        let across = self.tile[plane..].iter().zip(&self.shape[plane..]);
        across.fold(slower * self.element as u64, |bytes, (&tile, length)| {
            bytes.saturating_mul(length.div_ceil(tile)).saturating_mul(tile)
        })
    }

    /// Where a tile's first value is among all of the array's, row-major.
    pub(super) fn first_value(&self, tile: &[u64]) -> u64 {
        offset(&self.slab(tile).start, &Slab::whole(&self.shape)) as u64
    }

    /// Bytes of a decoded tile.
    pub(super) fn bytes(&self, tile: &[u64]) -> usize {
        self.slab(tile).values() as usize * self.element
    }

    /// The block of the array that a tile holds. Without clipping it may reach beyond the array.
    pub(super) fn slab(&self, tile: &[u64]) -> Slab {
        let start = over(tile, &self.tile, |index, length| index * length);
        let mut count = self.tile.clone();
        if self.clipped {
            let left = over(&self.shape, &start, u64::saturating_sub);
            count = over(&count, &left, u64::min);
        }
        Slab { start, count }
    }

    /// Whether a block holds all of a tile's values, so that no later block will want it.
    pub(super) fn is_inside(&self, tile: &[u64], slab: &Slab) -> bool {
        let held = self.slab(tile);
        let tile_ends = over(&ends(&held.start, &held.count), &self.shape, u64::min);
        held.start.iter().zip(&slab.start).all(|(tile, slab)| slab <= tile)
            && tile_ends
                .iter()
                .zip(ends(&slab.start, &slab.count))
                .all(|(&tile, slab)| tile <= slab)
    }

    /// Copies what a decoded tile and a block have in common into the block.
    pub(super) fn cut(&self, tile: &[u64], decoded: &[u8], slab: &Slab, block: &mut [u8]) {
        let held = self.slab(tile);
        let start = over(&held.start, &slab.start, u64::max);
        let end = over(&ends(&held.start, &held.count), &ends(&slab.start, &slab.count), u64::min);
        if start.iter().zip(&end).any(|(start, end)| start >= end) {
            return;
        }
        // Rows that follow each other in both are one run.
        let mut first = start.len();
        let mut run = self.element;
        while first > 0 {
            first -= 1;
            run *= (end[first] - start[first]) as usize;
            let whole = |of: &Slab| {
                of.start[first] == start[first] && of.count[first] == end[first] - start[first]
            };
            if !(whole(&held) && whole(slab)) {
                break;
            }
        }
        let mut at = start.clone();
        loop {
            let from = self.element * offset(&at, &held);
            let to = self.element * offset(&at, slab);
            block[to..to + run].copy_from_slice(&decoded[from..from + run]);
            if !advance(&mut at[..first], &start[..first], &end[..first]) {
                return;
            }
        }
    }
}

fn over(a: &[u64], b: &[u64], f: impl Fn(u64, u64) -> u64) -> Vec<u64> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

fn ends(start: &[u64], count: &[u64]) -> Vec<u64> {
    over(start, count, u64::saturating_add)
}

/// Row-major index of the point `at` in a block.
fn offset(at: &[u64], block: &Slab) -> usize {
    let along = at.iter().zip(&block.start).zip(&block.count);
    along.fold(0, |offset, ((at, start), &count)| offset * count + (at - start)) as usize
}

/// Moves `at` on by one in row-major order; `false` after the last.
fn advance(at: &mut [u64], start: &[u64], end: &[u64]) -> bool {
    for dimension in (0..at.len()).rev() {
        at[dimension] += 1;
        if at[dimension] < end[dimension] {
            return true;
        }
        at[dimension] = start[dimension];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slab(ranges: &[Range<u64>]) -> Slab {
        Slab {
            start: ranges.iter().map(|range| range.start).collect(),
            count: ranges.iter().map(|range| range.end - range.start).collect(),
        }
    }

    #[test]
    fn a_block_touches_the_tiles_it_lies_in() {
        let tiling = Tiling::new(vec![4, 10, 10], vec![1, 4, 4], false, 2).unwrap();
        let touched = tiling.touched(&slab(&[2..3, 3..5, 8..10]));
        assert_eq!(touched, [[2, 0, 2], [2, 1, 2]]);
        assert!(tiling.touched(&slab(&[2..2, 0..5, 8..10])).is_empty());
        assert!(tiling.is_inside(&[2, 2, 2], &slab(&[2..3, 8..10, 8..10])), "cut by the array");
        assert!(!tiling.is_inside(&[2, 1, 2], &slab(&[2..3, 4..7, 8..10])));
        assert_eq!(tiling.bytes(&[2, 2, 2]), 32);
        let clipped = Tiling::new(vec![4, 10, 10], vec![1, 4, 4], true, 2).unwrap();
        assert_eq!(clipped.bytes(&[2, 2, 2]), 8);
    }

    #[test]
    fn tiles_that_nothing_could_hold_are_refused() {
        assert!(Tiling::new(vec![4, 4], vec![4, 0], false, 4).is_err());
        assert!(Tiling::new(vec![4, 4], vec![4], false, 4).is_err());
        let damaged = Tiling::new(vec![4, 4], vec![u64::MAX / 2, 4], false, 4).unwrap_err();
        assert!(damaged.contains("larger than any memory"), "{damaged}");
    }

    proptest! {
        /// Any block put together from its tiles is the block.
        #[test]
        fn blocks_are_put_together_from_tiles(
            shape in proptest::collection::vec(1_u64..7, 1..4),
            tile in proptest::collection::vec(1_u64..5, 3),
            cut in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 3),
            clipped: bool,
        ) {
            let tiling = Tiling::new(shape.clone(), tile[..shape.len()].to_vec(), clipped, 1).unwrap();
            let ranges: Vec<Range<u64>> = shape.iter().zip(&cut).map(|(&length, &(a, b))| {
                let from = (a * f64::from(length as u32)) as u64;
                from..from + 1 + (b * f64::from((length - from - 1) as u32)).round() as u64
            }).collect();
            let wanted = slab(&ranges);
            let whole = Slab::whole(&shape);
            // Each value is its own index in the array.
            let value = |at: &[u64]| offset(at, &whole) as u8;
            let mut block = vec![255; wanted.values() as usize];
            for index in tiling.touched(&wanted) {
                let held = tiling.slab(&index);
                let inside = ends(&held.start, &held.count);
                let mut decoded = Vec::new();
                let mut at = held.start.clone();
                loop {
                    decoded.push(if at.iter().zip(&shape).all(|(at, end)| at < end) { value(&at) } else { 254 });
                    if !advance(&mut at, &held.start, &inside) { break; }
                }
                prop_assert_eq!(decoded.len(), tiling.bytes(&index));
                tiling.cut(&index, &decoded, &wanted, &mut block);
            }
            let mut at = wanted.start.clone();
            for found in block {
                prop_assert_eq!(found, value(&at));
                advance(&mut at, &wanted.start, &ends(&wanted.start, &wanted.count));
            }
        }
    }
}
