//! Made-up datasets, each one step away from a plain one, in which that step is the trap.

use drogue::forcing::cf::{CfError, Choice, Interpretation, MeshChoice, Role, Unserved, interpret};
use drogue::forcing::{Attribute, Attributes, Catalogue, StoredType, Variable};
use drogue::grid::Mesh;

/// A dataset under construction: declarations, and the values of coordinate variables.
#[derive(Clone)]
struct Made {
    catalogue: Catalogue,
    values: Vec<(&'static str, Vec<f64>)>,
}

impl Made {
    fn with(
        mut self,
        name: &'static str,
        dimensions: &[(&str, u64)],
        attributes: &[(&str, &str)],
    ) -> Self {
        let attributes = attributes
            .iter()
            .map(|&(key, text)| (key.to_owned(), Attribute::Text(text.to_owned())))
            .collect();
        self.catalogue.variables.retain(|variable| variable.name != name);
        self.catalogue.variables.push(Variable {
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|(dimension, _)| (*dimension).to_owned()).collect(),
            shape: dimensions.iter().map(|&(_, length)| length).collect(),
            stored: StoredType::F64,
            chunks: None,
            attributes: Attributes(attributes),
        });
        self
    }

    fn axis(mut self, name: &'static str, attributes: &[(&str, &str)], values: &[f64]) -> Self {
        self.values.push((name, values.to_vec()));
        self.with(name, &[(name, values.len() as u64)], attributes)
    }

    fn without(mut self, name: &str) -> Self {
        self.catalogue.variables.retain(|variable| variable.name != name);
        self
    }

    fn read(&self, choice: &Choice) -> Result<Interpretation, CfError> {
        let read = |name: &str| {
            let found = self.values.iter().rev().find(|(known, _)| *known == name);
            found.map(|(_, values)| values.clone()).ok_or_else(|| "no values".to_owned())
        };
        interpret(&self.catalogue, &read, choice)
    }

    fn served(&self) -> Interpretation {
        self.read(&Choice::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refused(&self) -> CfError {
        self.read(&Choice::default()).expect_err("this dataset must be refused")
    }
}

const DIMENSIONS: &[(&str, u64)] = &[("time", 2), ("lat", 2), ("lon", 3)];
const EAST: (&str, &str) = ("standard_name", "eastward_sea_water_velocity");
const NORTH: (&str, &str) = ("standard_name", "northward_sea_water_velocity");
const METRES: (&str, &str) = ("units", "m s-1");

/// Currents on longitude and latitude, with nothing odd about them.
fn plain() -> Made {
    Made { catalogue: Catalogue::default(), values: Vec::new() }
        .axis("time", &[("units", "hours since 2000-01-01")], &[0.0, 1.0])
        .axis("lat", &[("units", "degrees_north")], &[40.0, 41.0])
        .axis("lon", &[("units", "degrees_east")], &[0.0, 1.0, 2.0])
        .with("u", DIMENSIONS, &[EAST, METRES])
        .with("v", DIMENSIONS, &[NORTH, METRES])
}

#[test]
fn the_plain_dataset_is_served_without_a_note() {
    let found = plain().served();
    assert_eq!(found.u.roles, [Role::Time, Role::Y, Role::X]);
    assert!(found.notes.is_empty() && found.level.is_none(), "{:?}", found.notes);
}

#[test]
fn components_on_axes_of_one_length_and_two_names() {
    let staggered = plain().axis("lon_v", &[("units", "degrees_east")], &[0.5, 1.5, 2.5]).with(
        "v",
        &[("time", 2), ("lat", 2), ("lon_v", 3)],
        &[NORTH, METRES],
    );
    let error = staggered.refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Staggered { .. })), "{error}");
}

