//! Which threads give way to which.
//!
//! A software adapter computes on the cores that the host works on. Mesa's divides a dispatch evenly
//! among its threads before it begins: time that the host takes from one of them is time that the others
//! wait for it at the end. What the host prepares meanwhile is for later, so its threads can give way.
//! They work while a core has nothing else to do, and nobody waits.

/// The priority of a thread, beside those of other threads of the same system.
///
/// Linux alone knows such a thing for single threads; elsewhere all have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority {
    /// Larger numbers give way to smaller ones.
    nice: i32,
}

/// A tenth of the time, while one that does not give way wants the same core.
const STEP: i32 = 10;

/// What gives way most.
const LAST: i32 = 19;

impl Priority {
    /// That of the calling thread.
    pub fn of_this_thread() -> Self {
        Self { nice: system::nice() }
    }

    /// One that gives way to this one.
    #[must_use]
    pub fn that_gives_way(self) -> Self {
        Self { nice: (self.nice + STEP).min(LAST) }
    }

    /// Gives the calling thread this priority for good, unless it gives way more than that already.
    pub fn adopt(self) {
        if self.nice > system::nice() {
            system::renice(self.nice);
        }
    }
}

/// `work`, at the priority of who asks for it, on whatever thread it is done.
pub fn on_behalf_of_this_thread<T>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl FnOnce() -> T + Send + 'static {
    let priority = Priority::of_this_thread();
    move || {
        priority.adopt();
        work()
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::process::{getpriority_process, setpriority_process};

    pub fn nice() -> i32 {
        getpriority_process(None).unwrap_or_default()
    }

    pub fn renice(nice: i32) {
        // A system that does not allow it leaves the thread as it is, which is slower and not wrong.
        let _ = setpriority_process(None, nice);
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn nice() -> i32 {
        0
    }

    pub fn renice(_nice: i32) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone_and_for_good() {
        let here = Priority::of_this_thread();
        let lower = here.that_gives_way();
        assert!(lower > here || here.nice == LAST);
        std::thread::spawn(move || {
            lower.adopt();
            assert_eq!(Priority::of_this_thread(), lower);
            here.adopt();
            assert_eq!(Priority::of_this_thread(), lower, "what gives way does not come back");
        })
        .join()
        .unwrap();
        assert_eq!(Priority::of_this_thread(), here);
    }

    #[test]
    fn work_is_done_at_the_priority_of_who_asks_for_it() {
        let here = Priority::of_this_thread();
        let asked = std::thread::spawn(move || {
            here.that_gives_way().adopt();
            on_behalf_of_this_thread(Priority::of_this_thread)
        });
        let work = asked.join().unwrap();
        let done = std::thread::spawn(work).join().unwrap();
        assert_eq!(done, here.that_gives_way());
    }

    #[test]
    fn nothing_gives_way_more_than_the_last() {
        let mut priority = Priority::of_this_thread();
        for _ in 0..4 {
            priority = priority.that_gives_way();
        }
        assert_eq!(priority, priority.that_gives_way());
    }
}
