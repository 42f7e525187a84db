//! What a grid mapping says of a grid's axes (CF §5.6).

use super::velocity::Pair;
use crate::forcing::{Attributes, Catalogue, Variable};

/// A grid mapping, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mapping {
    pub axes: Axes,
    /// What shows it, to stand in a sentence: "its grid mapping `crs` is mercator".
    pub sign: String,
}

/// What the axes of a mapping are, the harmless first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Axes {
    /// Plain longitude and latitude.
    Geographic,
    /// Nothing tells.
    Unknown,
    /// x and y of a map.
    Projected,
    /// Longitude and latitude about a pole that is not the Earth's.
    Rotated,
}

/// What names of mappings speak of where the mapping itself is lost or says nothing.
const TELLING_NAMES: [(&str, Axes); 6] = [
    ("rotat", Axes::Rotated),
    ("stereo", Axes::Projected),
    ("lambert", Axes::Projected),
    ("polar", Axes::Projected),
    ("merc", Axes::Projected),
    ("conic", Axes::Projected),
];

/// Attributes that hold a PROJ string; CF has none.
const PROJ_STRINGS: [&str; 3] = ["proj4", "proj4_string", "proj4_params"];

/// The mapping that `variable` names, the worst where it names several; `None` where it names none.
pub(super) fn of(catalogue: &Catalogue, variable: &Variable) -> Option<Mapping> {
    names(variable.attributes.text("grid_mapping")?)
        .map(|name| match catalogue.variable(name) {
            Some(found) => match declared(&found.attributes) {
                Some((axes, what)) => {
                    Mapping { axes, sign: format!("its grid mapping `{name}` is {what}") }
                }
                None => by_name(name, "does not say what it is"),
            },
            None => by_name(name, "is not in the dataset"),
        })
        .max()
}

/// The worst mapping of the two components.
pub(super) fn of_pair(catalogue: &Catalogue, pair: &Pair<'_>) -> Option<Mapping> {
    of(catalogue, pair.u).max(of(catalogue, pair.v))
}

/// The names in a `grid_mapping` attribute: `crs`, or `crs: x y other: lon lat`.
fn names(attribute: &str) -> impl Iterator<Item = &str> {
    let mut parts: Vec<&str> = attribute.split(':').collect();
    if parts.len() > 1 {
        parts.pop();
    }
    parts.into_iter().filter_map(|part| part.split_whitespace().next_back())
}

fn by_name(name: &str, lacking: &str) -> Mapping {
    let lower = name.to_lowercase();
    let telling = TELLING_NAMES.iter().find(|(part, _)| lower.contains(part));
    let axes = telling.map_or(Axes::Unknown, |&(_, axes)| axes);
    Mapping { axes, sign: format!("its grid mapping `{name}` {lacking}") }
}

/// What the attributes of a mapping (or of a whole dataset) declare, and its name; the worst where
/// they contradict each other.
pub(super) fn declared(attributes: &Attributes) -> Option<(Axes, String)> {
    let all = |keys: &[&'static str], read: fn(&str) -> Option<(Axes, String)>| {
        let texts = keys.iter().filter_map(|key| attributes.text(key));
        texts.map(str::trim).filter(|text| !text.is_empty()).filter_map(read).max()
    };
    [
        all(&["grid_mapping_name"], named),
        all(&PROJ_STRINGS, proj),
        all(&["crs_wkt", "spatial_ref"], well_known_text),
    ]
    .into_iter()
    .flatten()
    .max()
}

/// The PROJ string among the attributes of a mapping.
pub(super) fn proj_string(attributes: &Attributes) -> Option<&str> {
    let texts = PROJ_STRINGS.iter().filter_map(|key| attributes.text(key));
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// Whether the name of a mapping and its PROJ string speak of different axes.
pub(super) fn contradicts_itself(attributes: &Attributes) -> bool {
    let name = attributes.text("grid_mapping_name").and_then(named);
    let string = proj_string(attributes).and_then(proj);
    matches!((name, string), (Some((a, _)), Some((b, _))) if a != b)
}

/// The variables in the dataset that map the grid of a pair, whatever else its components name, and
/// what the axes of such a mapping are.
pub(super) fn of_grid<'a>(catalogue: &'a Catalogue, pair: &Pair<'_>) -> Vec<(&'a Variable, Axes)> {
    let mut all: Vec<(&Variable, Axes)> = Vec::new();
    let attributes = [pair.u, pair.v].map(|part| part.attributes.text("grid_mapping"));
    for name in attributes.into_iter().flatten().flat_map(names) {
        let Some(variable) = catalogue.variable(name) else { continue };
        if let Some((axes @ (Axes::Projected | Axes::Rotated), _)) = declared(&variable.attributes)
            && all.iter().all(|(known, _)| known.name != variable.name)
        {
            all.push((variable, axes));
        }
    }
    all
}

