//! `drogue verify`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::engine::Setup;
use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::GpuEngine;
use drogue::run::{Controls, Plan, adapter};
use drogue::scenario::DeviceChoice;
use drogue::verify::{CaseResult, Comparison, analytic_suite, compare};

use super::run::Changes;
use super::say::{Quiet, say, say_json};
use super::{ANSWER_NO, Failure, Outcome, STOPPED, host};

/// Hold a device against exact answers, or against the f64 reference
///
/// Without a scenario: runs flows whose answers are known. With one: runs it on the device and on
/// the reference, and says how far apart they end and whether rounding explains it. The exit code
/// is 0 only if everything holds, and 3 if not.
#[derive(Args)]
pub(crate) struct Verify {
    /// A scenario file
    scenario: Option<PathBuf>,

    #[command(flatten)]
    changes: Changes,

    /// Compare about so many of the scenario's particles, evenly drawn
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    particles: u64,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn execute(self) -> Outcome {
        match &self.scenario {
            Some(path) => {
                let plan = Plan::new(self.changes.read(path)?).map_err(Failure::of)?;
                let comparison = compare_plan(&plan, self.particles)?;
                if self.json {
                    say_json(&comparison)?;
                } else {
                    say(account(&comparison))?;
                }
                Ok(verdict(comparison.verdict.passed))
            }
            None => {
                let results = suite(&self.changes.device())?;
                if self.json {
                    say_json(&results)?;
                } else {
                    for result in &results {
                        say(format_args!("{result}\n"))?;
                    }
                }
                Ok(verdict(results.iter().all(|result| result.passed)))
            }
        }
    }
}

fn verdict(passed: bool) -> ExitCode {
    if passed { ExitCode::SUCCESS } else { ExitCode::from(ANSWER_NO) }
}

/// The comparison of a plan, with a progress bar; [`Quiet`] where it was stopped.
pub(crate) fn compare_plan(plan: &Plan, particles: u64) -> miette::Result<Comparison> {
    let controls = Controls::default();
    let comparison = host::block_on(&controls, compare(plan, particles, &controls));
    if controls.cancel.is_cancelled() {
        // Half of a run is not the run that was to be compared.
        return Err(Quiet(STOPPED).into());
    }
    comparison
}

/// The comparison in words.
pub(crate) fn account(comparison: &Comparison) -> String {
    let Comparison { device, particles, steps, separations, scale, verdict, notes } = comparison;
    let mut text = format!(
        "{} against the f64 reference: {particles} particles, {steps} steps\n\
         separation          device   one ULP at release   rounded data   tolerance\n",
        device.name
    );
    let others = scale.one_ulp.metres.named().into_iter().zip(scale.rounding.metres.named());
    for (check, ((_, one_ulp), (_, rounding))) in verdict.checks.iter().zip(others) {
        text += &format!(
            "{:<14} {:>9.3e} m {one_ulp:>18.3e} m {rounding:>12.3e} m {:>9.3e} m\n",
            check.quantile, check.metres, check.tolerance_m
        );
    }
    if let Some(farthest) = &separations.farthest {
        text += &format!(
            "farthest: particle {} near {:.4}, {:.4}\n",
            farthest.particle, farthest.reference[0], farthest.reference[1]
        );
    }
    text += &format!(
        "differing in status: {} of at most {}\n{verdict}\n",
        separations.differing_status, verdict.allowed_differing_status
    );
    notes.iter().for_each(|note| text += &format!("note: {note}\n"));
    text
}

/// The analytic suite on a device.
fn suite(device: &DeviceChoice) -> miette::Result<Vec<CaseResult>> {
    let adapter = adapter(device).map_err(Failure::of)?;
    let results = host::spin("flows whose answers are known", || match adapter {
        Some(adapter) => analytic_suite(&|setup: &Setup| GpuEngine::new(&adapter, setup)),
        None => analytic_suite(&|setup: &Setup| Ok(CpuEngine::new(setup))),
    });
    Ok(results.map_err(Failure::of)?)
}
