//! `drogue explain`

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::explain::explain;
use drogue::pipeline::Cancel;
use drogue::report::writable;

use super::say::{Quiet, say, say_json};
use super::{ANSWER_NO, Failure, Outcome, STOPPED, host};

/// Explain concurrency and parallelism, with measurements of this machine
///
/// Takes less than a minute. What they are, how they differ, and five examples that are measured
/// while you wait. The exit code is 3 if what has to be the same came out different.
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
        let unwritten =
            |path: &PathBuf, source| Failure::of(Unwritten { path: path.clone(), source });
        if let Some(path) = &self.html {
            // Before the minute of work, not after it.
            writable(path).map_err(|source| unwritten(path, source))?;
        }
        let cancel = Cancel::default();
        let measure = || explain(&cancel).map_err(Failure::of);
        let measured = host::spin_until(&cancel, "measuring", measure)?;
        if cancel.is_cancelled() {
            return Err(Quiet(STOPPED).into());
        }
        let measured = measured?;
        let page = measured.page();
        if let Some(path) = &self.html {
            fs::write(path, page.to_html()).map_err(|source| unwritten(path, source))?;
        }
        if self.json {
            say_json(&measured)?;
        } else {
            say(page.to_text())?;
        }
        Ok(if measured.holds() { ExitCode::SUCCESS } else { ExitCode::from(ANSWER_NO) })
    }
}
