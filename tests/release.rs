//! Releases through the public surface: positions, times, files and their faults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use drogue::grid::{Axis, EARTH_RADIUS, Grid, Mesh};
use drogue::release::{ReleaseError, Released, Releases};
use drogue::scenario::{Area, Layout, Pattern, Release, Spacing};
use drogue::time::{Calendar, CivilTime, Instant, Span};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

const SPHERE: Mesh = Mesh::Sphere { radius: EARTH_RADIUS };

fn at(text: &str) -> Instant {
    Calendar::Standard.instant(CivilTime::parse(text).unwrap()).unwrap()
}

/// A run over the first ten days of 2015.
fn plan_on(mesh: Mesh, release: &Release) -> Result<Releases, ReleaseError> {
    Releases::new(release, mesh, Calendar::Standard, at("2015-01-01"), at("2015-01-11"))
}

fn plan(pattern: Pattern) -> Result<Releases, ReleaseError> {
    plan_on(SPHERE, &Release::once(pattern))
}

fn all(releases: &Releases) -> Vec<Released> {
    releases.block(0, releases.total() as usize)
}

fn places(releases: &Releases) -> Vec<[f64; 2]> {
    all(releases).iter().map(|particle| [particle.x, particle.y]).collect()
}

fn fault(result: Result<Releases, ReleaseError>) -> String {
    result.expect_err("the release is faulty").to_string()
}

/// A grid that knows the distance between points.
fn sphere() -> Grid {
    let axis = || Axis::new(vec![0.0, 1.0]).unwrap();
    Grid::new(SPHERE, axis(), axis()).unwrap()
}

/// A folder that lasts as long as the test, and a file in it.
fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn read(path: &Path) -> Result<Releases, ReleaseError> {
    plan(Pattern::File { path: path.to_owned() })
}

#[test]
fn a_point_releases_all_at_one_place_and_time() {
    let mut release = Release::once(Pattern::Point { x: -4.5, y: 48.0, count: 3 });
    release.depth = Some(10.0);
    let particles = all(&plan_on(SPHERE, &release).unwrap());
    for (id, particle) in particles.iter().enumerate() {
        let time = at("2015-01-01");
        let depth = Some(10.0);
        assert_eq!(*particle, Released { id: id as u64, x: -4.5, y: 48.0, depth, time });
    }
    assert_eq!(particles.len(), 3);
}

#[test]
fn points_keep_their_order() {
    let pattern = Pattern::Points { x: vec![3.0, 1.0, 2.0], y: vec![0.0, 5.0, -5.0] };
    assert_eq!(places(&plan(pattern).unwrap()), [[3.0, 0.0], [1.0, 5.0], [2.0, -5.0]]);
}

#[test]
fn a_line_has_a_particle_at_either_end() {
    let line = |from, to, count| Pattern::Line { from, to, count };
    let plain = plan(line([0.0, 40.0], [4.0, 42.0], 5)).unwrap();
    assert_eq!(places(&plain), [[0.0, 40.0], [1.0, 40.5], [2.0, 41.0], [3.0, 41.5], [4.0, 42.0]]);
    let crossing = plan(line([170.0, 0.0], [-170.0, 0.0], 3)).unwrap();
    assert_eq!(places(&crossing), [[170.0, 0.0], [180.0, 0.0], [190.0, 0.0]]);
    let westward = plan(line([-170.0, 0.0], [170.0, 0.0], 3)).unwrap();
    assert_eq!(places(&westward), [[-170.0, 0.0], [-180.0, 0.0], [-190.0, 0.0]]);
    assert_eq!(places(&plan(line([1.0, 2.0], [3.0, 4.0], 1)).unwrap()), [[1.0, 2.0]]);
}

#[test]
fn repetitions_continue_the_numbers() {
    let mut release = Release::once(Pattern::Points { x: vec![1.0, 2.0], y: vec![0.0, 0.0] });
    release.every = Some(Span::from_seconds(86_400.0));
    release.start = Some(CivilTime::parse("2015-01-05").unwrap());
    release.end = Some(CivilTime::parse("2015-01-07").unwrap());
    let particles = all(&plan_on(SPHERE, &release).unwrap());
    assert_eq!(particles.len(), 6);
    for (index, particle) in particles.iter().enumerate() {
        assert_eq!(particle.id, index as u64);
        assert_eq!(particle.x, [1.0, 2.0][index % 2]);
        assert_eq!(particle.time, at(["2015-01-05", "2015-01-06", "2015-01-07"][index / 2]));
    }
}

