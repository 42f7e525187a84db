//! Fields of real model output, sampled where particles are released, against values that are computed
//! here from the numbers as the files store them.

use drogue::forcing::{MissingChunks, Source, open};
use drogue::run::{Controls, Plan, run};
use drogue::scenario::Scenario;
use drogue::trajectory::{Track, Trajectories};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// The folder of real data.
fn data() -> String {
    std::env::var("DROGUE_TEST_DATA").expect(
        "these tests read real model output: set DROGUE_TEST_DATA to the folder that holds it",
    )
}

/// The tracks of particles released at these places (longitude, latitude and depth), which sample these
/// variables along a run on the reference, and the names of its notes.
fn tracks(file: &str, forcing: &str, samples: &str, places: &[[f64; 3]]) -> Vec<Track> {
    let folder = TempDir::new().unwrap();
    let in_depth = forcing.contains("vertical");
    let rows = places.iter().map(|[x, y, depth]| match in_depth {
        true => format!("{x},{y},{depth}\n"),
        false => format!("{x},{y}\n"),
    });
    let header = if in_depth { "lon,lat,depth\n" } else { "lon,lat\n" };
    let rows = header.to_owned() + &rows.collect::<String>();
    std::fs::write(folder.path().join("release.csv"), rows).unwrap();
    let text = format!(
        "[forcing.current]\ndata = '{}/{file}'\n{forcing}\n[release]\nkind = 'file'\n\
         path = 'release.csv'\n[time]\nstep = '5min'\n[physics]\nsample = [{samples}]\n\
         [output]\npath = 'out.zarr'\nevery = '25min'\n[run]\ndevice = 'cpu'\n",
        data()
    );
    let scenario = Scenario::from_toml(&text, folder.path().join("run.toml")).unwrap();
    let plan = Plan::new(scenario).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(&plan, true, None, &Controls::default())).unwrap();
    let ids: Vec<u64> = (0..places.len() as u64).collect();
    Trajectories::open(&folder.path().join("out.zarr")).unwrap().tracks(&ids).unwrap()
}

/// A variable as it is stored, unpacked: NaN where it is missing.
struct Numbers {
    values: Vec<f64>,
    shape: Vec<usize>,
}

impl Numbers {
    fn of(file: &Arc<Source>, name: &str) -> Self {
        let variable = file.variable(name).unwrap();
        let number = |attribute: &str| variable.attributes.number(attribute);
        let fill = number("_FillValue").or(number("missing_value"));
        let (scale, offset) =
            (number("scale_factor").unwrap_or(1.0), number("add_offset").unwrap_or(0.0));
        let unpack = |stored: f64| match Some(stored) == fill {
            true => f64::NAN,
            false => stored * scale + offset,
        };
        let values = file.read_numbers(name).unwrap().into_iter().map(unpack).collect();
        Self { values, shape: variable.shape.iter().map(|&length| length as usize).collect() }
    }

    fn at(&self, index: &[usize]) -> f64 {
        let place =
            index.iter().zip(&self.shape).fold(0, |place, (at, length)| place * length + at);
        self.values[place]
    }
}

fn source(file: &str) -> Arc<Source> {
    open(&Path::new(&data()).join(file), MissingChunks::Refuse).unwrap()
}

/// The interval of ascending nodes in which a place lies, and how far in it.
fn within(nodes: &[f64], at: f64) -> (usize, f64) {
    let index = nodes.partition_point(|&node| node <= at).clamp(1, nodes.len() - 1) - 1;
    (index, (at - nodes[index]) / (nodes[index + 1] - nodes[index]))
}

/// The mean of values with these weights, of those that are there.
fn mean(parts: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let there = parts.into_iter().filter(|(value, weight)| !value.is_nan() && *weight > 0.0);
    let (sum, whole) = there.fold((0.0, 0.0), |(sum, whole), (v, w)| (sum + v * w, whole + w));
    sum / whole
}

