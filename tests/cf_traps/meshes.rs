//! Unstructured meshes as models write them.

use drogue::forcing::cf::{
    CfError, Choice, Components, Horizontal, MeshChoice, TrianglesVariables, Unserved, Vertical,
};
use drogue::forcing::{Attribute, Catalogue};
use drogue::grid::{Mesh, NO_CORNER, Points};

use crate::made::{EAST, METRES, Made, NORTH, plain};

const NODES: (&str, u64) = ("node", 5);
const FACES: (&str, u64) = ("nele", 2);
const NONE: f64 = -1.0;

/// Five nodes, in degrees.
fn nodes() -> Made {
    Made { catalogue: Catalogue::default(), values: Vec::new() }
        .axis("time", &[("units", "hours since 2000-01-01")], &[0.0, 1.0])
        .coordinate("lon", &[NODES], &[("units", "degrees_east")], &[1.0, 2.0, 2.0, 1.0, 3.0])
        .coordinate("lat", &[NODES], &[("units", "degrees_north")], &[50.0, 50.0, 51.0, 51.0, 50.0])
}

fn with_velocity(made: Made, points: (&str, u64), more: &[(&str, &str)]) -> Made {
    let attributes = |name| [&[name, METRES][..], more].concat();
    made.with("u", &[("time", 2), points], &attributes(EAST)).with(
        "v",
        &[("time", 2), points],
        &attributes(NORTH),
    )
}

/// A topology as UGRID has it, of a face of four corners and one of three.
fn ugrid(points: (&str, u64)) -> Made {
    let made = nodes()
        .coordinate(
            "corners",
            &[FACES, ("max", 4)],
            &[("cf_role", "face_node_connectivity")],
            &[0.0, 1.0, 2.0, 3.0, 1.0, 4.0, 2.0, NONE],
        )
        .with(
            "mesh",
            &[],
            &[
                ("cf_role", "mesh_topology"),
                ("face_node_connectivity", "corners"),
                ("node_coordinates", "lon lat"),
            ],
        );
    with_velocity(made, points, &[("mesh", "mesh")])
}

/// FVCOM's own, counted from 1 and one corner after the other.
fn fvcom(points: (&str, u64)) -> Made {
    let made = nodes()
        .coordinate("nv", &[("three", 3), FACES], &[], &[1.0, 2.0, 2.0, 5.0, 3.0, 3.0])
        .coordinate("lonc", &[FACES], &[("units", "degrees_east")], &[1.7, 2.3])
        .coordinate("latc", &[FACES], &[("units", "degrees_north")], &[50.3, 50.3]);
    with_velocity(made, points, &[("coordinates", "time latc lonc"), ("mesh", "fvcom_mesh")])
}

fn mesh(made: &Made) -> TrianglesVariables {
    match made.served().horizontal {
        Horizontal::Triangles(mesh) => mesh,
        other => panic!("{other:?}"),
    }
}

#[test]
fn corners_are_found_and_counted_from_where_they_are() {
    let none = NO_CORNER;
    for (made, faces) in [
        (ugrid(NODES), vec![0, 1, 2, 3, 1, 4, 2, none]),
        (ugrid(FACES), vec![0, 1, 2, 3, 1, 4, 2, none]),
        (fvcom(NODES), vec![0, 1, 2, 1, 4, 2]),
        (fvcom(FACES), vec![0, 1, 2, 1, 4, 2]),
    ] {
        let mesh = mesh(&made);
        assert_eq!(*mesh.faces, faces);
        assert_eq!(mesh.nodes[4], [3.0, 50.0]);
    }
    let points =
        [ugrid(NODES), ugrid(FACES), fvcom(NODES), fvcom(FACES)].map(|made| mesh(&made).points);
    assert_eq!(points, [Points::Nodes, Points::Faces, Points::Nodes, Points::Faces]);
}

#[test]
fn ugrid_counts_from_one_where_it_says_so_or_must() {
    let shifted = |values: &[f64]| {
        let attributes = [("cf_role", "face_node_connectivity")];
        ugrid(NODES).coordinate("corners", &[FACES, ("max", 4)], &attributes, values)
    };
    // Of five nodes there is a fifth, counted from 1.
    let must = shifted(&[1.0, 2.0, 3.0, 4.0, 2.0, 5.0, 3.0, NONE]);
    assert_eq!(mesh(&must).faces[..4], [0, 1, 2, 3]);
    let mut says = shifted(&[1.0, 2.0, 3.0, 4.0, 2.0, 4.0, 3.0, NONE]);
    assert_eq!(mesh(&says).faces[..4], [1, 2, 3, 4], "from 0 where nothing is said");
    let corners = says.catalogue.variables.iter_mut().find(|v| v.name == "corners").unwrap();
    corners.attributes.0.insert("start_index".to_owned(), Attribute::Integers(vec![1.0]));
    assert_eq!(mesh(&says).faces[..4], [0, 1, 2, 3]);
}

