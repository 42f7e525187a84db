//! The device's own measurement of a window.

use std::time::Duration;

/// Two timestamps.
pub(super) struct Clock {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readable: wgpu::Buffer,
    /// Nanoseconds in a tick.
    tick: f32,
}

const TIMESTAMPS: u64 = 2 * size_of::<u64>() as u64;

impl Clock {
    pub fn new(device: &wgpu::Device, tick: f32) -> Self {
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: TIMESTAMPS,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("window"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readable: buffer(wgpu::BufferUsages::MAP_READ),
            tick,
        }
    }

    /// Where a pass writes when it begins and ends, if it is the first or the last.
    pub fn writes(&self, first: bool, last: bool) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        (first || last).then_some(wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: first.then_some(0),
            end_of_pass_write_index: last.then_some(1),
        })
    }

    /// To be encoded after the last pass.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.readable, 0, TIMESTAMPS);
    }

    /// To be called once the work is submitted.
    pub fn map(&self) {
        self.readable.map_async(wgpu::MapMode::Read, .., |_| ());
    }

    /// What the device measured, once its work is done.
    pub fn elapsed(&self) -> Option<Duration> {
        let view = self.readable.get_mapped_range(..).ok()?;
        let [begin, end]: [u64; 2] = bytemuck::pod_read_unaligned(&view);
        Some(Duration::from_nanos((end.checked_sub(begin)? as f64 * f64::from(self.tick)) as u64))
    }
}
