//! Particle state in, particle state out: the trait [`Engine`] and its two implementations.
//!
//! An engine knows a [`Grid`], fields on it and particles. It knows no files, no async and no
//! tokio: what takes time is handed a [`Done`] to call when it is finished.

mod altered;
pub mod cpu;
pub mod gpu;
mod handover;
mod state;
mod ways;

pub use altered::{Alteration, Altered};
pub use handover::{HANDED_OVER, Handover};
pub use state::{Leg, Lifetime, Particle, Status, Step, Window};
pub use ways::MOST_WAYS;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::grid::{Field, Grid};

/// How a step is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Integrator {
    /// Forward Euler, first order.
    Euler,
    /// The midpoint rule, second order.
    Rk2,
    /// The classical fourth-order Runge–Kutta method.
    #[default]
    Rk4,
    /// Cash and Karp's method of fifth order, with one of fourth order inside it: a step is divided, into 16
    /// parts at most, until the two differ by no more than this in each of them.
    Rk45 {
        /// In metres.
        tolerance: f64,
    },
    /// From cell to cell in closed form (Blanke and Raynaud 1997), in the flow of the middle of the step:
    /// exact where a component changes linearly from face to face and nothing changes in time, of second
    /// order where it does. Only where velocities go through the faces of cells on one level.
    Analytic,
}

/// What land does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coast {
    /// Whoever comes nearer to a node of land than to one of water stops where it was before that
    /// step.
    #[default]
    Strand,
    /// Land is what lies between nodes of land alone, and nobody gets there. Water runs along it as
    /// fast as a cell away.
    Slip,
    /// The same, half as fast.
    PartialSlip,
    /// The same, at rest; and who would get there all the same is thrown back as far.
    Bounce,
}

impl Coast {
    /// As the scenario has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strand => "strand",
            Self::Slip => "slip",
            Self::PartialSlip => "partial-slip",
            Self::Bounce => "bounce",
        }
    }

    /// Whether nobody gets onto land.
    pub fn is_closed(self) -> bool {
        self != Self::Strand
    }

    /// How fast water runs along the coast, as a part of its speed a cell away.
    pub fn slip(self) -> f64 {
        match self {
            Self::Slip => 1.0,
            Self::PartialSlip => 0.5,
            Self::Strand | Self::Bounce => 0.0,
        }
    }
}

/// What an engine is built for: one grid and one set of physics.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The grid that all fields of the run lie on.
    pub grid: Grid,
    /// How a step is taken.
    pub integrator: Integrator,
    /// What land does. Through the faces of cells none gets onto land. Of triangles the rim is the coast:
    /// open, particles leave over it; closed, they slide along it or are thrown back, and before faces
    /// that are dry they wait.
    pub coast: Coast,
    /// Where other forcings take particles over; `None` where none does.
    pub handover: Option<Handover>,
}

impl Setup {
    /// Whether particles are kept from land. Through faces nothing but rounding leads onto it, as long
    /// as steps stay within a cell.
    pub fn is_closed(&self) -> bool {
        self.grid.has_faces() || self.coast.is_closed()
    }

    /// That steps can be taken so on this grid.
    ///
    /// # Errors
    /// [`EngineError::NoFaces`].
    pub fn check(&self) -> Result<(), EngineError> {
        let has = match (self.grid.triangles(), self.grid.levels()) {
            _ if self.integrator != Integrator::Analytic => return Ok(()),
            (Some(_), _) => "the corners of triangles",
            (None, _) if !self.grid.has_faces() => "the nodes of its grid",
            (None, Some(_)) => "the faces of cells on many levels",
            (None, None) => return Ok(()),
        };
        Err(EngineError::NoFaces { has })
    }
}

/// What computes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// `gpu`, `software` or `cpu`.
    pub kind: DeviceKind,
    /// The adapter's or processor's own name.
    pub name: String,
    /// Graphics API, `none` for the CPU engine.
    pub backend: String,
    /// Driver and its version.
    pub driver: String,
}