#[test]
fn components_whose_coordinates_differ_by_attribute_alone() {
    let staggered = plain()
        .with("u", DIMENSIONS, &[EAST, METRES, ("coordinates", "lat_u lon_u")])
        .with("v", DIMENSIONS, &[NORTH, METRES, ("coordinates", "lat_v lon_v")]);
    let error = staggered.refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Staggered { .. })), "{error}");
    // The order of the names means nothing, nor does a dangling name of another kind.
    let same = plain()
        .with("u", DIMENSIONS, &[EAST, METRES, ("coordinates", "reftime lat lon")])
        .with("v", DIMENSIONS, &[NORTH, METRES, ("coordinates", "lon lat")]);
    assert_eq!(same.served().u.roles.len(), 3);
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

#[test]
fn true_longitudes_beside_nominal_axes() {
    let present = plain().with("nav_lon", &[("lat", 2), ("lon", 3)], &[("units", "degrees_east")]);
    let absent =
        plain().with("u", DIMENSIONS, &[EAST, METRES, ("coordinates", "geolon_c geolat_c")]);
    for made in [present, absent] {
        let error = made.refused();
        assert!(matches!(error, CfError::Unserved(Unserved::Curvilinear { .. })), "{error}");
    }
    let bounds = plain().with("lon_bnds", &[("lon", 3), ("nv", 2)], &[("units", "degrees_east")]);
    assert!(bounds.read(&Choice::default()).is_ok(), "bounds of cells are no curvilinear grid");
}

#[test]
fn points_in_a_row_are_no_grid() {
    let stations = plain()
        .with("lat", &[("lon", 3)], &[("units", "degrees_north")])
        .with("u", &[("time", 2), ("lon", 3)], &[EAST, METRES])
        .with("v", &[("time", 2), ("lon", 3)], &[NORTH, METRES]);
    let error = stations.refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Unstructured { .. })), "{error}");
}

#[test]
fn members_and_unknown_dimensions_are_refused_unless_single() {
    let members = |count: u64| {
        let dimensions = [("number", count), ("time", 2), ("lat", 2), ("lon", 3)];
        plain().with("u", &dimensions, &[EAST, METRES]).with("v", &dimensions, &[NORTH, METRES])
    };
    assert_eq!(members(1).served().u.roles[0], Role::Single);
    let error = members(5).refused();
    assert!(matches!(error, CfError::Dimension { .. }), "{error}");
}

#[test]
fn names_do_not_pair_what_standard_names_part() {
    let mixed = plain().with("v", DIMENSIONS, &[("standard_name", "northward_wind"), METRES]);
    assert!(matches!(mixed.refused(), CfError::NoVelocity { .. }));
    let choice = Choice { u: Some("u".into()), v: Some("v".into()), ..Choice::default() };
    assert!(matches!(mixed.read(&choice), Err(CfError::NotAPair { .. })));
}

#[test]
fn currents_come_before_wind_and_the_note_says_so() {
    let both = Made { catalogue: Catalogue::default(), ..plain() }
        .with("u10", DIMENSIONS, &[("standard_name", "eastward_wind"), METRES])
        .with("v10", DIMENSIONS, &[("standard_name", "northward_wind"), METRES]);
    let mut made = plain();
    made.catalogue.variables.splice(0..0, both.catalogue.variables);
    let found = made.served();
    assert_eq!((found.u.variable.as_str(), found.v.variable.as_str()), ("u", "v"));
    assert!(found.notes[0].contains("u10 and v10"), "{:?}", found.notes);
    let wind = Choice { u: Some("u10".into()), v: Some("v10".into()), ..Choice::default() };
    assert_eq!(made.read(&wind).unwrap().u.variable, "u10");
}

#[test]
fn units_that_are_no_speed_are_refused() {
    let error = plain().with("u", DIMENSIONS, &[EAST, ("units", "Pa")]).refused();
    assert!(
        matches!(error, CfError::Units { .. }) && error.to_string().contains("`Pa`"),
        "{error}"
    );
}

