//! What a map is drawn from: the observations of a run, one output time after the other.

use super::MapError;
use super::extent::Longitudes;
use crate::engine::Status;
use crate::grid::Mesh;

/// Observations of one output time, or a part of them. The slices are of the same length.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The particles' numbers.
    pub ids: &'a [u64],
    /// Longitudes in degrees east, or x in metres.
    pub x: &'a [f64],
    /// Latitudes in degrees north, or y in metres.
    pub y: &'a [f64],
    /// Codes of [`Status`]. A finished particle is not observed again after the observation that
    /// says so.
    pub status: &'a [u8],
    /// Whether this is the output at the run's start, whose positions are those of release. A
    /// particle that is released between two outputs has moved when it is first observed.
    pub first: bool,
    /// Whether this is the last output time: then every position is a final one.
    pub last: bool,
}

/// One particle of a [`Frame`].
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    pub id: u64,
    pub x: f64,
    pub y: f64,
    pub status: Status,
    /// Whether it is observed at the run's start.
    pub at_start: bool,
    /// Whether it is the particle's last observation.
    pub is_final: bool,
}

impl Frame<'_> {
    /// Its particles, one by one, checked.
    pub fn observed(&self, mesh: Mesh) -> impl Iterator<Item = Result<Observed, MapError>> {
        let ragged = [self.x.len(), self.y.len(), self.status.len()]
            .into_iter()
            .any(|len| len != self.ids.len());
        let positions = self.ids.iter().zip(self.x).zip(self.y).zip(self.status);
        ragged.then_some(Err(MapError::Ragged)).into_iter().chain(positions.map(
            move |(((&id, &x), &y), &code)| {
                let on_mesh =
                    x.is_finite() && y.is_finite() && (mesh == Mesh::Flat || y.abs() <= 90.0);
                if !on_mesh {
                    return Err(MapError::Position { id, x, y });
                }
                let status = Status::from_code(u32::from(code))
                    .ok_or(MapError::UnknownStatus { id, code })?;
                let is_final = self.last || status.is_finished();
                Ok(Observed { id, x, y, status, at_start: self.first, is_final })
            },
        ))
    }
}

/// A run's observations, which a map reads twice and never holds.
pub trait Tracks {
    /// Calls `see` with every frame, in the order of the output times.
    ///
    /// # Errors
    /// Whatever keeps the observations from being read.
    fn for_each_frame(
        &mut self,
        see: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Shows every observation to `see`, up to the first that is wrong.
pub fn for_each(
    tracks: &mut dyn Tracks,
    mesh: Mesh,
    mut see: impl FnMut(Observed) -> Result<(), MapError>,
) -> Result<(), MapError> {
    let mut outcome = Ok(());
    tracks
        .for_each_frame(&mut |frame| {
            if outcome.is_ok() {
                outcome = frame.observed(mesh).try_for_each(|observed| observed.and_then(&mut see));
            }
        })
        .map_err(MapError::Tracks)?;
    outcome
}

/// A set of particle numbers: a bit each.
#[derive(Default)]
pub struct Ids {
    words: Vec<u64>,
    len: u64,
}

impl Ids {
    /// The numbers are those that a run gives its particles, counted from zero; half a gigabyte of
    /// bits is more than any of them needs.
    const LIMIT: u64 = 1 << 32;

    /// Whether the number was new.
    pub fn insert(&mut self, id: u64) -> Result<bool, MapError> {
        if id >= Self::LIMIT {
            return Err(MapError::Id { id });
        }
        let word = (id / 64) as usize;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let bit = 1 << (id % 64);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += u64::from(new);
        Ok(new)
    }

    pub fn len(&self) -> u64 {
        self.len
    }
}

/// What the first reading finds out: how many particles there are, what became of them, and where
/// they have been.
pub struct Survey {
    pub particles: u64,
    /// Final observations by status code.
    pub finals: [u64; Status::ALL.len()],
    /// Whether each particle's first position is that of its release.
    pub from_release: bool,
    /// West, south, east and north end of all positions; east beyond 180 where they straddle it.
    pub bounds: [f64; 4],
}

impl Survey {
    pub fn of(tracks: &mut dyn Tracks, mesh: Mesh) -> Result<Self, MapError> {
        let mut ids = Ids::default();
        let mut finals = [0; Status::ALL.len()];
        let mut from_release = true;
        let mut longitudes = Longitudes::default();
        let (mut x, mut y) = (Range::EMPTY, Range::EMPTY);
        for_each(tracks, mesh, |observed| {
            let new = ids.insert(observed.id)?;
            from_release &= !new || observed.at_start;
            finals[observed.status.code() as usize] += u64::from(observed.is_final);
            match mesh {
                Mesh::Sphere { .. } => longitudes.add(observed.x),
                Mesh::Flat => x.add(observed.x),
            }
            y.add(observed.y);
            Ok(())
        })?;
        if ids.len() == 0 {
            return Err(MapError::Empty);
        }
        let [west, east] = match mesh {
            Mesh::Sphere { .. } => longitudes.range(),
            Mesh::Flat => [x.low, x.high],
        };
        let bounds = [west, y.low, east, y.high];
        Ok(Self { particles: ids.len(), finals, from_release, bounds })
    }
}

struct Range {
    low: f64,
    high: f64,
}

impl Range {
    const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    fn add(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_each_number_once() {
        let mut ids = Ids::default();
        for (id, new) in [(0, true), (63, true), (64, true), (63, false), (1000, true)] {
            assert_eq!(ids.insert(id).expect("small"), new, "{id}");
        }
        assert_eq!(ids.len(), 4);
        assert!(matches!(ids.insert(u64::MAX), Err(MapError::Id { id: u64::MAX })));
    }

    #[test]
    fn frames_are_checked() {
        let sphere = Mesh::Sphere { radius: crate::grid::EARTH_RADIUS };
        let check = |x: &[f64], y: f64, status: u8| {
            let frame =
                Frame { ids: &[7], x, y: &[y], status: &[status], first: true, last: false };
            frame.observed(sphere).collect::<Result<Vec<_>, _>>()
        };
        assert!(check(&[1.0], 2.0, 1).is_ok());
        assert!(matches!(check(&[], 2.0, 1), Err(MapError::Ragged)));
        assert!(matches!(check(&[f64::NAN], 2.0, 1), Err(MapError::Position { id: 7, .. })));
        assert!(matches!(check(&[1.0], 91.0, 1), Err(MapError::Position { id: 7, .. })));
        let unknown = check(&[1.0], 2.0, 99);
        assert!(matches!(unknown, Err(MapError::UnknownStatus { id: 7, code: 99 })));
    }
}
