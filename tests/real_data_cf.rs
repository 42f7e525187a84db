//! How real files of many models and agencies are interpreted, and which are refused and why.

use std::path::PathBuf;
use std::sync::Arc;

use drogue::forcing::cf::{
    AxisVariable, CfError, Choice, Component, FoundBy, Horizontal, Interpretation, MeshChoice,
    NodesVariables, Role, Unserved, VelocityKind, interpret,
};
use drogue::forcing::{Catalogue, MissingChunks, Slab, Source, open};
use drogue::grid::{Arrangement, EARTH_RADIUS, MISSING, Mesh, Pointing, Points};
use drogue::time::Calendar;

fn opened(file: &str) -> Arc<Source> {
    let root = std::env::var("DROGUE_TEST_DATA")
        .expect("set DROGUE_TEST_DATA to the directory of the test data");
    let path = PathBuf::from(root).join(file);
    open(&path, MissingChunks::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The files as one dataset, their variables side by side.
fn interpreted(files: &[&str], choice: &Choice) -> Result<Interpretation, CfError> {
    let formats: Vec<_> = files.iter().map(|file| opened(file)).collect();
    let mut merged = Catalogue::default();
    for format in &formats {
        for variable in &format.catalogue().variables {
            if merged.variable(&variable.name).is_none() {
                merged.variables.push(variable.clone());
            }
        }
    }
    let read = |name: &str| {
        let holder = formats.iter().find(|format| format.catalogue().variable(name).is_some());
        let holder = holder.ok_or("no such variable")?;
        holder.read_numbers(name).map_err(|error| error.to_string())
    };
    interpret(&merged, &read, choice)
}

fn served(files: &[&str]) -> Interpretation {
    interpreted(files, &Choice::default()).unwrap_or_else(|error| panic!("{files:?}: {error}"))
}

fn refused(files: &[&str]) -> CfError {
    match interpreted(files, &Choice::default()) {
        Ok(found) => panic!("{files:?} was taken for {found:?}"),
        Err(error) => error,
    }
}

fn first_and_last(found: &Interpretation) -> [String; 2] {
    let times = &found.time.times;
    [times[0], times[times.len() - 1]].map(|at| found.time.calendar.format(at))
}

fn names(found: &Interpretation) -> [&str; 2] {
    [&found.u.variable, &found.v.variable]
}

/// The axes of a rectilinear grid.
fn axes(found: &Interpretation) -> [&AxisVariable; 2] {
    found.horizontal.axes().expect("it has axes")
}

/// All decoded values of a component's first time.
fn first_field(file: &str, component: &Component, level: u64) -> Vec<f32> {
    let format = opened(file);
    let shape = format.variable(&component.variable).unwrap().shape.clone();
    let ranges = component.roles.iter().zip(&shape).map(|(role, &length)| match role {
        Role::Time | Role::Single => (0, 1),
        Role::Level => (level, 1),
        Role::X | Role::Y => (0, length),
    });
    let (start, count) = ranges.unzip();
    let fetched =
        pollster::block_on(format.fetch(&component.variable, &Slab { start, count })).unwrap();
    component.packing.unpack(&format.decode(fetched).unwrap()).unwrap()
}

/// The greatest speed of the values that are there, and which part is not.
fn greatest_and_missing(values: &[f32]) -> (f32, f64) {
    let there = values.iter().filter(|&&v| v != MISSING);
    let missing = values.len() - there.clone().count();
    (there.fold(0.0, |a, b| a.max(b.abs())), missing as f64 / values.len() as f64)
}

#[test]
fn currents_without_units_on_their_axes() {
    let file = "wa_coast_currents_wind/gridded_current.nc";
    let found = served(&[file]);
    assert_eq!(names(&found), ["water_u", "water_v"]);
    assert_eq!(found.u.found_by, FoundBy::StandardName);
    assert_eq!(found.mesh, Mesh::Sphere { radius: EARTH_RADIUS });
    assert_eq!(found.u.roles, [Role::Time, Role::Y, Role::X]);
    assert_eq!((axes(&found)[0].nodes.len(), axes(&found)[1].nodes.len()), (26, 52));
    assert!(!axes(&found)[0].flipped && !axes(&found)[1].flipped);
    assert_eq!(first_and_last(&found), ["2023-03-02T12:00:00Z", "2023-03-04T12:00:00Z"]);
    assert!(found.notes.iter().any(|note| note == "`lon` has no units: taken as degrees"));
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.u, 0));
    assert!(greatest < 2.0 && (missing - 0.34).abs() < 0.02, "{greatest} {missing}");
}

