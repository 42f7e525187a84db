//! Motion in three dimensions: levels in any order, vertical velocities on levels of their own, and what
//! is refused.

use std::fs;
use std::path::Path;

use drogue::engine::Status;
use drogue::forcing::cf::{Choice, Vertical};
use drogue::forcing::{Dataset, DatasetSpec, Snapshot};
use drogue::grid::MISSING;
use drogue::run::{Controls, Plan, RunError, RunReport, run};
use drogue::scenario::Scenario;
use drogue::trajectory::{Track, Trajectories};
use drogue::verify::compare;
use tempfile::TempDir;

use crate::deep::{
    DEPTHS, Form, HOURS, LATITUDES, LONGITUDES, PLAIN, eastward, is_rock, upward, write,
};

/// The first snapshot in three dimensions.
fn snapshot(path: &Path) -> Snapshot {
    let choice = Choice { vertical: Some(Vertical::Velocity), ..Choice::default() };
    let data = vec![path.to_str().unwrap().to_owned()];
    let dataset = Dataset::open(&DatasetSpec { data, choice, ..DatasetSpec::default() }).unwrap();
    let mut with_surface = vec![0.0];
    with_surface.extend(DEPTHS);
    assert_eq!(dataset.grid().levels().unwrap().fixed(), Some(&with_surface[..]));
    dataset.read(0).unwrap()
}

#[test]
fn levels_are_read_from_the_surface_down_however_they_lie() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sea.nc");
    for (order, upward_axis) in [("tzyx", false), ("tzyx", true), ("tyxz", true), ("ztxy", false)] {
        write(&path, &Form { order, upward: upward_axis, parts: "uvw" });
        let read = snapshot(&path);
        let w = read.w.unwrap();
        let mut index = 0;
        for depth in DEPTHS {
            for _ in LATITUDES {
                for x in LONGITUDES {
                    let (u, v, w) = (read.u[index], read.v[index], w[index]);
                    if is_rock(x, depth) {
                        assert_eq!([u, v], [MISSING; 2], "{order} {x} {depth}");
                    } else {
                        assert_eq!([u, v], [eastward(x, depth) as f32, 0.0], "{order} {x} {depth}");
                        // 20 m lies between 10 m and 40 m, and that is rock from 2° on.
                        let part = if is_rock(x, 40.0) && depth == 20.0 { 1.0 / 3.0 } else { 1.0 };
                        let right = part * upward(if part < 1.0 { 20.0 } else { depth });
                        assert!((f64::from(w) - right).abs() < 1e-9, "{order} {x} {depth}: {w}");
                    }
                    index += 1;
                }
            }
        }
    }
}

#[test]
fn components_may_each_be_in_a_file_of_their_own() {
    let folder = TempDir::new().unwrap();
    let whole = folder.path().join("whole.nc");
    write(&whole, &PLAIN);
    let expected = snapshot(&whole);
    for split in [["uv", "w", ""], ["u", "v", "w"], ["uw", "v", ""]] {
        let parts = folder.path().join(split.join("_"));
        fs::create_dir(&parts).unwrap();
        for part in split.into_iter().filter(|part| !part.is_empty()) {
            // The names are in the reverse order: the file with u is not the first.
            let name = part.replace('u', "z_u");
            write(&parts.join(name + ".nc"), &Form { parts: part, ..PLAIN });
        }
        assert_eq!(snapshot(&parts), expected, "{split:?}");
    }
    let sea = Sea::new(&Form { parts: "u", ..PLAIN });
    write(&sea.0.path().join("sea_v.nc"), &Form { parts: "v", ..PLAIN });
    let text = format!(
        "[forcing.current]\ndata = 'sea*.nc'\nvertical = 'velocity'\n[release]\n{FILE}\n[time]\n\
         step = '1h'"
    );
    let scenario = Scenario::from_toml(&text, sea.0.path().join("scenario.toml")).unwrap();
    let error = Plan::new(scenario).err().expect("there is no w").to_string();
    assert!(error.contains("no vertical velocity beside `u`"), "{error}");
}

