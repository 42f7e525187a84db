//! `drogue devices`

use std::process::ExitCode;

use clap::Args;
use drogue::run::devices;

use super::Outcome;
use super::say::{say, say_json};

/// List what can compute on this machine, the default first
#[derive(Args)]
pub(crate) struct Devices {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub fn execute(self) -> Outcome {
        let devices = devices();
        if self.json {
            say_json(&devices)?;
            return Ok(ExitCode::SUCCESS);
        }
        for device in devices {
            let kind = format!("{:?}", device.kind).to_lowercase();
            let (name, backend, driver) = (device.name, device.backend, device.driver);
            say(format_args!("{kind:<9} {name} ({backend}, {driver})\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