fn bilinear(
    [i, j]: [usize; 2],
    [a, b]: [f64; 2],
    value: impl Fn(usize, usize) -> f64,
) -> [(f64, f64); 4] {
    [
        (value(i, j), (1.0 - a) * (1.0 - b)),
        (value(i + 1, j), a * (1.0 - b)),
        (value(i, j + 1), (1.0 - a) * b),
        (value(i + 1, j + 1), a * b),
    ]
}

/// That a value is the right one, or both are none.
fn assert_near(found: f32, right: f64, tolerance: f64, what: &str) {
    let found = f64::from(found);
    let near = found.is_nan() && right.is_nan() || (found - right).abs() <= tolerance;
    assert!(near, "{what}: {found} where {right} is right");
}

/// Hours since the first observation.
fn hours(track: &Track, at: usize) -> f64 {
    (track.times[at] - track.times[0]).seconds() / 3600.0
}

/// Packed integers on forty levels, missing at depth, two days apart.
#[test]
fn temperature_and_salinity_between_the_levels_of_ibi() {
    let path = "ibi_packed/ibi-argo-7900573.nc";
    let file = source(path);
    let axis = |name| Numbers::of(&file, name).values;
    let (x, y, z) = (axis("longitude"), axis("latitude"), axis("depth"));
    let span = axis("time")[1] - axis("time")[0];
    let places: Vec<[f64; 3]> = (0..40)
        .map(|k| {
            let part = f64::from(k) / 40.0;
            let along = |nodes: &[f64], part: f64| {
                nodes[0] + (0.1 + 0.8 * part) * (nodes[nodes.len() - 1] - nodes[0])
            };
            let depth = z[0] + 0.9 * part * part * (z[z.len() - 1] - z[0]);
            [along(&x, (7.0 * part).fract()), along(&y, part), depth]
        })
        .collect();
    let names = ["thetao", "so", "zos"];
    let tracks = tracks(path, "vertical = 'fixed'", "'thetao', 'so', 'zos'", &places);
    let mut known = 0;
    for (number, name) in names.into_iter().enumerate() {
        let stored = Numbers::of(&file, name);
        for track in &tracks {
            for at in 0..track.times.len() {
                let ((i, a), (j, b)) = (within(&x, track.x[at]), within(&y, track.y[at]));
                let part = hours(track, at) / span;
                let depth = f64::from(track.depth.as_ref().unwrap()[at]);
                let (k, c) = within(&z, depth.max(z[0]));
                let parts = |t: usize| match name {
                    "zos" => bilinear([i, j], [a, b], |i, j| stored.at(&[t, j, i])).to_vec(),
                    _ => [(k, 1.0 - c), (k + 1, c)]
                        .into_iter()
                        .flat_map(|(k, weight)| {
                            bilinear([i, j], [a, b], |i, j| stored.at(&[t, k, j, i]))
                                .map(|(value, of_point)| (value, weight * of_point))
                        })
                        .collect(),
                };
                let [from, to] = [0, 1].map(|t| mean(parts(t)));
                let right = if part == 0.0 { from } else { from + part * (to - from) };
                let all: Vec<f64> = [0, 1].into_iter().flat_map(parts).map(|(v, _)| v).collect();
                let ends =
                    all.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &v| {
                        [low.min(v), high.max(v)]
                    });
                // Axes are f32, and spaced evenly to its grain; values are rounded to f32 when they are
                // read and when they are written.
                let grain = 2.0 * f64::from(f32::EPSILON) * y[0] / (y[1] - y[0]);
                let tolerance =
                    grain * (ends[1] - ends[0]) + 2.0 * f64::from(f32::EPSILON) * right.abs();
                assert_near(track.samples[number][at], right, tolerance, name);
                known += usize::from(!right.is_nan());
            }
        }
    }
    assert!(known > 300, "{known}");
}

