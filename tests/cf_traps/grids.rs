//! Grids that are not rectilinear, however little shows it.

use drogue::forcing::cf::{CfError, Choice, Components, Horizontal, Role, Unserved};
use drogue::grid::{Arrangement, Pointing};

use crate::made::{DIMENSIONS, EAST, METRES, Made, NORTH, plain};

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

/// Nodes at longitudes and latitudes of their own, turned against the axes' nominal ones.
fn curvilinear(attributes: [&[(&str, &str)]; 2]) -> Made {
    let both = [("lat", 2), ("lon", 3)];
    plain()
        .coordinate(
            "nav_lon",
            &both,
            &[("units", "degrees_east")],
            &[10.0, 11.0, 12.0, 9.5, 10.5, 11.5],
        )
        .coordinate(
            "nav_lat",
            &both,
            &[("units", "degrees_north")],
            &[50.0, 50.5, 51.0, 51.0, 51.5, 52.0],
        )
        .with("u", DIMENSIONS, attributes[0])
        .with("v", DIMENSIONS, attributes[1])
}

#[test]
fn true_longitudes_beside_nominal_axes() {
    let found = curvilinear([&[EAST, METRES], &[NORTH, METRES]]).served();
    let Horizontal::Nodes(nodes) = found.horizontal else { panic!("the axes are nominal") };
    assert_eq!((nodes.longitude.as_str(), nodes.columns), ("nav_lon", 3));
    assert_eq!((nodes.longitudes[3], nodes.latitudes[3]), (9.5, 51.0));
    assert_eq!(nodes.arrangement, Arrangement::Nodes(Pointing::Earth));
    let alone = plain().with("nav_lon", &[("lat", 2), ("lon", 3)], &[("units", "degrees_east")]);
    let error = alone.refused().to_string();
    assert!(error.contains("`nav_lon`: has no latitude"), "{error}");
    let absent =
        plain().with("u", DIMENSIONS, &[EAST, METRES, ("coordinates", "geolon_c geolat_c")]);
    let error = absent.refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Curvilinear { .. })), "{error}");
    let bounds = plain().with("lon_bnds", &[("lon", 3), ("nv", 2)], &[("units", "degrees_east")]);
    assert!(bounds.read(&Choice::default()).is_ok(), "bounds of cells are no curvilinear grid");
}

#[test]
fn components_say_which_way_they_point_or_the_scenario_does() {
    let along = |name| [("standard_name", name), METRES];
    let (x, y) = (along("sea_water_x_velocity"), along("sea_water_y_velocity"));
    let pointing = |made: &Made, choice: &Choice| match made.read(choice)?.horizontal {
        Horizontal::Nodes(nodes) => Ok::<_, CfError>(nodes.arrangement),
        other => panic!("the axes are nominal: {other:?}"),
    };
    let grid = Arrangement::Nodes(Pointing::Grid { signs: [1.0, 1.0] });
    let said = curvilinear([&x, &y]);
    assert_eq!(pointing(&said, &Choice::default()).unwrap(), grid);
    let unsaid = curvilinear([&[METRES], &[METRES]]);
    let error = pointing(&unsaid, &Choice::default()).unwrap_err();
    assert!(matches!(error, CfError::Pointing { .. }), "{error}");
    for (components, expected) in
        [(Components::Earth, Arrangement::Nodes(Pointing::Earth)), (Components::Grid, grid)]
    {
        let choice = Choice { components: Some(components), ..Choice::default() };
        assert_eq!(pointing(&unsaid, &choice).unwrap(), expected);
        assert_eq!(pointing(&said, &choice).unwrap(), expected, "the scenario knows better");
    }
    // Where rows run east and columns north, both are the same.
    let both = [("lat", 2), ("lon", 3)];
    let straight = unsaid
        .coordinate(
            "nav_lon",
            &both,
            &[("units", "degrees_east")],
            &[179.0, -180.0, -179.0, 179.0, -180.0, -179.0],
        )
        .coordinate(
            "nav_lat",
            &both,
            &[("units", "degrees_north")],
            &[50.0, 50.0, 50.0, 51.0, 51.0, 51.0],
        );
    let axes = straight.read(&Choice::default()).unwrap().horizontal;
    let Horizontal::Axes { x, y } = axes else { panic!("they repeat two axes: {axes:?}") };
    assert_eq!([x.nodes, y.nodes], [vec![179.0, 180.0, 181.0], vec![50.0, 51.0]]);
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

#[test]
fn masks_say_where_land_is() {
    let both = [("lat", 2), ("lon", 3)];
    let with = |standard_name: &'static str| {
        let values = [1.0, 1.0, 0.0, 1.0, f64::NAN, 0.0];
        plain().coordinate("mask", &both, &[("standard_name", standard_name)], &values)
    };
    let land = |made: Made, choice: &Choice| {
        made.read(choice).map(|found| found.mask.map(|mask| mask.land.to_vec()))
    };
    let (no, yes) = (false, true);
    let (water, soil) = ([no, no, yes, no, yes, yes], [yes, yes, no, yes, yes, no]);
    let unasked = Choice::default();
    assert_eq!(land(with("sea_binary_mask"), &unasked).unwrap().unwrap(), water);
    assert_eq!(land(with("land_binary_mask"), &unasked).unwrap().unwrap(), soil);
    assert_eq!(land(with("area_type"), &unasked).unwrap(), None, "it must be named");
    let named = Choice { mask: Some("mask".to_owned()), ..Choice::default() };
    assert_eq!(land(with("area_type"), &named).unwrap().unwrap(), water);
    let turned = plain().coordinate("mask", &[("lon", 3), ("lat", 2)], &[], &[1.0; 6]);
    let error = land(turned, &named).unwrap_err().to_string();
    assert!(error.contains("runs along lon, lat"), "{error}");
    assert!(land(plain(), &named).is_err());
}

