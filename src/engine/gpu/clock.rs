//! The device's own measurement of what it does.

use std::sync::Mutex;
use std::time::Duration;

/// Two timestamps: before the first and after the last pass of a submission.
#[derive(Clone)]
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
                label: Some("submission"),
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

/// What the clocks of a block's submissions have measured together: what lies between two of them may
/// be another block's, or nobody's.
#[derive(Default)]
pub(super) struct Clocks(Mutex<Option<Duration>>);

impl Clocks {
    /// Adds what a clock has measured, once its work is done.
    pub fn add(&self, clock: &Clock) {
        let mut sum = self.0.lock().expect("no panic while held");
        if let Some(elapsed) = clock.elapsed() {
            *sum = Some(sum.unwrap_or_default() + elapsed);
        }
    }

    /// The sum, if anything was measured.
    pub fn sum(&self) -> Option<Duration> {
        *self.0.lock().expect("no panic while held")
    }
}
