//! How large the work of a bench is.

/// `full` where it is measured, `tiny` where it is only to be seen that it still runs.
pub fn size(full: usize, tiny: usize) -> usize {
    if measures(std::env::args()) { full } else { tiny }
}

/// As divan tells it: `cargo bench` says `--bench`, a run as a test does not, or says `--test`, too.
pub fn measures(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    given("--bench") && !given("--test")
}
