//! What a command says, and how it ends where nobody listens.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use super::Failure;

/// Exit code where whoever read the answer has closed the pipe: that of a program which SIGPIPE
/// ends.
const UNHEARD: u8 = 141;

/// The program ends with this exit code and without another word.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the program ends with exit code {0}")]
pub(crate) struct Quiet(pub u8);

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
struct Unwritten(#[from] io::Error);

/// Writes an answer to standard output as it stands.
///
/// # Errors
/// [`Quiet`] where the pipe is closed, and what the system says where the disk is full: `print!`
/// would panic in both.
pub(crate) fn say(answer: impl Display) -> miette::Result<()> {
    let mut stdout = io::stdout().lock();
    match write!(stdout, "{answer}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Quiet(UNHEARD).into()),
        Err(error) => Err(Failure::of(Unwritten(error)).into()),
    }
}

/// Writes an answer for programs.
///
/// # Errors
/// Those of [`say`].
pub(crate) fn say_json(answer: &impl serde::Serialize) -> miette::Result<()> {
    let text = serde_json::to_string_pretty(answer).map_err(Failure::of)?;
    say(format_args!("{text}\n"))
}

/// Tells the person at the terminal, if there still is one.
pub(crate) fn tell(message: impl Display) {
    let _ = writeln!(io::stderr(), "{message}");
}
