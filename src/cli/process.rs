//! What the process is told before it does anything else.
#![expect(unsafe_code, reason = "the environment and the allocator are set here alone")]

/// To be called at the very start, while there is one thread.
pub(crate) fn prepare() {
    #[cfg(target_os = "linux")]
    without_display();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    give_memory_back();
}

/// Limits the threads that libraries start for themselves: rayon's, and those of Mesa's software
/// adapter. To be called before any thread is started, and so before any adapter is looked for.
pub(crate) fn limit_threads(threads: Option<usize>) {
    let Some(threads) = threads else { return };
    // SAFETY: there is no other thread that could read the environment meanwhile.
    unsafe { std::env::set_var("LP_NUM_THREADS", threads.to_string()) };
    // Fails only where a pool exists already, and then that one serves.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

/// Vulkan's loader asks for a display, and libwayland complains on stderr where no session has set
/// this variable, as on a server. A folder without a display in it is refused in silence.
#[cfg(target_os = "linux")]
fn without_display() {
    const SESSION: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(SESSION).is_none() {
        // SAFETY: there is no other thread that could read the environment meanwhile.
        unsafe { std::env::set_var(SESSION, "/nonexistent") };
    }
}

/// glibc moves the size from which memory is mapped, and so given back when it is freed, up to that
/// of the largest block freed so far. Snapshots and blocks of observations then stay with the
/// process, in pieces, at up to 1.7 times what is in use.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_memory_back() {
    const SMALLEST_MAPPED: libc::c_int = 256 << 10;
    // SAFETY: mallopt takes numbers alone, and no other thread allocates meanwhile.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, SMALLEST_MAPPED) };
}
