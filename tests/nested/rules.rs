//! Forcings that disagree, so that it shows which of them took each step.

use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Advanced, Alteration, Altered, Done, Engine, Leg, Particle, Status};
use drogue::grid::Field;
use drogue::run::Plan;
use tempfile::TempDir;

use crate::seas::{Places, axis, write};
use crate::watched::{Seen, on_software, on_the_reference, plan, watch};

/// Where the fine grid begins and ends, in km; the coarse one goes from 0 to 300 in steps of 10.
const FINE: [f64; 2] = [95.0, 205.0];

/// km/h eastward, by the hour and the km; none on land.
type Speed = fn(f64, f64) -> Option<f64>;

/// Two forcings, a particle that starts so far east, and what becomes of it.
struct Case {
    coarse: Speed,
    fine: Speed,
    /// Between which hours the fine one is known.
    known: [f64; 2],
    start: f64,
}

const HOURS: usize = 120;

impl Case {
    fn plan(&self, folder: &TempDir, every: usize, more: &str) -> Plan {
        let flow = |speed: Speed| {
            move |hour: f64, x: f64, _: f64| speed(hour, x / 1e3).map(|speed| [speed / 3.6, 0.0])
        };
        let metres = |axis: Vec<f64>| axis.iter().map(|km| km * 1e3).collect::<Vec<f64>>();
        let save = |name: &str, x: Vec<f64>, y: Vec<f64>, hours: &[f64], speed: Speed| {
            let (path, axes) = (folder.path().join(name), [metres(x), metres(y)]);
            write(&path, Places::Metres, [&axes[0], &axes[1]], hours, &flow(speed));
        };
        let [x, y] = [axis(0.0, 300.0, 30), axis(0.0, 40.0, 4)];
        save("coarse.nc", x, y, &axis(0.0, HOURS as f64, 4), self.coarse);
        let [x, y] = [axis(FINE[0], FINE[1], 110), axis(5.0, 35.0, 30)];
        save("fine.nc", x, y, &axis(self.known[0], self.known[1], 3), self.fine);
        let scenario = format!(
            "[[forcing.current]]\ndata = 'fine.nc'\n[[forcing.current]]\ndata = 'coarse.nc'\n\
             [release]\nkind = 'point'\nx = {}\ny = 15e3\n[time]\nstart = 2020-01-01\n\
             step = '1h'\n[output]\npath = 'nowhere.zarr'\nevery = '{every}h'\n{more}",
            self.start * 1e3
        );
        plan(folder.path(), &scenario).unwrap()
    }

    /// Where the rules lead it, hour by hour, as long as speeds are the same at all places: at the end of
    /// a step in a cell of 10 km that lies wholly within the fine grid it goes over; a step that would
    /// lead it out of the fine grid is the coarse one's.
    fn expected(&self) -> Vec<f64> {
        let within = |x: f64| (FINE[0]..FINE[1]).contains(&x);
        let is_handed_over = |x: f64| (100.0..200.0).contains(&x);
        let in_force =
            |hour: usize| self.known[0] <= hour as f64 && hour as f64 + 1.0 <= self.known[1];
        let (mut x, mut is_fine) = (self.start, in_force(0) && within(self.start));
        let mut places = vec![x];
        for hour in 0..HOURS {
            is_fine = in_force(hour) && (is_fine || is_handed_over(x));
            let step = |speed: Speed| speed(hour as f64, x).unwrap();
            let ahead = x + step(self.fine);
            is_fine = is_fine && within(ahead);
            x = if is_fine { ahead } else { x + step(self.coarse) };
            places.push(x);
        }
        places
    }
}

const FASTER: Case =
    Case { coarse: |_, _| Some(1.0), fine: |_, _| Some(2.0), known: [0.0, 120.0], start: 50.5 };

fn cases() -> Vec<Case> {
    vec![
        FASTER,
        // Thrown back at the rim again and again.
        Case { fine: |_, _| Some(-1.0), ..FASTER },
        Case { coarse: |_, _| Some(-1.0), fine: |_, _| Some(-1.75), start: 250.25, ..FASTER },
        // In force for some hours only, which are not those of the coarse one's snapshots.
        Case { known: [62.0, 92.0], ..FASTER },
        Case { known: [33.0, 70.0], start: 98.5, ..FASTER },
        // Released between the rim and the first cell that is handed over.
        Case { start: 97.25, fine: |_, _| Some(0.5), ..FASTER },
    ]
}

/// The farthest from where it should be at the hours at which it is seen, in km.
fn off(seen: &[Seen], every: usize, expected: &[f64]) -> f64 {
    assert_eq!(seen.len(), HOURS.div_ceil(every) + 1);
    let off = |seen: &Seen| (seen.x / 1e3 - expected[seen.hour as usize]).abs();
    seen.iter().map(off).fold(0.0, f64::max)
}

