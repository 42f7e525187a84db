//! The forcings of a run, opened: what carries particles, and which of several does where.

use std::sync::Arc;

use super::{RunError, Schedule};
use crate::engine::{Coast, Handover, Integrator, Setup};
use crate::forcing::Dataset;
use crate::grid::{Grid, Location, Mesh, Water};
use crate::scenario::{Forcing, Physics};

/// A forcing of a run.
#[derive(Clone)]
pub struct Carrier {
    /// Its data, as the scenario names them.
    pub name: String,
    /// The forcing, opened.
    pub dataset: Arc<Dataset>,
    /// What its engine is built for.
    pub setup: Setup,
    /// Where it has water: of several forcings known of all that are in force, but for the last, whose
    /// water is looked at by nobody.
    pub(super) water: Option<Arc<Water>>,
}

impl Carrier {
    pub(super) fn new(forcing: &Forcing, dataset: Dataset, physics: &Physics) -> Self {
        let setup = Setup {
            grid: dataset.grid().clone(),
            integrator: physics.integrator,
            coast: physics.coast,
            handover: None,
        };
        let name = forcing.data.join(", ");
        Self { name, dataset: Arc::new(dataset), setup, water: None }
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid {
        &self.setup.grid
    }

    /// Bytes of the grid's places, and of what says where this forcing has water and others take over.
    pub(super) fn grid_bytes(&self) -> u64 {
        let water = self.water.as_ref().map_or(0, |water| water.bytes());
        // On the host and on the device.
        let handover = |handover: &Handover| 2 * size_of_val(handover.all()) as u64;
        self.grid().bytes() + water + self.setup.handover.as_ref().map_or(0, handover)
    }

    /// The most that a snapshot takes on its way, from the file to the device.
    pub(super) fn snapshot_bytes(&self) -> u64 {
        let field = self.grid().field_bytes();
        let (fetched, decoded) = (self.dataset.fetched_bytes(), self.dataset.snapshot_bytes());
        // Decoding holds both forms, preparing the planes and the field, uploading the field twice.
        (fetched + 2 * decoded).max(decoded + field).max(2 * field)
    }

    /// Where a point lies, if this forcing would take it.
    fn accepts(&self, [x, y]: [f64; 2]) -> Option<Location> {
        let at = self.grid().locate(x, y)?;
        let in_water = self.water.as_ref().is_none_or(|water| water.has(self.grid(), at));
        in_water.then_some(at)
    }
}

/// The first forcing of those that are in force, by their numbers, that has a point in its water, or
/// else in its grid; and where it lies there.
pub(super) fn carrier_of(
    carriers: &[Carrier],
    in_force: impl Iterator<Item = usize> + Clone,
    point: [f64; 2],
) -> Option<(usize, Location)> {
    let in_water =
        in_force.clone().find_map(|number| carriers[number].accepts(point).map(|at| (number, at)));
    let [x, y] = point;
    let mut in_grid =
        in_force.filter_map(|number| Some((number, carriers[number].grid().locate(x, y)?)));
    in_water.or_else(|| in_grid.next())
}

/// The first forcing of `others` that has a point in its water, as far as that is known, and where it
/// lies there.
pub(super) fn next_carrier(
    carriers: &[Carrier],
    mut others: impl Iterator<Item = usize>,
    point: [f64; 2],
) -> Option<(usize, Location)> {
    others.find_map(|number| carriers[number].accepts(point).map(|at| (number, at)))
}

/// That forcings can be in force together.
///
/// # Errors
/// [`RunError::Together`] and [`RunError::NotWithSeveral`].
pub(super) fn check_together(carriers: &[Carrier], physics: &Physics) -> Result<(), RunError> {
    let [first, others @ ..] = carriers else { return Ok(()) };
    if others.is_empty() {
        return Ok(());
    }
    if let Some(deep) = carriers.iter().find(|carrier| carrier.grid().levels().is_some()) {
        return Err(RunError::NotWithSeveral {
            what: format!("motion in three dimensions through {}", deep.name),
            remedy: "leave `vertical` out of all of them, or keep one forcing",
        });
    }
    let divided = match physics.integrator {
        Integrator::Rk45 { .. } => Some("`rk45`"),
        Integrator::Analytic => Some("`analytic`"),
        Integrator::Euler | Integrator::Rk2 | Integrator::Rk4 => None,
    };
    if let Some(name) = divided {
        return Err(RunError::NotWithSeveral {
            what: format!("{name}, which divides steps,"),
            remedy: "set another `integrator` in [physics], or keep one forcing",
        });
    }
    for other in others {
        let why = if !other.dataset.agrees_in_time_with(&first.dataset) {
            "their calendars differ; keep those that have one calendar"
        } else if matches!(other.grid().mesh(), Mesh::Flat)
            != matches!(first.grid().mesh(), Mesh::Flat)
        {
            "one has longitudes and latitudes, the other x and y; if both mean the same, set `mesh` in [physics]"
        } else if other.grid().mesh() != first.grid().mesh() {
            "their spheres differ in radius; set `radius` in [physics]"
        } else {
            continue;
        };
        let (first, other) = (first.name.clone(), other.name.clone());
        return Err(RunError::Together { first, other, why });
    }
    Ok(())
}

/// That the forcing which reaches furthest covers the period after which the domain repeats itself; those
/// before it may be a part of that.
///
/// # Errors
/// [`RunError::Period`].
pub(super) fn check_period(carriers: &[Carrier], period: Option<f64>) -> Result<(), RunError> {
    let (Some(period), Some(furthest)) = (period, carriers.last()) else { return Ok(()) };
    if furthest.grid().period() == Some(period) {
        return Ok(());
    }
    let [west, _, east, _] = furthest.grid().bounds();
    Err(RunError::Period { name: furthest.name.clone(), covered: east - west, period })
}

/// That the grid has the coast that is asked for.
pub(super) fn check_coast(setup: &Setup) -> Result<(), RunError> {
    let why = if setup.grid.triangles().is_some() && setup.coast == Coast::PartialSlip {
        "on triangles, water runs along the rim as the data have it: set `coast = \"slip\"`, \"bounce\", or leave it out"
    } else if setup.grid.has_faces() && setup.coast == Coast::PartialSlip {
        "where velocities go through the faces of cells, water runs along the coast as fast as a cell away: set `coast = \"slip\"`, or leave it out"
    } else {
        return Ok(());
    };
    Err(RunError::Coast { coast: setup.coast, why })
}

/// Settles where forcings take over from those after them. Reads a snapshot of each of several but the
/// last: the first that the run needs says where water is.
///
/// # Errors
/// [`RunError::Forcing`].
pub(super) fn hand_over(carriers: &mut [Carrier], schedule: &Schedule) -> Result<(), RunError> {
    let before_last = carriers.len().saturating_sub(1);
    for (number, carrier) in carriers[..before_last].iter_mut().enumerate() {
        let needed = schedule.snapshots.iter().find(|needed| needed.forcing == number);
        let Some(needed) = needed else { continue };
        let snapshot = carrier.dataset.read(needed.index)?;
        let grid = carrier.grid();
        carrier.water = Some(Arc::new(Water::of(grid, &snapshot.laid_out(grid))));
    }
    for number in 1..carriers.len() {
        let grid = carriers[number].grid();
        let [columns, rows] = grid.cells();
        let mut takers = vec![0_u32; columns * rows];
        for (taker, carrier) in carriers[..number].iter().enumerate() {
            let Some(water) = &carrier.water else { continue };
            for (bits, held) in takers.iter_mut().zip(water.holds_cells_of(carrier.grid(), grid)) {
                *bits |= u32::from(held) << taker;
            }
        }
        let any = takers.iter().any(|&bits| bits != 0);
        carriers[number].setup.handover = any.then(|| Handover::new(takers, columns));
    }
    Ok(())
}

/// What is to be known of several forcings, one sentence each.
pub(super) fn notes(carriers: &[Carrier], schedule: &Schedule) -> Vec<String> {
    let mut notes = Vec::new();
    let [early, late] = [schedule.start.min(schedule.end), schedule.start.max(schedule.end)];
    for (number, carrier) in carriers.iter().enumerate().filter(|_| carriers.len() > 1) {
        let name = &carrier.name;
        if !schedule.snapshots.iter().any(|needed| needed.forcing == number) {
            notes.push(format!("{name} has no times within the run, and moves no particle"));
            continue;
        }
        let (times, calendar) = (carrier.dataset.times(), carrier.dataset.calendar());
        let (first, last) = (times[0], times[times.len() - 1]);
        if early < first || last < late {
            notes.push(format!(
                "{name} has times from {} to {}: before and after, only the other forcings move particles",
                calendar.format(first),
                calendar.format(last)
            ));
        }
        let takes = |later: &Carrier| {
            let handover = later.setup.handover.as_ref();
            handover.is_some_and(|cells| cells.all().iter().any(|bits| bits >> number & 1 == 1))
        };
        let later = &carriers[number + 1..];
        if !later.is_empty() && !later.iter().any(takes) {
            notes.push(format!(
                "no cell of a later forcing lies wholly within the water of {name}: it moves what is released in it, and nothing comes into it from outside"
            ));
        }
    }
    notes
}