#[test]
fn a_mesh_on_a_plane_is_one_in_metres() {
    let made = fvcom(FACES)
        .coordinate("x", &[NODES], &[("units", "m")], &[0.0, 10.0, 10.0, 0.0, 20.0])
        .coordinate("y", &[NODES], &[("units", "m")], &[0.0, 0.0, 10.0, 10.0, 0.0]);
    assert!(matches!(made.served().mesh, Mesh::Sphere { .. }), "longitudes come first");
    let flat = made.read(&Choice { mesh: MeshChoice::Flat, ..Choice::default() }).unwrap();
    assert_eq!(flat.mesh, Mesh::Flat);
    let lost = made.without("lon").without("lonc");
    let error = lost.read(&Choice::default()).unwrap_err();
    assert!(
        matches!(error, CfError::Unserved(Unserved::Projected { .. })),
        "they point east, which is not along x of a map: {error}"
    );
    let flat = lost.read(&Choice { mesh: MeshChoice::Flat, ..Choice::default() }).unwrap();
    assert_eq!(flat.mesh, Mesh::Flat);
}

#[test]
fn an_array_by_the_name_of_corners_makes_no_mesh_of_rows_and_columns() {
    let plain = plain().with("nv", &[("three", 3), ("rest", 7)], &[]);
    assert!(matches!(plain.served().horizontal, Horizontal::Axes { .. }));
    let named = Choice { x: Some("lon".into()), y: Some("lat".into()), ..Choice::default() };
    assert!(matches!(plain.read(&named).unwrap().horizontal, Horizontal::Axes { .. }));
}

#[test]
fn a_mesh_without_corners_or_places_is_refused_by_name() {
    let error = fvcom(FACES).without("nv").refused();
    assert!(matches!(error, CfError::Unserved(Unserved::Unstructured { .. })), "{error}");
    assert!(error.to_string().contains("`grid`"), "{error}");
    let error = fvcom(FACES).without("lat").refused();
    assert!(error.to_string().contains("`nv`: has corners whose longitudes"), "{error}");
}

#[test]
fn components_along_axes_that_a_mesh_does_not_have_are_east_and_north_or_refused() {
    let along = |name| ("standard_name", name);
    let dimensions = [("time", 2), NODES];
    let grid = ugrid(NODES)
        .with("u", &dimensions, &[along("sea_water_x_velocity"), METRES, ("mesh", "mesh")])
        .with("v", &dimensions, &[along("sea_water_y_velocity"), METRES, ("mesh", "mesh")]);
    let notes = grid.served().notes.join("\n");
    assert!(notes.contains("on this grid those point east and north"), "{notes}");
    let choice = Choice { components: Some(Components::Grid), ..Choice::default() };
    let error = grid.read(&choice).unwrap_err().to_string();
    assert!(error.contains("`u`: cannot follow the grid's axes"), "{error}");
}

#[test]
fn places_by_another_name_are_taken_for_what_the_scenario_says() {
    let named =
        |mesh| Choice { x: Some("px".into()), y: Some("py".into()), mesh, ..Choice::default() };
    let made = fvcom(NODES)
        .without("lon")
        .without("lat")
        .coordinate("px", &[NODES], &[("units", "degrees")], &[1.0, 2.0, 2.0, 1.0, 3.0])
        .coordinate("py", &[NODES], &[("units", "degrees")], &[50.0, 50.0, 51.0, 51.0, 50.0]);
    let error = made.read(&named(MeshChoice::Auto)).unwrap_err();
    assert!(matches!(error, CfError::Unserved(Unserved::Plane { .. })), "{error}");
    assert!(error.to_string().contains("`mesh = \"sphere\"`"), "{error}");
    let sphere = made.read(&named(MeshChoice::Sphere)).unwrap();
    assert!(matches!(sphere.mesh, Mesh::Sphere { .. }));
    let error = made.read(&named(MeshChoice::Flat)).unwrap_err().to_string();
    assert!(error.contains("has the units `degrees`, not metres"), "{error}");
}

