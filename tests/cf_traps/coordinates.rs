//! Dimensions, levels and times.

use drogue::forcing::cf::{CfError, Choice, Role, Unserved};

use crate::made::{EAST, METRES, Made, NORTH, plain};

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
        assert_eq!((level.index, level.depth), (index, Some(depth)), "{attributes:?}");
        assert!((made.served().level.unwrap().depth.unwrap() - 0.5).abs() < 1e-12, "the uppermost");
        let abyss = Choice { depth: Some(60.0), ..Choice::default() };
        assert!(matches!(made.read(&abyss), Err(CfError::NoLevel { .. })));
    }
    let nonsense = Choice { depth: Some(f64::NAN), ..Choice::default() };
    let made = with_levels(&[("units", "m")], &[0.0, 5.0]);
    assert!(matches!(made.read(&nonsense), Err(CfError::NoLevel { .. })));
}

#[test]
fn levels_that_follow_the_terrain_are_taken_by_number_or_at_the_surface() {
    for attributes in [
        &[("standard_name", "ocean_s_coordinate_g2")][..],
        &[("units", "m"), ("formula_terms", "s: s_rho depth: h")],
    ] {
        let made = with_levels(attributes, &[-0.9, -0.1]);
        let level = |choice: Choice| made.read(&choice).map(|found| found.level.unwrap());
        let uppermost = level(Choice::default()).unwrap();
        assert_eq!((uppermost.index, uppermost.depth), (1, None));
        assert_eq!(level(Choice { level: Some(0), ..Choice::default() }).unwrap().index, 0);
        let error = level(Choice { level: Some(2), ..Choice::default() }).unwrap_err();
        assert!(matches!(error, CfError::NoLevelNumber { level: 2, count: 2, .. }), "{error}");
        let error = level(Choice { depth: Some(10.0), ..Choice::default() }).unwrap_err();
        assert!(matches!(error, CfError::Unserved(Unserved::Levels { .. })), "{error}");
        assert_eq!(with_levels(attributes, &[1.0]).served().u.roles[1], Role::Single);
    }
    let depths = with_levels(&[("units", "m")], &[5.0, 10.0]);
    let second = depths.read(&Choice { level: Some(1), ..Choice::default() }).unwrap();
    assert_eq!(second.level.unwrap().depth, Some(10.0));
}

#[test]
fn levels_at_no_fixed_depth_are_refused_unless_single() {
    for attributes in [&[("units", "hPa")][..], &[("units", "1")], &[("positive", "down")]] {
        let error = with_levels(attributes, &[1.0, 2.0]).refused();
        assert!(
            matches!(error, CfError::Unserved(Unserved::Levels { .. })),
            "{attributes:?}: {error}"
        );
        assert_eq!(with_levels(attributes, &[1.0]).served().u.roles[1], Role::Single);
    }
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
fn the_plain_dataset_is_served_without_a_note() {
    let found = plain().served();
    assert_eq!(found.u.roles, [Role::Time, Role::Y, Role::X]);
    assert!(found.notes.is_empty() && found.level.is_none(), "{:?}", found.notes);
}

#[test]
fn levels_above_the_surface_are_chosen_by_height() {
    let wind = with_levels(&[("units", "m"), ("positive", "up")], &[100.0, 50.0, 10.0]);
    let at = |depth: f64| wind.read(&Choice { depth: Some(depth), ..Choice::default() });
    assert_eq!(
        wind.served().level.unwrap().depth,
        Some(-10.0),
        "the lowest is nearest to the surface"
    );
    let level = at(-50.0).unwrap().level.unwrap();
    assert_eq!((level.index, level.depth), (1, Some(-50.0)));
    assert!(at(-50.0).unwrap().notes.iter().any(|note| note.contains("height 50 m")));
    for (depth, asked) in [(-500.0, "height 500 m"), (50.0, "depth 50 m")] {
        let error = at(depth).unwrap_err().to_string();
        for part in [asked, "heights from 10 to 100 m", "choose a `height`"] {
            assert!(error.contains(part), "no {part} in: {error}");
        }
    }
}

#[test]
fn levels_of_the_air_are_not_taken_for_the_sea_s() {
    // Their uppermost is the top of the atmosphere.
    for name in ["atmosphere_hybrid_sigma_pressure_coordinate", "atmosphere_sigma_coordinate"] {
        let error = with_levels(&[("standard_name", name)], &[0.01, 0.99]).refused();
        assert!(matches!(error, CfError::Unserved(Unserved::Levels { .. })), "{error}");
    }
    let counted = with_levels(&[("standard_name", "ocean_s_coordinate_g2")], &[1.0, 2.0]).refused();
    assert!(matches!(counted, CfError::Unserved(Unserved::Levels { .. })), "{counted}");
}