fn named(name: &str) -> Option<(Axes, String)> {
    let name = name.to_lowercase();
    let axes = match name.as_str() {
        "latitude_longitude" => Axes::Geographic,
        _ if name.contains("rotated") => Axes::Rotated,
        _ => Axes::Projected,
    };
    Some((axes, name))
}

fn proj(text: &str) -> Option<(Axes, String)> {
    let text = text.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let axes = if has(&["=ob_tran"]) {
        Axes::Rotated
    } else if has(&["=longlat", "=latlong", "=lonlat", "=latlon", "epsg:4326"]) {
        Axes::Geographic
    } else {
        Axes::Projected
    };
    Some((axes, text))
}

/// Well-known text of either version. A projected system holds a geographic one, so that the order
/// of the questions matters.
fn well_known_text(text: &str) -> Option<(Axes, String)> {
    let lower = text.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let axes = if has(&["derivingconversion", "rotated_pole", "ob_tran"]) {
        Axes::Rotated
    } else if has(&["projcs", "projcrs", "projectedcrs"]) {
        Axes::Projected
    } else if has(&["geogcs", "geogcrs", "geographiccrs", "geodcrs", "geodeticcrs"]) {
        Axes::Geographic
    } else {
        return None;
    };
    let name = text.split('"').nth(1).unwrap_or(text);
    Some((axes, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::fixture::variable;

    fn axes(mapping: &[(&str, &str)], attribute: &str) -> Option<Axes> {
        let catalogue =
            Catalogue { variables: vec![variable("crs", &[], mapping)], ..Catalogue::default() };
        of(&catalogue, &variable("u", &[], &[("grid_mapping", attribute)])).map(|found| found.axes)
    }

    #[test]
    fn every_way_to_declare_a_mapping_is_read() {
        for (key, text, expected) in [
            ("grid_mapping_name", "latitude_longitude", Axes::Geographic),
            ("grid_mapping_name", "rotated_latitude_longitude", Axes::Rotated),
            ("grid_mapping_name", "transverse_mercator", Axes::Projected),
            ("proj4", "+proj=longlat +datum=WGS84", Axes::Geographic),
            ("proj4", "+proj=stere +lat_0=90", Axes::Projected),
            ("proj4_string", "+proj=ob_tran +o_proj=longlat", Axes::Rotated),
            ("crs_wkt", "GEOGCRS[\"WGS 84\",DATUM[]]", Axes::Geographic),
            ("crs_wkt", "PROJCRS[\"UTM 30N\",BASEGEOGCRS[\"WGS 84\"]]", Axes::Projected),
            ("crs_wkt", "GEOGCRS[\"r\",DERIVINGCONVERSION[\"Pole rotation\"]]", Axes::Rotated),
            ("spatial_ref", "GEOGCS[\"WGS 84\"]", Axes::Geographic),
            ("spatial_ref", "PROJCS[\"UTM\",GEOGCS[\"WGS 84\"]]", Axes::Projected),
            ("spatial_ref", "", Axes::Unknown),
            ("long_name", "CRS definition", Axes::Unknown),
        ] {
            assert_eq!(axes(&[(key, text)], "crs"), Some(expected), "{key} = {text}");
        }
    }

    #[test]
    fn the_worst_of_contradicting_signs_counts() {
        let both = [("grid_mapping_name", "latitude_longitude"), ("crs_wkt", "PROJCS[\"UTM\"]")];
        assert_eq!(axes(&both, "crs"), Some(Axes::Projected));
        let plain = [("grid_mapping_name", "latitude_longitude")];
        assert_eq!(axes(&plain, "crs: lat lon"), Some(Axes::Geographic));
        assert_eq!(axes(&plain, "crs: lat lon my_lambert: x y"), Some(Axes::Projected));
        assert_eq!(axes(&plain, "crs : lat lon"), Some(Axes::Geographic));
    }

    #[test]
    fn a_lost_mapping_is_judged_by_its_name() {
        for (name, expected) in [
            ("LatLon_Projection", Axes::Unknown),
            ("absent", Axes::Unknown),
            ("rotated_pole", Axes::Rotated),
            ("Polar_Stereographic", Axes::Projected),
            ("Lambert_Conformal", Axes::Projected),
            ("transverse_mercator", Axes::Projected),
            ("albers_conical_equal_area", Axes::Projected),
        ] {
            assert_eq!(axes(&[], name), Some(expected), "{name}");
        }
        assert_eq!(axes(&[], ""), None);
    }
}
