//! What is explained was measured, and holds.

use std::fs;

use assert_cmd::Command;
use drogue::explain::morning::{self, Morning};
use drogue::explain::{Block, explain};
use drogue::pipeline::{Cancel, Kind, Span};
use tempfile::TempDir;

#[test]
fn mornings_keep_their_dependencies_and_get_shorter() {
    let mornings = morning::mornings().unwrap();
    let [in_turn, concurrent, one_by_one, parallel] = &mornings[..] else { panic!("four") };
    assert!(mornings.iter().all(|morning| morning.order_was_kept));
    // No clock is asked for more than that a sleep is not shorter than it was to be.
    assert!(in_turn.minutes >= 57.0, "{}", in_turn.minutes);
    assert!(concurrent.minutes >= 49.0 && parallel.minutes >= 49.0);
    assert!(one_by_one.minutes >= 2.0 * 57.0, "{}", one_by_one.minutes);
    let of = |morning: &Morning| [morning.people, morning.threads];
    assert_eq!(
        [in_turn, concurrent, one_by_one, parallel].map(of),
        [[1, 1], [1, 1], [2, 1], [2, 2]]
    );
    // What is compared is the same work: two people, each of whom does all there is to do.
    for morning in [one_by_one, parallel] {
        for summary in morning.timeline.summary() {
            assert_eq!(summary.items, 2, "{}: {}", morning.title, summary.stage);
        }
    }
    // In turn, the second wakes up when the first is at the office; in parallel, before.
    assert_eq!(together(one_by_one), 0);
    assert!(together(parallel) > 0);
    let text = morning::page(&mornings).to_text();
    assert!(text.contains("two people, one after the other"), "{text}");
    assert!(text.contains(&format!("{:.1} times as fast", one_by_one.minutes / parallel.minutes)));
    let svg = morning::figure(&mornings).to_svg();
    assert!(svg.contains("boil the kettle") && svg.contains(" min</text>"), "{svg}");
}

/// How many pairs of things two people did at the same moment.
fn together(morning: &Morning) -> usize {
    let timeline = &morning.timeline;
    let stages = timeline.stages().into_iter().zip(timeline.summary());
    let persons = ["get ready", "prepare breakfast", "eat", "go to the office"];
    let busy: Vec<_> = stages
        .filter(|(_, summary)| persons.contains(&summary.stage.as_str()))
        .flat_map(|(stage, _)| timeline.spans(stage))
        .filter(|span| span.kind == Kind::Busy)
        .collect();
    let overlap = |a: &&Span, b: &&Span| a.start_ns < b.end_ns && b.start_ns < a.end_ns;
    let of = |person: u64| busy.iter().filter(move |span| span.origin == person);
    of(0).map(|first| of(1).filter(|second| overlap(&first, second)).count()).sum()
}

#[path = "../examples/morning.rs"]
#[expect(dead_code, reason = "its `main` reads the command line")]
mod example;

#[test]
fn the_example_draws_its_mornings() {
    let folder = TempDir::new().unwrap();
    for (name, begins) in [("m.svg", "<svg"), ("m.html", "<!DOCTYPE html>"), ("m.json", "[")] {
        let file = folder.path().join(name);
        example::run(Some(&file)).unwrap();
        assert!(fs::read_to_string(file).unwrap().starts_with(begins));
    }
    assert!(example::run(Some(&folder.path().join("m.png"))).is_err());
}

/// Whether a page shows a number as measured.
fn shows(text: &str, number: f64) -> bool {
    text.contains(&drogue::report::human::seconds(number))
}

#[test]
fn explaining_on_the_adapter_says_what_was_measured() {
    let explained = explain(&Cancel::default()).unwrap();
    assert!(explained.holds());
    let mut differing = explained.clone();
    differing.square.same_bits = false;
    assert!(!differing.holds() && differing.page().to_text().contains("THEY DIFFER"));
    let counter = explained.independence.shared_counter;
    assert_eq!(counter.indivisible, counter.expected);
    assert!(explained.cores == 1 || counter.read_then_written < counter.expected, "{counter:?}");
    let waiting = &explained.waiting;
    // A snapshot is u and v, which are asked for together.
    assert_eq!(waiting.requests, 2 * waiting.reads as u64);
    assert!(waiting.one_after_another >= waiting.latency * waiting.reads as f64);
    assert!(waiting.processor.iter().all(|&seconds| seconds > 0.0), "snapshots are decoded");
    let kernel = &explained.kernel;
    assert_eq!(kernel.rates.len(), 3, "one core, all cores, an adapter");
    assert!(kernel.rates.iter().all(|rate| rate.per_second > 0.0));
    // Smaller cells are the kernel's worst case, and no model that people have.
    assert!((0.05..0.25).contains(&kernel.cells_a_step()), "{}", kernel.cells_a_step());

    let page = explained.page();
    let (text, html) = (page.to_text(), page.to_html());
    for told in [&text, &html] {
        for quarter in &explained.square.quarters {
            assert!(shows(told, quarter.seconds), "{told}");
        }
        assert!(shows(told, explained.waiting.interleaved), "{told}");
        assert!(told.contains("simulated"), "{told}");
    }
    assert!(!text.contains("DIFFER") && !text.contains("NO\n"), "{text}");
    let figures = page.blocks.iter().filter(|block| matches!(block, Block::Figure(_))).count();
    assert_eq!(html.matches("<svg").count(), figures);
    let elsewhere = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http:") && !elsewhere.contains("https:"));

    let json = serde_json::to_value(&explained).unwrap();
    assert_eq!(json["square"]["quarters"][3]["schedule"], "concurrent");
    // Whoever reads the records knows what was made up, and is told what the page tells.
    for part in [&json["waiting"], &json["square"], &json["independence"], &json["mornings"][3]] {
        let simulated = part["simulated"].as_str().unwrap();
        assert!(["latency", "holds", "sleep"].iter().any(|what| simulated.contains(what)));
        let opening: String = simulated.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        assert!(html.contains(&format!("Simulated: {opening}")), "{simulated}");
    }
    assert_eq!(json["mornings"][0]["seconds_a_minute"], 0.004);
}

#[test]
fn a_page_that_cannot_be_written_is_known_before_anything_is_measured() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("no/such/page.html");
    let mut command = Command::cargo_bin("drogue").unwrap();
    let output = command.arg("explain").arg("--html").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).replace(['\n', ' ', '│'], "");
    assert!(!output.status.success() && said.contains("cannotwrite"), "{said}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_leaves_nothing_behind() {
    use std::process::Stdio;
    use std::thread::sleep;
    use std::time::Duration;

    let folder = TempDir::new().unwrap();
    let left = || fs::read_dir(folder.path()).unwrap().count();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_drogue"))
        .arg("explain")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while left() == 0 && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(10));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(left(), 0);
}
