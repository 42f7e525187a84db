//! The command line of drogue.
fn main() {}
