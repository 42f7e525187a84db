//! Taking a block through a window: one dispatch after another, each of as many steps as the pace
//! allows.

use std::sync::Arc;
use std::time::Instant;

use bytemuck::Zeroable;

use super::buffers::{bind, contents};
use super::clock::Clock;
use super::shader::WORKGROUP;
use super::{GpuBlock, GpuEngine, GpuField, layout};
use crate::engine::{Advanced, Done, EngineError, Lifetime, Window};

impl GpuEngine {
    pub(super) fn dispatch(
        &self,
        block: GpuBlock,
        fields: [Arc<GpuField>; 2],
        window: &Window,
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
        let fastest = [0, 1].map(|way| fields[0].fastest[way].max(fields[1].fastest[way]));
        let most = match self.turns.steps(window, fastest) {
            Ok(most) => most,
            Err(error) => return done(Err(error)),
        };
        let has_lifetimes = lifetimes.is_some();
        let lifetimes: Vec<layout::Lifetime> = match &lifetimes {
            Some(lifetimes) => block.order.apply(lifetimes).map(layout::Lifetime::from).collect(),
            // The binding must not be empty.
            None => vec![Zeroable::zeroed()],
        };
        let groups = (block.count as u32).div_ceil(WORKGROUP);
        let limit = self.device.limits().max_compute_workgroups_per_dimension;
        let shape = [groups.min(limit), groups.div_ceil(limit)];
        let pace = self.pace.steps(block.count).min(most);
        let mut first_step = 0;
        let dispatches: Vec<layout::Dispatch> = steps
            .chunks(pace as usize)
            .map(|steps| {
                let mut dispatch = layout::Dispatch {
                    particles: block.count as u32,
                    width: shape[0] * WORKGROUP,
                    first_step,
                    count: steps.len() as u32,
                    first_number: window.first_step,
                    ..Zeroable::zeroed()
                };
                dispatch.steps[..steps.len()].copy_from_slice(steps);
                first_step += dispatch.count;
                dispatch
            })
            .collect();
        let flow = self.flow(&fields);
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
        let clock = self.tick.map(|tick| Arc::new(Clock::new(&self.device, tick)));
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
            let work = f64::from(dispatch.count) * f64::from(dispatch.particles);
            let (pace, submitted) = (Arc::clone(&self.pace), Instant::now());
            if number < last {
                let note = move |_| pace.note(work, submitted);
                self.poller.submit(encoder.finish(), || (), note);
                continue;
            }
            if let Some(clock) = &clock {
                clock.resolve(&mut encoder);
            }
            let reading = clock.clone();
            let (block, fields, done) = outcome.take().expect("the last dispatch comes once");
            let then = move |result: Result<(), EngineError>| {
                pace.note(work, submitted);
                drop(fields);
                done(result.map(|()| Advanced {
                    block,
                    device_time: reading.and_then(|clock| clock.elapsed()),
                }));
            };
            self.poller.submit(
                encoder.finish(),
                || clock.iter().for_each(|clock| clock.map()),
                then,
            );
        }
    }

    fn flow(&self, fields: &[Arc<GpuField>; 2]) -> wgpu::BindGroup {
        let [grid, rows, columns] = &self.tables;
        let [earlier, later] = fields;
        bind(
            &self.device,
            &self.kernel.flow_layout,
            &[grid, rows, columns, &earlier.buffer, &later.buffer]
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
