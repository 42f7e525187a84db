//! Particles on their way from the device to the host.

use super::{GpuBlock, GpuEngine, block_bytes, layout};
use crate::engine::{EngineError, Particle};

/// A copy of a block's particles that the host can map.
#[derive(Clone)]
pub(super) struct Copy {
    buffer: wgpu::Buffer,
    device: String,
}

impl GpuEngine {
    /// Has the particles copied, as they are when the commands before have been carried out.
    pub(super) fn copy_out(&self, block: &GpuBlock, encoder: &mut wgpu::CommandEncoder) -> Copy {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let size = block_bytes(block.count);
        let buffer = self.buffer("read back", size, usage);
        encoder.copy_buffer_to_buffer(&block.particles, 0, &buffer, 0, size);
        Copy { buffer, device: self.description.name.clone() }
    }
}

impl Copy {
    /// To be called once the work is submitted. A failure shows when the particles are asked for.
    pub fn map(&self) {
        self.buffer.map_async(wgpu::MapMode::Read, .., |_| ());
    }

    /// The particles of the block that was copied, once the work is done.
    ///
    /// # Errors
    /// [`EngineError::Device`] where they cannot be mapped.
    pub fn particles(&self, block: &GpuBlock) -> Result<Vec<Particle>, EngineError> {
        let view = self.buffer.get_mapped_range(..).map_err(|error| EngineError::Device {
            device: self.device.clone(),
            message: error.to_string(),
        })?;
        let laid_out: &[layout::Particle] = bytemuck::cast_slice(&view);
        let particles: Vec<_> = laid_out.iter().map(Particle::from).collect();
        Ok(block.order.undo(&particles))
    }
}