/// A C grid: temperature, sea level and depth at the centres of cells, turned by 64°, with a mask.
#[test]
fn fields_at_the_centres_of_cells_of_roms() {
    let path = "roms_norfjords_sgrid/norfjords_roms_forcing.nc";
    let file = source(path);
    let read = |name| Numbers::of(&file, name);
    let (lon, lat, mask) = (read("lon_rho"), read("lat_rho"), read("mask_rho"));
    let [rows, columns] = [lon.shape[0], lon.shape[1]];
    let times = read("ocean_time").values;
    // Off the nodes, in cells all over the grid.
    let cells = (2..rows - 3).flat_map(|j| (2..columns - 3).map(move |i| [i, j]));
    let places: Vec<[f64; 3]> = cells
        .map(|cell| {
            let at = |of: &Numbers| mean(bilinear(cell, [0.3, 0.6], |i, j| of.at(&[j, i])));
            [at(&lon), at(&lat), 0.0]
        })
        .collect();
    let tracks = tracks(path, "", "'temp', 'zeta', 'h'", &places);
    let fields = ["temp", "zeta", "h"].map(read);
    let mut known = 0;
    for track in &tracks {
        for at in 0..track.times.len() {
            let Some((cell, offset)) = place(&lon, &lat, [track.x[at], track.y[at]]) else {
                continue;
            };
            let seconds = hours(track, at) * 3600.0;
            let before =
                times.partition_point(|time| time - times[0] <= seconds).min(times.len()) - 1;
            let after = (before + 1).min(times.len() - 1);
            let part = match after > before {
                true => (seconds - (times[before] - times[0])) / (times[after] - times[before]),
                false => 0.0,
            };
            for (number, field) in fields.iter().enumerate() {
                let value =
                    |t: usize, i: usize, j: usize| match (mask.at(&[j, i]), field.shape.len()) {
                        (mask, _) if mask < 0.5 => f64::NAN,
                        (_, 4) => field.at(&[t, field.shape[1] - 1, j, i]),
                        (_, 3) => field.at(&[t, j, i]),
                        _ => field.at(&[j, i]),
                    };
                let corners = |t: usize| bilinear(cell, offset, |i, j| value(t, i, j));
                let [from, to] = [before, after].map(|t| mean(corners(t)));
                let right = if part == 0.0 { from } else { from + part * (to - from) };
                let spread = corners(before).map(|(value, _)| value);
                let spread =
                    spread.iter().fold(0.0_f64, |most, value| most.max((value - from).abs()));
                // A cell of 160 m is bilinear in degrees to some 10⁻⁵ of it, as far north as this.
                let tolerance = 1e-4 * spread + 2.0 * f64::from(f32::EPSILON) * right.abs();
                assert_near(track.samples[number][at], right, tolerance, "at the centres");
                known += usize::from(!right.is_nan());
            }
        }
    }
    assert!(known > 300, "{known}");
}

/// The cell of nodes and the place in it, by Newton's method in degrees.
fn place(lon: &Numbers, lat: &Numbers, at: [f64; 2]) -> Option<([usize; 2], [f64; 2])> {
    let [rows, columns] = [lon.shape[0], lon.shape[1]];
    let cells = (0..rows - 1).flat_map(|j| (0..columns - 1).map(move |i| [i, j]));
    cells.into_iter().find_map(|cell| {
        let of = |numbers: &Numbers, [a, b]: [f64; 2]| {
            mean(bilinear(cell, [a, b], |i, j| numbers.at(&[j, i])))
        };
        let corner = |i: usize, j: usize| {
            let index = [cell[1] + j, cell[0] + i];
            [lon.at(&index), lat.at(&index)]
        };
        let [sw, se, nw] = [corner(0, 0), corner(1, 0), corner(0, 1)];
        let (along, across) = ([0, 1].map(|d| se[d] - sw[d]), [0, 1].map(|d| nw[d] - sw[d]));
        let area = along[0] * across[1] - along[1] * across[0];
        let mut offset = [0.5_f64; 2];
        for _ in 0..30 {
            let inside = offset.map(|part| part.clamp(1e-12, 1.0 - 1e-12));
            let off = [at[0] - of(lon, inside), at[1] - of(lat, inside)];
            offset = [
                inside[0] + (off[0] * across[1] - off[1] * across[0]) / area,
                inside[1] + (off[1] * along[0] - off[0] * along[1]) / area,
            ];
        }
        offset.iter().all(|part| (-1e-9..=1.0 + 1e-9).contains(part)).then_some((cell, offset))
    })
}

