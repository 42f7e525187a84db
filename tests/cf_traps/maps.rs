//! Planes, map projections and rotated poles: what points east and what does not.

use drogue::forcing::Attribute;
use drogue::forcing::cf::{CfError, Choice, MeshChoice, Unserved};
use drogue::grid::Mesh;

use crate::made::{DIMENSIONS, EAST, METRES, Made, plain};

#[test]
fn a_plane_must_be_said_or_seen() {
    let dimensions = [("time", 2), ("y", 2), ("x", 3)];
    let plane = |units: &[(&str, &str)]| {
        plain()
            .without("lat")
            .without("lon")
            .axis("y", units, &[0.0, 1.0])
            .axis("x", units, &[0.0, 1.0, 2.0])
            .with("u", &dimensions, &[METRES])
            .with("v", &dimensions, &[METRES])
    };
    let found = plane(&[("units", "km")]).served();
    let [x, _] = found.horizontal.axes().unwrap();
    assert_eq!((found.mesh, &x.nodes), (Mesh::Flat, &vec![0.0, 1000.0, 2000.0]));
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    assert_eq!(plane(&[]).read(&flat).unwrap().mesh, Mesh::Flat);
    assert!(matches!(plane(&[]).refused(), CfError::Unserved(Unserved::Plane { .. })));
    let sphere = Choice { mesh: MeshChoice::Sphere, ..Choice::default() };
    assert!(plane(&[("units", "m")]).read(&sphere).is_err());
    let earthly = plane(&[("units", "m")]).with("lon", &[], &[("units", "degrees_east")]);
    assert!(matches!(earthly.refused(), CfError::Unserved(Unserved::Projected { .. })));
}

#[test]
fn rotated_poles_by_standard_name_and_by_mapping() {
    let by_name = plain()
        .axis("lat", &[("standard_name", "grid_latitude"), ("units", "degrees")], &[-1.0, 1.0])
        .axis(
            "lon",
            &[("standard_name", "grid_longitude"), ("units", "degrees")],
            &[0.0, 1.0, 2.0],
        );
    let by_mapping = plain()
        .with("crs", &[], &[("grid_mapping_name", "rotated_latitude_longitude")])
        .with("u", DIMENSIONS, &[EAST, METRES, ("grid_mapping", "crs: lon lat")]);
    for made in [by_name, by_mapping] {
        let error = made.refused();
        assert!(matches!(error, CfError::Unserved(Unserved::RotatedPole { .. })), "{error}");
    }
}

/// Axes of metres, with this standard name of the first and these components.
fn metric(x_name: &str, mapping: Option<&str>, standard_names: [&'static str; 2]) -> Made {
    let dimensions = [("time", 2), ("y", 2), ("x", 3)];
    let component = |standard_name: &'static str| {
        let mut attributes = vec![METRES];
        attributes.extend((!standard_name.is_empty()).then_some(("standard_name", standard_name)));
        attributes.extend(mapping.map(|mapping| ("grid_mapping", mapping)));
        attributes
    };
    let mut x = vec![("units", "m")];
    x.extend((!x_name.is_empty()).then_some(("standard_name", x_name)));
    plain()
        .without("lat")
        .without("lon")
        .axis("y", &[("units", "m")], &[0.0, 1e4])
        .axis("x", &x, &[0.0, 1e4, 2e4])
        .with("u", &dimensions, &component(standard_names[0]))
        .with("v", &dimensions, &component(standard_names[1]))
}

const EAST_NORTH: [&str; 2] = ["eastward_sea_water_velocity", "northward_sea_water_velocity"];
const ALONG_GRID: [&str; 2] = ["x_sea_water_velocity", "y_sea_water_velocity"];
const UNSAID: [&str; 2] = ["", ""];

