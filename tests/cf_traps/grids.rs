//! Grids that are not rectilinear, however little shows it.

use drogue::forcing::cf::{CfError, Choice, Unserved};

use crate::made::{DIMENSIONS, EAST, METRES, NORTH, plain};

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
fn components_that_do_not_match_are_not_called_staggered() {
    let short = |dimensions: &[(&str, u64)]| plain().with("u", dimensions, &[EAST, METRES]);
    for (made, part) in [
        (short(&[("time", 0), ("lat", 2), ("lon", 3)]), "has no points"),
        (short(&[("time", 2), ("lat", 9), ("lon", 3)]), "9 points in one and 2 in the other"),
        (short(&[("time", 2), ("lon", 3)]), "the dimensions of one are time, lon"),
        (short(&[("time", 2), ("lat", 2), ("lon", 3), ("k", 2)]), "time, lat, lon, k"),
        (short(&[("time", 2), ("lat", 2), ("other", 7)]), "time, lat, other"),
    ] {
        let error = made.refused();
        let text = error.to_string();
        assert!(!matches!(error, CfError::Unserved(_)) && text.contains(part), "{part}: {text}");
    }
    // One point more or less is what staggering looks like.
    let staggered = short(&[("time", 2), ("lat", 2), ("lon_u", 4)]).refused();
    assert!(matches!(staggered, CfError::Unserved(Unserved::Staggered { .. })), "{staggered}");
    let choice = Choice { u: Some("lon".into()), v: Some("lat".into()), ..Choice::default() };
    let error = plain().read(&choice).unwrap_err().to_string();
    assert!(error.contains("`lon` is a coordinate"), "{error}");
}