#[test]
fn wind_with_a_dangling_grid_mapping_and_hour_since() {
    let found = served(&["wa_coast_currents_wind/gridded_wind.nc"]);
    assert_eq!(names(&found), ["air_u", "air_v"]);
    assert_eq!(first_and_last(&found), ["2023-03-02T00:00:00Z", "2023-03-04T00:00:00Z"]);
}

#[test]
fn zarr_reads_as_the_netcdf_that_it_was_made_from() {
    let file = "wa_coast_currents_wind/gridded_current.nc";
    let netcdf = served(&[file]);
    for store in ["zarr_DERIVED/wa_current_v2.zarr", "zarr_DERIVED/wa_current_v3.zarr"] {
        let zarr = served(&[store]);
        assert_eq!(zarr.horizontal, netcdf.horizontal);
        assert_eq!((&zarr.time, &zarr.u.roles), (&netcdf.time, &netcdf.u.roles));
        assert_eq!(first_field(store, &zarr.v, 0), first_field(file, &netcdf.v, 0));
    }
}

#[test]
fn hourly_currents_with_f32_times() {
    let found = served(&["cmems_channel_hourly_era5/cmems_glo12_hourly_channel.nc"]);
    assert_eq!(found.u.roles, [Role::Time, Role::Level, Role::Y, Role::X]);
    assert_eq!(first_and_last(&found), ["2026-02-24T00:00:00Z", "2026-02-25T00:00:00Z"]);
    let level = found.level.as_ref().unwrap();
    assert!(level.index == 0 && (level.depth.unwrap() - 0.494).abs() < 1e-3);
    // Whole hours are exact in f32: there was nothing to round.
    assert!(found.notes.iter().all(|note| !note.contains("rounded")), "{:?}", found.notes);
}

#[test]
fn wind_with_time_last_and_latitude_descending() {
    let found = served(&["cmems_channel_hourly_era5/era5_wind_time_last.nc"]);
    assert_eq!(names(&found), ["x_wind", "y_wind"]);
    assert_eq!(found.u.roles, [Role::Y, Role::X, Role::Time]);
    assert_eq!(found.time.name.as_deref(), Some("time"));
    assert!(axes(&found)[1].flipped && !axes(&found)[0].flipped);
    assert_eq!(first_and_last(&found), ["2026-02-24T00:00:00Z", "2026-02-25T12:00:00Z"]);
}

#[test]
fn forecasts_by_start_and_lead_time_are_refused() {
    let error = refused(&["cmems_channel_hourly_era5/era5_cds_forecast_dims.nc"]);
    assert!(matches!(error, CfError::Unserved(Unserved::TwoTimes { .. })), "{error}");
}

#[test]
fn packed_currents_on_four_levels() {
    let file = "cmems_glorys_packed_daily/glorys12_int16_channel.nc";
    let found = served(&[file]);
    assert_eq!(names(&found), ["uo", "vo"]);
    assert_eq!(found.level.as_ref().unwrap().index, 0);
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.u, 0));
    assert!((0.5..2.7).contains(&greatest) && (0.4..0.5).contains(&missing));
    for (depth, index) in [(0.0, 0), (1.2, 1), (3.0, 2), (4.3, 3)] {
        let choice = Choice { depth: Some(depth), ..Choice::default() };
        let level = interpreted(&[file], &choice).unwrap().level.unwrap();
        assert_eq!(level.index, index, "{depth} m");
    }
    let deep = Choice { depth: Some(50.0), ..Choice::default() };
    let error = interpreted(&[file], &deep).unwrap_err();
    assert!(matches!(error, CfError::NoLevel { depth: 50.0, .. }), "{error}");
}

#[test]
fn currents_beside_ice_and_surface_fields() {
    let file = "cmems_glorys_nan_daily/glorys12_nan_20151116.nc";
    let found = served(&[file]);
    assert_eq!(names(&found), ["uo", "vo"]);
    assert_eq!(first_and_last(&found), ["2015-11-16T00:00:00Z", "2015-11-18T00:00:00Z"]);
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.v, 0));
    assert!(greatest < 2.3 && (0.05..0.6).contains(&missing), "{greatest} {missing}");
}

