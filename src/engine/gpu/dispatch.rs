//! Taking a block through its legs: in dispatches, and those in submissions, each of as many steps as
//! the pace allows.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Instant;

use bytemuck::Zeroable;

use super::buffers::{bind, contents};
use super::clock::Clock;
use super::read_back::Copy;
use super::shader::WORKGROUP;
use super::{GpuBlock, GpuEngine, GpuField, layout};
use crate::engine::{Advanced, Done, EngineError, Leg, Step, Window};

impl GpuEngine {
    pub(super) fn dispatch(
        &self,
        block: GpuBlock,
        fields: [Arc<GpuField>; 2],
        legs: &[Leg],
        done: Done<Advanced<GpuBlock>>,
    ) {
        if block.count == 0 {
            let observed = legs.iter().filter(|leg| leg.observed).map(|_| Vec::new()).collect();
            return done(Ok(Advanced { block, observed, device_time: None }));
        }
        let pace = self.pace.steps(block.count);
        let dispatches = match self.dispatches(&block, &fields, legs, pace) {
            Ok(dispatches) => dispatches,
            Err(error) => return done(Err(error)),
        };
        let last = dispatches.iter().map(Vec::len).sum::<usize>().checked_sub(1);
        let clock = self.tick.filter(|_| last.is_some());
        let clock = clock.map(|tick| Arc::new(Clock::new(&self.device, tick)));
        let flow = self.flow(&fields);
        let parameters = self.parameters(dispatches.iter().flatten());
        let [x, y] = shape(&block, &self.device.limits());

        let mut copies: Vec<Copy> = Vec::new();
        let (mut encoder, mut steps, mut number) = (self.encoder(), 0, 0);
        for (leg, dispatches) in legs.iter().zip(&dispatches) {
            let particles = self.bind_block(&block, &parameters, leg);
            for dispatch in dispatches {
                if steps > 0 && steps + dispatch.count > pace {
                    let full = std::mem::replace(&mut encoder, self.encoder());
                    self.poller.submit(full.finish(), || (), self.note(&block, steps));
                    steps = 0;
                }
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some("advance"),
                    timestamp_writes: clock
                        .as_ref()
                        .and_then(|clock| clock.writes(number == 0, Some(number) == last)),
                });
                pass.set_pipeline(self.kernel.pipeline(leg.lifetimes.is_some()));
                pass.set_bind_group(0, &flow, &[]);
                pass.set_bind_group(1, &particles, &[(number as u64 * self.stride) as u32]);
                pass.dispatch_workgroups(x, y, 1);
                drop(pass);
                steps += dispatch.count;
                number += 1;
            }
            if leg.observed {
                copies.push(self.copy_out(&block, &mut encoder));
            }
        }
        if let Some(clock) = &clock {
            clock.resolve(&mut encoder);
        }
        let (note, reading, read) = (self.note(&block, steps), clock.clone(), copies.clone());
        let then = move |result: Result<(), EngineError>| {
            note(Ok(()));
            drop(fields);
            let observed =
                result.and_then(|()| read.iter().map(|copy| copy.particles(&block)).collect());
            done(observed.map(|observed| Advanced {
                block,
                observed,
                device_time: reading.and_then(|clock| clock.elapsed()),
            }));
        };
        let map = || {
            clock.iter().for_each(|clock| clock.map());
            copies.iter().for_each(Copy::map);
        };
        self.poller.submit(encoder.finish(), map, then);
    }

    /// What takes note of the time that so many steps take.
    fn note(&self, block: &GpuBlock, steps: u32) -> impl FnOnce(Result<(), EngineError>) + use<> {
        let work = f64::from(steps) * block.count as f64;
        let (pace, submitted) = (Arc::clone(&self.pace), Instant::now());
        move |_| pace.note(work, submitted)
    }

    /// The parameters of the dispatches that each leg takes.
    fn dispatches(
        &self,
        block: &GpuBlock,
        fields: &[Arc<GpuField>; 2],
        legs: &[Leg],
        pace: u32,
    ) -> Result<Vec<Vec<layout::Dispatch>>, EngineError> {
        let fastest = [0, 1].map(|way| fields[0].fastest[way].max(fields[1].fastest[way]));
        let width = shape(block, &self.device.limits())[0] * WORKGROUP;
        let of_leg = |leg: &Leg| {
            let window = &*leg.window;
            let most = pace.min(self.turns.steps(window, fastest)?);
            let mut first_step = 0;
            let dispatch = |steps: &[layout::Step]| {
                let mut dispatch = layout::Dispatch {
                    particles: block.count as u32,
                    width,
                    first_step,
                    count: steps.len() as u32,
                    first_number: window.first_step,
                    ..Zeroable::zeroed()
                };
                dispatch.steps[..steps.len()].copy_from_slice(steps);
                first_step += dispatch.count;
                dispatch
            };
            Ok(steps(window).chunks(most as usize).map(dispatch).collect())
        };
        legs.iter().map(of_leg).collect()
    }

    fn bind_block(
        &self,
        block: &GpuBlock,
        parameters: &wgpu::Buffer,
        leg: &Leg,
    ) -> wgpu::BindGroup {
        let lifetimes: Vec<layout::Lifetime> = match &leg.lifetimes {
            Some(lifetimes) => block.order.apply(lifetimes).map(layout::Lifetime::from).collect(),
            // The binding must not be empty.
            None => vec![Zeroable::zeroed()],
        };
        let lifetimes = self.storage("lifetimes", bytemuck::cast_slice(&lifetimes));
        let resources = [
            wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: parameters,
                offset: 0,
                size: NonZeroU64::new(size_of::<layout::Dispatch>() as u64),
            }),
            block.particles.as_entire_binding(),
            lifetimes.as_entire_binding(),
        ];
        bind(&self.device, &self.kernel.block_layout, &resources)
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
    fn parameters<'a>(
        &self,
        dispatches: impl Iterator<Item = &'a layout::Dispatch>,
    ) -> wgpu::Buffer {
        let mut bytes = Vec::new();
        for dispatch in dispatches {
            bytes.extend_from_slice(bytemuck::bytes_of(dispatch));
            bytes.resize(bytes.len().next_multiple_of(self.stride as usize), 0);
        }
        // The binding must not be empty.
        bytes.resize(bytes.len().max(self.stride as usize), 0);
        contents(&self.device, "dispatches", &bytes, wgpu::BufferUsages::UNIFORM)
    }
}

/// Workgroups of a dispatch, along x and y.
fn shape(block: &GpuBlock, limits: &wgpu::Limits) -> [u32; 2] {
    let groups = (block.count as u32).div_ceil(WORKGROUP);
    let most = limits.max_compute_workgroups_per_dimension;
    [groups.min(most), groups.div_ceil(most)]
}

fn steps(window: &Window) -> Vec<layout::Step> {
    let step = |step: &Step| layout::Step {
        seconds: step.span.seconds() as f32,
        padding: 0,
        fractions: [step.from, step.from + step.span].map(|at| window.fraction(at) as f32),
    };
    window.steps.iter().map(step).collect()
}