#[test]
fn a_backward_run_releases_from_late_to_early() {
    let mut release = Release::once(Pattern::Point { x: 0.0, y: 0.0, count: 1 });
    release.every = Some(Span::from_seconds(5.0 * 86_400.0));
    let (start, end) = (at("2015-01-11"), at("2015-01-01"));
    let releases = Releases::new(&release, SPHERE, Calendar::Standard, start, end).unwrap();
    let times: Vec<_> = all(&releases).iter().map(|particle| particle.time).collect();
    assert_eq!(times, [at("2015-01-11"), at("2015-01-06")]);
}

#[test]
fn a_hundred_million_particles_are_read_anywhere() {
    let layout = Layout::Count(100_000_000);
    let pattern = Pattern::Grid { x: [-5.0, 5.0], y: [40.0, 45.0], layout };
    let releases = plan(pattern).unwrap();
    assert_eq!(releases.total(), 100_000_000);
    let last = releases.block(99_999_990, 1000);
    assert_eq!(last.len(), 10);
    assert_eq!(last[9].id, 99_999_999);
    assert!(releases.block(100_000_000, 10).is_empty());
    assert!(releases.block(u64::MAX, 10).is_empty());
}

#[test]
fn no_place_exceeds_the_box_by_rounding() {
    let layout = Layout::Spacing(Spacing::Degrees(0.1));
    let releases = plan(Pattern::Grid { x: [0.0, 0.3], y: [89.7, 90.0], layout }).unwrap();
    assert_eq!(releases.total(), 16);
    assert!(places(&releases).iter().all(|[x, y]| *x <= 0.3 && *y <= 90.0));
}

#[test]
fn csv_rows_are_particles() {
    let text = "Name,Latitude,LONGITUDE,Depth,time\n\
                a,48.5,-4.5,0,2015-01-02T00:00:00Z\n\
                b,49.0,-5.25,12.5,2015-01-03 06:00\n";
    let (_folder, path) = file("drifters.csv", text);
    let particles = all(&read(&path).unwrap());
    let particle =
        |id, x, y, depth, time| Released { id, x, y, depth: Some(depth), time: at(time) };
    let expected = [
        particle(0, -4.5, 48.5, 0.0, "2015-01-02"),
        particle(1, -5.25, 49.0, 12.5, "2015-01-03T06:00"),
    ];
    assert_eq!(particles, expected);
}

#[test]
fn a_line_of_units_is_not_a_particle() {
    let text = "time,latitude,longitude\nUTC,degrees_north,degrees_east\n2015-01-02,44.5,-2.5\n";
    let (_folder, path) = file("erddap.csv", text);
    assert_eq!(places(&read(&path).unwrap()), [[-2.5, 44.5]]);
}

#[test]
fn on_a_plane_x_and_y_are_preferred() {
    let (_folder, path) = file("both.csv", "lon,lat,x,y\n1,2,1000,2000\n");
    let release = Release::once(Pattern::File { path });
    assert_eq!(places(&plan_on(SPHERE, &release).unwrap()), [[1.0, 2.0]]);
    assert_eq!(places(&plan_on(Mesh::Flat, &release).unwrap()), [[1000.0, 2000.0]]);
}

