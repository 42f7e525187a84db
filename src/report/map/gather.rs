//! The second reading: what of the trajectories goes on the map.

use std::collections::{BTreeMap, HashSet};

use super::MapError;
use super::density::Density;
use super::tracks::{Ids, Observed};
use super::view::{Pixel, View};
use super::{Counts, Detail};
use crate::engine::Status;

/// How many trajectories are drawn as lines at most.
pub const MOST_LINES: u64 = 2_000;

/// Points of lines that are held before all lines are thinned: a few MB of SVG.
const MOST_POINTS: usize = 200_000;

/// Collects, in memory that does not grow with the length of the run.
pub struct Gather<'a> {
    view: &'a View,
    detail: Detail,
    /// Every how many particle numbers one has its line drawn.
    stride: u64,
    seen: Ids,
    points: usize,
    /// How far apart in pixels the points of a line are at least.
    spacing: f64,
    gathered: Gathered,
}

/// What was collected.
#[derive(Default)]
pub struct Gathered {
    /// By particle number.
    pub lines: BTreeMap<u64, Line>,
    /// Final positions, each pixel and status once.
    pub ends: HashSet<(Pixel, Status)>,
    /// Counts of final positions, where there are too many to show.
    pub density: Option<Density>,
    /// Leftmost and rightmost of the particles' first positions in each row of pixels.
    pub starts: BTreeMap<i32, [i32; 2]>,
    /// How many final positions the map shows, and how many lie beyond it.
    pub counts: Counts,
}

/// The path of one particle in pixels.
#[derive(Default)]
pub struct Line {
    /// The path, torn where it leaves the map or crosses its seam.
    pub pieces: Vec<Vec<Pixel>>,
    /// The latest position, the end of the last piece; `None` beyond the map.
    pub head: Option<Pixel>,
    /// Where the particle was first observed, if that is on the map.
    pub start: Option<Pixel>,
    /// What became of the particle.
    pub status: Option<Status>,
}

impl<'a> Gather<'a> {
    pub fn new(view: &'a View, detail: Detail, particles: u64) -> Self {
        let density =
            (detail == Detail::Density).then(|| Density::new(view.origin, view.size, particles));
        Self {
            view,
            detail,
            stride: particles.div_ceil(MOST_LINES),
            seen: Ids::default(),
            points: 0,
            spacing: 2.0,
            gathered: Gathered { density, ..Gathered::default() },
        }
    }

    pub fn add(&mut self, observed: Observed) -> Result<(), MapError> {
        let pixel = self.view.within(observed.x, observed.y);
        let first = self.seen.insert(observed.id)?;
        if first && let Some((x, y)) = pixel {
            let [left, right] = self.gathered.starts.entry(y).or_insert([x, x]);
            (*left, *right) = ((*left).min(x), (*right).max(x));
        }
        if observed.is_final {
            self.end(pixel, observed.status);
        }
        if self.detail != Detail::Density && observed.id.is_multiple_of(self.stride) {
            self.extend(&observed, first);
        }
        Ok(())
    }

    pub fn finish(mut self) -> Gathered {
        for line in self.gathered.lines.values_mut() {
            line.close();
        }
        self.gathered
    }

    fn end(&mut self, pixel: Option<Pixel>, status: Status) {
        let Some(pixel) = pixel else {
            self.gathered.counts.beyond += 1;
            return;
        };
        self.gathered.counts.shown += 1;
        match &mut self.gathered.density {
            // Those released on land never were in the sea that the density is of.
            Some(_) if status == Status::ReleasedOnLand => {}
            Some(density) => density.add(pixel),
            None => {
                self.gathered.ends.insert((pixel, status));
            }
        }
    }

