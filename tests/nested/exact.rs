//! One flow, sampled on a coarse grid and on a fine one inside of it, at other times: trajectories are
//! those of the flow, across the rim of the fine grid in both directions.

use std::f64::consts::TAU;
use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Advanced, Alteration, Altered, Done, Engine, Leg, Particle, Status};
use drogue::grid::Field;
use tempfile::TempDir;

use crate::seas::{Places, axis, write};
use crate::watched::{Seen, on_software, on_the_reference, plan, watch};

/// A vortex on a plane, once round in two days at first and faster by and by: linear in place and time,
/// so that neither grid loses anything of it.
const RATE: f64 = TAU / 48.0;
const FASTER: f64 = 1.0 / 96.0;
const MIDDLE: [f64; 2] = [50_000.0, 60_000.0];

fn rate(hour: f64) -> f64 {
    RATE * (1.0 + FASTER * hour)
}

fn vortex(hour: f64, x: f64, y: f64) -> Option<[f64; 2]> {
    let per_second = rate(hour) / 3600.0;
    Some([-per_second * (y - MIDDLE[1]), per_second * (x - MIDDLE[0])])
}

/// Where it leads from a place between two hours.
fn led([x, y]: [f64; 2], from: f64, to: f64) -> [f64; 2] {
    let turned = |hour: f64| RATE * (hour + FASTER * hour * hour / 2.0);
    let (sin, cos) = (turned(to) - turned(from)).sin_cos();
    let [a, b] = [x - MIDDLE[0], y - MIDDLE[1]];
    [MIDDLE[0] + a * cos - b * sin, MIDDLE[1] + a * sin + b * cos]
}

/// The vortex on 10 km and six-hourly; on 1.5 km and hourly in the north-east of its middle, or on a
/// grid that is turned.
fn vortices() -> TempDir {
    let folder = TempDir::new().unwrap();
    let coarse = [axis(0.0, 100_000.0, 10), axis(0.0, 120_000.0, 12)];
    let fine = [axis(53_000.0, 80_000.0, 18), axis(58_000.0, 91_000.0, 22)];
    let write = |name: &str, [x, y]: &[Vec<f64>; 2], hours: &[f64]| {
        write(&folder.path().join(name), Places::Metres, [x, y], hours, &vortex);
    };
    write("coarse.nc", &coarse, &axis(0.0, 48.0, 8));
    write("fine.nc", &fine, &axis(0.0, 48.0, 48));
    write("evening.nc", &fine, &axis(13.5, 31.5, 9));
    folder
}

const AROUND: &str = "kind = 'grid'\nx = [25e3, 78e3]\ny = [35e3, 88e3]\ncount = 60\n";

fn scenario(fine: &str, release: &str, time: &str) -> String {
    format!(
        "[[forcing.current]]\ndata = '{fine}'\n[[forcing.current]]\ndata = 'coarse.nc'\n\
         [release]\n{release}\n[time]\nstep = '10min'\n{time}\n[output]\npath = 'nowhere.zarr'\n\
         every = '10min'\n"
    )
}

/// The farthest that any particle is ever seen from where the vortex has it, in metres; each was seen so
/// often.
fn farthest(seen: &[Vec<Seen>], times: usize) -> f64 {
    let off = |particle: &Vec<Seen>| {
        assert_eq!(particle.len(), times);
        let first = particle[0];
        particle.iter().fold(0.0_f64, |most, seen| {
            assert_eq!(seen.status, Status::Active);
            let [x, y] = led([first.x, first.y], first.hour, seen.hour);
            most.max((seen.x - x).hypot(seen.y - y))
        })
    };
    seen.iter().map(off).fold(0.0, f64::max)
}

