//! How well a run overlapped what it had to do, and what held it up.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// What a run needs, of which a machine has so much and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// The disk or the network that the forcing comes from.
    Storage,
    /// The processor's cores.
    Cores,
    /// The graphics processor.
    Gpu,
}

/// The least time that each resource would have needed for a run, had it never waited for another.
///
/// * *Storage*: the time in which snapshots were being fetched and those who decode waited for them.
///   What a fetch takes while there is enough to decode is latency that is hidden, and no more of any
///   storage would save it.
/// * *Cores*: the processor time of the whole process over the number of cores that it may use. A
///   software adapter and the reference compute on the cores, so what they take is in here.
/// * *GPU*: the time that a graphics processor measured for moving particles.
///
/// No schedule is faster than its busiest resource. *Overlap efficiency* is that resource's time
/// over the time taken: 1 where everything else was hidden behind it. What was busiest is what a
/// faster run needs more of; if even that was idle for long, the run waited rather than worked, or
/// other programs had the machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// The time that the run took, in seconds where serialised.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Time in which fetching was waited for.
    #[serde(serialize_with = "seconds")]
    pub storage: Duration,
    /// Processor time over the number of cores that the run may use.
    #[serde(serialize_with = "seconds")]
    pub cores: Duration,
    /// Time that moving particles took; zero without a graphics processor, `None` where it has no clock
    /// to measure it.
    #[serde(serialize_with = "seconds_if_known")]
    pub gpu: Option<Duration>,
    /// The resource with the most time, of those whose time is known.
    pub busiest: Resource,
    /// That time over the time taken, 1 at most.
    pub efficiency: f64,
}

impl Overlap {
    /// Of a run that took `elapsed`, with `processor` time of all of so many cores together and `gpu`
    /// as in the field of this name.
    pub fn new(
        elapsed: Duration,
        storage: Duration,
        processor: Duration,
        cores: usize,
        gpu: Option<Duration>,
    ) -> Self {
        let cores = processor / cores.max(1) as u32;
        let times = [
            (Resource::Storage, storage),
            (Resource::Gpu, gpu.unwrap_or_default()),
            (Resource::Cores, cores),
        ];
        let (busiest, most) =
            times.into_iter().max_by_key(|(_, time)| *time).expect("there are three");
        let efficiency = match elapsed.is_zero() {
            true => 1.0,
            false => (most.as_secs_f64() / elapsed.as_secs_f64()).min(1.0),
        };
        Self { elapsed, storage, cores, gpu, busiest, efficiency }
    }

    /// What a faster run needs, in a sentence: more of what was busiest, if that was busy for most
    /// of the time.
    pub fn advice(&self) -> String {
        if self.efficiency < 0.5 {
            if self.gpu.is_none() {
                return "What held this run up is not known: its GPU has no clock to tell how long \
                        it was busy."
                    .to_owned();
            }
            return "Even what was busiest stood idle for more than half of the time: a stage keeps \
                    the others waiting, or other programs had the machine."
                .to_owned();
        }
        let more = match self.busiest {
            Resource::Storage => "a faster disk or line",
            Resource::Cores => "more cores",
            Resource::Gpu => "a faster GPU",
        };
        match self.gpu {
            Some(_) => format!("What a faster run needs first: {more}."),
            None => format!(
                "What a faster run needs: {more}, unless it is the GPU, which has no clock to tell \
                 how long it was busy."
            ),
        }
    }

    /// The time of a resource, zero where it is not known.
    pub fn time(&self, resource: Resource) -> Duration {
        match resource {
            Resource::Storage => self.storage,
            Resource::Cores => self.cores,
            Resource::Gpu => self.gpu.unwrap_or_default(),
        }
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn seconds_if_known<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(storage: u64, each_core: u64, gpu: u64) -> Overlap {
        let [storage, each_core, gpu] = [storage, each_core, gpu].map(Duration::from_millis);
        Overlap::new(Duration::from_millis(1000), storage, each_core * 3, 3, Some(gpu))
    }

    #[test]
    fn the_busiest_resource_sets_the_pace() {
        for (times, busiest, efficiency, advice) in [
            ([800, 300, 0], Resource::Storage, 0.8, "first: a faster disk or line."),
            ([100, 501, 499], Resource::Cores, 0.501, "first: more cores."),
            ([100, 500, 900], Resource::Gpu, 0.9, "first: a faster GPU."),
            ([0, 1001, 0], Resource::Cores, 1.0, "first: more cores."),
            ([100, 480, 499], Resource::Gpu, 0.499, "other programs had the machine."),
        ] {
            let [storage, each_core, gpu] = times;
            let found = overlap(storage, each_core, gpu);
            assert_eq!(found.busiest, busiest);
            assert!((found.efficiency - efficiency).abs() < 1e-12, "{}", found.efficiency);
            assert!(found.advice().ends_with(advice), "{}", found.advice());
        }
    }

    #[test]
    fn a_run_of_no_time_has_waited_for_nothing() {
        let none = Duration::ZERO;
        assert_eq!(Overlap::new(none, none, none, 2, Some(none)).efficiency, 1.0);
    }

    #[test]
    fn a_gpu_without_a_clock_may_be_what_held_a_run_up() {
        for (storage, says) in [(800, "unless it is the GPU"), (100, "is not known")] {
            let [elapsed, storage] = [1000, storage].map(Duration::from_millis);
            let found = Overlap::new(elapsed, storage, Duration::ZERO, 2, None);
            assert!(found.advice().contains(says), "{}", found.advice());
            assert_eq!(serde_json::to_value(found).unwrap()["gpu"], serde_json::Value::Null);
        }
    }
}
