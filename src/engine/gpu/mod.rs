//! The GPU engine: WGSL through wgpu, one particle an invocation.

mod adapter;
mod layout;
mod pace;
mod poll;
#[cfg(test)]
mod schedule;
mod shader;
mod staging;
mod tables;

pub use adapter::Adapter;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wgpu::util::DeviceExt;

use self::pace::Pace;
use self::poll::{Fault, Poller};
use self::shader::{Kernel, WORKGROUP};
use self::staging::Ring;
use self::tables::Tables;
use super::{
    Advanced, Device, DeviceKind, Done, Engine, EngineError, Lifetime, Particle, Setup, Window,
};
use crate::grid;

/// Moves particles with a compute shader.
pub struct GpuEngine {
    device: wgpu::Device,
    description: Device,
    poller: Poller,
    kernel: Kernel,
    tables: [wgpu::Buffer; 3],
    staging: Ring,
    /// Fields' buffers that are free to be used again.
    fields: Arc<Mutex<Vec<wgpu::Buffer>>>,
    field_bytes: u64,
    largest_binding: u64,
    /// Bytes between the dispatches' parameters in their buffer.
    stride: u64,
    pace: Arc<Pace>,
    /// Nanoseconds a tick of the device's clock, where it has one.
    tick: Option<f32>,
}

/// A field in device memory.
pub struct GpuField {
    buffer: wgpu::Buffer,
    home: Arc<Mutex<Vec<wgpu::Buffer>>>,
}

impl Drop for GpuField {
    fn drop(&mut self) {
        self.home.lock().expect("no panic while held").push(self.buffer.clone());
    }
}

/// Particles in device memory.
pub struct GpuBlock {
    particles: wgpu::Buffer,
    count: usize,
}

impl GpuEngine {
    /// An engine on this adapter for this grid and physics.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where the adapter cannot bind a field of this grid, and
    /// [`EngineError::Device`] where it gives no device.
    pub fn new(adapter: &Adapter, setup: &Setup) -> Result<Self, EngineError> {
        Self::with(adapter, setup, adapter.device().kind == DeviceKind::Software)
    }

    fn with(adapter: &Adapter, setup: &Setup, confined: bool) -> Result<Self, EngineError> {
        let description = adapter.device().clone();
        let largest_binding = adapter.largest_binding();
        let field_bytes = (setup.grid.columns() * setup.grid.rows() * size_of::<[f32; 2]>()) as u64;
        if field_bytes > largest_binding {
            return Err(EngineError::TooLarge {
                what: format!("a field of {} × {} nodes", setup.grid.columns(), setup.grid.rows()),
                needed: field_bytes,
                allowed: largest_binding,
                device: description.name,
                remedy: "cut the region out of the data, or use `--device cpu`".into(),
            });
        }
        let clock = adapter.inner.features() & wgpu::Features::TIMESTAMP_QUERY;
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: largest_binding,
            max_buffer_size: adapter.inner.limits().max_buffer_size,
            ..wgpu::Limits::default()
        };
        let request = adapter.inner.request_device(&wgpu::DeviceDescriptor {
            label: Some("drogue"),
            required_features: clock,
            required_limits: limits,
            ..Default::default()
        });
        let (device, queue) = pollster::block_on(request).map_err(|error| EngineError::Device {
            device: description.name.clone(),
            message: error.to_string(),
        })?;
        let fault = Fault::watch(&device, &description.name);
        let kernel = Kernel::new(&device, setup, confined);
        let tables = Tables::new(&setup.grid);
        let tables = [
            contents(
                &device,
                "grid",
                bytemuck::bytes_of(&tables.grid),
                wgpu::BufferUsages::UNIFORM,
            ),
            contents(
                &device,
                "rows",
                bytemuck::cast_slice(&tables.rows),
                wgpu::BufferUsages::STORAGE,
            ),
            contents(
                &device,
                "columns",
                bytemuck::cast_slice(&tables.columns),
                wgpu::BufferUsages::STORAGE,
            ),
        ];
        fault.check()?;
        Ok(Self {
            tick: (!clock.is_empty()).then(|| queue.get_timestamp_period()),
            poller: Poller::start(device.clone(), queue, fault),
            staging: Ring::new(device.clone(), field_bytes),
            stride: u64::from(device.limits().min_uniform_buffer_offset_alignment).max(size_of::<
                layout::Dispatch,
            >(
            )
                as u64),
            fields: Arc::default(),
            pace: Arc::new(Pace::new()),
            device,
            description,
            kernel,
            tables,
            field_bytes,
            largest_binding,
        })
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    fn buffer(&self, label: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        })
    }

    fn storage(&self, label: &str, bytes: &[u8]) -> wgpu::Buffer {
        contents(&self.device, label, bytes, wgpu::BufferUsages::STORAGE)
    }

    fn flow(&self, fields: &[Arc<GpuField>; 2], steps: &wgpu::Buffer) -> wgpu::BindGroup {
        let [grid, rows, columns] = &self.tables;
        let [earlier, later] = fields;
        bind(
            &self.device,
            &self.kernel.flow_layout,
            &[grid, rows, columns, &earlier.buffer, &later.buffer, steps]
                .map(wgpu::Buffer::as_entire_binding),
        )
    }

    /// The dispatches' parameters at multiples of the stride.
    fn parameters(&self, dispatches: &[layout::Dispatch]) -> wgpu::Buffer {
        let mut bytes = vec![0; dispatches.len() * self.stride as usize];
        for (slot, dispatch) in bytes.chunks_exact_mut(self.stride as usize).zip(dispatches) {
            slot[..size_of::<layout::Dispatch>()].copy_from_slice(bytemuck::bytes_of(dispatch));
        }
        contents(&self.device, "dispatches", &bytes, wgpu::BufferUsages::UNIFORM)
    }
}

