//! Releases from published drifter tables and coastlines.

use std::path::{Path, PathBuf};

use drogue::grid::{EARTH_RADIUS, Mesh};
use drogue::release::{ReleaseError, Released, Releases};
use drogue::scenario::{Area, Layout, Pattern, Release, Spacing};
use drogue::time::{Calendar, CivilTime, Instant};

const SPHERE: Mesh = Mesh::Sphere { radius: EARTH_RADIUS };

fn at(text: &str) -> Instant {
    Calendar::Standard.instant(CivilTime::parse(text).unwrap()).unwrap()
}

/// A run over the first ten days of 2015.
fn plan(pattern: Pattern) -> Result<Releases, ReleaseError> {
    let release = Release::once(pattern);
    Releases::new(&release, SPHERE, Calendar::Standard, at("2015-01-01"), at("2015-01-11"))
}

fn places(releases: &Releases) -> Vec<[f64; 2]> {
    let released = releases.block(0, releases.total() as usize);
    released.iter().map(|particle| [particle.x, particle.y]).collect()
}

fn fault(result: Result<Releases, ReleaseError>) -> String {
    result.expect_err("the release is faulty").to_string()
}

fn test_data(path: &str) -> PathBuf {
    let folder = std::env::var("DROGUE_TEST_DATA")
        .expect("set DROGUE_TEST_DATA to the folder of the test data");
    Path::new(&folder).join(path)
}

/// A table as ERDDAP servers publish it, and one with fractions of seconds and offsets whose buoy
/// lost its position for a while.
#[test]
fn published_drifter_tables_are_read() {
    let read = |path, from, to| {
        let release = Release::once(Pattern::File { path: test_data(path) });
        Releases::new(&release, SPHERE, Calendar::Standard, at(from), at(to))
    };
    let drifter = read("pair_biscay_hycom_gdp/gdp-6203641.csv", "2021-01-01", "2022-01-01");
    let time = at("2021-03-03T18:00");
    let first = Released { id: 0, x: -2.5441, y: 44.6818, depth: None, time };
    assert_eq!(drifter.unwrap().block(0, 1), [first]);
    let buoy = read("drifters_barents/bug05_pos.csv", "2022-01-01", "2023-01-01");
    assert!(fault(buoy).ends_with("row 36, column `Longitude`: the value is missing"));
}

/// The world's land holds 29 % of its surface: so do particles spread evenly over it.
#[test]
fn the_land_of_the_earth_is_filled_with_its_share() {
    let path = test_data("coastline_natural_earth/ne_110m_land.json");
    let spacing = 100_000.0;
    let layout = Layout::Spacing(Spacing::Metres(spacing));
    let releases = plan(Pattern::Polygon { area: Area::File(path.clone()), layout }).unwrap();
    let land = releases.total() as f64 * spacing * spacing;
    assert!((land / 1.47e14 - 1.0).abs() < 0.02, "{land} square metres");
    let layout = Layout::Count(20_000);
    let releases = plan(Pattern::Polygon { area: Area::File(path), layout }).unwrap();
    let particles = places(&releases);
    assert_eq!(particles.len(), 20_000);
    let antarctic = particles.iter().filter(|place| place[1] < -60.0).count() as f64;
    assert!((antarctic / 20_000.0 - 0.083).abs() < 0.01, "{antarctic}");
    let in_box = |west: f64, south: f64, east: f64, north: f64| {
        particles
            .iter()
            .filter(|p| p[0] > west && p[0] < east && p[1] > south && p[1] < north)
            .count()
    };
    assert_eq!(in_box(-150.0, -50.0, -100.0, 10.0), 0, "the South Pacific is sea");
    assert!(in_box(5.0, 15.0, 15.0, 25.0) > 100, "the Sahara is land");
}
