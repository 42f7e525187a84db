//! Choosing what computes.

use std::thread::JoinHandle;

use crate::engine::cpu::CpuEngine;
use crate::engine::gpu::{Adapter, GpuEngine};
use crate::engine::{Device, DeviceKind, EngineError, Setup};
use crate::scenario::DeviceChoice;

/// An engine of either kind.
pub enum AnyEngine {
    /// A shader on an adapter.
    Gpu(Box<GpuEngine>),
    /// The reference.
    Cpu(CpuEngine),
}

/// Makes the engine that was asked for. `auto` takes a graphics processor, else a software adapter,
/// else the reference.
///
/// # Errors
/// [`EngineError::NoAdapter`] where what was asked for is not there, and what
/// [`GpuEngine::new`] returns.
pub fn choose(choice: &DeviceChoice, setup: &Setup) -> Result<AnyEngine, EngineError> {
    Ok(match adapter(choice)? {
        Some(adapter) => AnyEngine::Gpu(Box::new(GpuEngine::new(&adapter, setup)?)),
        None => AnyEngine::Cpu(CpuEngine::new(setup)),
    })
}

/// The adapter that was asked for; `None` where the reference is to compute.
///
/// # Errors
/// [`EngineError::NoAdapter`] where what was asked for is not there.
pub fn adapter(choice: &DeviceChoice) -> Result<Option<Adapter>, EngineError> {
    match choice {
        DeviceChoice::Cpu => Ok(None),
        DeviceChoice::Gpu => Adapter::of_kind(DeviceKind::Gpu).map(Some),
        DeviceChoice::Software => Adapter::of_kind(DeviceKind::Software).map(Some),
        DeviceChoice::Named(name) => Adapter::named(name).map(Some),
        DeviceChoice::Auto => {
            let best = Adapter::all().into_iter().next();
            if best.is_none() {
                tracing::warn!("no graphics adapter was found: the f64 reference computes");
            }
            Ok(best)
        }
    }
}

/// Begins to look for adapters, unless the reference is to compute: while the forcing is opened far
/// away, or anything else is waited for. To be kept until then: dropping it waits for the drivers, which
/// may crash a program that ends while they are loaded.
pub fn look_for_adapters(choice: &DeviceChoice) -> Looking {
    Looking((*choice != DeviceChoice::Cpu).then(|| std::thread::spawn(Adapter::all)))
}

/// A look for adapters that has begun.
#[must_use]
pub struct Looking(Option<JoinHandle<Vec<Adapter>>>);

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic there has been reported already.
            let _ = thread.join();
        }
    }
}

/// All devices of this machine, in the order in which `auto` prefers them.
pub fn devices() -> Vec<Device> {
    let adapters = Adapter::all();
    let mut devices: Vec<Device> =
        adapters.iter().map(|adapter| adapter.device().clone()).collect();
    devices.push(CpuEngine::describe());
    devices
}