#[test]
fn a_vertical_velocity_at_other_times_is_refused() {
    let sea = Sea::new(&Form { parts: "uv", ..PLAIN });
    let choice = Choice { vertical: Some(Vertical::Velocity), ..Choice::default() };
    let open = |name: &str| {
        let data =
            ["sea.nc", name].map(|name| sea.0.path().join(name).to_str().unwrap().to_owned());
        Dataset::open(&DatasetSpec {
            data: data.to_vec(),
            choice: choice.clone(),
            ..DatasetSpec::default()
        })
    };
    write(&sea.0.path().join("w.nc"), &Form { parts: "w", ..PLAIN });
    assert!(open("w.nc").is_ok());
    let bytes = fs::read(sea.0.path().join("w.nc")).unwrap();
    let later = HOURS.map(|hour| hour.to_be_bytes()).concat();
    let at = bytes.windows(later.len()).position(|part| part == later).unwrap();
    let moved = HOURS.map(|hour| (hour + 1.0).to_be_bytes()).concat();
    fs::write(
        sea.0.path().join("late.nc"),
        [&bytes[..at], &moved, &bytes[at + moved.len()..]].concat(),
    )
    .unwrap();
    let error = open("late.nc").err().expect("the times differ").to_string();
    assert!(error.contains("different times") && error.contains("late.nc"), "{error}");
}

/// A folder with the sea in it and particles at 1° east at three depths.
struct Sea(TempDir);

