//! Taking a block through its legs: in dispatches, and those in submissions, each of as many steps as
//! the pace allows.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Instant;

use bytemuck::Zeroable;

use super::buffers::{bind, contents};
use super::clock::{Clock, Clocks};
use super::read_back::Copy;
use super::shader::WORKGROUP;
use super::{GpuBlock, GpuEngine, GpuField, layout};
use crate::engine::{Advanced, Done, EngineError, Leg, Step, Window};

/// What the device does next.
enum Task {
    /// Takes the particles through some steps of a leg, whose parameters are at this offset.
    Steps { leg: usize, parameters: u32, count: u32 },
    /// Copies the particles for the host.
    Copy,
}

impl Task {
    fn steps(&self) -> u32 {
        if let Self::Steps { count, .. } = self { *count } else { 0 }
    }
}

/// All that the device does for a block.
struct Agenda {
    tasks: Vec<Task>,
    /// The parameters of the dispatches.
    parameters: Vec<u8>,
}

impl Agenda {
    /// The tasks in submissions of at most `pace` steps; one at least.
    fn submissions(&self, pace: u32) -> Vec<&[Task]> {
        let (mut submissions, mut rest, mut steps, mut end) = (Vec::new(), &*self.tasks, 0, 0);
        for task in &self.tasks {
            if steps > 0 && steps + task.steps() > pace {
                let (full, others) = rest.split_at(end);
                submissions.push(full);
                (rest, steps, end) = (others, 0, 0);
            }
            steps += task.steps();
            end += 1;
        }
        submissions.push(rest);
        submissions
    }
}

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
        let agenda = match self.agenda(&block, &fields, legs, pace) {
            Ok(agenda) => agenda,
            Err(error) => return done(Err(error)),
        };
        let bound = Bound {
            flow: self.flow(&fields),
            legs: self.bind_legs(&block, &agenda.parameters, legs),
            workgroups: shape(&block, &self.device.limits()),
        };
        let clocks = Arc::new(Clocks::default());
        let mut copies = Vec::new();
        let mut submissions = agenda.submissions(pace);
        let last = submissions.pop().expect("there is one at least");
        for tasks in submissions {
            let (commands, clock) = self.encode(&block, &bound, legs, tasks, &mut copies);
            let note = self.note(&block, tasks, clock.clone(), &clocks);
            self.poller.submit(commands, || clock.iter().for_each(Clock::map), move |_| note());
        }
        let (commands, clock) = self.encode(&block, &bound, legs, last, &mut copies);
        let note = self.note(&block, last, clock.clone(), &clocks);
        let read = copies.clone();
        let then = move |result: Result<(), EngineError>| {
            note();
            drop(fields);
            let observed =
                result.and_then(|()| read.iter().map(|copy| copy.particles(&block)).collect());
            let device_time = clocks.sum();
            done(observed.map(|observed| Advanced { block, observed, device_time }));
        };
        let map = || {
            clock.iter().for_each(Clock::map);
            copies.iter().for_each(Copy::map);
        };
        self.poller.submit(commands, map, then);
    }

    /// The commands for these tasks, and the clock that they read if they take steps.
    fn encode(
        &self,
        block: &GpuBlock,
        bound: &Bound,
        legs: &[Leg],
        tasks: &[Task],
        copies: &mut Vec<Copy>,
    ) -> (wgpu::CommandBuffer, Option<Clock>) {
        let passes = tasks.iter().filter(|task| task.steps() > 0).count();
        let clock = self.tick.filter(|_| passes > 0);
        let clock = clock.map(|tick| Clock::new(&self.device, tick));
        let (mut encoder, mut number) = (self.encoder(), 0);
        for task in tasks {
            let Task::Steps { leg, parameters, .. } = *task else {
                copies.push(self.copy_out(block, &mut encoder));
                continue;
            };
            number += 1;
            let writes =
                clock.as_ref().and_then(|clock| clock.writes(number == 1, number == passes));
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("advance"),
                timestamp_writes: writes,
            });
            pass.set_pipeline(self.kernel.pipeline(legs[leg].lifetimes.is_some()));
            pass.set_bind_group(0, &bound.flow, &[]);
            pass.set_bind_group(1, &bound.legs[leg], &[parameters]);
            let [x, y] = bound.workgroups;
            pass.dispatch_workgroups(x, y, 1);
        }
        if let Some(clock) = &clock {
            clock.resolve(&mut encoder);
        }
        (encoder.finish(), clock)
    }

    /// What takes note of the time that these tasks take.
    fn note(
        &self,
        block: &GpuBlock,
        tasks: &[Task],
        clock: Option<Clock>,
        clocks: &Arc<Clocks>,
    ) -> impl FnOnce() + use<> {
        let steps: u32 = tasks.iter().map(Task::steps).sum();
        let work = f64::from(steps) * block.count as f64;
        let (pace, submitted) = (Arc::clone(&self.pace), Instant::now());
        let clocks = Arc::clone(clocks);
        move || {
            pace.note(work, submitted);
            clock.iter().for_each(|clock| clocks.add(clock));
        }
    }

    fn agenda(
        &self,
        block: &GpuBlock,
        fields: &[Arc<GpuField>; 2],
        legs: &[Leg],
        pace: u32,
    ) -> Result<Agenda, EngineError> {
        let fastest = [0, 1].map(|way| fields[0].fastest[way].max(fields[1].fastest[way]));
        let width = shape(block, &self.device.limits())[0] * WORKGROUP;
        let (mut tasks, mut parameters) = (Vec::new(), Vec::new());
        for (leg, Leg { window, observed, takers, .. }) in legs.iter().enumerate() {
            let most = pace.min(self.turns.steps(window, fastest)?);
            let mut first_step = 0;
            for steps in steps(window).chunks(most as usize) {
                let dispatch = layout::Dispatch {
                    particles: block.count as u32,
                    width,
                    first_step,
                    count: steps.len() as u32,
                    first_number: window.first_step,
                    takers: *takers,
                    padding: [0; 2],
                };
                first_step += dispatch.count;
                let count = dispatch.count;
                tasks.push(Task::Steps { leg, parameters: parameters.len() as u32, count });
                parameters.extend_from_slice(bytemuck::bytes_of(&dispatch));
                parameters.extend_from_slice(bytemuck::cast_slice(steps));
                parameters.resize(parameters.len().next_multiple_of(self.alignment), 0);
            }
            if *observed {
                tasks.push(Task::Copy);
            }
        }
        // What is bound for a dispatch has room for the most steps, and ends in the buffer too.
        parameters.resize(parameters.len() + layout::DISPATCH_BYTES, 0);
        Ok(Agenda { tasks, parameters })
    }

    /// The particles with the parameters and the lifetimes of each leg. Those without are bound once.
    fn bind_legs(&self, block: &GpuBlock, parameters: &[u8], legs: &[Leg]) -> Vec<wgpu::BindGroup> {
        let parameters =
            contents(&self.device, "dispatches", parameters, wgpu::BufferUsages::UNIFORM);
        let bind_block = |lifetimes: &[layout::Lifetime]| {
            let lifetimes = self.storage("lifetimes", bytemuck::cast_slice(lifetimes));
            let resources = [
                wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &parameters,
                    offset: 0,
                    size: NonZeroU64::new(layout::DISPATCH_BYTES as u64),
                }),
                block.particles.as_entire_binding(),
                lifetimes.as_entire_binding(),
            ];
            bind(&self.device, &self.kernel.block_layout, &resources)
        };
        // The binding must not be empty.
        let without = bind_block(&[Zeroable::zeroed()]);
        let bind_leg = |leg: &Leg| match &leg.lifetimes {
            Some(lifetimes) => {
                let laid_out = block.order.apply(lifetimes).map(layout::Lifetime::from);
                bind_block(&laid_out.collect::<Vec<_>>())
            }
            None => without.clone(),
        };
        legs.iter().map(bind_leg).collect()
    }

    fn flow(&self, fields: &[Arc<GpuField>; 2]) -> wgpu::BindGroup {
        let [grid, rows, columns, takers] = &self.tables;
        let [earlier, later] = fields;
        bind(
            &self.device,
            &self.kernel.flow_layout,
            &[grid, rows, columns, &earlier.buffer, &later.buffer, takers]
                .map(wgpu::Buffer::as_entire_binding),
        )
    }
}

/// What the dispatches of a block are given.
struct Bound {
    flow: wgpu::BindGroup,
    /// One for each leg.
    legs: Vec<wgpu::BindGroup>,
    workgroups: [u32; 2],
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
