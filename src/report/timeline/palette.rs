//! Colours: dark text is read on all of them, on a white page.

use crate::pipeline::Kind;

/// One after another for the items, so that neighbours differ.
pub(super) const ITEMS: [&str; 8] =
    ["#7aa6d8", "#f5a65b", "#85c77e", "#ef8a86", "#8fd0cb", "#f2d667", "#c79bd2", "#c4a484"];

/// The waits, with their names in the legend.
pub(super) const WAITS: [(Kind, &str, &str); 3] = [
    (Kind::WaitInput, "#dfe4ea", "waits for the stage before"),
    (Kind::WaitOutput, "#fbdcb8", "waits for the stage behind"),
    (Kind::WaitMemory, "#f7c6d8", "waits for memory"),
];

pub(super) const INK: &str = "#222";
pub(super) const FAINT: &str = "#666";
pub(super) const GRID: &str = "#e4e4e4";
pub(super) const BAND: &str = "#f7f7f7";

/// The colour of a bar.
pub(super) fn fill(kind: Kind, item: u64) -> &'static str {
    let wait = WAITS.iter().find(|(wait, ..)| *wait == kind);
    wait.map_or(ITEMS[(item % ITEMS.len() as u64) as usize], |(_, colour, _)| colour)
}