impl Engine for GpuEngine {
    type Field = GpuField;
    type Block = GpuBlock;

    fn device(&self) -> &Device {
        &self.description
    }

    fn field_bytes(&self) -> u64 {
        self.field_bytes
    }

    fn block_bytes(&self, particles: usize) -> u64 {
        (particles * size_of::<layout::Particle>()) as u64
    }

    fn largest_block(&self) -> usize {
        (self.largest_binding as usize) / size_of::<layout::Particle>()
    }

    fn upload(&self, field: grid::Field, done: Done<GpuField>) {
        let staged = match self.staging.filled(bytemuck::cast_slice(field.nodes())) {
            Ok(staged) => staged,
            Err(error) => {
                return done(Err(EngineError::Device {
                    device: self.description.name.clone(),
                    message: error.to_string(),
                }));
            }
        };
        let reused = self.fields.lock().expect("no panic while held").pop();
        let buffer = reused.unwrap_or_else(|| {
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
            self.buffer("field", self.field_bytes, usage)
        });
        let mut encoder = self.encoder();
        encoder.copy_buffer_to_buffer(&staged, 0, &buffer, 0, self.field_bytes);
        let (staging, home) = (self.staging.clone(), Arc::clone(&self.fields));
        self.poller.submit(
            encoder.finish(),
            || (),
            move |result| {
                staging.give_back(staged);
                done(result.map(|()| GpuField { buffer, home }));
            },
        );
    }

    fn load(&self, particles: &[Particle]) -> Result<GpuBlock, EngineError> {
        let bytes = self.block_bytes(particles.len());
        if bytes > self.largest_binding {
            return Err(EngineError::TooLarge {
                what: format!("a block of {} particles", particles.len()),
                needed: bytes,
                allowed: self.largest_binding,
                device: self.description.name.clone(),
                remedy: format!("use blocks of at most {}", self.largest_block()),
            });
        }
        let laid_out: Vec<layout::Particle> =
            particles.iter().map(layout::Particle::from).collect();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let particles = contents(&self.device, "particles", bytemuck::cast_slice(&laid_out), usage);
        self.poller.fault().check()?;
        Ok(GpuBlock { particles, count: laid_out.len() })
    }

