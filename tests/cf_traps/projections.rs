//! Grids that only a grid mapping places on the Earth.

use drogue::forcing::cf::{
    CfError, Choice, Components, Horizontal, Interpretation, NodesVariables, Unserved,
};
use drogue::forcing::{Attribute, Attributes};
use drogue::grid::{Arrangement, EARTH_RADIUS, Mesh, Pointing};

use crate::made::{METRES, Made, plain};

const ALONG_GRID: [&str; 2] = ["x_sea_water_velocity", "y_sea_water_velocity"];
const EAST_NORTH: [&str; 2] = ["eastward_sea_water_velocity", "northward_sea_water_velocity"];
const UNSAID: [&str; 2] = ["", ""];

/// A variable of numbers and a name that maps the grid.
fn with_mapping(mut made: Made, name: &str, numbers: &[(&str, f64)]) -> Made {
    made = made.with("crs", &[], &[("grid_mapping_name", name)]);
    let of_crs = made.catalogue.variables.iter_mut().find(|variable| variable.name == "crs");
    let Attributes(all) = &mut of_crs.unwrap().attributes;
    all.extend(
        numbers.iter().map(|&(key, number)| (key.to_owned(), Attribute::Floats(vec![number]))),
    );
    made
}

/// Currents on x and y with these attributes and values, mapped by `crs`.
fn on_axes(
    [x, y]: [(&str, &str); 2],
    [x_values, y_values]: [&[f64]; 2],
    standard_names: [&str; 2],
) -> Made {
    let shape = [("time", 2), ("y", y_values.len() as u64), ("x", x_values.len() as u64)];
    let component = |name| [("standard_name", name), METRES, ("grid_mapping", "crs")];
    plain()
        .without("lat")
        .without("lon")
        .axis("y", &[("standard_name", y.0), ("units", y.1)], y_values)
        .axis("x", &[("standard_name", x.0), ("units", x.1)], x_values)
        .with("u", &shape, &component(standard_names[0]))
        .with("v", &shape, &component(standard_names[1]))
}

/// A polar map in kilometres, its numbers replaced by `more` where they have the same name.
fn polar(axes: [&[f64]; 2], standard_names: [&str; 2], more: &[(&str, f64)]) -> Made {
    let made = on_axes(
        [("projection_x_coordinate", "km"), ("projection_y_coordinate", "km")],
        axes,
        standard_names,
    );
    let numbers = [
        ("latitude_of_projection_origin", 90.0),
        ("straight_vertical_longitude_from_pole", 58.0),
        ("standard_parallel", 60.0),
        ("earth_radius", EARTH_RADIUS),
    ];
    with_mapping(made, "polar_stereographic", &[&numbers, more].concat())
}

fn nodes(found: &Interpretation) -> &NodesVariables {
    match &found.horizontal {
        Horizontal::Nodes(nodes) => nodes,
        other => panic!("it has other places: {other:?}"),
    }
}

fn places(found: &Interpretation) -> Vec<[f64; 2]> {
    let nodes = nodes(found);
    nodes.longitudes.iter().zip(nodes.latitudes.iter()).map(|(&x, &y)| [x, y]).collect()
}

/// The greatest distance between two lists of places in metres.
fn apart(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sphere = Mesh::Sphere { radius: EARTH_RADIUS };
    a.iter().zip(b).map(|(&a, &b)| sphere.distance(a, b)).fold(0.0, f64::max)
}

/// Latitude at a distance from the pole on such a map, from the formula of textbooks.
fn polar_latitude(kilometres: f64) -> f64 {
    let scale = (1.0 + 60.0_f64.to_radians().sin()) / 2.0;
    90.0 - 2.0 * (kilometres * 1e3 / (2.0 * EARTH_RADIUS * scale)).atan().to_degrees()
}

const AXES: [&[f64]; 2] = [&[100.0, 200.0, 300.0], &[-100.0, -200.0]];

#[test]
fn a_polar_map_in_kilometres_is_placed_on_the_earth() {
    let found = polar(AXES, ALONG_GRID, &[]).served();
    assert_eq!(found.mesh, Mesh::Sphere { radius: EARTH_RADIUS });
    let described = nodes(&found);
    assert_eq!((described.columns, described.mapping.as_deref()), (3, Some("crs")));
    assert_eq!([&described.longitude, &described.latitude], ["x", "y"]);
    // y descends from row to row, and the components point towards its higher values.
    assert_eq!(described.arrangement, Arrangement::Nodes(Pointing::Grid { signs: [1.0, -1.0] }));
    let expected = |x: f64, y: f64| [58.0 + x.atan2(-y).to_degrees(), polar_latitude(x.hypot(y))];
    let [xs, ys] = AXES;
    let all: Vec<_> = ys.iter().flat_map(|&y| xs.iter().map(move |&x| expected(x, y))).collect();
    assert!(apart(&places(&found), &all) < 1e-3);
    assert!(found.notes.is_empty(), "{:?}", found.notes);

    // What was taken for metres, or for another pole, would be found out.
    for wrong in [-58.0, 148.0] {
        let planted = [("straight_vertical_longitude_from_pole", wrong)];
        let found = polar(AXES, ALONG_GRID, &planted).served();
        assert!(apart(&places(&found), &all) > 1e5, "{wrong}");
    }
}