#[test]
fn rows_along_the_second_axis_are_not_taken_for_those_along_the_first() {
    let along = |name| [("standard_name", name), METRES];
    let (x, y) = (along("sea_water_x_velocity"), along("sea_water_y_velocity"));
    let both = [("lat", 2), ("lon", 3)];
    // Rows run north, and follow each other east.
    let turned = curvilinear([&x, &y])
        .coordinate(
            "nav_lon",
            &both,
            &[("units", "degrees_east")],
            &[10.0, 10.0, 10.0, 11.0, 11.0, 11.0],
        )
        .coordinate(
            "nav_lat",
            &both,
            &[("units", "degrees_north")],
            &[50.0, 51.0, 52.0, 50.0, 51.0, 52.0],
        );
    let error = turned.refused().to_string();
    assert!(error.contains("run along the grid's second axis"), "{error}");
    let earth = Choice { components: Some(Components::Earth), ..Choice::default() };
    assert!(turned.read(&earth).is_ok(), "to the east and north there is no doubt");
}

#[test]
fn masks_of_other_planes_and_other_meanings() {
    let named = Choice { mask: Some("mask_rho".to_owned()), ..Choice::default() };
    let both = [("lat", 2), ("lon", 3)];
    let land = [("standard_name", "land_binary_mask")];
    let croco = plain().coordinate("mask_rho", &both, &land, &[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
    let found = croco.read(&named).unwrap().mask.unwrap().land;
    assert_eq!(found.iter().filter(|&&land| land).count(), 1, "its 1 is water");
    let wet = [("time", 2), ("lat", 2), ("lon", 3)];
    let wet = plain().coordinate("mask_rho", &wet, &[], &[1.0; 12]);
    let found = wet.read(&named).unwrap();
    assert!(found.mask.is_none());
    let wet = found.wet.unwrap();
    assert_eq!((wet.component.variable.as_str(), wet.is_water), ("mask_rho", true));
    assert_eq!(wet.component.roles, [Role::Time, Role::Y, Role::X]);
    let layers = [("time", 2), ("layer", 2), ("lat", 2), ("lon", 3)];
    let layers = plain().coordinate("mask_rho", &layers, &[], &[1.0; 24]);
    let error = layers.read(&named).unwrap_err().to_string();
    assert!(error.contains("has 4 planes"), "{error}");
}