fn with_levels(attributes: &[(&str, &str)], values: &[f64]) -> Made {
    let dimensions = [("time", 2), ("lev", values.len() as u64), ("lat", 2), ("lon", 3)];
    plain().axis("lev", attributes, values).with("u", &dimensions, &[EAST, METRES]).with(
        "v",
        &dimensions,
        &[NORTH, METRES],
    )
}

#[test]
fn levels_up_and_down_and_in_other_units() {
    for (attributes, values, index, depth) in [
        (&[("units", "m"), ("positive", "down")][..], &[0.5, 5.0, 20.0][..], 1, 5.0),
        (&[("units", "m"), ("positive", "up")], &[-20.0, -5.0, -0.5], 1, 5.0),
        (&[("units", "m"), ("positive", "down")], &[-20.0, -5.0, -0.5], 1, 5.0),
        (&[("units", "cm"), ("positive", "down")], &[50.0, 600.0], 1, 6.0),
    ] {
        let made = with_levels(attributes, values);
        let deep = Choice { depth: Some(7.0), ..Choice::default() };
        let level = made.read(&deep).unwrap().level.unwrap();
        assert_eq!((level.index, level.depth), (index, depth), "{attributes:?}");
        assert!((made.served().level.unwrap().depth - 0.5).abs() < 1e-12, "the uppermost");
        let abyss = Choice { depth: Some(60.0), ..Choice::default() };
        assert!(matches!(made.read(&abyss), Err(CfError::NoLevel { .. })));
    }
    let nonsense = Choice { depth: Some(f64::NAN), ..Choice::default() };
    let made = with_levels(&[("units", "m")], &[0.0, 5.0]);
    assert!(matches!(made.read(&nonsense), Err(CfError::NoLevel { .. })));
}

#[test]
fn levels_at_no_fixed_depth_are_refused_unless_single() {
    for attributes in [
        &[("standard_name", "ocean_s_coordinate_g2")][..],
        &[("units", "hPa")],
        &[("units", "1")],
        &[("positive", "down")],
        &[("units", "m"), ("formula_terms", "s: s_rho depth: h")],
    ] {
        let error = with_levels(attributes, &[1.0, 2.0]).refused();
        assert!(
            matches!(error, CfError::Unserved(Unserved::Levels { .. })),
            "{attributes:?}: {error}"
        );
        assert_eq!(with_levels(attributes, &[1.0]).served().u.roles[1], Role::Single);
    }
}

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
    assert_eq!((found.mesh, found.x.nodes), (Mesh::Flat, vec![0.0, 1000.0, 2000.0]));
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    assert_eq!(plane(&[]).read(&flat).unwrap().mesh, Mesh::Flat);
    assert!(matches!(plane(&[]).refused(), CfError::Unserved(Unserved::Plane { .. })));
    let sphere = Choice { mesh: MeshChoice::Sphere, ..Choice::default() };
    assert!(plane(&[("units", "m")]).read(&sphere).is_err());
    let earthly = plane(&[("units", "m")]).with("lon", &[], &[("units", "degrees_east")]);
    assert!(matches!(earthly.refused(), CfError::Unserved(Unserved::Projected { .. })));
}

#[test]
fn a_coordinate_that_is_shorter_than_declared_is_an_error() {
    let mut made = plain();
    made.values.push(("lon", vec![0.0, 1.0]));
    assert!(matches!(made.refused(), CfError::Read { .. }));
    let missing = plain().with("lat", &[("lat", 2)], &[("units", "degrees_north")]);
    let missing = Made {
        values: missing.values.into_iter().filter(|(n, _)| *n != "lat").collect(),
        ..missing
    };
    assert!(matches!(missing.refused(), CfError::Read { .. }));
}

#[test]
fn a_velocity_without_time_has_no_times() {
    let dimensions = [("lat", 2), ("lon", 3)];
    let still = plain().without("time").with("u", &dimensions, &[EAST, METRES]).with(
        "v",
        &dimensions,
        &[NORTH, METRES],
    );
    let found = still.served();
    assert!(found.time.times.is_empty() && found.time.name.is_none());
}
