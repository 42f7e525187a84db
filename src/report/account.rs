//! A run's report, told to people.

use super::human;
use super::summary::{StageRow, StatusRow, Summary};
use crate::pipeline::StageSummary;
use crate::run::RunReport;

impl From<&RunReport> for Summary {
    fn from(report: &RunReport) -> Self {
        let device = &report.device;
        let mut notes = report.notes.clone();
        if !report.complete {
            notes.push(format!(
                "The run was stopped at {}, after {} of {} steps; what it had computed is kept.",
                report.reached,
                human::count(report.steps_taken),
                human::count(report.steps)
            ));
        }
        if report.cut_short {
            notes.push(format!("The forcing ends at {}, before the run was to end.", report.end));
        }
        Self {
            device: format!("{} ({}, {})", device.name, device.backend, device.driver),
            released: report.particles,
            statuses: report
                .tally
                .rows()
                .filter(|&(_, particles)| particles > 0)
                .map(|(status, particles)| StatusRow { status, particles })
                .collect(),
            steps: report.steps_taken,
            particle_steps: report.particle_steps,
            wall_seconds: report.elapsed.as_secs_f64(),
            overlap: Some(report.overlap),
            prefetch: report.stages.iter().find_map(|stage| stage.depth),
            stages: report.stages.iter().map(stage).collect(),
            output: report.output.as_ref().map(|path| path.display().to_string()),
            notes,
        }
    }
}

fn stage(stage: &StageSummary) -> StageRow {
    let waits = [
        (stage.waited_for_input, stage.input_from.join(", ")),
        (stage.waited_for_output, stage.output_to.join(", ")),
        (stage.waited_for_memory, "memory".to_owned()),
    ];
    let longest = waits.into_iter().max_by_key(|(time, _)| *time);
    StageRow {
        stage: stage.stage.clone(),
        busy_seconds: stage.busy.as_secs_f64(),
        input_wait_seconds: stage.waited_for_input.as_secs_f64(),
        output_wait_seconds: stage.waited_for_output.as_secs_f64(),
        memory_wait_seconds: stage.waited_for_memory.as_secs_f64(),
        waited_for: longest
            .filter(|(time, whom)| !time.is_zero() && !whom.is_empty())
            .map(|(_, whom)| whom),
        items: stage.items,
        bytes: stage.bytes,
    }
}
