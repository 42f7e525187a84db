//! The everyday example: a morning is a flow.

use tokio::time::{Duration, Instant};

use drogue::pipeline::Flow;

use crate::{settings, stage, take};

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Boil the kettle while washing, make breakfast from both, eat, go to the office.
async fn mornings(people: &[&'static str]) -> (Vec<String>, Duration, drogue::pipeline::Timeline) {
    let settings = settings(1);
    let timeline = settings.timeline.clone();
    let start = Instant::now();
    let outcome = Flow::source("wake up", settings, people.to_vec(), |_| 0)
        .fork_join(
            ["get up", "come to the kitchen"],
            |person| (format!("tea for {person}"), person),
            |kettle| kettle.stage("boil the kettle", 1, |tea| take(minutes(4), tea)),
            |person| person.stage("wash", 1, |person| take(minutes(10), person)),
        )
        .stage("make breakfast", 1, |(tea, person)| take(minutes(8), format!("{person} has {tea}")))
        .stage("eat", 4, |breakfast| take(minutes(15), breakfast))
        .sink("the office", Vec::new())
        .run()
        .await
        .unwrap();
    (outcome.output, start.elapsed(), timeline)
}

#[tokio::test(start_paused = true)]
async fn the_kettle_boils_while_ada_washes() {
    let (arrived, time, timeline) = mornings(&["Ada"]).await;
    assert_eq!(arrived, ["Ada has tea for Ada"]);
    assert_eq!(time, minutes(10 + 8 + 15), "four minutes of kettle cost nothing");
    let breakfast = stage(&timeline, "make breakfast");
    assert_eq!(breakfast.waited_for_input, minutes(10));
    assert_eq!(stage(&timeline, "come to the kitchen").input_from, ["boil the kettle", "wash"]);
}

#[tokio::test(start_paused = true)]
async fn a_family_shares_the_bathroom_and_the_table() {
    let (arrived, time, timeline) = mornings(&["Ada", "Ben", "Cleo"]).await;
    assert_eq!(arrived.len(), 3);
    assert!(arrived.is_sorted(), "they leave in the order in which they woke up: {arrived:?}");
    assert_eq!(time, minutes(3 * 10 + 8 + 15), "only the bathroom is waited for");
    assert_eq!(stage(&timeline, "eat").busy, minutes(3 * 15));
}