#[test]
fn bad_rows_are_named() {
    let cases = [
        ("a.csv", "lon,lat\n1,2\n3,north\n", "row 2, column `lat`: `north` is not a number"),
        ("a.csv", "lon,lat\n1,2\n3\n", "not a proper CSV table"),
        ("a.csv", "lon,lat\n1,2\nnan,3\n", "row 2: (NaN, 3) is no position: both coordinates"),
        ("a.csv", "lon,lat\n1,95\n", "row 1: (1, 95) is no position: the latitude lies beyond"),
        ("a.csv", "lon,lat\n1e9,5\n", "more than two circles away"),
        ("a.csv", "lon,lat,depth\n1,2,-3\n", "row 1, column `depth`: -3 is no depth"),
        ("a.csv", "lon,lat,depth\n1,2,\n", "row 1, column `depth`: the value is missing"),
        ("a.csv", "lon,lat,time\n1,2,noon\n", "row 1, column `time`: `noon` is not a time"),
        ("a.csv", "lon,lat,time\n1,2,+1\u{e9}a\n", "is not a time"),
        ("a.csv", "lon,lat,time\n1,2,2015-02-30\n", "2015-02-30T00:00:00Z does not exist"),
        ("a.csv", "lon,lat,time\n1,2,2014-12-31\n", "row 1: the particle starts at 2014-12-31"),
        ("a.csv", "lon,lat,time\n1,2,2015-01-11\n", "the run goes from 2015-01-01T00:00:00Z to"),
        ("a.csv", "lon;lat\n1;2\n", "no column for the longitude (or x): name it lon, longitude"),
        ("a.csv", "lon,time\n1,2\n", "no column for the latitude (or y)"),
        ("a.csv", "lon,lat\n", "a.csv holds no particle"),
        ("a.csv", "", "no column"),
        ("a.xlsx", "", "particles are read from .csv, .parquet and .geojson files"),
        ("a.parquet", "lon,lat\n1,2\n", "not a proper Parquet table"),
        ("a.geojson", "lon,lat\n1,2\n", "not GeoJSON"),
    ];
    for (name, text, expected) in cases {
        let (_folder, path) = file(name, text);
        let message = fault(read(&path));
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    assert!(fault(read(Path::new("no/such.csv"))).starts_with("cannot read no/such.csv"));
}

#[test]
fn a_file_and_the_scenario_do_not_say_the_same() {
    let (_folder, path) = file("a.csv", "lon,lat,depth,time\n1,2,0,2015-01-02\n");
    let once = Release::once(Pattern::File { path });
    let depth = Release { depth: Some(1.0), ..once.clone() };
    let start = Release { start: CivilTime::parse("2015-01-02").ok(), ..once.clone() };
    let every = Release { every: Some(Span::from_seconds(3600.0)), ..once.clone() };
    assert!(plan_on(SPHERE, &once).is_ok());
    for (release, key) in [(depth, "`depth`"), (start, "`start`"), (every, "`every`")] {
        assert!(fault(plan_on(SPHERE, &release)).contains(key));
    }
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("particles.parquet");
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let output = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(output, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

#[test]
fn parquet_rows_are_particles() {
    let nanoseconds = [at("2015-01-02"), at("2015-01-03")].map(|time| time.0 * 1000);
    let (_folder, path) = parquet(vec![
        ("other", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef),
        ("time", Arc::new(TimestampNanosecondArray::from(nanoseconds.to_vec()))),
        ("y", Arc::new(Float32Array::from(vec![48.5, 49.25]))),
        ("X", Arc::new(Float64Array::from(vec![-4.5, -5.1]))),
        ("depth", Arc::new(Int64Array::from(vec![0, 20]))),
    ]);
    let particles = all(&read(&path).unwrap());
    assert_eq!(places(&read(&path).unwrap()), [[-4.5, 48.5], [-5.1, 49.25]]);
    assert_eq!(particles[1].depth, Some(20.0));
    assert_eq!(particles[1].time, at("2015-01-03"));
}

#[test]
fn parquet_times_may_be_texts_and_bad_rows_are_named() {
    let table = |lon: ArrayRef, time: ArrayRef| {
        let lat = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        parquet(vec![("lon", lon), ("lat", lat), ("time", time)])
    };
    let numbers = || Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef;
    let texts = |texts: [Option<&str>; 2]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let good = [Some("2015-01-02"), Some("2015-01-03")];

    let (_folder, path) = table(numbers(), texts(good));
    assert_eq!(all(&read(&path).unwrap())[1].time, at("2015-01-03"));
    for (lon, time, expected) in [
        (numbers(), texts([good[0], None]), "row 2, column `time`: the value is missing"),
        (numbers(), texts([good[0], Some("x")]), "row 2, column `time`: `x` is not a time"),
        (numbers(), numbers(), "expected timestamps or texts"),
        (texts(good), texts(good), "column `lon`: expected numbers, the column holds Utf8"),
        (
            Arc::new(Float64Array::from(vec![None, Some(1.0)])),
            texts(good),
            "row 1, column `lon`: the value is missing",
        ),
    ] {
        let (_folder, path) = table(lon, time);
        let message = fault(read(&path));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn geojson_points_are_particles() {
    let text = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"depth": 5, "time": "2015-01-02"},
         "geometry": {"type": "Point", "coordinates": [-4.5, 48.5]}},
        {"type": "Feature", "properties": {"depth": 0.5, "time": "2015-01-03"},
         "geometry": {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4, 0]]}}]}"#;
    let (_folder, path) = file("points.geojson", text);
    let releases = read(&path).unwrap();
    assert_eq!(places(&releases), [[-4.5, 48.5], [1.0, 2.0], [3.0, 4.0]]);
    let particles = all(&releases);
    assert_eq!([particles[0].depth, particles[2].depth], [Some(5.0), Some(0.5)]);
    assert_eq!(particles[2].time, at("2015-01-03"));

    for (before, after, expected) in [
        ("[3, 4, 0]", "[3, 4, -10]", "row 2, column `geometry`: the third coordinate is a height"),
        ("\"depth\": 0.5", "\"depth\": \"deep\"", "row 2, column `depth`: expected a number"),
        (", \"time\": \"2015-01-03\"", "", "row 2, column `time`: expected a text"),
        ("MultiPoint", "LineString", "row 2, column `geometry`: a LineString is no particle"),
    ] {
        let (_folder, path) = file("points.geojson", &text.replace(before, after));
        let message = fault(read(&path));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn geojson_areas_are_filled() {
    let square = |west: f64| {
        let east = west + 1.0;
        format!("[[[{west},0],[{east},0],[{east},1],[{west},1],[{west},0]]]")
    };
    let text = format!(
        r#"{{"type": "FeatureCollection", "features": [
        {{"type": "Feature", "properties": null,
          "geometry": {{"type": "Polygon", "coordinates": {}}}}},
        {{"type": "Feature", "properties": null,
          "geometry": {{"type": "MultiPolygon", "coordinates": [{}, {}]}}}}]}}"#,
        square(0.0),
        square(5.0),
        square(7.0)
    );
    let (_folder, path) = file("area.geojson", &text);
    let layout = Layout::Spacing(Spacing::Degrees(0.25));
    let releases = plan(Pattern::Polygon { area: Area::File(path), layout }).unwrap();
    assert_eq!(releases.total(), 3 * 16);
    let wests = places(&releases).iter().map(|place| place[0].floor()).collect::<Vec<_>>();
    assert_eq!(wests.iter().filter(|&&west| west == 5.0).count(), 16);

    for (text, expected) in [
        (r#"{"type": "Point", "coordinates": [1, 2]}"#, "it holds a Point"),
        (r#"{"type": "FeatureCollection", "features": []}"#, "it holds no polygon"),
        (r#"{"type": "Polygon", "coordinates": [[[0,0],[1,0],[0,99],[0,0]]]}"#, "(0, 99) is no"),
        (r#"{"type": "Polygon", "coordinates": []}"#, "three corners at least"),
    ] {
        let (_folder, path) = file("area.geojson", text);
        let area = Area::File(path);
        let message = fault(plan(Pattern::Polygon { area, layout }));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn what_cannot_be_released_is_a_sentence() {
    let point = |x, y, count| Pattern::Point { x, y, count };
    for (pattern, expected) in [
        (point(0.0, 91.0, 1), "the point of release: (0, 91) is no position"),
        (point(f64::NAN, 0.0, 1), "both coordinates must be finite"),
        (point(0.0, 0.0, 0), "`count` must be 1 or more"),
        (point(0.0, 0.0, u64::MAX), "more than can be numbered"),
        (Pattern::Points { x: vec![1.0], y: vec![] }, "1 longitudes and 0 latitudes"),
        (Pattern::Points { x: vec![], y: vec![] }, "it holds no particle"),
        (Pattern::Disc { x: 0.0, y: 0.0, radius: f64::INFINITY, count: 5 }, "inf m is no radius"),
        (
            Pattern::Grid { x: [-200.0, 200.0], y: [0.0, 1.0], layout: Layout::Count(5) },
            "more than a circle",
        ),
        (Pattern::Grid { x: [0.0, 1.0], y: [1.0, 0.0], layout: Layout::Count(5) }, "inside out"),
        (
            Pattern::Grid {
                x: [0.0, 1.0],
                y: [0.0, 1.0],
                layout: Layout::Spacing(Spacing::Metres(0.0)),
            },
            "too many: make it larger",
        ),
    ] {
        let message = fault(plan(pattern.clone()));
        assert!(message.contains(expected), "{pattern:?}: {message}");
    }
    let mut release = Release::once(point(0.0, 0.0, 1 << 52));
    release.every = Some(Span::from_seconds(3600.0));
    assert!(fault(plan_on(SPHERE, &release)).contains("released 240 times, are more than"));
    release.depth = Some(f64::NAN);
    assert!(fault(plan_on(SPHERE, &release)).contains("NaN is no depth"));
    release.depth = None;
    release.start = CivilTime::parse("2015-02-30").ok();
    assert!(fault(plan_on(SPHERE, &release)).contains("`start` of the release: 2015-02-30"));
}

proptest! {
    #[test]
    fn a_block_does_not_depend_on_how_it_is_asked_for(
        count in 1_u64..200, repeats in 1_u64..4, size in 1_usize..50
    ) {
        let layout = Layout::Count(count);
        let mut release =
            Release::once(Pattern::Grid { x: [-5.0, 5.0], y: [40.0, 45.0], layout });
        release.every = Some(Span(10 * 86_400_000_000 / repeats as i64 + 1));
        let releases = plan_on(SPHERE, &release).unwrap();
        prop_assert_eq!(releases.total(), count * repeats);
        let whole = all(&releases);
        let pieces: Vec<_> =
            (0..releases.total()).step_by(size).flat_map(|id| releases.block(id, size)).collect();
        prop_assert_eq!(&whole, &pieces);
        prop_assert!(whole.iter().zip(0..).all(|(particle, id)| particle.id == id));
    }

    #[test]
    fn a_grid_meets_its_count_within_its_box(
        west in -180.0..180.0, width in 0.0..180.0, south in -90.0..80.0, height in 0.0..10.0,
        count in 1_u64..3000
    ) {
        let layout = Layout::Count(count);
        let (east, north) = (west + width, south + height);
        let releases = plan(Pattern::Grid { x: [west, east], y: [south, north], layout }).unwrap();
        let places = places(&releases);
        prop_assert_eq!(places.len() as u64, count);
        for [x, y] in places {
            prop_assert!((west..=east).contains(&x) && (south..=north).contains(&y), "{} {}", x, y);
        }
    }

    #[test]
    fn a_disc_meets_its_count_within_its_radius(
        x in -180.0..180.0, y in -90.0..=90.0, radius in 1.0..1e6, count in 1_u64..2000
    ) {
        let places = places(&plan(Pattern::Disc { x, y, radius, count }).unwrap());
        prop_assert_eq!(places.len() as u64, count);
        let sphere = sphere();
        for place in places {
            prop_assert!(sphere.distance([x, y], place) <= radius * (1.0 + 1e-6));
        }
        let release = Release::once(Pattern::Disc { x, y, radius, count });
        for particle in all(&plan_on(Mesh::Flat, &release).unwrap()) {
            prop_assert!((particle.x - x).hypot(particle.y - y) <= radius * (1.0 + 1e-9));
        }
    }

    /// A triangle is convex, so that its inside is on the left of all sides.
    #[test]
    fn a_polygon_meets_its_count_within_its_sides(
        corners in prop::array::uniform3((-1000.0..1000.0, -1000.0..1000.0)), count in 1_u64..2000
    ) {
        let mut corners = corners.map(|(x, y)| [x, y]);
        let left = |a: [f64; 2], b: [f64; 2], p: [f64; 2]| {
            (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
        };
        let twice_area = left(corners[0], corners[1], corners[2]);
        prop_assume!(twice_area.abs() > 20_000.0);
        if twice_area < 0.0 {
            corners.swap(0, 1);
        }
        let pattern = Pattern::Polygon {
            area: Area::Points(corners.to_vec()),
            layout: Layout::Count(count),
        };
        let places = places(&plan_on(Mesh::Flat, &Release::once(pattern)).unwrap());
        prop_assert_eq!(places.len() as u64, count);
        for place in places {
            for side in 0..3 {
                prop_assert!(left(corners[side], corners[(side + 1) % 3], place) > -1e-6);
            }
        }
    }
}