/// How often a particle goes over the rim of the fine grid, inward and outward.
fn crossings(seen: &[Vec<Seen>]) -> [usize; 2] {
    let is_inside = |seen: &Seen| {
        (53_000.0..80_000.0).contains(&seen.x) && (58_000.0..91_000.0).contains(&seen.y)
    };
    let mut crossings = [0; 2];
    for pair in seen.iter().flat_map(|particle| particle.windows(2)) {
        match [is_inside(&pair[0]), is_inside(&pair[1])] {
            [false, true] => crossings[0] += 1,
            [true, false] => crossings[1] += 1,
            _ => {}
        }
    }
    crossings
}

#[test]
fn a_vortex_is_followed_across_the_rim() {
    let folder = vortices();
    for (time, times) in [("", 48 * 6 + 1), ("direction = 'backward'", 48 * 6 + 1)] {
        for fine in ["fine.nc", "evening.nc"] {
            let plan = plan(folder.path(), &scenario(fine, AROUND, time)).unwrap();
            let seen = on_the_reference(&plan);
            assert_eq!(seen.len(), 60);
            // The error of the integrator, and velocities that are rounded to f32.
            let off = farthest(&seen, times);
            assert!(off < 0.1, "{fine} {time}: {off} m");
            let [inward, outward] = crossings(&seen);
            assert!(inward >= 40 && outward >= 40, "{inward} in, {outward} out");
        }
    }
}

/// Puts particles down a hundredth of a cell beside their place when they begin with a forcing in the
/// midst of a segment.
struct Beside;

