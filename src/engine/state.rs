//! What engines are given and give back: particles, and the steps of a window.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// Whether a particle moves, and if not, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum Status {
    /// Not released yet.
    Pending = 0,
    /// Moving.
    Active = 1,
    /// A step would have ended on land.
    Stranded = 2,
    /// A step ended outside the grid.
    LeftDomain = 3,
    /// The forcing ended before the run did.
    OutOfTime = 4,
    /// Reached the maximum age.
    AgedOut = 5,
    /// Released on land, and never moved.
    ReleasedOnLand = 6,
}

impl Status {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Active,
        Self::Stranded,
        Self::LeftDomain,
        Self::OutOfTime,
        Self::AgedOut,
        Self::ReleasedOnLand,
    ];

    /// The status with this code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }

    /// The code, as stored and as the shaders know it.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The name, as in CF `flag_meanings` and in the summary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Stranded => "stranded",
            Self::LeftDomain => "left_domain",
            Self::OutOfTime => "out_of_time",
            Self::AgedOut => "aged_out",
            Self::ReleasedOnLand => "released_on_land",
        }
    }

    /// Whether the particle will not move again.
    pub fn is_finished(self) -> bool {
        !matches!(self, Self::Pending | Self::Active)
    }
}

/// A particle between two calls of an engine: where it is and whether it moves.
///
/// The position is exact in both engines: the reference's numbers are f64, the GPU's multiples of 2⁻³⁰
/// of the cell and of a metre, which an f64 holds.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Particle {
    /// Fractions in [0, 1) from the western and southern side of the cell.
    pub offset: [f64; 2],
    /// Metres below the surface; it stays what it is where fields have one level.
    pub depth: f64,
    /// Column and row of the cell.
    pub cell: [i32; 2],
    /// The code of a [`Status`].
    pub status: u32,
    /// For a finished particle, the number within the run of the step that ended it.
    pub finished_step: u32,
}

impl Particle {
    /// The status.
    ///
    /// # Panics
    /// If the code is not one that an engine writes.
    pub fn status(&self) -> Status {
        Status::from_code(self.status).expect("engines write known status codes")
    }
}

/// One time step: cut so that it straddles no snapshot, observation or end of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When it starts. A backward run's steps go from later to earlier times.
    pub from: Instant,
    /// Its length, negative in a backward run, never zero.
    pub span: Span,
}

/// The steps between two neighbouring snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Time of the earlier snapshot.
    pub earlier: Instant,
    /// Time of the later snapshot.
    pub later: Instant,
    /// The steps in the order in which they are taken.
    pub steps: Vec<Step>,
    /// The number within the run of the first of them.
    pub first_step: u32,
}

impl Window {
    /// How far `at` lies between the two snapshots: 0 at the earlier, 1 at the later.
    pub fn fraction(&self, at: Instant) -> f64 {
        (at - self.earlier).0 as f64 / (self.later - self.earlier).0 as f64
    }
}

/// What an engine does with a block at a time: a window, and what is asked for at its end.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The steps.
    pub window: Arc<Window>,
    /// When each particle of the block moves. Without it all that wait are released at the window's
    /// start, and all that are active stay so for the whole of it.
    pub lifetimes: Option<Vec<Lifetime>>,
    /// Whether the particles are copied out at the window's end.
    pub observed: bool,
    /// The forcings to which particles go over where the [`Setup`](super::Setup) says so: bit k for the
    /// kth.
    pub takers: u32,
}

impl Leg {
    /// All particles through the whole window, without a look at them.
    pub fn whole(window: Window) -> Self {
        Self { window: Arc::new(window), lifetimes: None, observed: false, takers: 0 }
    }
}

/// The part of a window in which a particle moves, where that is not all of it.
///
/// Steps count from 0 at the start of the window. A particle moves in step `s` if
/// `first_step <= s < end_step`. It may be released in the midst of its first step, and reach its
/// maximum age in the midst of its last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// The first step in which the particle moves; the number of steps or more if it is not
    /// released in this window.
    pub first_step: u32,
    /// One past the last step in which the particle moves. Where that is at most the number of
    /// steps, the particle has then aged out.
    pub end_step: u32,
    /// The part of the first step that has passed when the particle is released, in [0, 1).
    pub delay: f64,
    /// The part of the last step that is left when the particle ages out, in [0, 1).
    pub curtail: f64,
}

impl Lifetime {
    /// A particle that moves through the whole window and beyond.
    pub const WHOLE: Self = Self { first_step: 0, end_step: u32::MAX, delay: 0.0, curtail: 0.0 };
}