    fn advance(
        &self,
        block: GpuBlock,
        fields: [Arc<GpuField>; 2],
        window: Arc<Window>,
        lifetimes: Option<Vec<Lifetime>>,
        done: Done<Advanced<GpuBlock>>,
    ) {
        let steps: Vec<layout::Step> = window
            .steps
            .iter()
            .map(|step| layout::Step {
                seconds: step.span.seconds() as f32,
                padding: 0,
                fractions: [step.from, step.from + step.span].map(|at| window.fraction(at) as f32),
            })
            .collect();
        if steps.is_empty() || block.count == 0 {
            return done(Ok(Advanced { block, device_time: None }));
        }
        let has_lifetimes = lifetimes.is_some();
        let lifetimes: Vec<layout::Lifetime> = match &lifetimes {
            Some(lifetimes) => lifetimes.iter().map(layout::Lifetime::from).collect(),
            // The binding must not be empty.
            None => vec![bytemuck::Zeroable::zeroed()],
        };
        let groups = (block.count as u32).div_ceil(WORKGROUP);
        let limit = self.device.limits().max_compute_workgroups_per_dimension;
        let shape = [groups.min(limit), groups.div_ceil(limit)];
        let pace = self.pace.steps(block.count);
        let dispatches: Vec<layout::Dispatch> = (0..steps.len() as u32)
            .step_by(pace as usize)
            .map(|begin_step| layout::Dispatch {
                particles: block.count as u32,
                width: shape[0] * WORKGROUP,
                begin_step,
                end_step: begin_step.saturating_add(pace).min(steps.len() as u32),
                first_number: window.first_step,
            })
            .collect();
        let flow = self.flow(&fields, &self.storage("steps", bytemuck::cast_slice(&steps)));
        let parameters = self.parameters(&dispatches);
        let particles = bind(
            &self.device,
            &self.kernel.block_layout,
            &[
                wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &parameters,
                    offset: 0,
                    size: std::num::NonZeroU64::new(size_of::<layout::Dispatch>() as u64),
                }),
                block.particles.as_entire_binding(),
                self.storage("lifetimes", bytemuck::cast_slice(&lifetimes)).as_entire_binding(),
            ],
        );
        let clock = self.tick.map(|_| Clock::new(self));
        let mut outcome = Some((block, fields, done));
        let last = dispatches.len() - 1;
        for (number, dispatch) in dispatches.iter().enumerate() {
            let mut encoder = self.encoder();
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some("advance"),
                    timestamp_writes: clock
                        .as_ref()
                        .and_then(|clock| clock.writes(number == 0, number == last)),
                });
                pass.set_pipeline(self.kernel.pipeline(has_lifetimes));
                pass.set_bind_group(0, &flow, &[]);
                pass.set_bind_group(1, &particles, &[(number as u64 * self.stride) as u32]);
                pass.dispatch_workgroups(shape[0], shape[1], 1);
            }
            let work =
                f64::from(dispatch.end_step - dispatch.begin_step) * f64::from(dispatch.particles);
            let (pace, submitted) = (Arc::clone(&self.pace), Instant::now());
            if number < last {
                let note = move |_| pace.note(work, submitted);
                self.poller.submit(encoder.finish(), || (), note);
                continue;
            }
            if let Some(clock) = &clock {
                clock.resolve(&mut encoder);
            }
            let reading = clock.as_ref().map(|clock| clock.readable.clone());
            let tick = self.tick;
            let (block, fields, done) = outcome.take().expect("the last dispatch comes once");
            let then = move |result: Result<(), EngineError>| {
                pace.note(work, submitted);
                drop(fields);
                done(result.map(|()| Advanced {
                    block,
                    device_time:
                        reading.zip(tick).and_then(|(reading, tick)| elapsed(&reading, tick)),
                }));
            };
            self.poller.submit(encoder.finish(), || clock.iter().for_each(Clock::map), then);
        }
    }

    fn read(&self, block: GpuBlock, done: Done<(GpuBlock, Vec<Particle>)>) {
        let size = self.block_bytes(block.count);
        if size == 0 {
            return done(Ok((block, Vec::new())));
        }
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let readable = self.buffer("read back", size, usage);
        let mut encoder = self.encoder();
        encoder.copy_buffer_to_buffer(&block.particles, 0, &readable, 0, size);
        let mapped = readable.clone();
        let name = self.description.name.clone();
        let then = move |result: Result<(), EngineError>| {
            let particles = result.and_then(|()| {
                let view = readable.get_mapped_range(..).map_err(|error| EngineError::Device {
                    device: name,
                    message: error.to_string(),
                })?;
                Ok(bytemuck::cast_slice::<u8, layout::Particle>(&view)
                    .iter()
                    .map(Particle::from)
                    .collect())
            });
            done(particles.map(|particles| (block, particles)));
        };
        // A failure to map shows when the mapped range is asked for.
        let map = || mapped.map_async(wgpu::MapMode::Read, .., |_| ());
        self.poller.submit(encoder.finish(), map, then);
    }
}

/// The device's own measurement of a window: two timestamps.
struct Clock {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readable: wgpu::Buffer,
}

const TIMESTAMPS: u64 = 2 * size_of::<u64>() as u64;

impl Clock {
    fn new(engine: &GpuEngine) -> Self {
        Self {
            queries: engine.device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("window"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: engine.buffer(
                "timestamps",
                TIMESTAMPS,
                wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            ),
            readable: engine.buffer(
                "timestamps",
                TIMESTAMPS,
                wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            ),
        }
    }

    fn writes(&self, first: bool, last: bool) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        (first || last).then_some(wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: first.then_some(0),
            end_of_pass_write_index: last.then_some(1),
        })
    }

    fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.readable, 0, TIMESTAMPS);
    }

    fn map(&self) {
        self.readable.map_async(wgpu::MapMode::Read, .., |_| ());
    }
}

fn elapsed(readable: &wgpu::Buffer, tick: f32) -> Option<Duration> {
    let view = readable.get_mapped_range(..).ok()?;
    let [begin, end]: [u64; 2] = bytemuck::pod_read_unaligned(&view);
    Some(Duration::from_nanos((end.checked_sub(begin)? as f64 * f64::from(tick)) as u64))
}

fn contents(
    device: &wgpu::Device,
    label: &str,
    contents: &[u8],
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some(label),
        contents,
        usage,
    })
}

fn bind(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    resources: &[wgpu::BindingResource],
) -> wgpu::BindGroup {
    let entries: Vec<_> = resources
        .iter()
        .enumerate()
        .map(|(binding, resource)| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: resource.clone(),
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}
