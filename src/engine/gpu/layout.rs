//! What the host and the shaders share, laid out as WGSL lays it out. A test reflects the WGSL and
//! compares every offset.

use bytemuck::{Pod, Zeroable};

use crate::engine;

/// `Particle` in `shaders/particle.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Particle {
    pub cell: [i32; 2],
    pub fraction: [i32; 2],
    pub depth: [i32; 2],
    pub status: u32,
    pub finished_step: u32,
}

/// `Row` in `shaders/axes.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Row {
    pub metric: [f32; 4],
    pub polar: [f32; 2],
    pub padding: [u32; 2],
}

/// `Grid` in `shaders/axes.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Grid {
    pub cells: [i32; 2],
    pub columns: i32,
    pub radius: f32,
    pub per_metre: [f32; 2],
    pub sums: [i32; 2],
    pub seam: i32,
    pub padding: u32,
}

/// `Side` in `shaders/triangles.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Side {
    pub next: i32,
    pub share_after: f32,
    pub share_last: f32,
}

/// `Step` in `shaders/advance.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Step {
    pub seconds: f32,
    pub padding: u32,
    pub fractions: [f32; 2],
}

/// `Lifetime` in `shaders/advance.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Lifetime {
    pub first_step: u32,
    pub end_step: u32,
    pub delay: f32,
    pub curtail: f32,
}

/// Steps that a dispatch takes at most, `STEPS` in `shaders/advance.wgsl`.
pub(super) const STEPS: usize = 512;

/// `Dispatch` in `shaders/advance.wgsl`, before its steps.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Dispatch {
    pub particles: u32,
    pub width: u32,
    pub first_step: u32,
    pub count: u32,
    pub first_number: u32,
    pub takers: u32,
    pub padding: [u32; 2],
}

/// What a dispatch is given: `Dispatch` with room for all steps that one may take.
pub(super) const DISPATCH_BYTES: usize = size_of::<Dispatch>() + STEPS * size_of::<Step>();

/// Fractions count parts of a cell of this size.
const WHOLE: f64 = (1_i32 << 30) as f64;

/// A number as a whole and a fraction, in parts of [`WHOLE`].
fn parts(number: f64) -> [i32; 2] {
    let fraction = ((number - number.floor()) * WHOLE).round();
    [number.floor() as i32, fraction.min(WHOLE - 1.0) as i32]
}

impl From<&engine::Particle> for Particle {
    fn from(particle: &engine::Particle) -> Self {
        let fraction =
            particle.offset.map(|offset| (offset * WHOLE).round().min(WHOLE - 1.0) as i32);
        Self {
            cell: particle.cell,
            fraction,
            depth: parts(particle.depth),
            status: particle.status,
            finished_step: particle.finished_step,
        }
    }
}

impl From<&Particle> for engine::Particle {
    fn from(particle: &Particle) -> Self {
        Self {
            offset: particle.fraction.map(|fraction| f64::from(fraction) / WHOLE),
            depth: f64::from(particle.depth[0]) + f64::from(particle.depth[1]) / WHOLE,
            cell: particle.cell,
            status: particle.status,
            finished_step: particle.finished_step,
        }
    }
}