#[test]
fn forty_levels_in_netcdf_3() {
    let file = "ibi_packed/ibi-argo-7900573.nc";
    let choice = Choice { depth: Some(1000.0), ..Choice::default() };
    let level = interpreted(&[file], &choice).unwrap().level.unwrap();
    assert!((level.depth.unwrap() - 1000.0).abs() < 100.0 && level.index > 25, "{level:?}");
    assert_eq!(served(&[file]).level.unwrap().index, 0);
}

#[test]
fn wind_with_valid_time_and_unknown_standard_names() {
    let found = served(&["era5_wind_120h/era5_20250101_20250105.nc"]);
    assert_eq!((names(&found), found.time.times.len()), (["u10", "v10"], 120));
    assert_eq!(found.u.found_by, FoundBy::Name);
    assert!(axes(&found)[1].flipped && axes(&found)[1].nodes[0] < -70.0);
    assert_eq!(first_and_last(&found), ["2025-01-01T00:00:00Z", "2025-01-05T23:00:00Z"]);
}

#[test]
fn a_staggered_model_written_on_one_grid_is_served() {
    let file = "mars2d_iroise_tide/mars2d.xyt.nc";
    let found = served(&[file]);
    assert_eq!((names(&found), found.time.times.len()), (["u", "v"], 24));
    assert_eq!(first_and_last(&found), ["2008-08-15T00:00:00Z", "2008-08-15T23:00:00Z"]);
    // Land is declared by missing_value alone.
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.u, 0));
    assert!(greatest < 3.0 && missing > 0.01, "{greatest} {missing}");
}

#[test]
fn components_in_two_files() {
    let [u, v] =
        ["uas", "vas"].map(|name| format!("global_wind_uas_vas/{name}_rectilinear_grid_2D.nc"));
    let found = served(&[&u, &v]);
    assert_eq!((names(&found), axes(&found)[0].nodes.len()), (["uas", "vas"], 192));
    assert_eq!(first_and_last(&found), ["2005-01-16T12:00:00Z", "2005-12-16T12:00:00Z"]);
    let error = refused(&[&u]);
    let CfError::NoVelocity { found, .. } = &error else { panic!("{error}") };
    assert!(found.contains("`uas`") && found.contains("northward_wind"), "{found}");
}

#[test]
fn one_day_of_the_globe() {
    let file = "duacs_nrt_global/nrt_global_allsat_phy_l4_20190223_20190226.nc";
    let found = served(&[file]);
    assert_eq!(names(&found), ["ugos", "vgos"]);
    assert_eq!(first_and_last(&found)[0], "2019-02-23T00:00:00Z");
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.u, 0));
    assert!(greatest < 5.0 && (0.42..0.47).contains(&missing), "{greatest} {missing}");
}

#[test]
fn days_since_year_one() {
    let found = served(&["gfs_grads_wind/gfs_wind.nc"]);
    assert_eq!(names(&found), ["ugrd10m", "vgrd10m"]);
    assert_eq!(found.time.calendar, Calendar::ProlepticGregorian);
    assert_eq!(first_and_last(&found), ["2021-09-02T12:00:00Z", "2021-09-02T18:00:00Z"]);
    assert!(found.notes.iter().any(|note| note == "`ugrd10m` has no units: taken as m/s"));
}

#[test]
fn floats_with_a_scale_and_a_range_in_packed_numbers() {
    let file = "hfradar_maracoos/hfr_rtv_midatl_6km_oi_maracoos_2022_02_21_1200.nc";
    let found = served(&[file]);
    assert_eq!(found.level.as_ref().unwrap().depth, Some(0.0));
    assert_eq!(first_and_last(&found)[0], "2022-02-21T12:00:00Z");
    let (greatest, missing) = greatest_and_missing(&first_field(file, &found.u, 0));
    assert!((0.1..3.0).contains(&greatest) && (0.8..0.9).contains(&missing));
    let deep = Choice { depth: Some(15.0), ..Choice::default() };
    assert!(matches!(interpreted(&[file], &deep), Err(CfError::NoLevel { .. })));
}