/// A curvilinear grid on a map, packed, on levels at fixed depths: what is sampled at nodes.
#[test]
fn temperatures_at_the_nodes_of_a_map() {
    let path = "metno_arctic20_zlevels/Arctic20_1to5Feb_2016.nc";
    let file = source(path);
    let read = |name| Numbers::of(&file, name);
    let (lon, lat, z) = (read("longitude"), read("latitude"), read("depth").values);
    let (stored, bottom) = (read("temperature"), read("h"));
    let nodes: Vec<[usize; 2]> = (6..45)
        .step_by(3)
        .flat_map(|j| (6..85).step_by(5).map(move |i| [i, j]))
        .filter(|&[i, j]| !stored.at(&[0, 3, j, i]).is_nan())
        .collect();
    let places: Vec<[f64; 3]> =
        nodes.iter().map(|&[i, j]| [lon.at(&[j, i]), lat.at(&[j, i]), z[3]]).collect();
    let tracks = tracks(path, "vertical = 'fixed'", "'temperature', 'h'", &places);
    assert!(tracks.len() > 60, "{}", tracks.len());
    for (track, &[i, j]) in tracks.iter().zip(&nodes) {
        // A node is found to 10⁻⁹ of a cell, in which temperatures differ by some degrees at most.
        assert_near(track.samples[0][0], stored.at(&[0, 3, j, i]), 1e-6, "temperature");
        assert_near(track.samples[1][0], bottom.at(&[j, i]), 1e-3, "h");
    }
}

/// Triangles: velocities in the middle of faces, temperature at the nodes.
#[test]
fn temperatures_at_the_nodes_of_triangles() {
    let path = "fvcom_sfbofs/tri_grid_example-FVCOM.nc";
    let file = source(path);
    let read = |name| Numbers::of(&file, name);
    let (lon, lat, corners) = (read("lon"), read("lat"), read("nv"));
    let (temperature, depth) = (read("temp"), read("h"));
    let faces: Vec<[usize; 3]> = (0..corners.shape[1])
        .step_by(17)
        .map(|face| [0, 1, 2].map(|corner| corners.at(&[corner, face]) as usize - 1))
        .collect();
    let weights = [0.2, 0.3, 0.5];
    let among = |of: &dyn Fn(usize) -> f64, face: &[usize; 3]| -> f64 {
        face.iter().zip(weights).map(|(&node, weight)| weight * of(node)).sum()
    };
    let places: Vec<[f64; 3]> = faces
        .iter()
        .map(|face| [among(&|n| lon.at(&[n]), face), among(&|n| lat.at(&[n]), face), 0.0])
        .collect();
    let tracks = tracks(path, "", "'temp', 'h'", &places);
    for (track, face) in tracks.iter().zip(&faces) {
        let values = face.map(|node| temperature.at(&[0, 0, node]));
        let spread = values.map(|value| (value - values[0]).abs()).into_iter().fold(0.0, f64::max);
        // Degrees are not the plane of the mesh, by some 10⁻³ of a triangle at most.
        let right = among(&|node| temperature.at(&[0, 0, node]), face);
        assert_near(track.samples[0][0], right, 2e-3 * spread + 1e-5, "temperature");
        let right = among(&|node| depth.at(&[node]), face);
        let spread =
            face.map(|node| (depth.at(&[node]) - right).abs()).into_iter().fold(0.0, f64::max);
        assert_near(track.samples[1][0], right, 2e-3 * spread + 1e-4, "h");
    }
}
