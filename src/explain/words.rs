//! What was measured, in words. No figure stands here: all of them come from the measurement.

use super::{Block, Explanation, Independence, Kernel, Morning, Page, Square, Waiting, morning};
use crate::report::human::{count, seconds, si};
use crate::report::timeline::Figure;

impl Explanation {
    /// Whether everything came out as it has to: the same bits and bytes whatever the schedule, and
    /// nothing done before what it depends on.
    pub fn holds(&self) -> bool {
        let independence = &self.independence;
        self.waiting.same_bytes
            && self.square.same_bits
            && independence.same_bits == independence.blocks.len()
            && self.mornings.iter().all(|morning| morning.order_was_kept)
    }

    /// All of it, to read.
    pub fn page(&self) -> Page {
        let mut blocks = Vec::new();
        what_they_are(&mut blocks);
        how_they_differ(&mut blocks);
        heading(
            &mut blocks,
            format!("Measured on this machine: {} cores, {}", self.cores, seconds(self.seconds)),
        );
        text(
            &mut blocks,
            "Each time is of one run, on a machine that may have had other things to do. \
             What is simulated says so; all else is what happened just now."
                .into(),
        );
        waiting(&mut blocks, &self.waiting);
        kernel(&mut blocks, &self.kernel);
        square(&mut blocks, &self.square);
        mornings(&mut blocks, &self.mornings);
        independence(&mut blocks, &self.independence);
        Page { title: "Concurrency and parallelism".into(), blocks }
    }
}

fn heading(blocks: &mut Vec<Block>, words: String) {
    blocks.push(Block::Heading(words));
}

fn text(blocks: &mut Vec<Block>, words: String) {
    blocks.push(Block::Text(words));
}

fn table<const N: usize>(blocks: &mut Vec<Block>, rows: impl IntoIterator<Item = [String; N]>) {
    blocks.push(Block::Table(rows.into_iter().map(Vec::from).collect()));
}

/// Says so, where something is not what happens in a run.
fn simulated(blocks: &mut Vec<Block>, what: &str) {
    text(blocks, format!("Simulated: {what}."));
}

fn what_they_are(blocks: &mut Vec<Block>) {
    heading(blocks, "What they are".into());
    text(
        blocks,
        "Concurrency is structure: work is laid out as things that can be under way at the same \
         time, so that one goes on while another waits. It is a property of the program, and one \
         core is enough for it."
            .into(),
    );
    text(
        blocks,
        "Parallelism is execution: several things are done at the very same moment. It is a \
         property of the machine that runs the program: of its cores, or of the thousands of lanes \
         of a graphics processor."
            .into(),
    );
    text(
        blocks,
        "A run of drogue needs both. It waits for disks and networks, decodes, copies and writes: \
         many different things, which its stages deal with concurrently. And it moves millions of \
         particles in the same way: one thing many times, which the device does in parallel."
            .into(),
    );
}

fn how_they_differ(blocks: &mut Vec<Block>) {
    heading(blocks, "How they differ".into());
    let rows = [
        ["", "concurrency", "parallelism"],
        ["is about", "structure", "execution"],
        ["deals with", "many things at once", "one thing, many times at once"],
        ["needs", "tasks that can wait", "cores or lanes"],
        ["on one core", "works", "does not exist"],
        ["saves", "time spent waiting", "time spent computing"],
        ["ends at", "the busiest resource", "the part that stays serial"],
        ["goes wrong by", "deadlock, unbounded queues", "shared state"],
        ["in drogue", "src/pipeline: stages, queues", "shaders: a particle a lane"],
    ];
    table(blocks, rows.map(|row| row.map(str::to_owned)));
}