#[test]
fn false_origins_are_in_the_units_of_the_axes() {
    let plain = polar(AXES, ALONG_GRID, &[]).served();
    let shifted: [Vec<f64>; 2] =
        [AXES[0].iter().map(|x| x + 1000.0).collect(), AXES[1].iter().map(|y| y - 500.0).collect()];
    let origin = [("false_easting", 1000.0), ("false_northing", -500.0)];
    let found = polar([&shifted[0], &shifted[1]], ALONG_GRID, &origin).served();
    assert!(apart(&places(&plain), &places(&found)) < 1e-3);
}

#[test]
fn components_point_where_they_say() {
    let pointing = |names, components| {
        let choice = Choice { components, ..Choice::default() };
        polar(AXES, names, &[]).read(&choice).map(|found| nodes(&found).arrangement)
    };
    let grid = Arrangement::Nodes(Pointing::Grid { signs: [1.0, -1.0] });
    assert_eq!(pointing(EAST_NORTH, None), Ok(Arrangement::Nodes(Pointing::Earth)));
    assert_eq!(pointing(UNSAID, Some(Components::Grid)), Ok(grid));
    assert_eq!(
        pointing(ALONG_GRID, Some(Components::Earth)),
        Ok(Arrangement::Nodes(Pointing::Earth))
    );
    let error = pointing(UNSAID, None).unwrap_err();
    assert!(matches!(error, CfError::Pointing { .. }), "{error}");
    assert!(error.to_string().contains("placed by `crs`"), "{error}");
}

/// Currents about a pole at 162° W, 39.25° N.
fn rotated(longitude: f64, latitude: f64) -> Made {
    let made = on_axes(
        [("grid_longitude", "degrees"), ("grid_latitude", "degrees")],
        [&[-10.0, 0.0, 12.5], &[-20.25, 0.0, 5.0]],
        ALONG_GRID,
    );
    let pole = [("grid_north_pole_longitude", longitude), ("grid_north_pole_latitude", latitude)];
    with_mapping(made, "rotated_latitude_longitude", &pole)
}

#[test]
fn a_rotated_pole_is_turned_back() {
    let found = rotated(-162.0, 39.25).served();
    assert_eq!(nodes(&found).arrangement, Arrangement::Nodes(Pointing::Grid { signs: [1.0, 1.0] }));
    // Places by PROJ.
    let known = [
        (4, [18.0, 50.75]),
        (6, [0.636_234_889_249_838_4, 54.574_485_426_141_614]),
        (2, [31.473_214_335_249_676, 29.361_401_922_995_98]),
    ];
    let (indices, expected): (Vec<usize>, Vec<[f64; 2]>) = known.into_iter().unzip();
    let picked = |found: &Interpretation| -> Vec<[f64; 2]> {
        indices.iter().map(|&index| places(found)[index]).collect()
    };
    assert!(apart(&picked(&found), &expected) < 1e-3);
    for (longitude, latitude) in [(162.0, 39.25), (-162.0, -39.25), (39.25, -162.0)] {
        let planted = rotated(longitude, latitude).served();
        assert!(apart(&picked(&planted), &expected) > 1e5, "{longitude} {latitude}");
    }
}

/// The polar map with longitudes and latitudes of its own along two dimensions.
fn telling(dimensions: [(&str, u64); 2], places: &[[f64; 2]]) -> Interpretation {
    telling_of(ALONG_GRID, dimensions, places)
}

