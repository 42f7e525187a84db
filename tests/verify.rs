//! The analytic suite on both engines, and the verdict on a device held against the reference.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{DeviceKind, EngineError, Setup};
use drogue::verify::{CaseResult, analytic_suite};

fn software() -> Adapter {
    Adapter::of_kind(DeviceKind::Software).unwrap_or_else(|error| {
        panic!("these tests need a software adapter, from the package mesa-vulkan-drivers: {error}")
    })
}

fn all_pass(results: &[CaseResult]) {
    for result in results {
        println!("{result}");
    }
    let failed: Vec<_> =
        results.iter().filter(|result| !result.passed).map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_reference_passes_the_analytic_suite() {
    let make = |setup: &Setup| Ok::<_, EngineError>(CpuEngine::new(setup));
    all_pass(&analytic_suite(&make).unwrap());
}

#[test]
fn the_software_adapter_passes_the_analytic_suite() {
    let adapter = software();
    all_pass(&analytic_suite(&|setup: &Setup| GpuEngine::new(&adapter, setup)).unwrap());
}