#[test]
fn metres_on_a_map_are_no_plane_though_the_map_be_lost() {
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    for standard_names in [EAST_NORTH, ALONG_GRID, UNSAID] {
        for (x_name, mapping) in [
            ("projection_x_coordinate", Some("crs")),
            ("projection_x_coordinate", None),
            ("", Some("crs")),
        ] {
            let made = metric(x_name, mapping, standard_names);
            let error = made.refused();
            assert!(
                matches!(error, CfError::Unserved(Unserved::Projected { .. })),
                "{x_name} {mapping:?} {standard_names:?}: {error}"
            );
            let taken_for_flat = made.read(&flat);
            if standard_names == ALONG_GRID {
                let found = taken_for_flat.unwrap();
                assert_eq!(found.mesh, Mesh::Flat);
                assert!(found.notes.iter().any(|note| note.contains("took a map for flat ground")));
            } else {
                let refused = taken_for_flat.unwrap_err();
                assert!(
                    matches!(refused, CfError::Unserved(Unserved::Projected { .. })),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn metres_with_eastward_components_are_a_plane_only_where_that_is_said() {
    let made = metric("", None, EAST_NORTH);
    let error = made.refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Projected { .. })), "{error}");
    assert!(error.to_string().contains("mesh = \"flat\""), "{error}");
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    assert_eq!(made.read(&flat).unwrap().mesh, Mesh::Flat);
    for standard_names in [ALONG_GRID, UNSAID] {
        assert_eq!(metric("", None, standard_names).served().mesh, Mesh::Flat);
    }
}

#[test]
fn anything_that_speaks_of_the_earth_makes_metres_a_map() {
    let plane = || metric("", None, UNSAID);
    let other_field = plane().with("ssh", &[("y", 2), ("x", 3)], &[("grid_mapping", "lost")]);
    let container = plane().with("spatial_ref", &[], &[("crs_wkt", "PROJCRS[\"UTM 30N\"]")]);
    let mut global = plane();
    let proj4 = Attribute::Text("+proj=utm +zone=30".to_owned());
    global.catalogue.attributes.0.insert("proj4".to_owned(), proj4);
    for made in [other_field, container, global] {
        let error = made.refused();
        assert!(matches!(error, CfError::Unserved(Unserved::Projected { .. })), "{error}");
    }
}

#[test]
fn a_mapping_in_well_known_text_is_a_projection() {
    let with = |key, text| {
        metric("", Some("crs"), ALONG_GRID).with("crs", &[], &[(key, text)]).refused().to_string()
    };
    let projected = "PROJCS[\"WGS 84 / UTM zone 30N\",GEOGCS[\"WGS 84\"]]";
    for key in ["crs_wkt", "spatial_ref"] {
        assert!(with(key, projected).contains("`crs` is WGS 84 / UTM zone 30N"));
    }
    let geographic = plain().with("crs", &[], &[("crs_wkt", "GEOGCRS[\"WGS 84\"]")]).with(
        "u",
        DIMENSIONS,
        &[EAST, METRES, ("grid_mapping", "crs")],
    );
    assert!(geographic.served().notes.is_empty());
}

#[test]
fn longitudes_whose_mapping_is_lost() {
    let degrees = |units: [&str; 2], mapping: &str, standard_names: [&str; 2]| {
        let component = |name| [("standard_name", name), METRES, ("grid_mapping", mapping)];
        plain()
            .axis("lon", &[("units", units[0])], &[0.0, 1.0, 2.0])
            .axis("lat", &[("units", units[1])], &[0.0, 1.0])
            .with("u", DIMENSIONS, &component(standard_names[0]))
            .with("v", DIMENSIONS, &component(standard_names[1]))
    };
    let (bare, truly) = (["degrees", "degrees"], ["degrees_east", "degrees_north"]);
    for units in [bare, truly] {
        for standard_names in [ALONG_GRID, EAST_NORTH] {
            let rotated = degrees(units, "rotated_pole", standard_names).refused();
            let is_rotated = matches!(rotated, CfError::Unserved(Unserved::RotatedPole { .. }));
            assert!(is_rotated && rotated.to_string().contains("remove its `grid_mapping`"));
            for name in ["Polar_Stereographic", "Lambert_Conformal", "transverse_mercator"] {
                let error = degrees(units, name, standard_names).refused();
                let is_projected = matches!(error, CfError::Unserved(Unserved::Projected { .. }));
                assert!(is_projected, "{name}: {error}");
            }
        }
    }
    let error = degrees(bare, "crs", ALONG_GRID).refused();
    assert!(matches!(error, CfError::Unserved(Unserved::RotatedPole { .. })), "{error}");
    degrees(truly, "crs", ALONG_GRID).served();
    degrees(bare, "LatLon_Projection", EAST_NORTH).served();
}