#[test]
fn single_times_as_scalars() {
    for (file, u) in [("test_wind_2020-01-04.nc", "u10"), ("test_waves_2020-01-04.nc", "ust")] {
        let file = format!("nemo_mercator_med_set/{file}");
        let found = served(&[&file]);
        assert_eq!((found.u.variable.as_str(), found.time.times.len()), (u, 1));
        assert_eq!(found.u.roles, [Role::Y, Role::X]);
        assert!(axes(&found)[1].flipped);
        assert_eq!(first_and_last(&found)[0], "2020-01-04T00:00:00Z");
        let (greatest, _) = greatest_and_missing(&first_field(&file, &found.u, 0));
        assert!((0.05..35.0).contains(&greatest), "{greatest}");
    }
}

#[test]
fn waves_without_velocities() {
    for (file, wave) in [("ERA5_DutchCoast.nc", "mwd"), ("CMEMS_DutchCoast_2017-10-28.nc", "VMDR")]
    {
        let error = refused(&[&format!("waves_north_sea/{file}")]);
        let CfError::NoVelocity { candidates, .. } = &error else { panic!("{error}") };
        assert!(candidates.iter().any(|name| name == wave), "{candidates:?}");
    }
}

#[test]
fn staggered_grids_are_refused_where_their_cells_are_not_told() {
    let [nemo_u, nemo_v] =
        ["U", "V"].map(|name| format!("nemo_mercator_med_set/test_{name}_2020-01-04.nc"));
    let [orca_u, orca_v] = ["Uu", "Vv"]
        .map(|name| format!("nemo_orca025_dateline/{name}_eastward_nemo_cross_180lon.nc"));
    for files in [[&nemo_u, &nemo_v], [&orca_u, &orca_v]] {
        let error = refused(&files.map(String::as_str));
        let CfError::Unserved(Unserved::Staggered { .. }) = &error else { panic!("{error}") };
        assert!(error.to_string().contains("glamf"), "{error}");
    }
}

#[test]
fn staggered_grids_are_served_through_the_faces_of_their_cells() {
    let nemo = "nemo_mercator_med_set";
    let [nemo_u, nemo_v, nemo_mesh] = ["U_2020-01-04", "V_2020-01-04", "ocean_mesh_hgr"]
        .map(|part| format!("{nemo}/test_{part}.nc"));
    for (files, shape, mask) in [
        (&["roms_norfjords_sgrid/norfjords_roms_forcing.nc"][..], [14, 9], Some("mask_rho")),
        (&["roms_wcofs_surface/WCOFS_subset.nc"], [36, 67], Some("mask_rho")),
        (&[nemo_u.as_str(), &nemo_v, &nemo_mesh], [50, 50], None),
    ] {
        let found = served(files);
        assert_eq!(nodes(&found).arrangement, Arrangement::Faces, "{files:?}");
        assert_eq!(found.horizontal.shape(), shape, "{files:?}");
        let name = found.mask.as_ref().map(|mask| mask.variable.as_str());
        assert_eq!(name, mask, "{files:?}");
    }
    // Its time counts from a day that nobody names.
    let croco = ["croco_benguela/croco_his.nc"];
    let error = refused(&croco);
    assert!(error.to_string().contains("`epoch`"), "{error}");
    let epoch = drogue::time::CivilTime::parse("2000-01-01").ok();
    let found = interpreted(&croco, &Choice { epoch, ..Choice::default() }).unwrap();
    assert_eq!(found.horizontal.shape(), [42, 43]);
    assert_eq!(first_and_last(&found), ["2000-01-01T00:00:00Z", "2000-01-04T00:00:00Z"]);
}

#[test]
fn nominal_axes_are_taken_where_the_scenario_names_them() {
    let files = ["u", "v"].map(|name| format!("mom5_access_om2/access-om2-01_{name}.nc"));
    let files = files.each_ref().map(String::as_str);
    let error = refused(&files);
    let CfError::Unserved(Unserved::Curvilinear { .. }) = &error else { panic!("{error}") };
    let [x, y] = ["xu_ocean", "yu_ocean"].map(|name| Some(name.to_owned()));
    let found = interpreted(&files, &Choice { x, y, ..Choice::default() }).unwrap();
    assert_eq!(found.horizontal.shape(), [11, 8]);
}

