//! `drogue inspect`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::forcing::cf::Choice;
use drogue::forcing::{DatasetSpec, inspect};

use super::say::{say, say_json};
use super::{Outcome, host, name};

/// Say what a dataset holds and whether drogue can use it
#[derive(Args)]
pub(crate) struct Inspect {
    /// Files, patterns, directories or Zarr stores, joined into one dataset
    #[arg(required = true)]
    data: Vec<PathBuf>,

    /// The level to look at, metres positive down
    #[arg(long, value_name = "METRES")]
    depth: Option<f64>,

    /// Accept steps in time far longer than the others
    #[arg(long)]
    allow_gaps: bool,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn execute(self) -> Outcome {
        let spec = DatasetSpec {
            data: self.data.into_iter().map(name).collect::<Result<_, _>>()?,
            choice: Choice { depth: self.depth, ..Choice::default() },
            allow_gaps: self.allow_gaps,
            ..DatasetSpec::default()
        };
        let inspection = host::spin("looking at the data", || inspect(&spec));
        let usable = inspection.refused.is_none();
        if self.json {
            say_json(&inspection)?;
        } else {
            say(harmless(&inspection.to_string()))?;
        }
        Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The text without control characters but line ends: attributes come from files, and a terminal
/// would obey them.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => harmless.push('\n'),
            control if control.is_control() => harmless.extend(control.escape_default()),
            other => harmless.push(other),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(harmless("m s⁻¹\n\u{1b}[31m\r\u{9b}x"), "m s⁻¹\n\\u{1b}[31m\\r\\u{9b}x");
    }
}
