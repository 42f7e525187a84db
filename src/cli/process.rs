//! What the process is told before it does anything else.
#![expect(unsafe_code, reason = "the environment is set here alone")]

/// To be called at the very start, while there is one thread.
pub(crate) fn prepare() {
    #[cfg(target_os = "linux")]
    without_display();
}

/// Limits the threads that libraries start for themselves: rayon's, and those of Mesa's software
/// adapter. To be called before any thread is started, and so before any adapter is looked for.
pub(crate) fn limit_threads(threads: Option<usize>) {
    // Without a name of their own they get that of the thread that happens to use the pool first.
    let mut pool =
        rayon::ThreadPoolBuilder::new().thread_name(|number| format!("drogue-rayon-{number}"));
    if let Some(threads) = threads {
        // SAFETY: there is no other thread that could read the environment meanwhile.
        unsafe { std::env::set_var("LP_NUM_THREADS", threads.to_string()) };
        pool = pool.num_threads(threads);
    }
    // Fails only where a pool exists already, and then that one serves.
    let _ = pool.build_global();
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
