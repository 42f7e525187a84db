//! The devices that take turns.

use serde::{Deserialize, Serialize};

use crate::engine::cpu::CpuEngine;
use crate::engine::{Device, EngineError};
use crate::run;
use crate::scenario::DeviceChoice;

/// A device that was looked for and is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// The kind.
    pub device: String,
    /// Why it is not, and the remedy.
    pub reason: String,
}

/// A device that is there.
pub(super) struct Candidate {
    pub choice: DeviceChoice,
    pub device: Device,
}

/// What was asked for, each device once; where nothing was, the reference and whatever adapters
/// there are.
///
/// # Errors
/// [`EngineError::NoAdapter`] where a device that was asked for is not there.
pub(super) fn candidates(
    asked: &[DeviceChoice],
) -> Result<(Vec<Candidate>, Vec<Absent>), EngineError> {
    let (mut found, mut absent): (Vec<Candidate>, _) = (Vec::new(), Vec::new());
    let all = [DeviceChoice::Cpu, DeviceChoice::Software, DeviceChoice::Gpu];
    for choice in if asked.is_empty() { &all } else { asked } {
        let device = match run::adapter(choice) {
            Ok(Some(adapter)) => adapter.device().clone(),
            Ok(None) => CpuEngine::describe(),
            Err(EngineError::NoAdapter { wanted, found }) if asked.is_empty() => {
                absent.push(Absent { device: wanted, reason: found });
                continue;
            }
            Err(error) => return Err(error),
        };
        if !found.iter().any(|other| other.device == device) {
            found.push(Candidate { choice: choice.clone(), device });
        }
    }
    Ok((found, absent))
}
