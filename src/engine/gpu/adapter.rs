//! Which adapters there are, and choosing one.

use std::sync::LazyLock;

use crate::engine::{Device, DeviceKind, EngineError};

/// An adapter that can run the kernel.
#[derive(Clone)]
pub struct Adapter {
    pub(super) inner: wgpu::Adapter,
    device: Device,
}

/// Compute on OpenGL is a trap: only these are used.
const BACKENDS: wgpu::Backends =
    wgpu::Backends::VULKAN.union(wgpu::Backends::METAL).union(wgpu::Backends::DX12);

impl Adapter {
    /// All adapters of this machine, graphics processors first. Drivers are asked once in the life of
    /// the process, which takes a tenth of a second.
    pub fn all() -> Vec<Self> {
        static ALL: LazyLock<Vec<Adapter>> = LazyLock::new(Adapter::enumerate);
        ALL.clone()
    }

    fn enumerate() -> Vec<Self> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        descriptor.backends &= BACKENDS;
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters: Vec<Self> = pollster::block_on(instance.enumerate_adapters(BACKENDS))
            .into_iter()
            .map(|inner| Self { device: describe(&inner.get_info()), inner })
            .collect();
        adapters.sort_by_key(|adapter| adapter.device.kind);
        adapters
    }

    /// The first adapter of a kind.
    ///
    /// # Errors
    /// [`EngineError::NoAdapter`], which lists what there is.
    pub fn of_kind(kind: DeviceKind) -> Result<Self, EngineError> {
        let wanted = match kind {
            DeviceKind::Gpu => "gpu",
            DeviceKind::Software => "software",
            DeviceKind::Cpu => "cpu",
        };
        Self::find(wanted, |adapter| adapter.device.kind == kind)
    }

    /// The first adapter whose name contains `name`, in any case.
    ///
    /// # Errors
    /// [`EngineError::NoAdapter`], which lists what there is.
    pub fn named(name: &str) -> Result<Self, EngineError> {
        let lower = name.to_lowercase();
        Self::find(name, |adapter| adapter.device.name.to_lowercase().contains(&lower))
    }

    fn find(wanted: &str, fits: impl Fn(&Self) -> bool) -> Result<Self, EngineError> {
        let mut all = Self::all();
        match all.iter().position(fits) {
            Some(index) => Ok(all.swap_remove(index)),
            None => Err(EngineError::NoAdapter {
                wanted: wanted.to_owned(),
                found: if all.is_empty() {
                    "no Vulkan, Metal or DirectX 12 driver was found; install one (on Debian and \
                     Ubuntu the package mesa-vulkan-drivers has a software adapter) or use \
                     `--device cpu`"
                        .into()
                } else {
                    let names: Vec<_> = all.iter().map(|adapter| &*adapter.device.name).collect();
                    format!(
                        "there is {}; use its name, `--device software` or `--device cpu`",
                        names.join(", ")
                    )
                },
            }),
        }
    }

    /// What the adapter is.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The largest field or block in bytes that this adapter can bind.
    pub fn largest_binding(&self) -> u64 {
        let limits = self.inner.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }
}

fn describe(info: &wgpu::AdapterInfo) -> Device {
    Device {
        kind: match info.device_type {
            wgpu::DeviceType::Cpu => DeviceKind::Software,
            _ => DeviceKind::Gpu,
        },
        name: info.name.clone(),
        backend: info.backend.to_string(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
    }
}
