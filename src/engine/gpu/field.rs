//! How fields come into device memory, and where their buffers go afterwards.

use std::sync::{Arc, Mutex};

use super::GpuEngine;
use super::staging::Ring;
use crate::engine::{Done, EngineError};
use crate::grid;

/// A field in device memory.
pub struct GpuField {
    pub(super) buffer: wgpu::Buffer,
    /// The highest speeds in it, along the levels and across them, in m/s.
    pub(super) fastest: [f32; 2],
    home: Store,
}

/// Buffers of fields.
#[derive(Clone)]
pub(super) enum Store {
    /// In memory of the device's own, filled through a ring of staging buffers; and those that are
    /// free to be used again.
    Own(Ring, Arc<Mutex<Vec<wgpu::Buffer>>>),
    /// In memory that the device shares with the host, which writes them in place. On a software
    /// adapter a copy more would be work of the host's own cores.
    Shared(Ring),
}

impl Drop for GpuField {
    fn drop(&mut self) {
        match &self.home {
            Store::Own(_, free) => {
                free.lock().expect("no panic while held").push(self.buffer.clone());
            }
            Store::Shared(ring) => ring.give_back(self.buffer.clone()),
        }
    }
}

impl Store {
    /// For fields of so many bytes. `shared` asks for [`wgpu::Features::MAPPABLE_PRIMARY_BUFFERS`].
    pub fn new(device: &wgpu::Device, bytes: u64, shared: bool) -> Self {
        let ring = |usage| Ring::new(device.clone(), bytes, wgpu::BufferUsages::MAP_WRITE | usage);
        if shared {
            Self::Shared(ring(wgpu::BufferUsages::STORAGE))
        } else {
            Self::Own(ring(wgpu::BufferUsages::COPY_SRC), Arc::default())
        }
    }
}

impl GpuEngine {
    pub(super) fn bring(&self, field: &grid::Field, done: Done<GpuField>) {
        let (home, fastest) = (self.fields.clone(), [field.fastest(), field.fastest_down()]);
        let (Store::Own(ring, _) | Store::Shared(ring)) = &self.fields;
        let filled = match ring.filled(bytemuck::cast_slice(field.nodes())) {
            Ok(filled) => filled,
            Err(error) => {
                return done(Err(EngineError::Device {
                    device: self.description.name.clone(),
                    message: error.to_string(),
                }));
            }
        };
        let Store::Own(_, free) = &self.fields else {
            let fault = self.poller.fault().check();
            return done(fault.map(|()| GpuField { buffer: filled, fastest, home }));
        };
        let reused = free.lock().expect("no panic while held").pop();
        let buffer = reused.unwrap_or_else(|| {
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
            self.buffer("field", self.field_bytes, usage)
        });
        let mut encoder = self.encoder();
        encoder.copy_buffer_to_buffer(&filled, 0, &buffer, 0, self.field_bytes);
        let staging = ring.clone();
        self.poller.submit(
            encoder.finish(),
            || (),
            move |result| {
                staging.give_back(filled);
                done(result.map(|()| GpuField { buffer, fastest, home }));
            },
        );
    }
}