impl Sea {
    fn new(form: &Form) -> Self {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("sea.nc"), form);
        fs::write(
            folder.path().join("release.csv"),
            "lon,lat,depth\n1.0,0.0,0.0\n1.0,0.0,12.5\n1.0,0.0,40.0\n",
        )
        .unwrap();
        Self(folder)
    }

    fn plan(&self, forcing: &str, release: &str, device: &str) -> Result<Plan, RunError> {
        let text = format!(
            "[forcing.current]\ndata = 'sea.nc'\n{forcing}\n[release]\n{release}\n[time]\n\
             step = '30min'\n[output]\npath = 'out.parquet'\nevery = '12h'\n[run]\n\
             device = '{device}'"
        );
        Plan::new(Scenario::from_toml(&text, self.0.path().join("scenario.toml")).unwrap())
    }

    fn run(&self, plan: &Plan) -> (RunReport, Vec<Track>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(run(plan, true, None, &Controls::default())).unwrap();
        let tracks = Trajectories::open(&self.0.path().join("out.parquet")).unwrap();
        (report, tracks.tracks(&[0, 1, 2]).unwrap())
    }

    /// Why a run cannot be planned.
    fn refused(&self, forcing: &str, release: &str, part: &str) {
        let Err(error) = self.plan(forcing, release, "cpu") else { panic!("not refused: {part}") };
        let error = error.to_string();
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

const FILE: &str = "kind = 'file'\npath = 'release.csv'";
const DAY: f64 = 86_400.0;
const METRES_IN_A_DEGREE: f64 = 6_371_000.0 * std::f64::consts::PI / 180.0;

#[test]
fn particles_keep_their_depths_or_move_with_the_water() {
    let sea = Sea::new(&PLAIN);
    for device in ["cpu", "software"] {
        let (_, tracks) = sea.run(&sea.plan("vertical = 'fixed'", FILE, device).unwrap());
        for (track, depth) in tracks.iter().zip([0.0, 12.5, 40.0]) {
            assert_eq!(track.depth, Some(vec![depth; 3]), "{device}");
            // Above the uppermost level the current is that of it. It grows with x as well.
            let at_start = eastward(1.0, f64::from(depth).max(1.0));
            let growth = 0.01 / METRES_IN_A_DEGREE;
            let way = at_start * ((growth * DAY).exp() - 1.0) / growth / METRES_IN_A_DEGREE;
            assert!((track.x[2] - 1.0 - way).abs() < 1e-6, "{device} {depth} {way}: {:?}", track.x);
        }
        let (_, tracks) = sea.run(&sea.plan("vertical = 'velocity'", FILE, device).unwrap());
        for (track, depth) in tracks.iter().zip([0.0_f64, 12.5, 40.0]) {
            // w = 10⁻⁵ depth: an e-folding in 10⁵ s.
            let right = depth * (-1e-5 * DAY).exp();
            let end = f64::from(track.depth.as_ref().unwrap()[2]);
            assert!((end - right).abs() < 1e-3, "{device}: {end} where {right} is right");
        }
    }
}

#[test]
fn what_flows_apart_below_draws_particles_down() {
    let sea = Sea::new(&Form { parts: "uv", ..PLAIN });
    // Away from the rock, against which water is held up.
    let release = "lon,lat,depth\n0.4,0.0,0.0\n0.4,0.0,12.5\n0.4,0.0,40.0\n";
    fs::write(sea.0.path().join("release.csv"), release).unwrap();
    for device in ["cpu", "software"] {
        let (_, tracks) = sea.run(&sea.plan("vertical = 'continuity'", FILE, device).unwrap());
        // 0.01 m/s more a degree further east, over what lies above the lowest level.
        let apart = 0.01 / METRES_IN_A_DEGREE;
        for (track, depth) in tracks.iter().zip([0.0_f64, 12.5, 40.0]).skip(1) {
            let right = 60.0 - (60.0 - depth) * (-apart * DAY).exp();
            let end = f64::from(track.depth.as_ref().unwrap()[2]);
            assert!((end - right).abs() < 1e-3, "{device}: {end} where {right} is right");
        }
    }
}

#[test]
fn rock_at_a_depth_is_land_there_and_not_above() {
    let sea = Sea::new(&PLAIN);
    let release = "kind = 'points'\nlon = [1.9, 1.9, 1.9]\nlat = [0.0, 0.2, 0.4]\ndepth = ";
    for (depth, status) in [(5.0, Status::Active), (55.0, Status::ReleasedOnLand)] {
        let plan = sea.plan("vertical = 'fixed'", &format!("{release}{depth}"), "cpu").unwrap();
        assert_eq!(sea.run(&plan).0.tally.count(status), 3, "{depth} m");
    }
}

#[test]
fn a_device_is_held_against_the_reference_in_three_dimensions() {
    let sea = Sea::new(&PLAIN);
    let release = "kind = 'grid'\nlon = [0.2, 1.2]\nlat = [-0.8, 0.8]\ncount = 200\ndepth = 30.0";
    let plan = sea.plan("vertical = 'velocity'", release, "software").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let comparison = runtime.block_on(compare(&plan, 200, &Controls::default())).unwrap();
    assert!(comparison.verdict.passed, "{}", comparison.verdict);
    assert!(comparison.separations.metres.max > 0.0, "the device is the reference itself");
}

#[test]
fn what_cannot_move_in_three_dimensions_is_refused() {
    let sea = Sea::new(&Form { parts: "uv", ..PLAIN });
    sea.refused("vertical = 'velocity'", FILE, "no vertical velocity beside `u`");
    sea.refused("vertical = 'velocity'\nw = 'omega'", FILE, "omega");
    sea.refused("vertical = 'velocity'\nw = 'z'", FILE, "z");
    let deep = "kind = 'point'\nlon = 1.0\nlat = 0.0\ndepth = 61.0";
    sea.refused("vertical = 'fixed'", deep, "the lowest level lies at 60 m");
    sea.refused("", FILE, "set `vertical`");
    let words = |forcing: &str| {
        let text = format!(
            "[forcing.current]\ndata = 'sea.nc'\n{forcing}\n[release]\n{FILE}\n[time]\nstep = '1h'"
        );
        Scenario::from_toml(&text, "scenario.toml").unwrap_err().to_string()
    };
    let said = words("vertical = 'fixed'\ndepth = 5.0");
    assert!(said.contains("`vertical`") && said.contains("`depth`"), "{said}");
    assert!(words("w = 'w'").contains("`w` has no effect"));
}