#[test]
fn zeros_in_place_of_longitudes_are_none() {
    let zeros = [0.0; 5];
    let made = fvcom(FACES)
        .coordinate("lon", &[NODES], &[("units", "degrees_east")], &zeros)
        .coordinate("lat", &[NODES], &[("units", "degrees_north")], &zeros)
        .coordinate("x", &[NODES], &[("units", "m")], &[0.0, 10.0, 10.0, 0.0, 20.0])
        .coordinate("y", &[NODES], &[("units", "m")], &[0.0, 0.0, 10.0, 10.0, 0.0]);
    let error = made.refused().to_string();
    assert!(
        error.contains("is 0 at all 5 nodes") && error.contains("`mesh = \"flat\"`"),
        "{error}"
    );
    let flat = Choice { mesh: MeshChoice::Flat, ..Choice::default() };
    assert_eq!(made.read(&flat).unwrap().mesh, Mesh::Flat);
}

/// Currents at the nodes on three layers.
fn layered(made: Made, layers: &str) -> Made {
    let dimensions = [("time", 2), (layers, 3), NODES];
    made.with("u", &dimensions, &[EAST, METRES, ("mesh", "mesh")])
        .with("v", &dimensions, &[NORTH, METRES, ("mesh", "mesh")])
        .coordinate("bathy", &[NODES], &[("units", "m")], &[9.0, 9.0, 8.0, 7.0, -1.0])
        .with("elev", &[("time", 2), NODES], &[("units", "m")])
}

fn in_depth() -> Choice {
    Choice { vertical: Some(Vertical::Fixed), ..Choice::default() }
}

#[test]
fn layers_of_ugrid_are_found_by_their_terms() {
    let terms = ("formula_terms", "sigma: layer eta: elev depth: bathy");
    let about = [("standard_name", "ocean_sigma_coordinate"), terms];
    let made = layered(ugrid(NODES), "layer").axis("layer", &about, &[-0.9, -0.5, -0.1]);
    let found = made.read(&in_depth()).unwrap();
    let (levels, terrain) = (found.levels.unwrap(), found.terrain.unwrap());
    assert_eq!((levels.depths, levels.flipped), (vec![0.1, 0.5, 0.9], true));
    assert_eq!(terrain.surface.unwrap().variable, "elev");
    assert_eq!(*terrain.depths, [9.0, 9.0, 8.0, 7.0, -1.0]);
    assert_eq!(terrain.of_nodes, None);
    // At fixed depths there are no terms.
    let made = layered(ugrid(NODES), "layer");
    let made = made.axis("layer", &[("units", "m"), ("positive", "down")], &[1.0, 5.0, 9.0]);
    let found = made.read(&in_depth()).unwrap();
    assert_eq!((found.levels.unwrap().depths, found.terrain), (vec![1.0, 5.0, 9.0], None));
}

#[test]
fn layers_that_differ_from_node_to_node_are_read_from_the_surface() {
    let about = [("standard_name", "ocean_sigma/general_coordinate")];
    let s =
        [-0.9, -0.9, -0.8, -0.9, -0.9, -0.5, -0.5, -0.4, -0.5, -0.5, -0.1, -0.1, 0.0, -0.1, -0.1];
    let made = |dimensions: [(&str, u64); 2]| {
        let terms = ("formula_terms", "sigma:siglay eta:elev depth:bathy");
        layered(ugrid(NODES), "siglay").coordinate("siglay", &dimensions, &[about[0], terms], &s)
    };
    let found = made([("siglay", 3), NODES]).read(&in_depth()).unwrap();
    let of_nodes = found.terrain.unwrap().of_nodes.unwrap();
    assert_eq!(of_nodes[..5], [-0.1, -0.1, 0.0, -0.1, -0.1]);
    let mean = found.levels.unwrap().depths[0];
    assert!((mean - 0.08).abs() < 1e-9, "{mean}");
    let error = made([("siglay", 3), ("other", 5)]).read(&in_depth()).unwrap_err().to_string();
    assert!(error.contains("`siglay`: is to run along the levels"), "{error}");
}

#[test]
fn layers_of_schism_are_refused_by_name_in_depth() {
    let made = layered(ugrid(NODES), "nSCHISM_vgrid_layers");
    let error = made.read(&in_depth()).unwrap_err().to_string();
    assert!(error.contains("`nSCHISM_vgrid_layers`"), "{error}");
}

#[test]
fn velocities_of_schism_are_known_by_their_names() {
    let made = ugrid(NODES)
        .without("u")
        .without("v")
        .with("horizontalVelX", &[("time", 2), NODES, ("nSCHISM_vgrid_layers", 3)], &[METRES])
        .with("horizontalVelY", &[("time", 2), NODES, ("nSCHISM_vgrid_layers", 3)], &[METRES]);
    let found = made.read(&Choice { level: Some(2), ..Choice::default() }).unwrap();
    assert_eq!(found.u.variable, "horizontalVelX");
}