    fn extend(&mut self, observed: &Observed, first: bool) {
        let view = self.view;
        let line = self.gathered.lines.entry(observed.id).or_default();
        if first {
            line.start = view.within(observed.x, observed.y);
        }
        if observed.is_final {
            line.status = Some(observed.status);
        }
        self.points += line.add(view.near(observed.x, observed.y), self.spacing, view);
        if self.points > MOST_POINTS {
            self.spacing *= 2.0;
            let spacing = self.spacing;
            self.points = self.gathered.lines.values_mut().map(|line| line.thin(spacing)).sum();
        }
    }
}

impl Line {
    /// Carries the path on to `pixel`, or tears it; how many points this added.
    fn add(&mut self, pixel: Option<Pixel>, spacing: f64, view: &View) -> usize {
        let before = self.head;
        let goes_on =
            matches!((before, pixel), (Some(before), Some(pixel)) if !view.torn(before, pixel));
        if !goes_on {
            self.close();
        }
        self.head = pixel;
        let Some(pixel) = pixel else { return 0 };
        match self.pieces.last_mut() {
            Some(piece) if goes_on => {
                let far = piece.last().is_none_or(|&last| distance(last, pixel) >= spacing);
                if far {
                    piece.push(pixel);
                }
                usize::from(far)
            }
            _ => {
                self.pieces.push(vec![pixel]);
                1
            }
        }
    }

    /// Ends the last piece at the latest position.
    fn close(&mut self) {
        if let (Some(piece), Some(head)) = (self.pieces.last_mut(), self.head)
            && piece.last() != Some(&head)
        {
            piece.push(head);
        }
    }

    /// Leaves out points that are closer together than `spacing`; how many remain.
    fn thin(&mut self, spacing: f64) -> usize {
        for piece in &mut self.pieces {
            piece.dedup_by(|next, kept| distance(*next, *kept) < spacing);
        }
        self.pieces.iter().map(Vec::len).sum()
    }
}

fn distance(a: Pixel, b: Pixel) -> f64 {
    f64::from(a.0 - b.0).hypot(f64::from(a.1 - b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::map::extent::Extent;

    fn globe() -> View {
        View {
            extent: Extent { west: -180.0, south: -90.0, width: 360.0, height: 180.0 },
            sphere: true,
            origin: (0, 0),
            size: (720, 360),
        }
    }

    fn gather(detail: Detail, track: &[[f64; 2]]) -> Gathered {
        let view = globe();
        let mut gather = Gather::new(&view, detail, 1);
        for (slot, &[x, y]) in track.iter().enumerate() {
            let is_final = slot + 1 == track.len();
            let (status, at_start) = (Status::Active, slot == 0);
            gather.add(Observed { id: 0, x, y, status, at_start, is_final }).expect("adds");
        }
        gather.finish()
    }

    #[test]
    fn a_line_goes_from_the_start_to_the_end() {
        let line = &gather(Detail::Lines, &[[0.0, 0.0], [10.0, 0.0], [10.4, 0.0]]).lines[&0];
        assert_eq!(line.pieces, [[(360, 180), (380, 180)]]);
        assert_eq!((line.start, line.status), (Some((360, 180)), Some(Status::Active)));
    }

    #[test]
    fn a_line_is_torn_at_the_seam() {
        let line = &gather(Detail::Lines, &[[170.0, 0.0], [179.0, 0.0], [-179.0, 0.0]]).lines[&0];
        assert_eq!(line.pieces, [vec![(700, 180), (718, 180)], vec![(2, 180)]]);
    }

    #[test]
    fn long_runs_are_thinned_and_keep_their_ends() {
        let track: Vec<[f64; 2]> =
            (0..500_000).map(|i| [f64::from(i % 300) - 150.0, f64::from(i % 7)]).collect();
        let line = &gather(Detail::Lines, &track).lines[&0];
        let points: usize = line.pieces.iter().map(Vec::len).sum();
        assert!((1_000..=MOST_POINTS + 1).contains(&points), "{points}");
        let [x, y] = track[track.len() - 1];
        assert_eq!(line.pieces.last().and_then(|piece| piece.last()), globe().near(x, y).as_ref());
    }
}