impl From<&engine::Lifetime> for Lifetime {
    fn from(lifetime: &engine::Lifetime) -> Self {
        Self {
            first_step: lifetime.first_step,
            end_step: lifetime.end_step,
            delay: lifetime.delay as f32,
            curtail: lifetime.curtail as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;
    use crate::engine::gpu::shader::{self, Form};

    /// Name, offset and size in bytes of the members of a WGSL struct, and its size.
    fn reflect(form: Form, name: &str) -> (Vec<(String, u32)>, u32) {
        let module = naga::front::wgsl::parse_str(&shader::source(form)).unwrap();
        let (_, found) = module
            .types
            .iter()
            .find(|(_, candidate)| candidate.name.as_deref() == Some(name))
            .unwrap_or_else(|| panic!("no struct {name} in the shaders"));
        let naga::TypeInner::Struct { members, span } = &found.inner else {
            panic!("{name} is not a struct")
        };
        let members = members.iter().map(|m| (m.name.clone().unwrap(), m.offset)).collect();
        (members, *span)
    }

    macro_rules! same_layout {
        ($forms:expr, $name:ident { $($member:ident),* }) => {
            let ours = vec![$((stringify!($member).to_owned(), offset_of!($name, $member) as u32)),*];
            for form in $forms {
                let (members, span) = reflect(form, stringify!($name));
                assert_eq!(members, ours, "{}", stringify!($name));
                assert_eq!(span as usize, size_of::<$name>(), "{}", stringify!($name));
            }
        };
    }

    #[test]
    fn structs_are_laid_out_as_in_the_shaders() {
        let on_axes =
            [Form::Nodes, Form::Faces, Form::AnalyticFaces, Form::NodeLevels, Form::FaceLevels];
        let on_triangles = [Form::Corners, Form::CornerLevels];
        let all = [on_axes.as_slice(), &on_triangles].concat();
        let all = || all.iter().copied();
        same_layout!(all(), Particle { cell, fraction, depth, status, finished_step });
        same_layout!(on_axes, Row { metric, polar });
        same_layout!(on_triangles, Side { next, share_after, share_last });
        same_layout!(on_axes, Grid { cells, columns, radius, per_metre, sums, seam });
        same_layout!(all(), Step { seconds, fractions });
        same_layout!(all(), Lifetime { first_step, end_step, delay, curtail });
    }

    #[test]
    fn steps_follow_what_is_said_of_their_dispatch() {
        let (mut members, span) = reflect(Form::Nodes, "Dispatch");
        assert_eq!(members.pop(), Some(("steps".to_owned(), size_of::<Dispatch>() as u32)));
        assert_eq!(span as usize, DISPATCH_BYTES);
        let names = ["particles", "width", "first_step", "count", "first_number", "takers"];
        let ours = [
            offset_of!(Dispatch, particles),
            offset_of!(Dispatch, width),
            offset_of!(Dispatch, first_step),
            offset_of!(Dispatch, count),
            offset_of!(Dispatch, first_number),
            offset_of!(Dispatch, takers),
        ];
        let ours = names.iter().zip(ours).map(|(name, offset)| ((*name).to_owned(), offset as u32));
        assert_eq!(members, ours.collect::<Vec<_>>());
    }

    #[test]
    fn constants_are_those_of_the_shaders() {
        let module = naga::front::wgsl::parse_str(&shader::source(Form::Nodes)).unwrap();
        let constant = |name: &str| {
            let (_, found) = module
                .constants
                .iter()
                .find(|(_, candidate)| candidate.name.as_deref() == Some(name))
                .unwrap_or_else(|| panic!("no constant {name} in the shaders"));
            match module.global_expressions[found.init] {
                naga::Expression::Literal(naga::Literal::U32(value)) => f64::from(value),
                naga::Expression::Literal(naga::Literal::I32(value)) => f64::from(value),
                naga::Expression::Literal(naga::Literal::F32(value)) => f64::from(value),
                ref other => panic!("{name} is {other:?}"),
            }
        };
        assert_eq!(constant("WHOLE"), WHOLE);
        assert_eq!(constant("STEPS"), STEPS as f64);
        assert_eq!(constant("HANDED_OVER"), f64::from(engine::HANDED_OVER));
        assert_eq!(constant("MISSING"), f64::from(crate::grid::MISSING));
        for status in [
            engine::Status::Pending,
            engine::Status::Active,
            engine::Status::Stranded,
            engine::Status::LeftDomain,
            engine::Status::AgedOut,
            engine::Status::ReleasedOnLand,
        ] {
            let name = status.name().to_uppercase();
            assert_eq!(constant(&name), f64::from(status.code()), "{name}");
        }
    }

    #[test]
    fn particles_survive_the_way_there_and_back() {
        let particle = engine::Particle {
            offset: [0.25, (WHOLE - 1.0) / WHOLE],
            depth: 1234.5,
            cell: [-1, 7],
            status: 3,
            finished_step: 9,
        };
        assert_eq!(engine::Particle::from(&Particle::from(&particle)), particle);
    }
}