/// The kinds of device, in the order in which `auto` prefers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// A graphics processor.
    Gpu,
    /// A software implementation of a graphics API, such as lavapipe.
    Software,
    /// The f64 reference on the processor's cores.
    Cpu,
}

/// Called once with the outcome of work that an engine was given, from a thread of the engine's
/// own. It must not block: sending on a channel is what it is for.
pub type Done<T> = Box<dyn FnOnce(Result<T, EngineError>) + Send>;

/// A block of particles that has been advanced.
pub struct Advanced<B> {
    /// The block, for further use.
    pub block: B,
    /// Its particles after each leg that asked for them.
    pub observed: Vec<Vec<Particle>>,
    /// The time that the device itself measured, where it can.
    pub device_time: Option<Duration>,
}

/// Advances blocks of particles through fields.
///
/// The result for a particle depends on its own state, the fields and the window alone: not on the
/// block it is in, nor on what else the engine does.
pub trait Engine: Send + Sync + 'static {
    /// A field where the engine can use it.
    type Field: Send + Sync + 'static;
    /// Particles where the engine can move them.
    type Block: Send + 'static;

    /// What computes.
    fn device(&self) -> &Device;

    /// Makes a field available to [`Engine::advance`].
    fn upload(&self, field: Field, done: Done<Self::Field>);

    /// Makes a block of particles.
    ///
    /// # Errors
    /// [`EngineError`] where the device has no room.
    fn load(&self, particles: &[Particle]) -> Result<Self::Block, EngineError>;

    /// Takes a block through all `legs`, one after another, between the earlier and the later of two
    /// `fields`. The host is told once, after the last of them.
    fn advance(
        &self,
        block: Self::Block,
        fields: [Arc<Self::Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<Self::Block>>,
    );

    /// Copies a block's particles out.
    fn read(&self, block: Self::Block, done: Done<(Self::Block, Vec<Particle>)>);
}

/// What can go wrong in an engine.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No adapter fits what was asked for.
    #[error("no {wanted} adapter: {found}")]
    NoAdapter {
        /// What was asked for.
        wanted: String,
        /// What there is, and the remedy.
        found: String,
    },
    /// The adapter's limits do not allow this grid or block.
    #[error("{what} needs {needed} bytes in one binding and {device} allows {allowed}; {remedy}")]
    TooLarge {
        /// The field or block.
        what: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
        /// The device's name.
        device: String,
        /// What to do.
        remedy: String,
    },
    /// A step leads through more cells than the adapter can be asked for at once.
    #[error(
        "a step of {seconds} s at {fastest} m/s may lead through {cells} cells one after another, more than {device} can be asked for at once; shorten `step`, or use `--device cpu`"
    )]
    StepTooLong {
        /// The length of the step in seconds.
        seconds: f64,
        /// The highest speed in m/s.
        fastest: f32,
        /// The cells.
        cells: u64,
        /// The device's name.
        device: String,
    },
    /// Analytic steps on a grid that they are not made for.
    #[error(
        "`integrator = \"analytic\"` follows velocities through the faces of cells on one level (Arakawa's C), and those of the forcing lie at {has}; set \"rk4\" or \"rk45\""
    )]
    NoFaces {
        /// Where velocities lie.
        has: &'static str,
    },
    /// An analytic step leads through more cells than it is followed through.
    #[error(
        "an analytic step of {seconds} s at {fastest} m/s may lead through {cells} cells of the least size, more than {most}; shorten `step`, or set `integrator = \"rk4\"`"
    )]
    TooManyWays {
        /// The length of the step in seconds.
        seconds: f64,
        /// The highest speed in m/s.
        fastest: f32,
        /// The cells.
        cells: u64,
        /// Through how many it is followed.
        most: u32,
    },
    /// The driver reported an error or the device was lost.
    #[error("{device}: {message}")]
    Device {
        /// The device's name.
        device: String,
        /// What the driver said.
        message: String,
    },
    /// The work was dropped before it was done.
    #[error("the engine was stopped before the work was done")]
    Stopped,
}
