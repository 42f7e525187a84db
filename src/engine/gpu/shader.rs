//! The shader: one file per term, put together in the order in which they build on each other, and
//! specialised for the grid and physics of a run.

use std::num::NonZeroU64;
use std::sync::LazyLock;

use super::layout;
use crate::engine::{Coast, Integrator, Setup};
use crate::grid::Mesh;

/// Invocations in a workgroup, as in `shaders/advance.wgsl`.
pub(super) const WORKGROUP: u32 = 64;

/// How the nodes of a field lie, which decides between files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Velocities at the nodes of one level.
    Nodes,
    /// Velocities through the faces of cells of one level.
    Faces,
    /// The same for steps in closed form.
    AnalyticFaces,
    /// Velocities at the nodes of many levels.
    NodeLevels,
    /// Velocities through the faces of cells of many levels.
    FaceLevels,
    /// Velocities at the corners of triangles.
    Corners,
    /// Velocities at the corners of triangles of many levels.
    CornerLevels,
}

impl Form {
    pub fn of(setup: &Setup) -> Self {
        let grid = &setup.grid;
        let has_corners = grid.triangles().is_some();
        match grid.levels() {
            Some(_) if has_corners => Self::CornerLevels,
            None if has_corners => Self::Corners,
            Some(_) if grid.has_faces() => Self::FaceLevels,
            Some(_) => Self::NodeLevels,
            None if setup.integrator == Integrator::Analytic => Self::AnalyticFaces,
            None if grid.has_faces() => Self::Faces,
            None => Self::Nodes,
        }
    }

    /// What tells where a displacement leads, and what a metre is there.
    fn ground(self) -> &'static [&'static str] {
        match self {
            Self::Nodes
            | Self::Faces
            | Self::AnalyticFaces
            | Self::NodeLevels
            | Self::FaceLevels => &[
                include_str!("../../../shaders/axes.wgsl"),
                include_str!("../../../shaders/metric.wgsl"),
                include_str!("../../../shaders/polar.wgsl"),
            ],
            Self::Corners | Self::CornerLevels => {
                &[include_str!("../../../shaders/triangles.wgsl")]
            }
        }
    }

    /// What tells the velocity there.
    fn velocity(self) -> &'static [&'static str] {
        const VELOCITY: &str = include_str!("../../../shaders/velocity.wgsl");
        const LEVELS: &str = include_str!("../../../shaders/levels.wgsl");
        const LEVEL_NODES: &str = include_str!("../../../shaders/level_nodes.wgsl");
        match self {
            Self::Nodes => &[VELOCITY, include_str!("../../../shaders/nodes.wgsl")],
            Self::Faces => &[VELOCITY, include_str!("../../../shaders/faces.wgsl")],
            // The cells come with the steps.
            Self::AnalyticFaces => &[VELOCITY],
            Self::NodeLevels => {
                &[LEVELS, LEVEL_NODES, include_str!("../../../shaders/node_levels.wgsl")]
            }
            Self::FaceLevels => &[LEVELS, include_str!("../../../shaders/face_levels.wgsl")],
            Self::Corners => &[VELOCITY, include_str!("../../../shaders/corners.wgsl")],
            Self::CornerLevels => {
                &[LEVELS, LEVEL_NODES, include_str!("../../../shaders/corner_levels.wgsl")]
            }
        }
    }

    /// What takes a step.
    fn step(self) -> &'static [&'static str] {
        match self {
            Self::AnalyticFaces => &[include_str!("../../../shaders/analytic.wgsl")],
            _ => &[
                include_str!("../../../shaders/integrate.wgsl"),
                include_str!("../../../shaders/adaptive.wgsl"),
            ],
        }
    }
}

/// The files that make the kernel for fields of a form.
pub(super) fn source(form: Form) -> String {
    let before = [include_str!("../../../shaders/particle.wgsl")];
    let coast = [include_str!("../../../shaders/coast.wgsl")];
    let after = [
        include_str!("../../../shaders/handover.wgsl"),
        include_str!("../../../shaders/advance.wgsl"),
    ];
    [&before, form.ground(), form.velocity(), &coast, form.step(), &after].concat().join("\n")
}

/// The kernel for one grid and set of physics, with and without lifetimes.
pub(super) struct Kernel {
    pub flow_layout: wgpu::BindGroupLayout,
    pub block_layout: wgpu::BindGroupLayout,
    whole: Pipeline,
    lifetimes: Pipeline,
}

