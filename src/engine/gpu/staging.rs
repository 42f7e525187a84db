//! A ring of mapped buffers through which fields go to the device.
//!
//! `Queue::write_buffer` would allocate one for every call.

use std::sync::{Arc, Mutex};

/// Buffers of one size, mapped and ready to be written.
#[derive(Clone)]
pub(super) struct Ring {
    device: wgpu::Device,
    size: u64,
    usage: wgpu::BufferUsages,
    free: Arc<Mutex<Vec<wgpu::Buffer>>>,
}

impl Ring {
    /// Buffers of so many bytes; their usage includes mapping for writing.
    pub fn new(device: wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> Self {
        Self { device, size, usage, free: Arc::default() }
    }

    /// A buffer that holds a copy of `bytes`, unmapped. The ring grows to what is in use at once.
    pub fn filled(&self, bytes: &[u8]) -> Result<wgpu::Buffer, wgpu::MapRangeError> {
        let free = self.free().or_else(|| {
            // Where nothing is submitted nobody polls, and buffers that came back would stay unmapped.
            let _ = self.device.poll(wgpu::PollType::Poll);
            self.free()
        });
        let buffer = free.unwrap_or_else(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: self.size,
                usage: self.usage,
                mapped_at_creation: true,
            })
        });
        buffer.get_mapped_range_mut(..bytes.len() as u64)?.copy_from_slice(bytes);
        buffer.unmap();
        Ok(buffer)
    }

    fn free(&self) -> Option<wgpu::Buffer> {
        self.free.lock().expect("no panic while held").pop()
    }

    /// Takes a buffer back once the device has read it. It can be used again when it is mapped,
    /// which the next poll of the device sees to.
    pub fn give_back(&self, buffer: wgpu::Buffer) {
        let free = Arc::clone(&self.free);
        let mapped = buffer.clone();
        buffer.map_async(wgpu::MapMode::Write, .., move |result| {
            if result.is_ok() {
                free.lock().expect("no panic while held").push(mapped);
            }
        });
    }
}