/// How often it is looked at, in hours: it goes on to another forcing between two looks, and at one.
const EVERY: [usize; 3] = [1, 7, HOURS];

#[test]
fn each_step_is_taken_by_the_forcing_that_the_rules_say() {
    for (number, case) in cases().iter().enumerate() {
        for every in EVERY {
            let folder = TempDir::new().unwrap();
            let seen = on_the_reference(&case.plan(&folder, every, ""));
            let off = off(&seen[0], every, &case.expected());
            assert!(off < 1e-4, "case {number}, every {every} h: {off} km");
        }
    }
}

#[test]
fn software_adapters_hand_over_at_the_same_steps() {
    for (number, case) in cases().iter().enumerate() {
        let folder = TempDir::new().unwrap();
        let seen = on_software(&case.plan(&folder, 7, ""));
        let off = off(&seen[0], 7, &case.expected());
        assert!(off < 1e-3, "case {number}: {off} km");
    }
}

/// Has particles begin with a forcing one step too late: they stay where they are for that step.
struct Late;

impl Alteration<CpuEngine> for Late {
    fn advance(
        &self,
        engine: &Arc<CpuEngine>,
        block: Vec<Particle>,
        fields: [Arc<Field>; 2],
        mut legs: Vec<Leg>,
        done: Done<Advanced<Vec<Particle>>>,
    ) {
        for life in legs.iter_mut().flat_map(|leg| leg.lifetimes.iter_mut().flatten()) {
            life.first_step += u32::from(life.first_step > 0);
        }
        engine.advance(block, fields, legs, done);
    }
}

#[test]
fn a_hand_over_at_the_wrong_step_is_caught() {
    // Those in which particles go over in the midst of a window.
    for (number, case) in cases()[..3].iter().enumerate() {
        let folder = TempDir::new().unwrap();
        let plan = case.plan(&folder, HOURS, "");
        let (_, seen) = watch(&plan, |setup| Altered::new(CpuEngine::new(setup), Late));
        let off = off(&seen[0], HOURS, &case.expected());
        assert!(off > 0.4, "case {number}: {off} km");
    }
}

fn last(seen: &[Vec<Seen>], particle: usize) -> Seen {
    *seen[particle].last().unwrap()
}

#[test]
fn the_coast_of_the_finer_forcing_is_the_truth_in_its_water() {
    let folder = TempDir::new().unwrap();
    let land = |_: f64, x: f64| (!(150.0..=160.0).contains(&x)).then_some(1.0);
    let case = Case { fine: land, ..FASTER };
    let end = last(&on_the_reference(&case.plan(&folder, 1, "")), 0);
    assert_eq!(end.status, Status::Stranded);
    assert!((148.0..150.0).contains(&(end.x / 1e3)), "{end:?}");
    // Who is released on the land of the finer where the coarser has water is the coarser's, until a
    // cell begins that is the finer's all over.
    let fine = |_: f64, x: f64| (!(150.0..=160.0).contains(&x)).then_some(2.0);
    let case = Case { fine, start: 155.5, ..FASTER };
    let seen = on_the_reference(&case.plan(&folder, 1, ""));
    let speed = |pair: &[Seen]| (pair[1].x - pair[0].x) / 1e3;
    for pair in seen[0].windows(2) {
        let expected = match pair[0].x / 1e3 {
            // [160, 170] has the land's last node.
            x if x < 170.0 => 1.0,
            x if x + 2.0 < FINE[1] => 2.0,
            _ => 1.0,
        };
        assert!((speed(pair) - expected).abs() < 1e-4, "{pair:?}");
    }
    // On the land of both.
    let coarse = |_: f64, x: f64| (!(140.0..=170.0).contains(&x)).then_some(1.0);
    let case = Case { fine: land, coarse, start: 155.5, ..FASTER };
    let end = last(&on_the_reference(&case.plan(&folder, 1, "")), 0);
    assert_eq!(end.status, Status::ReleasedOnLand);
}

