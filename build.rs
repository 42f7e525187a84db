//! Tells the program which compiler and which wgpu it was built with, for the records of
//! `drogue bench`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let unknown = || "unknown".to_owned();
    println!("cargo::rustc-env=DROGUE_RUSTC={}", compiler().unwrap_or_else(unknown));
    println!("cargo::rustc-env=DROGUE_WGPU={}", locked("wgpu").unwrap_or_else(unknown));
}

fn compiler() -> Option<String> {
    let rustc = std::env::var_os("RUSTC")?;
    let output = Command::new(rustc).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The version of a package in the lock file, which a library's user has elsewhere.
fn locked(package: &str) -> Option<String> {
    let lock = std::fs::read_to_string("Cargo.lock").ok()?;
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.lines().any(|line| line == format!("name = \"{package}\"")))?;
    let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(version.trim_matches('"').to_owned())
}
