//! The snapshots of a field that are kept from one block to the next.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::future::try_join;
use tokio::task::block_in_place;

use super::moments::Moment;
use crate::forcing::{Following, ForcingError, Scalar, ScalarSnapshot};
use crate::grid::{Grid, Region};
use crate::run::sampling::FEWEST;

/// A field and what of it is in memory.
pub(super) struct Kept {
    pub scalar: Arc<Scalar>,
    /// The number of its grid.
    pub grid: usize,
    /// The one used last comes last.
    snapshots: VecDeque<Arc<ScalarSnapshot>>,
    most: usize,
    /// Whether other blocks may want other parts of a snapshot.
    several_blocks: bool,
    /// What blocks have wanted at the output time before, and at this one so far.
    wanted: [Option<Region>; 2],
    /// The floor and the surface that its levels follow.
    pub followed: Vec<Self>,
}

impl Kept {
    /// A field of which so many snapshots are kept. `number` tells those of grids.
    pub fn new(
        scalar: &Arc<Scalar>,
        most: usize,
        several_blocks: bool,
        number: &mut impl FnMut(&Arc<Grid>) -> usize,
    ) -> Self {
        let followed = scalar.following().into_iter().flat_map(Following::fields);
        Self {
            scalar: Arc::clone(scalar),
            grid: number(scalar.grid()),
            snapshots: VecDeque::new(),
            most,
            several_blocks,
            wanted: [None, None],
            followed: followed.map(|of| Self::new(of, FEWEST, several_blocks, number)).collect(),
        }
    }

    /// The two snapshots of a moment, with this region at least.
    pub async fn around(
        &mut self,
        moment: &Moment,
        region: &Region,
    ) -> Result<[Arc<ScalarSnapshot>; 2], ForcingError> {
        let so_far = self.wanted[1].as_ref();
        self.wanted[1] = Some(so_far.map_or_else(|| region.clone(), |wanted| wanted.with(region)));
        let [first, second] = moment.snapshots;
        let from = self.snapshot(first, region);
        if first == second {
            let from = from.await?;
            self.keep(&from);
            return Ok([Arc::clone(&from), from]);
        }
        let (from, to) = try_join(from, self.snapshot(second, region)).await?;
        self.keep(&from);
        self.keep(&to);
        Ok([from, to])
    }

    async fn snapshot(
        &self,
        index: usize,
        region: &Region,
    ) -> Result<Arc<ScalarSnapshot>, ForcingError> {
        let known = self.snapshots.iter().find(|known| known.index == index);
        if let Some(known) = known.filter(|known| known.values.region().contains(region)) {
            return Ok(Arc::clone(known));
        }
        let grid = self.scalar.grid();
        let region = match (known, self.several_blocks) {
            // Read twice, a part of it may be read for every block.
            (Some(_), _) => Region::whole(grid),
            (None, false) => region.clone(),
            (None, true) => {
                let others = self.wanted.iter().flatten();
                others.fold(region.clone(), |all, other| all.with(other)).widened(grid)
            }
        };
        let fetched = self.scalar.fetch(index, &region).await?;
        block_in_place(|| self.scalar.decode(fetched)).map(Arc::new)
    }

    /// Keeps a snapshot in the place of the one that was not used for the longest time.
    fn keep(&mut self, snapshot: &Arc<ScalarSnapshot>) {
        self.snapshots.retain(|known| known.index != snapshot.index);
        self.snapshots.push_back(Arc::clone(snapshot));
        if self.snapshots.len() > self.most {
            self.snapshots.pop_front();
        }
    }

    /// All blocks of an output time have been here.
    pub fn end_slot(&mut self) {
        self.wanted = [self.wanted[1].take(), None];
        self.followed.iter_mut().for_each(Self::end_slot);
    }

    /// The levels around a depth in metres and how much each counts, where the floor and the surface are
    /// here if levels follow them: above the first its values hold, and below the last where that
    /// follows the floor; else none do.
    pub fn levels(&self, depth: Option<f32>, water: [f32; 2]) -> Option<[(usize, f64); 2]> {
        let depths = self.scalar.depths();
        let (Some(last), Some(depth)) = (depths.len().checked_sub(1), depth) else {
            return Some([(0, 1.0), (0, 0.0)]);
        };
        let [floor, surface] = water.map(f64::from);
        let following = self.scalar.following();
        if following.is_some() && !(floor > 0.0 && surface.is_finite()) {
            return None;
        }
        let depth_of = |level: usize| match following {
            Some(following) => following.depth(level, floor, surface),
            None => depths[level],
        };
        // Depths are known to f32.
        if following.is_none() && depth > depth_of(last) as f32 {
            return None;
        }
        let depth = f64::from(depth);
        let (mut below, mut end) = (0, last);
        while below < end {
            let middle = below.midpoint(end);
            (below, end) =
                if depth_of(middle) < depth { (middle + 1, end) } else { (below, middle) };
        }
        let above = below.saturating_sub(1);
        let thickness = depth_of(below) - depth_of(above);
        let part = if thickness > 0.0 { (depth - depth_of(above)) / thickness } else { 0.0 };
        let part = part.clamp(0.0, 1.0);
        Some([(above, 1.0 - part), (below, part)])
    }
}
