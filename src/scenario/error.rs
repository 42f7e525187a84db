//! What is wrong with a scenario, and where in its text.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// Why a scenario could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file could not be read at all.
    #[error("cannot read the scenario {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not TOML, or asks for something that drogue cannot do.
    #[error("{}", list(.origin, .text, .faults))]
    Faulty {
        /// The file that the text is from, or what was given in its place.
        origin: PathBuf,
        /// The text of the scenario, for showing the place of a fault.
        text: String,
        /// All that is wrong, in the order of the text; never empty.
        faults: Vec<Fault>,
    },
}

impl ScenarioError {
    /// The faults in the text, in its order; none where the file could not be read.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Faulty { faults, .. } => faults,
        }
    }
}

/// One thing that is wrong in the text of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where, as bytes of the text; `None` where something is missing from the text as a whole.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place of the text.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span), help: None }
    }

    /// The same fault with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of the fault in `text`, both from 1, the column in characters.
    pub fn line_and_column(&self, text: &str) -> Option<(usize, usize)> {
        let before = text.get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

/// One line a fault: `run.toml:12:3: message (help)`.
fn list(origin: &std::path::Path, text: &str, faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| match fault.line_and_column(text) {
        Some((line, column)) => format!("{}:{line}:{column}: {fault}", origin.display()),
        None => format!("{}: {fault}", origin.display()),
    });
    lines.collect::<Vec<_>>().join("\n")
}
