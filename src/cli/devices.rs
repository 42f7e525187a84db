//! `drogue devices`

use std::process::ExitCode;

use clap::Args;
use drogue::run::devices;

use super::{Outcome, print_json};

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
            return print_json(&devices);
        }
        for device in devices {
            let kind = format!("{:?}", device.kind).to_lowercase();
            println!("{kind:<9} {} ({}, {})", device.name, device.backend, device.driver);
        }
        Ok(ExitCode::SUCCESS)
    }
}
