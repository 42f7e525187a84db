//! The GPU engine: WGSL through wgpu, one particle an invocation.

mod adapter;
mod buffers;
mod clock;
mod dispatch;
mod field;
mod layout;
mod order;
mod pace;
mod poll;
mod read_back;
#[cfg(test)]
mod schedule;
mod shader;
mod staging;
mod tables;
mod turns;

pub use adapter::Adapter;
pub use field::GpuField;

use std::sync::Arc;

use self::buffers::contents;
use self::field::Store;
use self::order::Order;
use self::pace::Pace;
use self::poll::{Fault, Poller};
use self::shader::{Form, Kernel};
use self::tables::Tables;
use self::turns::Turns;
use super::{Advanced, Device, DeviceKind, Done, Engine, EngineError, Leg, Particle, Setup};
use crate::grid;

/// Moves particles with a compute shader.
pub struct GpuEngine {
    device: wgpu::Device,
    description: Device,
    poller: Poller,
    kernel: Arc<Kernel>,
    tables: [wgpu::Buffer; 4],
    fields: Store,
    field_bytes: u64,
    largest_binding: u64,
    /// The dispatches' parameters begin at multiples of so many bytes.
    alignment: usize,
    pace: Arc<Pace>,
    turns: Turns,
    /// Nanoseconds a tick of the device's clock, where it has one.
    tick: Option<f32>,
}

/// Particles in device memory.
pub struct GpuBlock {
    particles: wgpu::Buffer,
    count: usize,
    order: Order,
}

impl GpuEngine {
    /// An engine on this adapter for this grid and physics.
    ///
    /// # Errors
    /// [`EngineError::NoFaces`] where steps cannot be taken so, [`EngineError::TooLarge`] where the
    /// adapter cannot bind a field of this grid, and [`EngineError::Device`] where it gives no device.
    pub fn new(adapter: &Adapter, setup: &Setup) -> Result<Self, EngineError> {
        let turns = match adapter.device().kind {
            DeviceKind::Software => 16,
            DeviceKind::Gpu | DeviceKind::Cpu => 1,
        };
        Self::with(adapter, setup, turns)
    }

    /// Whether the adapter can bind fields of this grid, which is known before there is an engine.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`].
    pub fn check_room(adapter: &Adapter, setup: &Setup) -> Result<(), EngineError> {
        let allowed = adapter.largest_binding();
        let needed = setup.grid.field_bytes().max(Tables::largest(&setup.grid));
        if needed <= allowed {
            return Ok(());
        }
        Err(EngineError::TooLarge {
            what: format!("a field on {}", setup.grid.describe()),
            needed,
            allowed,
            device: adapter.device().name.clone(),
            remedy: "cut the region or the levels out of the data, or use `--device cpu`".into(),
        })
    }

    /// The most particles that a block may hold on an adapter.
    pub fn largest_block(adapter: &Adapter) -> usize {
        (adapter.largest_binding() / block_bytes(1)) as usize
    }

    fn with(adapter: &Adapter, setup: &Setup, turns: u32) -> Result<Self, EngineError> {
        setup.check()?;
        let description = adapter.device().clone();
        let largest_binding = adapter.largest_binding();
        Self::check_room(adapter, setup)?;
        let field_bytes = setup.grid.field_bytes();
        let tables = Tables::new(setup);
        let clock = adapter.inner.features() & wgpu::Features::TIMESTAMP_QUERY;
        let shared = match description.kind {
            DeviceKind::Software => {
                adapter.inner.features() & wgpu::Features::MAPPABLE_PRIMARY_BUFFERS
            }
            DeviceKind::Gpu | DeviceKind::Cpu => wgpu::Features::empty(),
        };
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: largest_binding,
            max_buffer_size: adapter.inner.limits().max_buffer_size,
            ..wgpu::Limits::default()
        };
        let request = adapter.inner.request_device(&wgpu::DeviceDescriptor {
            label: Some("drogue"),
            required_features: clock | shared,
            required_limits: limits,
            ..Default::default()
        });
        let (device, queue) = pollster::block_on(request).map_err(|error| EngineError::Device {
            device: description.name.clone(),
            message: error.to_string(),
        })?;
        let fault = Fault::watch(&device, &description.name);
        let kernel = Arc::new(Kernel::new(&device, &shader::source(Form::of(setup)), setup, turns));
        let needed = Arc::clone(&kernel);
        let contents = |label, bytes, usage| contents(&device, label, bytes, usage);
        let tables = [
            contents("grid", bytemuck::bytes_of(&tables.grid), wgpu::BufferUsages::UNIFORM),
            contents("rows or sides", &tables.first, wgpu::BufferUsages::STORAGE),
            contents("columns or scales", &tables.second, wgpu::BufferUsages::STORAGE),
            contents("takers", &tables.takers, wgpu::BufferUsages::STORAGE),
        ];
        fault.check()?;
        Ok(Self {
            tick: (!clock.is_empty()).then(|| queue.get_timestamp_period()),
            // Compiled while the first snapshots are read.
            poller: Poller::start(device.clone(), queue, fault, move || {
                needed.pipeline(false);
            }),
            alignment: device.limits().min_uniform_buffer_offset_alignment as usize,
            fields: Store::new(&device, field_bytes, !shared.is_empty()),
            pace: Arc::new(Pace::new(description.kind)),
            turns: Turns::new(&description, setup),
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
}

/// Bytes of device memory that so many particles take.
fn block_bytes(particles: usize) -> u64 {
    (particles * size_of::<layout::Particle>()) as u64
}

impl Engine for GpuEngine {
    type Field = GpuField;
    type Block = GpuBlock;

    fn device(&self) -> &Device {
        &self.description
    }

    fn upload(&self, field: grid::Field, done: Done<GpuField>) {
        self.bring(&field, done);
    }

    fn load(&self, particles: &[Particle]) -> Result<GpuBlock, EngineError> {
        let bytes = block_bytes(particles.len());
        if bytes > self.largest_binding {
            return Err(EngineError::TooLarge {
                what: format!("a block of {} particles", particles.len()),
                needed: bytes,
                allowed: self.largest_binding,
                device: self.description.name.clone(),
                remedy: format!("use blocks of at most {}", self.largest_binding / block_bytes(1)),
            });
        }
        let order = Order::of(particles);
        let laid_out: Vec<_> = order.apply(particles).map(layout::Particle::from).collect();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let particles = contents(&self.device, "particles", bytemuck::cast_slice(&laid_out), usage);
        self.poller.fault().check()?;
        Ok(GpuBlock { particles, count: laid_out.len(), order })
    }

    fn advance(
        &self,
        block: GpuBlock,
        fields: [Arc<GpuField>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<GpuBlock>>,
    ) {
        self.dispatch(block, fields, &legs, done);
    }

    fn read(&self, block: GpuBlock, done: Done<(GpuBlock, Vec<Particle>)>) {
        if block.count == 0 {
            return done(Ok((block, Vec::new())));
        }
        let mut encoder = self.encoder();
        let copy = self.copy_out(&block, &mut encoder);
        let read = copy.clone();
        let then = move |result: Result<(), EngineError>| {
            let particles = result.and_then(|()| read.particles(&block));
            done(particles.map(|particles| (block, particles)));
        };
        self.poller.submit(encoder.finish(), || copy.map(), then);
    }
}