fn waiting(blocks: &mut Vec<Block>, measured: &Waiting) {
    heading(blocks, "1. Concurrency without parallelism".into());
    text(
        blocks,
        format!(
            "{} snapshots of a made-up sea are read through the same code that a run reads with, \
             from a store that takes {} to answer each of {} requests. One thread asks for them and \
             decodes what comes; the answers are waited for by one more, which does so for the \
             whole program. What the system copies from a file blocks for a moment, on threads \
             kept for that, and counts as computing below. Each snapshot is two requests, which are \
             made together either way.",
            measured.reads,
            seconds(measured.latency),
            measured.requests,
        ),
    );
    simulated(blocks, measured.simulated);
    let [computed, then] = measured.processor;
    table(
        blocks,
        [
            ["one thread", "time", "of it, computing"].map(str::to_owned),
            [
                "one after another".to_owned(),
                seconds(measured.one_after_another),
                seconds(computed),
            ],
            [format!("{} at once", measured.at_once), seconds(measured.interleaved), seconds(then)],
        ],
    );
    text(
        blocks,
        format!(
            "{:.1} times as fast, with the same thread and the same velocities ({}). Nothing was \
             computed faster: the waits overlap, because the program is laid out so that they can.",
            measured.one_after_another / measured.interleaved,
            if measured.same_bytes { "compared: equal" } else { "compared: THEY DIFFER" },
        ),
    );
    let [serial, concurrent] = &measured.timelines;
    blocks.push(figure(
        Figure::new().panel("one after another", serial).panel("interleaved", concurrent),
    ));
}

fn kernel(blocks: &mut Vec<Block>, measured: &Kernel) {
    heading(blocks, "2. Parallelism without concurrency".into());
    text(
        blocks,
        format!(
            "{} particles take {} steps through a field that is in memory already: the first \
             interval of workload {}, as `drogue bench` has it. Its cells are {:.1} km wide and the \
             fastest water goes {:.1} km in a step, so that most steps end in the cell that they \
             start in. There is nothing to wait for and nothing to interleave: the program is one \
             loop.",
            count(measured.particles),
            measured.steps,
            measured.workload,
            measured.cell / 1000.0,
            measured.way / 1000.0
        ),
    );
    let one = measured.on_one_core().per_second;
    let header = ["on", "device", "particle-steps/s", "one core = 1"].map(str::to_owned);
    let rows = measured.rates.iter().map(|rate| {
        [
            rate.on.clone(),
            rate.device.name.chars().take(36).collect(),
            si(rate.per_second, ""),
            format!("{:.2}", rate.per_second / one),
        ]
    });
    table(blocks, std::iter::once(header).chain(rows));
    text(
        blocks,
        "From one core to all of them the loop stays what it is; what differs is how many of its \
         turns are taken at the same moment. A software adapter has no more than the same cores: it \
         takes many turns in one instruction, in f32 and integers, by a kernel that sorts particles \
         and keeps a cell from step to step, where the reference computes in f64, one particle at a \
         time. What it gains over all cores is not parallelism alone."
            .into(),
    );
}

fn square(blocks: &mut Vec<Block>, measured: &Square) {
    heading(blocks, "3. Neither, either, both".into());
    let [neither, concurrent, parallel, both] = &measured.quarters;
    text(
        blocks,
        format!(
            "One scenario, four times: {} particles through {} snapshots of a made-up sea, on the \
             f64 reference. Fetching a snapshot is given {} of latency, and the number of particles \
             is chosen so that one core computes about as long. `drogue run --schedule … \
             --workers …` does the same with a scenario of yours.",
            count(measured.particles),
            measured.snapshots,
            seconds(measured.latency)
        ),
    );
    simulated(blocks, measured.simulated);
    let header = ["", "schedule", "workers", "time", "neither = 1", "bits"].map(str::to_owned);
    let rows = measured.quarters.iter().map(|quarter| {
        [
            quarter.name().to_owned(),
            quarter.schedule.name().to_owned(),
            quarter.workers.to_string(),
            seconds(quarter.seconds),
            format!("{:.2}", neither.seconds / quarter.seconds),
            quarter.fingerprint.clone(),
        ]
    });
    table(blocks, std::iter::once(header).chain(rows));
    text(
        blocks,
        format!(
            "Concurrency alone made it {:.2} times as fast, parallelism alone {:.2} times, both \
             together {:.2} times. The last column is a hash over every bit of the output: {}.",
            neither.seconds / concurrent.seconds,
            neither.seconds / parallel.seconds,
            neither.seconds / both.seconds,
            if measured.same_bits { "all four are the same" } else { "THEY DIFFER" },
        ),
    );
    let panels = measured.quarters.iter().fold(Figure::new(), |figure, quarter| {
        let (name, schedule) = (quarter.name(), quarter.schedule.name());
        let title = format!("{name} ({schedule}, {} workers)", quarter.workers);
        figure.panel(&title.replace("1 workers", "1 worker"), &quarter.timeline)
    });
    blocks.push(figure(panels));
}

