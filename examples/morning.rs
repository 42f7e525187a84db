//! Getting ready for work: one person one thing after another, one person concurrently, two people
//! one after the other, two people in parallel.
//!
//! ```sh
//! cargo run --release --example morning                 # as text
//! cargo run --release --example morning -- FILE.html    # and a page; FILE.svg is the picture alone
//! ```

use std::error::Error;
use std::io::Write;
use std::path::Path;

use drogue::explain::morning::{figure, mornings, page};
use drogue::report::timeline::Format;

fn main() -> Result<(), Box<dyn Error>> {
    run(std::env::args_os().nth(1).as_deref().map(Path::new))
}

/// Spends the four mornings, and draws them to `file` where there is one.
pub fn run(file: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let format = file.map(Format::of).transpose()?;
    let mornings = mornings()?;
    if let (Some(file), Some(format)) = (file, format) {
        match format {
            Format::Svg => std::fs::write(file, figure(&mornings).to_svg())?,
            Format::Html => std::fs::write(file, page(&mornings).to_html())?,
            Format::Json => std::fs::write(file, serde_json::to_vec_pretty(&mornings)?)?,
        }
    }
    write!(std::io::stdout(), "{}", page(&mornings).to_text())?;
    Ok(())
}