impl Alteration<CpuEngine> for Beside {
    fn advance(
        &self,
        engine: &Arc<CpuEngine>,
        mut block: Vec<Particle>,
        fields: [Arc<Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<Vec<Particle>>>,
    ) {
        for lives in legs.iter().filter_map(|leg| leg.lifetimes.as_ref()) {
            for (particle, _) in block.iter_mut().zip(lives).filter(|(_, life)| life.first_step > 0)
            {
                let x = &mut particle.offset[0];
                *x += if *x < 0.5 { 0.01 } else { -0.01 };
            }
        }
        engine.advance(block, fields, legs, done);
    }
}

#[test]
fn a_hand_over_at_the_wrong_place_is_caught() {
    let folder = vortices();
    let scenario = scenario("fine.nc", AROUND, "").replace("every = '10min'", "every = '6h'");
    let plan = plan(folder.path(), &scenario).unwrap();
    let off = farthest(&on_the_reference(&plan), 9);
    assert!(off < 0.1, "{off} m");
    let (_, seen) = watch(&plan, |setup| Altered::new(CpuEngine::new(setup), Beside));
    let off = farthest(&seen, 9);
    assert!(off > 10.0, "{off} m");
}

#[test]
fn a_vortex_is_followed_across_the_rim_on_software() {
    let folder = vortices();
    let plan = plan(folder.path(), &scenario("evening.nc", AROUND, "")).unwrap();
    let off = farthest(&on_software(&plan), 48 * 6 + 1);
    assert!(off < 1.0, "{off} m");
}

/// Degrees a day of a sphere that turns about an axis which is tilted by so many degrees.
const TURN: f64 = 3.0;
const TILT: f64 = 30.0;

fn turning(_: f64, longitude: f64, latitude: f64) -> Option<[f64; 2]> {
    let speed = (TURN / 86_400.0).to_radians() * drogue::grid::EARTH_RADIUS;
    let (x, y, tilt) = (longitude.to_radians(), latitude.to_radians(), TILT.to_radians());
    // The axis leans towards the meridian of 0°.
    let east = tilt.cos() * y.cos() - tilt.sin() * x.cos() * y.sin();
    Some([speed * east, speed * tilt.sin() * x.sin()])
}

fn vector([longitude, latitude]: [f64; 2]) -> [f64; 3] {
    let (x, y) = (longitude.to_radians(), latitude.to_radians());
    [x.cos() * y.cos(), x.sin() * y.cos(), y.sin()]
}

/// Where the sphere has turned a place after so many hours (Rodrigues).
fn turned(place: [f64; 2], hours: f64) -> [f64; 3] {
    let axis = [TILT.to_radians().sin(), 0.0, TILT.to_radians().cos()];
    let at = vector(place);
    let (sin, cos) = (TURN * hours / 24.0).to_radians().sin_cos();
    let along: f64 = (0..3).map(|d| axis[d] * at[d]).sum();
    [0, 1, 2].map(|d| {
        let [e, f] = [(d + 1) % 3, (d + 2) % 3];
        at[d] * cos + (axis[e] * at[f] - axis[f] * at[e]) * sin + axis[d] * along * (1.0 - cos)
    })
}

/// The farthest that any particle ends from where the sphere has turned it, in metres.
fn off_at_the_end(seen: &[Vec<Seen>]) -> f64 {
    let off = |particle: &Vec<Seen>| {
        let (first, last) = (particle[0], particle[particle.len() - 1]);
        assert_eq!(last.status, Status::Active);
        let there = turned([first.x, first.y], last.hour - first.hour);
        let seen = vector([last.x, last.y]);
        let square: f64 = (0..3).map(|d| (there[d] - seen[d]).powi(2)).sum();
        square.sqrt() * drogue::grid::EARTH_RADIUS
    };
    seen.iter().map(off).fold(0.0, f64::max)
}

/// A globe, and inside of it two regions that lie over each other, both across the antimeridian: one
/// of them on a grid that is turned.
#[test]
fn the_globe_and_regions_inside_of_it_are_one_flow() {
    let folder = TempDir::new().unwrap();
    let coarse = |name: &str, cells: usize| {
        let step = 360.0 / cells as f64;
        let axes = [axis(-180.0, 180.0 - step, cells - 1), axis(-90.0, 90.0, cells / 2)];
        write(
            &folder.path().join(name),
            Places::Degrees,
            [&axes[0], &axes[1]],
            &axis(0.0, 240.0, 20),
            &turning,
        );
    };
    coarse("coarse.nc", 90);
    coarse("finer.nc", 180);
    let region = |name: &str, places, x: [f64; 2], y: [f64; 2], cells: usize, hours: &[f64]| {
        let axes = [axis(x[0], x[1], cells), axis(y[0], y[1], cells)];
        let path = folder.path().join(name);
        write(&path, places, [&axes[0], &axes[1]], hours, &turning);
    };
    region("near.nc", Places::Turned(25.0), [172.0, 186.0], [-8.0, 6.0], 28, &axis(3.0, 237.0, 26));
    region("around.nc", Places::Degrees, [165.0, 192.0], [-13.0, 12.0], 27, &axis(-1.0, 241.0, 44));
    let off = |fine: &[&str], coarse: &str| {
        let forcings: String = fine
            .iter()
            .chain([&coarse])
            .map(|name| format!("[[forcing.current]]\ndata = '{name}'\n"))
            .collect();
        let scenario = format!(
            "{forcings}[release]\nkind = 'grid'\nlon = [150.0, -170.0]\nlat = [-15.0, 15.0]\n\
             count = 80\n[time]\nstart = 2020-01-01\nend = 2020-01-11\nstep = '1h'\n[output]\npath = 'nowhere.zarr'\nevery = '30h'\n"
        );
        let plan = plan(folder.path(), &scenario).unwrap();
        off_at_the_end(&on_the_reference(&plan))
    };
    let [alone, finer] = [off(&[], "coarse.nc"), off(&[], "finer.nc")];
    // Second order: what the grids lose is all there is.
    assert!((3.2..4.8).contains(&(alone / finer)), "{alone} m, {finer} m");
    for fine in [&["near.nc"][..], &["around.nc"], &["near.nc", "around.nc"]] {
        let nested = off(fine, "coarse.nc");
        assert!(nested <= 1.05 * alone, "{fine:?}: {nested} m, {alone} m without");
        let nested = off(fine, "finer.nc");
        assert!(nested <= 1.3 * finer, "{fine:?}: {nested} m, {finer} m without");
    }
}