/// Built when it is first asked for: runs that release all particles at once, and in which none ages, never
/// ask for the one with lifetimes, and compiling takes a while.
type Pipeline = LazyLock<wgpu::ComputePipeline, Box<dyn FnOnce() -> wgpu::ComputePipeline + Send>>;

impl Kernel {
    /// `turns` is explained where `shaders/advance.wgsl` declares it; it changes no result.
    pub fn new(device: &wgpu::Device, source: &str, setup: &Setup, turns: u32) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("advance"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let flow_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("flow"),
            entries: &[
                uniform(0, size_of::<layout::Grid>(), false),
                storage(1, true),
                storage(2, true),
                storage(3, true),
                storage(4, true),
                storage(5, true),
            ],
        });
        let block_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("block"),
            entries: &[
                uniform(0, layout::DISPATCH_BYTES, true),
                storage(1, false),
                storage(2, true),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("advance"),
            bind_group_layouts: &[Some(&flow_layout), Some(&block_layout)],
            immediate_size: 0,
        });
        let pipeline = |lifetimes| {
            let (device, module) = (device.clone(), module.clone());
            let (layout, constants) = (pipeline_layout.clone(), constants(setup, turns, lifetimes));
            Pipeline::new(Box::new(move || {
                device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some("advance"),
                    layout: Some(&layout),
                    module: &module,
                    entry_point: Some("advance"),
                    compilation_options: wgpu::PipelineCompilationOptions {
                        constants: &constants,
                        zero_initialize_workgroup_memory: false,
                    },
                    cache: None,
                })
            }))
        };
        let (whole, lifetimes) = (pipeline(false), pipeline(true));
        Self { flow_layout, block_layout, whole, lifetimes }
    }

    /// What goes wrong in building it shows where the dispatch that uses it is waited for.
    pub fn pipeline(&self, lifetimes: bool) -> &wgpu::ComputePipeline {
        if lifetimes { &self.lifetimes } else { &self.whole }
    }
}

fn constants(setup: &Setup, turns: u32, lifetimes: bool) -> Vec<(&'static str, f64)> {
    let grid = &setup.grid;
    let integrator = match setup.integrator {
        Integrator::Euler | Integrator::Analytic => 1.0,
        Integrator::Rk2 => 2.0,
        Integrator::Rk4 => 4.0,
        Integrator::Rk45 { .. } => 6.0,
    };
    let flag = |flag: bool| f64::from(u8::from(flag));
    let mut constants = vec![
        ("INTEGRATOR", integrator),
        ("LIFETIMES", flag(lifetimes)),
        ("TURNS", f64::from(turns)),
        ("CLOSED", flag(setup.is_closed())),
        ("SLIP", setup.coast.slip()),
        ("BOUNCE", flag(setup.coast == Coast::Bounce)),
        ("CELLS_IN_ROW", setup.handover.as_ref().map_or(0.0, |taken| taken.columns() as f64)),
    ];
    if let Integrator::Rk45 { tolerance } = setup.integrator {
        let [along, down] = grid.displacement(tolerance);
        constants.extend([("TOLERANCE", along), ("TOLERANCE_DOWN", down)]);
    }
    if let Some(levels) = grid.levels() {
        constants.push(("LEVELS", levels.count() as f64));
        constants.push(("FLOOR", flag(levels.reach_the_floor())));
    }
    if grid.triangles().is_none() {
        constants.extend([
            ("SPHERE", flag(matches!(grid.axes_mesh(), Mesh::Sphere { .. }))),
            ("PERIODIC", flag(grid.is_periodic())),
            ("FOLDED", flag(grid.fold().is_some())),
            ("POLES", flag(grid.has_pole().contains(&true))),
            ("EVEN_X", flag(grid.x().spacing().is_some())),
            ("EVEN_Y", flag(grid.y().spacing().is_some())),
        ]);
    }
    constants
}

fn storage(binding: u32, read_only: bool) -> wgpu::BindGroupLayoutEntry {
    entry(binding, wgpu::BufferBindingType::Storage { read_only }, false, None)
}

fn uniform(binding: u32, size: usize, dynamic: bool) -> wgpu::BindGroupLayoutEntry {
    entry(binding, wgpu::BufferBindingType::Uniform, dynamic, NonZeroU64::new(size as u64))
}

fn entry(
    binding: u32,
    ty: wgpu::BufferBindingType,
    has_dynamic_offset: bool,
    min_binding_size: Option<NonZeroU64>,
) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size },
        count: None,
    }
}
