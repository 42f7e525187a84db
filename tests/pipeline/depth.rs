//! A stage that finds out how many items it takes to keep the next one supplied.

use std::sync::Arc;

use drogue::pipeline::{Budget, Depth, DepthSummary, Flow, Settings};
use tokio::sync::Semaphore;

use crate::{ms, settings, stage, take};

/// Milliseconds that `items` items take through a stage with this depth, each taking `latency(item)`,
/// and a next stage that takes 10 ms for each; and what the stage found out.
async fn supply(
    settings: Settings,
    depth: impl Into<Depth>,
    items: u64,
    latency: impl Fn(u64) -> u64 + Send + Sync + 'static,
) -> (u64, Option<DepthSummary>) {
    let timeline = settings.timeline.clone();
    let start = tokio::time::Instant::now();
    Flow::source("items", settings, 0..items, |_| 10)
        .stage("fetch", depth, move |item| take(ms(latency(item)), item))
        .stage("decode", 1, |item| take(ms(10), item))
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap();
    (start.elapsed().as_millis() as u64, stage(&timeline, "fetch").depth)
}

#[tokio::test(start_paused = true)]
async fn a_distant_store_is_asked_for_more_at_once_until_its_distance_costs_nothing() {
    let (alone, none) = supply(settings(2), 1, 200, |_| 70).await;
    assert_eq!((alone, none), (200 * 70 + 10, None));
    let (time, found) = supply(settings(2), Depth::adaptive(1, 32), 200, |_| 70).await;
    let found = found.unwrap();
    assert_eq!((found.now, found.latency), (8, ms(70)), "70 / 10 and one more");
    assert!(found.pace.abs_diff(ms(10)) < ms(1), "{found:?}");
    assert!(time < 3200, "the first rounds take longer, the others what is asked for: {time}");
}

#[tokio::test(start_paused = true)]
async fn it_follows_a_store_that_comes_nearer_and_goes_away() {
    let distance = |item| if (100..200).contains(&item) { 10 } else { 150 };
    let (_, near) = supply(settings(2), Depth::adaptive(4, 32), 200, distance).await;
    let near = near.unwrap();
    assert!((2..=3).contains(&near.now) && near.largest >= 9, "{near:?}");
    let (_, far) = supply(settings(2), Depth::adaptive(1, 32), 300, distance).await;
    let far = far.unwrap();
    assert!((12..=17).contains(&far.now) && far.least == 1, "{far:?}");
}

#[tokio::test(start_paused = true)]
async fn neither_its_bound_nor_the_memory_is_exceeded() {
    let (time, bounded) = supply(settings(2), Depth::adaptive(1, 4), 100, |_| 200).await;
    assert_eq!(bounded.map(|found| (found.now, found.most)), Some((4, 4)));
    assert!(time >= 100 * 200 / 4);
    let budget = Budget::new(30);
    let settings = Settings { budget: budget.clone(), ..settings(2) };
    let (time, held) = supply(settings, Depth::adaptive(8, 32), 100, |_| 200).await;
    assert_eq!(budget.peak(), 30);
    assert!(time >= 100 * 200 / 3 && held.unwrap().now <= 8, "{time} {held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_full_is_not_mistaken_for_a_distant_store() {
    let settings = settings(2);
    let timeline = settings.timeline.clone();
    let line = Arc::new(Semaphore::new(1));
    Flow::source("items", settings, 0..400_u64, |_| 10)
        .stage("fetch", Depth::adaptive(8, 32), move |item| {
            let line = Arc::clone(&line);
            async move {
                let _alone = line.acquire().await.unwrap();
                take(ms(15), item).await
            }
        })
        .stage("decode", 1, |item| take(ms(10), item))
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap();
    let found = stage(&timeline, "fetch").depth.unwrap();
    assert!(found.now <= 12 && found.largest <= 12, "{found:?}");
}