#[test]
fn curvilinear_grids_without_a_velocity_are_called_so() {
    for file in [
        "pair_biscay_hycom_gdp/hycom.gdp.h.nc",
        "nemo_mercator_med_set/test_W_2020-01-04.nc",
        "nemo_mercator_med_set/test_ocean_mesh_hgr.nc",
        "nemo_mercator_med_set/test_bathymetry_mesh_zgr.nc",
        "nemo_orca025_dateline/mask_nemo_cross_180lon.nc",
        "pop_samoc_cms/popcoordinates.nc",
    ] {
        let error = refused(&[file]);
        assert!(matches!(error, CfError::NoVelocity { .. }), "{file}: {error}");
    }
}

fn nodes(found: &Interpretation) -> &NodesVariables {
    match &found.horizontal {
        Horizontal::Nodes(nodes) => nodes,
        other => panic!("its nodes have other places: {other:?}"),
    }
}

#[test]
fn maps_whose_components_follow_the_grid() {
    let along = |signs| Arrangement::Nodes(Pointing::Grid { signs });
    for (file, columns, pointing) in [
        ("hirlam_wind_polarstereo/coordTest.nc", 11, along([1.0, 1.0])),
        ("metno_arctic20_zlevels/Arctic20_1to5Feb_2016.nc", 91, along([1.0, 1.0])),
        ("metno_arome_wind/AROME_MetCoOp_00_DEF_20160114_subset.nc", 141, along([1.0, 1.0])),
    ] {
        let found = served(&[file]);
        assert_eq!(
            (nodes(&found).columns, nodes(&found).arrangement),
            (columns, pointing),
            "{file}"
        );
    }
}

#[test]
fn a_projected_grid_is_a_plane_where_the_scenario_says_so() {
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    let file = "metno_arctic20_zlevels/Arctic20_1to5Feb_2016.nc";
    let found = interpreted(&[file], &flat).unwrap();
    assert_eq!((found.mesh, names(&found)), (Mesh::Flat, ["u", "v"]));
    assert_eq!(axes(&found)[0].nodes[..2], [-1_971_000.0, -1_951_000.0]);
    let degrees = interpreted(&["wa_coast_currents_wind/gridded_current.nc"], &flat).unwrap_err();
    assert!(matches!(degrees, CfError::Coordinate { .. }), "{degrees}");
}

#[test]
fn faces_of_an_unstructured_mesh_have_the_velocity() {
    let file = "fvcom_sfbofs/tri_grid_example-FVCOM.nc";
    let found = interpreted(&[file], &Choice::default()).unwrap();
    let Horizontal::Triangles(mesh) = &found.horizontal else { panic!("{:?}", found.horizontal) };
    let named = [&mesh.connectivity, &mesh.x, &mesh.y].map(String::as_str);
    assert_eq!(named, ["nv", "lon", "lat"]);
    assert_eq!((mesh.points, mesh.point_count(), mesh.nodes.len()), (Points::Faces, 903, 551));
    // Counted from 1, one corner of all faces after the other.
    assert_eq!(mesh.faces.iter().min(), Some(&0));
    assert_eq!(mesh.faces.iter().max(), Some(&550));
    assert_eq!(found.level.map(|level| level.index), Some(0));
    let wind = Choice { kind: Some(VelocityKind::Wind), ..Choice::default() };
    assert_eq!(names(&interpreted(&[file], &wind).unwrap()), ["uwind_speed", "vwind_speed"]);
}

#[test]
fn names_of_the_scenario_are_taken_or_refused() {
    let file = "wa_coast_currents_wind/gridded_current.nc";
    let with = |u: &str, v: Option<&str>| {
        let choice = Choice { u: Some(u.into()), v: v.map(Into::into), ..Choice::default() };
        interpreted(&[file], &choice)
    };
    assert_eq!(with("water_u", Some("water_v")).unwrap().u.found_by, FoundBy::Scenario);
    let error = with("water_w", Some("water_v")).unwrap_err();
    assert!(error.to_string().contains("did you mean `water_"), "{error}");
    assert!(matches!(with("water_u", None), Err(CfError::OneComponent { .. })));
    assert!(matches!(with("water_v", Some("water_u")), Err(CfError::NotAPair { .. })));
    assert!(matches!(with("water_u", Some("water_u")), Err(CfError::NotAPair { .. })));
}