fn telling_of(
    components: [&'static str; 2],
    dimensions: [(&str, u64); 2],
    places: &[[f64; 2]],
) -> Interpretation {
    let mut made = polar(AXES, components, &[]);
    let names = [("longitude", "degrees_east"), ("latitude", "degrees_north")];
    for (d, (name, units)) in names.into_iter().enumerate() {
        made = made.with(name, &dimensions, &[("units", units)]);
        made.values.push((name, places.iter().map(|place| place[d]).collect()));
    }
    made.served()
}

const ROWS_OF_X: [(&str, u64); 2] = [("y", 2), ("x", 3)];

#[test]
fn longitudes_of_the_file_are_taken_and_compared() {
    let computed = places(&polar(AXES, ALONG_GRID, &[]).served());
    let same = telling(ROWS_OF_X, &computed);
    assert_eq!(places(&same), computed);
    assert_eq!((nodes(&same).longitude.as_str(), &nodes(&same).mapping), ("longitude", &None));
    assert!(same.notes.is_empty(), "{:?}", same.notes);

    // Half a degree is 3 km at the furthest node, and a cell has 100.
    let turned = |east: f64| {
        let turned: Vec<_> = computed.iter().map(|&[x, y]| [x + east, y]).collect();
        telling(ROWS_OF_X, &turned)
    };
    assert!(turned(0.5).notes.is_empty());
    let turned = turned(10.0);
    let [note] = turned.notes.as_slice() else { panic!("{:?}", turned.notes) };
    assert!(note.contains("`longitude` and `latitude` are taken as they are"), "{note}");
    let metres = note.split("up to ").nth(1).and_then(|rest| rest.split(" m").next());
    let metres: f64 = metres.unwrap().parse().unwrap();
    assert!((metres - apart(&places(&turned), &computed)).abs() < 1.0, "{note}");
}

#[test]
fn nodes_that_are_nowhere_disagree_with_nothing() {
    let mut partly = places(&polar(AXES, ALONG_GRID, &[]).served());
    partly[1] = [f64::NAN; 2];
    partly[5][1] = 9.969_21e36;
    let found = telling(ROWS_OF_X, &partly);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    partly[0][1] -= 1.0;
    assert_eq!(telling(ROWS_OF_X, &partly).notes.len(), 1);
}

#[test]
fn longitudes_across_the_rows_are_compared_as_well() {
    let computed = places(&polar(AXES, ALONG_GRID, &[]).served());
    let across: Vec<_> = (0..6).map(|k| computed[k % 2 * 3 + k / 2]).collect();
    let rows_of_y = [("x", 3), ("y", 2)];
    let found = telling_of(EAST_NORTH, rows_of_y, &across);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    assert_eq!(
        telling_of(EAST_NORTH, rows_of_y, &computed).notes.len(),
        1,
        "these are other nodes"
    );
}

#[test]
fn mappings_that_cannot_be_read_are_refused_by_name() {
    let refusal = |made: Made| {
        let error = made.refused();
        assert!(matches!(error, CfError::Unserved(Unserved::Projected { .. })), "{error}");
        error.to_string()
    };
    let unknown = with_mapping(polar(AXES, ALONG_GRID, &[]), "oblique_mercator", &[]);
    assert!(refusal(unknown).contains("`crs` is oblique_mercator"));
    let bare = with_mapping(polar(AXES, ALONG_GRID, &[]), "polar_stereographic", &[]);
    assert!(refusal(bare).contains("has no `latitude_of_projection_origin`"));
    let text = polar(AXES, ALONG_GRID, &[]).with("crs", &[], &[("crs_wkt", "PROJCRS[\"UTM\"]")]);
    assert!(refusal(text).contains("complete its `grid_mapping`"));
    let second =
        polar(AXES, ALONG_GRID, &[]).with("other", &[], &[("grid_mapping_name", "mercator")]).with(
            "v",
            &[("time", 2), ("y", 2), ("x", 3)],
            &[("standard_name", ALONG_GRID[1]), METRES, ("grid_mapping", "other")],
        );
    assert!(refusal(second).contains("there is also `other`"));

    let error = rotated(f64::NAN, 39.25).refused();
    assert!(matches!(error, CfError::Unserved(Unserved::RotatedPole { .. })), "{error}");
}

#[test]
fn a_map_without_units_is_no_map() {
    let name = ("standard_name", "projection_x_coordinate");
    for attributes in [&[name][..], &[name, ("units", " ")]] {
        let counted = polar(AXES, ALONG_GRID, &[]).axis("x", attributes, &[0.0, 1.0, 2.0]);
        let error = counted.refused();
        assert!(matches!(error, CfError::Coordinate { .. }), "{error}");
        assert!(error.to_string().contains("has no units"), "{error}");
    }
}

#[test]
fn proj_strings_are_preferred_to_attributes_that_lack_the_figure_of_the_earth() {
    let expected = polar(AXES, ALONG_GRID, &[]).served();
    let text = "+proj=stere +a=6371000 +b=6371000 +lat_0=90 +lat_ts=60 +lon_0=58";
    let made = polar(AXES, ALONG_GRID, &[]).with(
        "crs",
        &[],
        &[("grid_mapping_name", "polar_stereographic"), ("proj4_string", text)],
    );
    assert!(apart(&places(&made.served()), &places(&expected)) < 1e-6);
    assert!(made.served().notes.is_empty());
}