#[test]
fn particles_leave_where_no_forcing_is_left_and_end_with_the_last() {
    let folder = TempDir::new().unwrap();
    // Beyond the coarse grid's end at 300 km nobody has water.
    let case = Case { start: 250.5, ..FASTER };
    let end = last(&on_the_reference(&case.plan(&folder, 1, "")), 0);
    assert_eq!((end.status, end.hour), (Status::LeftDomain, 50.0));
    // The finer one alone reaches there, for 40 hours.
    let case = Case { start: 120.5, known: [0.0, 40.0], fine: |_, _| Some(0.5), ..FASTER };
    case.plan(&folder, 1, "");
    let flow = |_: f64, _: f64, _: f64| Some([1.0 / 3.6, 0.0]);
    let axes = [axis(0.0, 100e3, 10), axis(0.0, 40e3, 4)];
    let path = folder.path().join("coarse.nc");
    write(&path, Places::Metres, [&axes[0], &axes[1]], &axis(0.0, 120.0, 4), &flow);
    let scenario = "[[forcing.current]]\ndata = 'fine.nc'\n[[forcing.current]]\n\
                    data = 'coarse.nc'\n[release]\nkind = 'points'\nx = [120.5e3, 50.5e3]\n\
                    y = [15e3, 15e3]\n[time]\nstep = '1h'\n[output]\npath = 'nowhere.zarr'\n\
                    every = '1h'\n";
    let seen = on_the_reference(&plan(folder.path(), scenario).unwrap());
    let end = last(&seen, 0);
    assert_eq!((end.status, end.hour), (Status::OutOfTime, 40.0));
    assert!((end.x - 140.5e3).abs() < 0.1, "{end:?}");
    // The other comes to the end of the coarse grid while the finer one is no longer in force.
    let end = last(&seen, 1);
    assert_eq!((end.status, end.hour), (Status::LeftDomain, 50.0));
}

#[test]
fn lives_end_at_their_time_whichever_forcing_they_end_in() {
    for (age, expected) in [("49h", 99.5), ("50h", 100.5), ("50.5h", 101.5), ("51h", 102.5)] {
        let folder = TempDir::new().unwrap();
        let plan = FASTER.plan(&folder, 12, &format!("[physics]\nmax_age = '{age}'\n"));
        let (_, seen) = watch(&plan, CpuEngine::new);
        let end = last(&seen, 0);
        assert_eq!(end.status, Status::AgedOut);
        assert!((end.x / 1e3 - expected).abs() < 1e-4, "{age}: {end:?}");
    }
}

/// Released in the midst of a step that leads out of the fine grid: the rest of it is the coarse one's.
#[test]
fn a_step_that_begins_late_is_done_anew_as_late() {
    let folder = TempDir::new().unwrap();
    let case = Case { start: 204.75, ..FASTER };
    case.plan(&folder, 1, "");
    let scenario = "[[forcing.current]]\ndata = 'fine.nc'\n[[forcing.current]]\n\
                    data = 'coarse.nc'\n[release]\nkind = 'point'\nx = 204.75e3\ny = 15e3\n\
                    start = 2020-01-01T00:30:00\n[time]\nstart = 2020-01-01\nstep = '1h'\n\
                    [output]\npath = 'nowhere.zarr'\nevery = '1h'\n";
    let plan = plan(folder.path(), scenario).unwrap();
    for seen in [on_the_reference(&plan), on_software(&plan)] {
        let first = seen[0][0];
        assert_eq!(first.hour, 1.0);
        assert!((first.x / 1e3 - 205.25).abs() < 1e-3, "{first:?}");
    }
}

/// Neither lies in the other, and no cell of either wholly in the other's water; the way back leads west.
#[test]
fn seas_beside_each_other_are_crossed_in_either_order() {
    let folder = TempDir::new().unwrap();
    let flow = |_: f64, _: f64, _: f64| Some([-1.0 / 3.6, 0.0]);
    let save = |name: &str, x: Vec<f64>| {
        let path = folder.path().join(name);
        let axes = [x, axis(0.0, 40e3, 4)];
        write(&path, Places::Metres, [&axes[0], &axes[1]], &axis(0.0, 120.0, 4), &flow);
    };
    save("west.nc", axis(0.0, 100e3, 50));
    save("east.nc", axis(95e3, 195e3, 10));
    for [first, second] in [["west.nc", "east.nc"], ["east.nc", "west.nc"]] {
        let scenario = format!(
            "[[forcing.current]]\ndata = '{first}'\n[[forcing.current]]\ndata = '{second}'\n\
             [release]\nkind = 'points'\nx = [100.5e3, 130.3e3]\ny = [15e3, 15e3]\n\
             [time]\nduration = '80h'\nstep = '1h'\n[output]\npath = 'nowhere.zarr'\nevery = '1h'\n"
        );
        for run in [on_the_reference as fn(&Plan) -> _, on_software] {
            let seen = run(&plan(folder.path(), &scenario).unwrap());
            for (index, start) in [(0, 100.5e3), (1, 130.3e3)] {
                let end = last(&seen, index);
                assert_eq!((end.status, end.hour), (Status::Active, 80.0), "{first} first");
                assert!((end.x - (start - 80e3)).abs() < 0.5, "{first} first: {end:?}");
            }
        }
    }
}