fn mornings(blocks: &mut Vec<Block>, measured: &[Morning]) {
    heading(blocks, "4. Getting ready for work".into());
    text(
        blocks,
        "The kettle boils, somebody gets ready, breakfast is prepared from both and eaten, and \
         then it is off to the office. The same stages, queues and schedules as above run this \
         morning, and a thread is a person who is busy."
            .into(),
    );
    morning_table(blocks, measured);
}

fn morning_table(blocks: &mut Vec<Block>, measured: &[Morning]) {
    let header = ["morning", "at the office", "threads", "minutes", "in their order"];
    let rows = measured.iter().map(|morning| {
        [
            morning.title.to_owned(),
            morning.people.to_string(),
            morning.threads.to_string(),
            format!("{:.1}", morning.minutes),
            if morning.order_was_kept { "yes" } else { "NO" }.to_owned(),
        ]
    });
    table(blocks, std::iter::once(header.map(str::to_owned)).chain(rows));
    if let Some(morning) = measured.first() {
        let minute = seconds(morning.seconds_a_minute);
        simulated(blocks, &format!("{}: {minute} each", morning.simulated));
    }
    if let [in_turn, concurrent, one_by_one, parallel] = measured {
        text(
            blocks,
            format!(
                "Concurrency saves one person {:.1} minutes: the kettle is left to itself. Two \
                 people who go one after the other are there in {:.1} minutes, in parallel in \
                 {:.1}: the same work, {:.1} times as fast. A factor of {:.1} of it is that they \
                 leave the kettle to itself, as one person can; the rest is that they are two. \
                 Neither of them is faster than one person alone, and nobody can eat before \
                 breakfast is made, however many they are: what depends on something waits for it.",
                in_turn.minutes - concurrent.minutes,
                one_by_one.minutes,
                parallel.minutes,
                one_by_one.minutes / parallel.minutes,
                in_turn.minutes / concurrent.minutes,
            ),
        );
    }
    blocks.push(figure(morning::figure(measured)));
}

fn independence(blocks: &mut Vec<Block>, measured: &Independence) {
    heading(blocks, "5. Independence".into());
    let runs = measured.blocks.len();
    let blocks_of: Vec<String> = measured.blocks.iter().map(usize::to_string).collect();
    text(
        blocks,
        format!(
            "Work can be split where no part needs another. A run of {} particles was disturbed \
             {runs} times: with blocks of {} particles, moved in random order and given back in \
             another, and every item of every stage held up for up to {}. {} of {runs} gave the \
             bits of the undisturbed run.",
            count(measured.particles),
            blocks_of.join(", "),
            seconds(measured.held_up),
            measured.same_bits
        ),
    );
    simulated(blocks, measured.simulated);
    let shared = &measured.shared_counter;
    text(
        blocks,
        format!(
            "And what it looks like where parts do share something: {} threads add one to one \
             counter, {} times together.",
            shared.threads,
            count(shared.expected)
        ),
    );
    let lost = |found: u64| count(shared.expected.saturating_sub(found));
    table(
        blocks,
        [
            ["each addition", "counted", "lost"].map(str::to_owned),
            [
                "reads, adds, writes back".to_owned(),
                count(shared.read_then_written),
                lost(shared.read_then_written),
            ],
            [
                "is one indivisible step".to_owned(),
                count(shared.indivisible),
                lost(shared.indivisible),
            ],
        ],
    );
    let outcome = match shared.read_then_written == shared.expected {
        true => {
            "The threads took turns this time, and nothing was lost: by chance, which is no help"
        }
        false => "Each time it is another number, for it depends on the schedule",
    };
    text(
        blocks,
        format!(
            "Between reading and writing back, another thread may have written, and its addition is \
             lost. {outcome}."
        ),
    );
}

fn figure(figure: Figure) -> Block {
    Block::Figure(Box::new(figure))
}

/// The mornings alone, to read.
pub(super) fn morning_page(mornings: &[Morning]) -> Page {
    let mut blocks = Vec::new();
    morning_table(&mut blocks, mornings);
    Page { title: "Getting ready for work".into(), blocks }
}
