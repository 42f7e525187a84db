//! What a bench was measured on and with, and what the process has used.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::report::human;

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's own name.
    pub cpu: String,
    /// Cores, or hyperthreads, that the process may use.
    pub cores: usize,
    /// Bytes of memory, 0 where it is not known.
    pub memory: u64,
    /// Operating system and kernel.
    pub os: String,
    /// Instruction set, such as `x86_64`.
    pub architecture: String,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(wanted).ok();
        let cpu = system.as_ref().and_then(|system| system.cpus().first());
        let or_unknown = |name: Option<String>| {
            let name = name.unwrap_or_default();
            if name.trim().is_empty() { "unknown".to_owned() } else { name.trim().to_owned() }
        };
        Self {
            cpu: or_unknown(cpu.map(|cpu| cpu.brand().to_owned())),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: system.as_ref().map_or(0, System::total_memory),
            os: format!(
                "{}, {}",
                or_unknown(System::long_os_version().ok()),
                or_unknown(System::kernel_long_version().ok())
            ),
            architecture: std::env::consts::ARCH.to_owned(),
        }
    }

    /// Whether times of both can be held against each other: the processor and the number of its
    /// cores. An operating system may have been brought up to date meanwhile.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.cpu, self.cores, &self.architecture)
            == (&other.cpu, other.cores, &other.architecture)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory, os, architecture } = self;
        let memory = human::bytes(*memory);
        write!(f, "{cpu} ({architecture}), {cores} cores, {memory}, {os}")
    }
}

/// What was measured with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// This program.
    pub drogue: String,
    /// The library that speaks to adapters; `unknown` in a program that has drogue as a library.
    pub wgpu: String,
    /// The compiler.
    pub rustc: String,
}

impl Versions {
    /// Those of this program.
    pub fn this() -> Self {
        Self {
            drogue: env!("CARGO_PKG_VERSION").to_owned(),
            wgpu: env!("DROGUE_WGPU").to_owned(),
            rustc: env!("DROGUE_RUSTC").to_owned(),
        }
    }
}

/// Processes that ran or waited to run, on average over the last minute, where the system counts
/// them.
pub(super) fn load() -> Option<f64> {
    System::load_average().ok().map(|load| load.one)
}

/// Time that the processor has spent on this process, all threads together, where it can be known.
#[cfg(unix)]
pub(super) fn processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// Time that the processor has spent on this process, all threads together, where it can be known.
#[cfg(not(unix))]
pub(super) fn processor_time() -> Option<Duration> {
    None
}

/// The most memory that the process has held since [`PeakMemory::watch`].
pub(super) struct PeakMemory(bool);

impl PeakMemory {
    /// Forgets the peak so far, where the system lets it be forgotten, which is Linux.
    pub fn watch() -> Self {
        Self(cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok())
    }

    /// Bytes.
    pub fn bytes(&self) -> Option<u64> {
        let status = self.0.then(|| std::fs::read_to_string("/proc/self/status").ok()).flatten()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_known_and_like_itself() {
        let machine = Machine::this();
        assert!(machine.cores > 0 && machine.memory > 0 && !machine.cpu.is_empty(), "{machine}");
        let updated = Machine { os: "another".into(), ..machine.clone() };
        assert!(machine.is_like(&updated));
        let other = Machine { cores: machine.cores + 1, ..machine.clone() };
        assert!(!machine.is_like(&other));
    }

    #[test]
    fn the_build_is_known() {
        let versions = Versions::this();
        assert!(versions.rustc.starts_with("rustc "), "{versions:?}");
        assert!(versions.wgpu.starts_with(|digit: char| digit.is_ascii_digit()), "{versions:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_process_uses_is_seen() {
        let before = processor_time().unwrap();
        let watch = PeakMemory::watch();
        let held = vec![1_u8; 64 << 20];
        assert!(held.iter().map(|&byte| u64::from(byte)).sum::<u64>() == 64 << 20);
        assert!(processor_time().unwrap() > before);
        assert!(watch.bytes().is_none_or(|bytes| bytes > 64 << 20));
    }
}
