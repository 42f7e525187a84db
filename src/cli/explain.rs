//! `drogue explain`

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::explain::explain;

use super::say::{say, say_json};
use super::{Failure, Outcome, host};

/// Explain concurrency and parallelism, with measurements of this machine
///
/// Takes less than a minute. What they are, how they differ, and five examples that are measured
/// while you wait.
#[derive(Args)]
pub(crate) struct Explain {
    /// Write a page with pictures to FILE; it needs nothing from elsewhere
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print the measurements as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; name a file in a folder that exists", .path.display())]
struct Unwritten {
    path: PathBuf,
    source: io::Error,
}

impl Explain {
    pub fn execute(self) -> Outcome {
        let write = |text: &str| match &self.html {
            None => Ok(()),
            Some(path) => fs::write(path, text)
                .map_err(|source| Failure::of(Unwritten { path: path.clone(), source })),
        };
        // Before the minute of work, not after it.
        write("")?;
        let measured = host::spin("measuring", explain).map_err(Failure::of)?;
        let page = measured.page();
        write(&page.to_html())?;
        if self.json {
            say_json(&measured)?;
        } else {
            say(page.to_text())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
