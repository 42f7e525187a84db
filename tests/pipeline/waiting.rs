//! What the timeline says about overlap and waits.

use std::collections::BTreeMap;
use std::convert::Infallible;

use drogue::pipeline::{
    Budget, Flow, Kind, Operator, Outlet, Parcel, Settings, Sink, Timeline, write_trace,
};

use crate::{ms, settings, stage, take};

/// A sink that takes its time.
struct Slow(u64);

impl Sink<u64> for Slow {
    type Output = ();
    type Error = Infallible;

    async fn take(&mut self, _: u64) -> Result<(), Infallible> {
        tokio::time::sleep(ms(self.0)).await;
        Ok(())
    }

    async fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

async fn three_stages(times: [u64; 3], items: u64, settings: Settings) -> (Timeline, u64) {
    let timeline = settings.timeline.clone();
    let start = tokio::time::Instant::now();
    Flow::source("items", settings, 0..items, |_| 10)
        .stage("fetch", 1, move |item| take(ms(times[0]), item))
        .stage("decode", 1, move |item| take(ms(times[1]), item))
        .sink("write", Slow(times[2]))
        .run()
        .await
        .unwrap();
    (timeline, start.elapsed().as_millis() as u64)
}

#[tokio::test(start_paused = true)]
async fn stages_overlap() {
    let (timeline, time) = three_stages([10; 3], 10, settings(1)).await;
    assert_eq!(time, 120, "one after the other it would be 300");
    for (name, wait, first) in [("fetch", 0, 0), ("decode", 10, 10), ("write", 20, 20)] {
        let stage = stage(&timeline, name);
        assert_eq!((stage.items, stage.bytes, stage.busy), (10, 100, ms(100)), "{name}");
        assert_eq!(stage.waited_for_input, ms(wait), "{name}");
        assert_eq!(stage.waited_for_output, ms(0), "{name}");
        assert_eq!(stage.first_start_ns, Some(first * 1_000_000), "{name}");
        assert_eq!(stage.last_end_ns, Some((first + 100) * 1_000_000), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn workers_overlap() {
    let settings = settings(1);
    let timeline = settings.timeline.clone();
    let start = tokio::time::Instant::now();
    Flow::source("items", settings, 0..12_u64, |_| 0)
        .stage("fetch", 4, |item| take(ms(10), item))
        .sink("write", Vec::new())
        .run()
        .await
        .unwrap();
    assert_eq!(start.elapsed(), ms(30));
    let fetch = stage(&timeline, "fetch");
    assert_eq!((fetch.workers, fetch.busy), (4, ms(120)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_laid_at_the_door_of_the_stage_that_causes_it() {
    // Item 2 waits 8 ms for room, the seven after it 9 ms each; see the times of the sink.
    let (timeline, time) = three_stages([0, 1, 10], 10, settings(1)).await;
    assert_eq!(time, 101);
    let decode = stage(&timeline, "decode");
    assert_eq!(decode.output_to, ["write"]);
    assert_eq!((decode.waited_for_output, decode.waited_for_input), (ms(71), ms(0)));

    let (timeline, time) = three_stages([10, 1, 1], 10, settings(1)).await;
    assert_eq!(time, 102);
    let decode = stage(&timeline, "decode");
    assert_eq!(decode.input_from, ["fetch"]);
    // Ten milliseconds for the first item, nine for each of the others.
    assert_eq!((decode.waited_for_output, decode.waited_for_input), (ms(0), ms(10 + 9 * 9)));

    // One item at a time fits, so the source waits for memory from the first item on.
    let settings = Settings { budget: Budget::new(10), ..settings(1) };
    let (timeline, time) = three_stages([10; 3], 10, settings).await;
    assert_eq!(time, 300);
    let source = stage(&timeline, "items");
    assert_eq!((source.waited_for_memory, source.waited_for_output), (ms(270), ms(0)));
}

#[tokio::test(start_paused = true)]
async fn an_operator_is_not_busy_while_it_waits() {
    /// Works 1 ms before each of three results.
    struct Thrice;
    impl Operator<u64> for Thrice {
        type Output = u64;
        type Error = Infallible;
        async fn take(
            &mut self,
            mut parcel: Parcel<u64>,
            out: &mut Outlet<u64>,
        ) -> Result<(), Infallible> {
            for _ in 0..3 {
                tokio::time::sleep(ms(1)).await;
                let third = parcel.reservation.split(2).expect("10 bytes are enough for three");
                out.send(parcel.content, third).await;
            }
            Ok(())
        }
        async fn finish(self, _: &mut Outlet<u64>) -> Result<(), Infallible> {
            tokio::time::sleep(ms(5)).await;
            Ok(())
        }
    }
    let settings = settings(1);
    let timeline = settings.timeline.clone();
    Flow::source("items", settings, 0..2_u64, |_| 10)
        .operator("thrice", Thrice)
        .sink("write", Slow(10))
        .run()
        .await
        .unwrap();
    let thrice = stage(&timeline, "thrice");
    assert_eq!((thrice.items, thrice.bytes, thrice.busy), (2, 20, ms(3 + 3 + 5)));
    // Results leave at 1, 2, 11, 21, 31, 41; between them it works for 1 ms each.
    assert_eq!(thrice.waited_for_output, ms(8 + 9 + 9 + 9));
    assert_eq!(stage(&timeline, "write").items, 6);
}

#[tokio::test(start_paused = true)]
async fn a_trace_tells_what_the_timeline_knows() {
    let (timeline, _) = three_stages([3, 2, 5], 10, settings(1)).await;
    let gpu = timeline.stage("gpu", &[]);
    let mut span = timeline.spans(timeline.stages()[1])[0];
    span.stage = gpu;
    timeline.record(span);
    assert_eq!(stage(&timeline, "gpu").items, u64::from(span.kind == Kind::Busy));

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trace.json");
    write_trace(&timeline, &path).unwrap();
    let trace: serde_json::Value =
        serde_json::from_reader(std::fs::File::open(&path).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();

    let mut lanes = BTreeMap::<_, Vec<(f64, f64)>>::new();
    let mut busy = BTreeMap::<String, f64>::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let (start, length) = (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap());
        let lane = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        lanes.entry(lane).or_default().push((start, start + length));
        if event["cat"] == "busy" {
            *busy.entry(event["name"].as_str().unwrap().to_owned()).or_default() += length;
        }
    }
    for stage in timeline.summary() {
        let seen = busy.get(&stage.stage).copied().unwrap_or(0.0);
        assert_eq!(seen, stage.busy.as_secs_f64() * 1e6, "{}", stage.stage);
    }
    for (lane, spans) in &mut lanes {
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in spans.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "the spans of {lane:?} overlap: {pair:?}");
        }
        let named = events.iter().any(|event| {
            event["name"] == "thread_name" && event["pid"] == lane.0 && event["tid"] == lane.1
        });
        assert!(named, "{lane:?} has no name");
    }
    assert!(events.iter().any(|event| event["name"] == "waits for decode"));
}

#[test]
fn a_trace_that_cannot_be_written_names_the_file() {
    let error = write_trace(&Timeline::new(), "no/such/directory/trace.json".as_ref()).unwrap_err();
    assert!(error.to_string().contains("no/such/directory/trace.json"), "{error}");
}
