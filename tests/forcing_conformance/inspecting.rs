//! `drogue inspect` takes what a scenario says of a dataset.

use assert_cmd::Command;
use drogue::forcing::Attribute;
use netcdf_writer::NcWriteFormat;
use tempfile::TempDir;

use crate::sample::Sample;
use crate::write;

fn inspect(path: &std::path::Path, options: &[&str]) -> (bool, String) {
    let output =
        Command::cargo_bin("drogue").unwrap().arg("inspect").arg(path).args(options).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}

#[test]
fn variables_and_kinds_can_be_named() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("both.nc");
    let mut sample = Sample::new();
    for (current, wind, standard_name) in
        [("uo", "u10", "eastward_wind"), ("vo", "v10", "northward_wind")]
    {
        let mut made = sample.get(current).clone();
        made.variable.name = wind.to_owned();
        let standard_name = Attribute::Text(standard_name.to_owned());
        made.variable.attributes.0.insert("standard_name".to_owned(), standard_name);
        sample.0.push(made);
    }
    write::netcdf(&path, &sample, NcWriteFormat::Classic);
    for (options, expected) in [
        (&[][..], Some("u: uo")),
        (&["--kind", "wind"], Some("u: u10")),
        (&["--kind", "stokes"], None),
        (&["--u", "u10", "--v", "v10"], Some("u: u10 (named by the scenario)")),
        (&["--u", "u10"], None),
        (&["--lon", "longitude", "--lat", "latitude", "--time", "time"], Some("u: uo")),
        (&["--x", "longitude", "--y", "latitude", "--mesh", "sphere"], Some("u: uo")),
        (&["--kind", "wind", "--height", "10"], Some("height 10 m has no effect")),
        (&["--height", "10", "--depth", "10"], None),
        (&["--lon", "latitude"], None),
        (&["--lat", "nowhere"], None),
        (&["--time", "nowhere"], None),
        (&["--mesh", "flat"], None),
        (&["--mesh", "round"], None),
    ] {
        let (usable, text) = inspect(&path, options);
        assert_eq!(usable, expected.is_some(), "{options:?}: {text}");
        assert!(text.contains(expected.unwrap_or_default()), "{options:?}: {text}");
    }
}

#[test]
fn missing_chunks_can_be_fill_values() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("sparse.zarr");
    write::zarr_v2(&path, &Sample::new(), &serde_json::Value::Null, '<');
    std::fs::remove_file(path.join("vo/0.0.0")).unwrap();
    assert!(!inspect(&path, &[]).0);
    assert!(!inspect(&path, &["--missing-chunks", "refuse"]).0);
    let (usable, text) = inspect(&path, &["--missing-chunks", "fill"]);
    assert!(usable, "{text}");
}
