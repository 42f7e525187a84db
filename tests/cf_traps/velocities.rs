//! Which variables are the velocity, and of what.

use drogue::forcing::Catalogue;
use drogue::forcing::cf::{CfError, Choice, VelocityKind};

use crate::made::{DIMENSIONS, EAST, METRES, Made, NORTH, plain};

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

const WIND: [(&str, &str); 2] =
    [("standard_name", "eastward_wind"), ("standard_name", "northward_wind")];
const GRID_CURRENT: [(&str, &str); 2] =
    [("standard_name", "sea_water_x_velocity"), ("standard_name", "sea_water_y_velocity")];

/// The names of two components and, where there are any, their standard names.
type Named = ([&'static str; 2], Option<[(&'static str, &'static str); 2]>);

/// A dataset with these pairs.
fn with_pairs(pairs: &[Named]) -> Made {
    let start = plain().without("u").without("v");
    pairs.iter().fold(start, |mut made, (names, standard_names)| {
        for (side, name) in names.iter().enumerate() {
            let mut attributes = vec![METRES];
            attributes.extend(standard_names.map(|names| names[side]));
            made = made.with(name, DIMENSIONS, &attributes);
        }
        made
    })
}

fn of_kind(kind: VelocityKind) -> Choice {
    Choice { kind: Some(kind), ..Choice::default() }
}

#[test]
fn the_kind_that_is_asked_for_is_taken() {
    let (current, wind) = (["uo", "vo"], ["u10", "v10"]);
    for pairs in [
        [(current, None), (wind, None)],
        [(current, Some(GRID_CURRENT)), (wind, Some(WIND))],
        [(current, None), (wind, Some(WIND))],
        [(current, Some([EAST, NORTH])), (wind, None)],
        [(["u", "v"], None), (wind, Some(WIND))],
        [(["u", "v"], None), (wind, None)],
    ] {
        let made = with_pairs(&pairs);
        for (kind, expected) in
            [(VelocityKind::Current, pairs[0].0), (VelocityKind::Wind, pairs[1].0)]
        {
            let found = made.read(&of_kind(kind)).unwrap();
            assert_eq!([found.u.variable, found.v.variable], expected, "{kind:?} of {pairs:?}");
        }
        let found = made.served();
        assert_eq!(found.u.variable, pairs[0].0[0], "currents where nothing is asked for");
    }
    let drift = with_pairs(&[(["u10", "v10"], None), (["ust", "vst"], None)]);
    assert_eq!(drift.read(&of_kind(VelocityKind::Stokes)).unwrap().u.variable, "ust");
}

#[test]
fn a_velocity_of_another_kind_is_refused_unless_named() {
    for (pairs, wanted, section) in [
        ((["uo", "vo"], None), VelocityKind::Wind, "[forcing.current]"),
        ((["uo", "vo"], Some(GRID_CURRENT)), VelocityKind::Stokes, "[forcing.current]"),
        ((["u10", "v10"], Some(WIND)), VelocityKind::Current, "[forcing.wind]"),
        ((["u", "v"], Some(WIND)), VelocityKind::Current, "[forcing.wind]"),
        ((["ust", "vst"], None), VelocityKind::Current, "[forcing.stokes]"),
    ] {
        let made = with_pairs(&[pairs]);
        let error = made.read(&of_kind(wanted)).unwrap_err();
        assert!(matches!(error, CfError::OtherKind { .. }), "{error}");
        let text = error.to_string();
        for part in [pairs.0[0], pairs.0[1], section, "name `u` and `v`"] {
            assert!(text.contains(part), "no {part} in: {text}");
        }
        let [u, v] = pairs.0.map(|name| Some(name.to_owned()));
        let named = Choice { u, v, ..of_kind(wanted) };
        assert_eq!(made.read(&named).unwrap().u.variable, pairs.0[0]);
    }
}

#[test]
fn names_that_say_no_kind_serve_for_any() {
    let made = with_pairs(&[(["u", "v"], None)]);
    for kind in [VelocityKind::Current, VelocityKind::Wind, VelocityKind::Stokes] {
        assert_eq!(made.read(&of_kind(kind)).unwrap().u.variable, "u");
    }
}

#[test]
fn half_a_velocity_of_the_kind_comes_before_all_of_another() {
    let made = with_pairs(&[(["u10", "v10"], Some(WIND))]).with("uo", DIMENSIONS, &[EAST, METRES]);
    let error = made.read(&of_kind(VelocityKind::Current)).unwrap_err();
    assert!(matches!(error, CfError::NoVelocity { .. }), "{error}");
    assert!(error.to_string().contains("`uo` is one component"), "{error}");
}

#[test]
fn velocities_in_a_group_are_found_though_not_read() {
    let mut made = plain();
    let (inside, root) = (made.catalogue.variables.into_iter())
        .partition(|variable| ["u", "v"].contains(&variable.name.as_str()));
    made.catalogue = Catalogue {
        variables: root,
        groups: vec![("/ocean".into(), inside)],
        ..Catalogue::default()
    };
    let error = made.refused().to_string();
    for part in ["`u` and `v` are in the group `/ocean`", "groups are not read"] {
        assert!(error.contains(part), "no {part} in: {error}");
    }
    // Those of another kind than is asked for are no help.
    let error = made.read(&of_kind(VelocityKind::Wind)).unwrap_err().to_string();
    assert!(!error.contains("/ocean"), "{error}");
}
