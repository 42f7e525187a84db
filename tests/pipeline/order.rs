//! The same answer, whatever the schedule.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use drogue::pipeline::{Budget, Depth, Flow, Operator, Outlet, Parcel, Settings};
use proptest::prelude::*;

use crate::{ms, settings, take};

/// Pairs neighbours, and keeps one of them back for the next pair.
#[derive(Default)]
struct Neighbours {
    earlier: Option<Arc<Parcel<u64>>>,
}

impl Operator<u64> for Neighbours {
    type Output = (u64, u64);
    type Error = Infallible;

    async fn take(
        &mut self,
        mut parcel: Parcel<u64>,
        out: &mut Outlet<(u64, u64)>,
    ) -> Result<(), Infallible> {
        let nothing = parcel.reservation.split(0).expect("0 bytes can be split off anything");
        let later = Arc::new(parcel);
        if let Some(earlier) = self.earlier.replace(later.clone()) {
            out.send((earlier.content, later.content), nothing).await;
        }
        Ok(())
    }

    async fn finish(self, out: &mut Outlet<(u64, u64)>) -> Result<(), Infallible> {
        if let Some(last) = self.earlier {
            let nothing = Budget::new(0).nothing();
            out.send((last.content, u64::MAX), nothing).await;
        }
        Ok(())
    }

    fn keeps(&self) -> u64 {
        1
    }
}

/// A schedule: how many, how deep, how large, how long.
#[derive(Clone, Debug)]
struct Schedule {
    workers: [usize; 4],
    /// Whether the first stage may change how many it deals with at once.
    adaptive: bool,
    queue_depth: usize,
    spare: u64,
    /// Cost and the time in each stage of each item.
    items: Vec<(u64, [u64; 5])>,
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let item = (0..50_u64, prop::array::uniform5(0..20_u64));
    (
        prop::array::uniform4(0..5_usize),
        any::<bool>(),
        0..4_usize,
        0..60_u64,
        prop::collection::vec(item, 0..25),
    )
        .prop_map(|(workers, adaptive, queue_depth, spare, items)| Schedule {
            workers,
            adaptive,
            queue_depth,
            spare,
            items,
        })
}

async fn run(schedule: Schedule) -> Result<(), TestCaseError> {
    let Schedule { workers, adaptive, queue_depth, spare, items } = schedule;
    let count = items.len() as u64;
    let largest = items.iter().map(|item| item.0).max().unwrap_or(0);
    // Two of the largest must fit beside each other, for the pairs; the rest is drawn.
    let budget = Budget::new(2 * largest + spare);
    let settings = Settings { budget: budget.clone(), ..settings(queue_depth) };
    let times = Arc::new(items.iter().map(|item| item.1).collect::<Vec<_>>());
    let time =
        move |stage: usize, item: u64| ms(times.get(item as usize).map_or(0, |times| times[stage]));
    let [t0, t1, t2, t3] = [(); 4].map(|()| time.clone());
    let depth = if adaptive { Depth::adaptive(workers[0], 5) } else { Depth::from(workers[0]) };
    let costs: Vec<u64> = items.iter().map(|item| item.0).collect();
    let outcome = Flow::source("items", settings, 0..count, move |&item| costs[item as usize])
        .stage("fetch", depth, move |item| take(t0(0, item), item))
        .shrink_to(|_| 0)
        .fork_join(
            ["split", "join"],
            |item| (item, item),
            |left| left.stage("left", workers[1], move |item| take(t1(1, item), item)),
            |right| right.stage("right", workers[2], move |item| take(t2(2, item), item)),
        )
        .stage("check", 1, async |(left, right): (u64, u64)| {
            if left == right { Ok(left) } else { Err(format!("{left} is joined with {right}")) }
        })
        .operator("pair", Neighbours::default())
        .stage("after", workers[3], move |(a, b)| take(t3(3, a), (a, b)))
        .sink("collect", Vec::new())
        .run()
        .await
        .map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let expected: Vec<_> = (0..count)
        .map(|item| (item, if item + 1 == count { u64::MAX } else { item + 1 }))
        .collect();
    prop_assert_eq!(outcome.output, expected);
    prop_assert!(outcome.complete);
    prop_assert!(budget.peak() <= budget.total());
    prop_assert_eq!(budget.used(), 0);
    Ok(())
}

proptest! {
    #[test]
    fn order_and_content_do_not_depend_on_the_schedule(schedule in schedules()) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(run(schedule))?;
    }
}

#[tokio::test(start_paused = true)]
async fn items_that_overtake_each_other_are_handed_on_in_order() {
    let finished = Arc::new(Mutex::new(Vec::new()));
    let record = finished.clone();
    let outcome = Flow::source("items", settings(1), 0..8_u64, |_| 0)
        .stage("race", 4, move |item| {
            let record = record.clone();
            async move {
                tokio::time::sleep(ms(100 - 10 * item)).await;
                record.lock().unwrap().push(item);
                Ok::<_, Infallible>(item)
            }
        })
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap();
    assert_eq!(outcome.output, (0..8).collect::<Vec<_>>());
    let finished = finished.lock().unwrap();
    assert!(!finished.is_sorted(), "nothing overtook anything, so nothing was tested");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn order_holds_on_real_threads() {
    for _ in 0..20 {
        let outcome = Flow::source("items", settings(2), 0..200_u64, |_| 0)
            .blocking("compute", 4, |item| {
                for _ in 0..item % 7 {
                    std::thread::yield_now();
                }
                Ok::<_, Infallible>(item)
            })
            .stage("wait", 3, async |item| {
                for _ in 0..item % 5 {
                    tokio::task::yield_now().await;
                }
                Ok::<_, Infallible>(item)
            })
            .sink("collect", Vec::new())
            .run()
            .await
            .unwrap();
        assert_eq!(outcome.output, (0..200).collect::<Vec<_>>());
    }
}
