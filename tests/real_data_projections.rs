//! Real files whose grid mapping must lead to the longitudes and latitudes that they tell themselves.

use std::path::PathBuf;
use std::sync::Arc;

use drogue::forcing::cf::{Choice, Horizontal, Interpretation, NodesVariables, interpret};
use drogue::forcing::{Attribute, Catalogue, MissingChunks, Source, open};
use drogue::grid::{Arrangement, Curvilinear, EARTH_RADIUS, Mesh, Pointing};

const ARCTIC: &str = "metno_arctic20_zlevels/Arctic20_1to5Feb_2016.nc";

/// A file, the variable of its grid mapping, and how far in metres the mapping may put nodes from
/// where the file has them.
type Case = (&'static str, &'static str, f64);

const FILES: [Case; 2] = [
    ("metno_arome_wind/AROME_MetCoOp_00_DEF_20160114_subset.nc", "projection_lambert", 1e-3),
    // Its x and y are whole metres.
    ("hirlam_wind_polarstereo/coordTest.nc", "projection_1", 1.0),
];

fn opened(file: &str) -> Arc<Source> {
    let root = std::env::var("DROGUE_TEST_DATA")
        .expect("set DROGUE_TEST_DATA to the directory of the test data");
    open(&PathBuf::from(root).join(file), MissingChunks::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn interpreted(source: &Source, catalogue: &Catalogue) -> Interpretation {
    moved(source, catalogue, |_, value| value)
}

/// As it would be if the values of a coordinate variable were others.
fn moved(
    source: &Source,
    catalogue: &Catalogue,
    value: impl Fn(&str, f64) -> f64,
) -> Interpretation {
    let read = |name: &str| {
        let stored = source.read_numbers(name).map_err(|error| error.to_string())?;
        Ok(stored.into_iter().map(|stored| value(name, stored)).collect())
    };
    interpret(catalogue, &read, &Choice::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// What is in the file but for its longitudes and latitudes.
fn without_coordinates(source: &Source) -> Catalogue {
    let mut catalogue = source.catalogue().clone();
    let is_told = |name: &str| ["longitude", "latitude"].contains(&name);
    catalogue.variables.retain(|variable| !is_told(&variable.name));
    catalogue
}

fn nodes(found: &Interpretation) -> &NodesVariables {
    match &found.horizontal {
        Horizontal::Nodes(nodes) => nodes,
        Horizontal::Triangles(_) | Horizontal::Axes { .. } => panic!("it has axes"),
    }
}

/// The greatest distance in metres between the nodes of two.
fn apart(a: &NodesVariables, b: &NodesVariables) -> f64 {
    assert_eq!((a.columns, a.longitudes.len()), (b.columns, b.longitudes.len()));
    let sphere = Mesh::Sphere { radius: EARTH_RADIUS };
    let place = |of: &NodesVariables, k: usize| [of.longitudes[k], of.latitudes[k]];
    let all = (0..a.longitudes.len()).map(|k| sphere.distance(place(a, k), place(b, k)));
    all.fold(0.0, f64::max)
}

#[test]
fn mappings_lead_to_the_longitudes_of_the_file() {
    for (file, mapping, most) in FILES {
        let source = opened(file);
        let told = interpreted(&source, source.catalogue());
        let computed = interpreted(&source, &without_coordinates(&source));
        assert_eq!(nodes(&computed).mapping.as_deref(), Some(mapping));
        assert_eq!(nodes(&told).mapping, None);
        let metres = apart(nodes(&told), nodes(&computed));
        assert!(metres < most, "{file}: {metres} m");
        assert_eq!(
            nodes(&told).arrangement,
            Arrangement::Nodes(Pointing::Grid { signs: [1.0, 1.0] })
        );
        assert_eq!(nodes(&computed).arrangement, nodes(&told).arrangement);
        assert!(told.notes.iter().all(|note| !note.contains("from where")), "{:?}", told.notes);
    }
}

#[test]
fn a_mapping_that_is_another_is_noted() {
    for (file, mapping, _) in FILES {
        let source = opened(file);
        let mut catalogue = source.catalogue().clone();
        let of_map = catalogue.variables.iter_mut().find(|variable| variable.name == mapping);
        let attributes = &mut of_map.unwrap().attributes.0;
        let Some(Attribute::Text(text)) = attributes.get_mut("proj4") else { panic!("no text") };
        *text = text.replace("+lon_0=15", "+lon_0=15.5").replace("+lon_0=0", "+lon_0=0.5");
        let told = interpreted(&source, &catalogue);
        let notes = told.notes.iter().filter(|note| note.contains("from where the grid mapping"));
        assert_eq!(notes.count(), 1, "{file}: {:?}", told.notes);
    }
}

/// The X and Y of this file are those of other nodes than its longitudes and latitudes: they lie about
/// half a cell off, and count in units of 1.000 628 km.
#[test]
fn axes_of_other_nodes_are_noted() {
    let source = opened(ARCTIC);
    let told = interpreted(&source, source.catalogue());
    let computed = interpreted(&source, &without_coordinates(&source));
    assert_eq!(nodes(&computed).mapping.as_deref(), Some("polar_stereographic"));
    let metres = apart(nodes(&told), nodes(&computed));
    assert!((17_000.0..18_000.0).contains(&metres), "{metres}");
    let expected = format!("lie up to {metres:.0} m from where the grid mapping");
    assert!(told.notes.iter().any(|note| note.contains(&expected)), "{:?}", told.notes);

    // Corners as PROJ has them.
    let of = nodes(&computed);
    for (index, longitude, latitude) in [
        (0, 9.714_630_965_962_694, 64.955_645_039_158_01),
        (90, 52.441_196_239_489_67, 73.107_863_360_881_54),
        (50 * 91, -10.989_765_254_929_972, 69.858_708_811_127_1),
        (50 * 91 + 90, 45.270_998_208_561_785, 82.530_104_463_039_48),
    ] {
        assert!((of.longitudes[index] - longitude).abs() < 1e-9, "{index}");
        assert!((of.latitudes[index] - latitude).abs() < 1e-9, "{index}");
    }

    // On axes that are moved and stretched, every node is where the file has it in f32.
    let right = moved(&source, &without_coordinates(&source), |name, value| match name {
        "X" => 1.000_628_20 * value - 9.005_654_6,
        "Y" => 1.000_628_20 * value - 13.008_154_2,
        _ => value,
    });
    let metres = apart(nodes(&told), nodes(&right));
    assert!(metres < 1.0, "{metres}");
}

/// A velocity is turned by the grid alike, whether its nodes are told or computed.
#[test]
fn components_are_turned_alike() {
    for (file, ..) in FILES {
        let source = opened(file);
        let rates = |catalogue: &Catalogue| -> Vec<[f32; 2]> {
            let found = interpreted(&source, catalogue);
            let NodesVariables { longitudes, latitudes, columns, arrangement, .. } = nodes(&found);
            let grid =
                Curvilinear::new(longitudes, latitudes, *columns, *arrangement, EARTH_RADIUS)
                    .unwrap();
            (0..longitudes.len()).map(|node| grid.rates(node, [3.0, -2.0]).unwrap()).collect()
        };
        let (told, computed) = (rates(source.catalogue()), rates(&without_coordinates(&source)));
        for (a, b) in told.iter().zip(&computed) {
            let off = (0..2).map(|d| (a[d] / b[d] - 1.0).abs()).fold(0.0, f32::max);
            assert!(off < 1e-3, "{file}: {a:?} {b:?}");
        }
    }
}
