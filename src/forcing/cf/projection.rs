//! From the x and y of a grid mapping to longitude and latitude (CF Appendix F).

use proj4rs::Proj;
use proj4rs::adaptors::transform_xy;

use super::mapping;
use super::rotated::RotatedPole;
use crate::forcing::Attributes;

/// What a grid mapping does.
#[derive(Debug)]
pub(super) enum Projection {
    /// x and y in metres on a map.
    Map(Box<Map>),
    /// Longitude and latitude about another pole, in degrees.
    Rotated(RotatedPole),
}

/// A map as the projection library has it.
pub(super) struct Map {
    map: Proj,
    /// Longitude and latitude on the map's own figure of the Earth: models that run on a sphere mean
    /// that sphere's latitudes, and no datum is to be shifted.
    globe: Proj,
}

impl std::fmt::Debug for Map {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.map.projname())
    }
}

/// What a mapping needs to know, each by the first of these attributes that is there, and what PROJ
/// calls their numbers.
type Needed = &'static [&'static [(&'static str, &'static [&'static str])]];

const LATITUDE: &[(&str, &[&str])] = &[("latitude_of_projection_origin", &["lat_0"])];
const LONGITUDE: &[(&str, &[&str])] = &[("longitude_of_projection_origin", &["lon_0"])];
const MERIDIAN: &[(&str, &[&str])] = &[("longitude_of_central_meridian", &["lon_0"])];
const PARALLELS: &[(&str, &[&str])] = &[("standard_parallel", &["lat_1", "lat_2"])];
const TRUE_SCALE: &[(&str, &[&str])] =
    &[("standard_parallel", &["lat_ts"]), ("scale_factor_at_projection_origin", &["k_0"])];

/// The mappings of CF that are read, what PROJ calls them, and what they need.
const MAPPINGS: [(&str, &str, Needed); 8] = [
    ("albers_conical_equal_area", "aea", &[PARALLELS, MERIDIAN, LATITUDE]),
    ("azimuthal_equidistant", "aeqd", &[LONGITUDE, LATITUDE]),
    ("lambert_azimuthal_equal_area", "laea", &[LONGITUDE, LATITUDE]),
    ("lambert_conformal_conic", "lcc", &[PARALLELS, MERIDIAN, LATITUDE]),
    ("mercator", "merc", &[LONGITUDE, TRUE_SCALE]),
    (
        "polar_stereographic",
        "stere",
        &[
            LATITUDE,
            &[
                ("straight_vertical_longitude_from_pole", &["lon_0"]),
                ("longitude_of_projection_origin", &["lon_0"]),
            ],
            TRUE_SCALE,
        ],
    ),
    (
        "stereographic",
        "stere",
        &[LATITUDE, LONGITUDE, &[("scale_factor_at_projection_origin", &["k_0"])]],
    ),
    (
        "transverse_mercator",
        "tmerc",
        &[&[("scale_factor_at_central_meridian", &["k_0"])], MERIDIAN, LATITUDE],
    ),
];

impl Projection {
    /// What the attributes of a grid mapping describe. `metres` are those in a unit of x and of y,
    /// in which CF gives the false easting and northing. `radius` is that of the sphere that is
    /// assumed, with a note, where nothing is said of the Earth's figure.
    ///
    /// A PROJ string is preferred to the attributes of CF: it is whole, and where files have both,
    /// these often lack the figure of the Earth.
    ///
    /// # Errors
    /// In words that follow the name of the mapping, why it cannot be read.
    pub fn of(
        attributes: &Attributes,
        metres: [f64; 2],
        radius: f64,
        notes: &mut Vec<String>,
    ) -> Result<Self, String> {
        if mapping::contradicts_itself(attributes) {
            return Err(
                "has a `grid_mapping_name` and a PROJ string that contradict each other".into()
            );
        }
        let name = attributes.text("grid_mapping_name").map(|name| name.trim().to_lowercase());
        if let Some(text) =
            mapping::proj_string(attributes).filter(|text| !text.contains("ob_tran"))
        {
            return map(text).map(|map| Self::Map(map.into()));
        }
        let Some(name) = name else {
            let what = mapping::declared(attributes).map_or(String::new(), |(_, what)| what);
            return Err(format!(
                "is {what} and has neither a `grid_mapping_name` nor a PROJ string"
            ));
        };
        if name == "rotated_latitude_longitude" {
            let meridian = match attributes.0.get("north_pole_grid_longitude") {
                Some(_) => number(attributes, "north_pole_grid_longitude")?,
                None => 0.0,
            };
            return Ok(Self::Rotated(RotatedPole {
                longitude: number(attributes, "grid_north_pole_longitude")?,
                latitude: number(attributes, "grid_north_pole_latitude")?,
                meridian,
            }));
        }
        let Some((_, proj, needed)) = MAPPINGS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<&str> = MAPPINGS.iter().map(|(known, ..)| *known).collect();
            return Err(format!(
                "is {name}, and those that can be followed are {} and rotated_latitude_longitude",
                known.join(", ")
            ));
        };
        let mut text = format!("+proj={proj}");
        for one_of in *needed {
            let there = one_of.iter().find(|(attribute, _)| attributes.0.contains_key(*attribute));
            let Some((attribute, keys)) = there else {
                let names: Vec<String> =
                    one_of.iter().map(|(name, _)| format!("`{name}`")).collect();
                return Err(format!("is {name} and has no {}", names.join(" or ")));
            };
            let numbers = finite(attributes, attribute, keys.len())?;
            // One standard parallel is two that have become one.
            for (key, number) in keys.iter().zip(numbers.iter().cycle()) {
                text += &format!(" +{key}={number}");
            }
        }
        for (attribute, key, metres) in
            [("false_easting", "x_0", metres[0]), ("false_northing", "y_0", metres[1])]
        {
            if attributes.0.contains_key(attribute) {
                text += &format!(" +{key}={}", number(attributes, attribute)? * metres);
            }
        }
        text += &figure(attributes, radius, notes)?;
        map(&text).map(|map| Self::Map(map.into()))
    }

    /// Longitude and latitude of x and y in degrees; NaN where the map has no such place.
    pub fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Map(of) => {
                let Map { map, globe } = &**of;
                let scale = map.to_meter();
                transform_xy(map, globe, x / scale, y / scale)
                    .map_or([f64::NAN; 2], |(lon, lat)| [lon.to_degrees(), lat.to_degrees()])
            }
            Self::Rotated(pole) => pole.place([x, y]),
        }
    }
}

fn map(text: &str) -> Result<Map, String> {
    let failed = |error| format!("cannot be read as the projection `{text}` ({error})");
    let map = Proj::from_proj_string(text).map_err(|error| failed(error.to_string()))?;
    if map.is_latlong() || map.is_geocent() || !map.has_inverse() {
        return Err(failed("it leads to no longitude and latitude".to_owned()));
    }
    let globe =
        Proj::from_proj_string("+proj=longlat").map_err(|error| failed(error.to_string()))?;
    Ok(Map { map, globe })
}

/// The figure of the Earth for PROJ.
fn figure(attributes: &Attributes, radius: f64, notes: &mut Vec<String>) -> Result<String, String> {
    let length = |name| -> Result<Option<f64>, String> {
        attributes.0.contains_key(name).then(|| number(attributes, name)).transpose()
    };
    if let Some(radius) = length("earth_radius")? {
        return Ok(format!(" +R={radius}"));
    }
    let (minor, inverse) = (length("semi_minor_axis")?, length("inverse_flattening")?);
    match (length("semi_major_axis")?, minor, inverse) {
        (Some(major), Some(minor), _) => Ok(format!(" +a={major} +b={minor}")),
        // CF has zero for a sphere.
        (Some(major), None, Some(0.0)) => Ok(format!(" +R={major}")),
        (Some(major), None, Some(inverse)) => Ok(format!(" +a={major} +rf={inverse}")),
        (Some(_), None, None) => {
            Err("has a `semi_major_axis`, but no `semi_minor_axis` or `inverse_flattening`"
                .to_owned())
        }
        (None, ..) => {
            let named =
                ["reference_ellipsoid_name", "horizontal_datum_name", "geographic_crs_name"]
                    .into_iter()
                    .find(|name| attributes.0.contains_key(*name));
            if let Some(named) = named {
                return Err(format!(
                    "names the Earth's figure by `{named}` alone and has no `semi_major_axis` and `inverse_flattening`"
                ));
            }
            notes.push(format!(
                "the grid mapping does not tell the Earth's figure: taken as a sphere of {radius} m, which may set its places off by up to 20 km"
            ));
            Ok(format!(" +R={radius}"))
        }
    }
}

fn number(attributes: &Attributes, name: &str) -> Result<f64, String> {
    finite(attributes, name, 1).map(|numbers| numbers[0])
}

/// From one to `most` numbers of an attribute.
fn finite<'a>(attributes: &'a Attributes, name: &str, most: usize) -> Result<&'a [f64], String> {
    match attributes.numbers(name) {
        Some(numbers)
            if (1..=most).contains(&numbers.len()) && numbers.iter().all(|n| n.is_finite()) =>
        {
            Ok(numbers)
        }
        Some(_) => Err(format!("has a `{name}` that is not {most} finite numbers at most")),
        None if attributes.0.contains_key(name) => {
            Err(format!("has a `{name}` that is text and not a number"))
        }
        None => Err(format!("has no `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::cf::fixture::variable;
    use crate::grid::{EARTH_RADIUS, Mesh};

    const WGS84: [(&str, &str); 2] =
        [("semi_major_axis", "6378137"), ("inverse_flattening", "298.257223563")];
    const GRS80: [(&str, &str); 2] =
        [("semi_major_axis", "6378137"), ("inverse_flattening", "298.257222101")];
    const SPHERE: [(&str, &str); 1] = [("earth_radius", "6371000")];

    fn read(name: &str, parts: [&[(&str, &str)]; 2]) -> Result<Projection, String> {
        let all = [&[("grid_mapping_name", name)][..], parts[0], parts[1]].concat();
        let attributes = variable("crs", &[], &all).attributes;
        Projection::of(&attributes, [1.0; 2], EARTH_RADIUS, &mut Vec::new())
    }

    /// How many metres 400 km east and 300 km south of the false origin lie from a place.
    fn off(projection: &Projection, [x, y]: [f64; 2], place: [f64; 2]) -> f64 {
        let found = projection.place([x + 4e5, y - 3e5]);
        Mesh::Sphere { radius: EARTH_RADIUS }.distance(found, place)
    }

    /// A mapping, its parameters and figure, its false origin, and where PROJ 9.5 has the place.
    type Case = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static [(&'static str, &'static str)],
        [f64; 2],
        [f64; 2],
    );

    const BY_PROJ: [Case; 12] = [
        (
            "albers_conical_equal_area",
            &[
                ("standard_parallel", "40"),
                ("longitude_of_central_meridian", "-96"),
                ("latitude_of_projection_origin", "23"),
            ],
            &GRS80,
            [0.0; 2],
            [-92.353_896_793_953_33, 20.097_533_639_855_385],
        ),
        (
            "azimuthal_equidistant",
            &[("longitude_of_projection_origin", "5"), ("latitude_of_projection_origin", "52")],
            &WGS84,
            [0.0; 2],
            [10.487_965_485_768_82, 49.169_075_938_964_3],
        ),
        (
            "lambert_azimuthal_equal_area",
            &[
                ("longitude_of_projection_origin", "10"),
                ("latitude_of_projection_origin", "52"),
                ("false_easting", "4321000"),
                ("false_northing", "3210000"),
            ],
            &GRS80,
            [4_321_000.0, 3_210_000.0],
            [15.489_609_325_765_98, 49.168_737_105_540_885],
        ),
        (
            "lambert_conformal_conic",
            &[
                ("standard_parallel", "63"),
                ("longitude_of_central_meridian", "15"),
                ("latitude_of_projection_origin", "63"),
            ],
            &SPHERE,
            [0.0; 2],
            [22.222_845_966_473_987, 60.101_003_164_973_74],
        ),
        (
            "mercator",
            &[("longitude_of_projection_origin", "-20"), ("standard_parallel", "45")],
            &[("semi_major_axis", "6371229"), ("inverse_flattening", "0")],
            [0.0; 2],
            [-14.912_851_604_979_851, -3.812_544_668_876_186],
        ),
        (
            "mercator",
            &[
                ("longitude_of_projection_origin", "110"),
                ("scale_factor_at_projection_origin", "0.997"),
            ],
            &[("semi_major_axis", "6377397.155"), ("inverse_flattening", "299.1528128")],
            [0.0; 2],
            [113.604_491_466_881_41, -2.720_496_671_348_965],
        ),
        (
            "polar_stereographic",
            &[
                ("latitude_of_projection_origin", "90"),
                ("straight_vertical_longitude_from_pole", "-45"),
                ("standard_parallel", "70"),
            ],
            &[("semi_major_axis", "6378273"), ("semi_minor_axis", "6356889.449")],
            [0.0; 2],
            [8.130_102_354_155_978, 85.386_849_435_474_69],
        ),
        (
            "polar_stereographic",
            &[
                ("latitude_of_projection_origin", "-90"),
                ("longitude_of_projection_origin", "0"),
                ("standard_parallel", "-71"),
            ],
            &WGS84,
            [0.0; 2],
            [126.869_897_645_844_02, -85.400_542_325_505_74],
        ),
        (
            // Files have been seen whose other longitude has the wrong sign.
            "polar_stereographic",
            &[
                ("latitude_of_projection_origin", "90"),
                ("longitude_of_projection_origin", "-58"),
                ("straight_vertical_longitude_from_pole", "58"),
                ("scale_factor_at_projection_origin", "0.933012701907249"),
            ],
            &SPHERE,
            [0.0; 2],
            [111.130_102_354_156, 85.183_388_646_659_01],
        ),
        (
            "stereographic",
            &[
                ("latitude_of_projection_origin", "40"),
                ("longitude_of_projection_origin", "-30"),
                ("scale_factor_at_projection_origin", "0.9996"),
            ],
            &SPHERE,
            [0.0; 2],
            [-25.483_498_035_941_555, 37.212_929_690_456_576],
        ),
        (
            "transverse_mercator",
            &[
                ("scale_factor_at_central_meridian", "0.9996"),
                ("longitude_of_central_meridian", "15"),
                ("latitude_of_projection_origin", "0"),
                ("false_easting", "500000"),
            ],
            &WGS84,
            [5e5, 0.0],
            [18.596_324_128_407_073, -2.708_800_902_682_063],
        ),
        (
            "stereographic",
            &[("proj4", "+proj=stere +lat_0=40 +lon_0=-30 +k_0=0.9996 +R=6371000 +units=km")],
            &[],
            [0.0; 2],
            [-25.483_498_035_941_555, 37.212_929_690_456_576],
        ),
    ];

    #[test]
    fn places_are_those_of_proj() {
        for (name, parameters, figure, origin, place) in BY_PROJ {
            let projection = read(name, [parameters, figure]).unwrap();
            let off = off(&projection, origin, place);
            assert!(off < 1e-3, "{name}: {off} m");
        }
    }

    #[test]
    fn every_parameter_counts() {
        for (name, parameters, figure, origin, place) in BY_PROJ {
            for index in 0..parameters.len() {
                let (key, text) = parameters[index];
                let Ok(value) = text.parse::<f64>() else { continue };
                // The second longitude of a polar map is not looked at where there is the first.
                if text == "-58" {
                    continue;
                }
                let planted = (value * 0.99 + 0.3).to_string();
                let mut wrong = parameters.to_vec();
                wrong[index] = (key, &planted);
                // A pole that lies elsewhere is another place on the map, or none.
                let off = read(name, [&wrong, figure]).map(|it| off(&it, origin, place));
                assert!(off.as_ref().is_ok_and(|off| *off > 10.0), "{name}: {key}: {off:?}");
            }
        }
    }

    #[test]
    fn two_standard_parallels_differ_from_one() {
        let parameters = [
            ("longitude_of_central_meridian", "3"),
            ("latitude_of_projection_origin", "46.5"),
            ("false_easting", "700000"),
            ("false_northing", "6600000"),
        ];
        let figure = [("semi_major_axis", "6378137"), ("semi_minor_axis", "6356752.314")];
        let all = [&[("grid_mapping_name", "lambert_conformal_conic")][..], &parameters, &figure];
        let mut attributes = variable("crs", &[], &all.concat()).attributes;
        let mut of = |parallels: Vec<f64>| {
            let parallels = crate::forcing::Attribute::Floats(parallels);
            attributes.0.insert("standard_parallel".to_owned(), parallels);
            Projection::of(&attributes, [1.0; 2], EARTH_RADIUS, &mut Vec::new())
        };
        let place = [7.963_075_594_713_34, 43.685_860_952_866_406];
        let both = of(vec![44.0, 49.0]).unwrap();
        assert!(off(&both, [7e5, 6.6e6], place) < 1e-3);
        assert!(off(&of(vec![44.0]).unwrap(), [7e5, 6.6e6], place) > 100.0);
        for none in [vec![], vec![44.0, 49.0, 50.0], vec![f64::NAN]] {
            assert!(of(none).unwrap_err().contains("standard_parallel"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let polar = [("latitude_of_projection_origin", "90"), ("standard_parallel", "60")];
        let whole = [&polar[..], &[("longitude_of_projection_origin", "0")]].concat();
        for (name, parameters, figure, part) in [
            ("polar_stereographic", &polar[..], &SPHERE[..], "no `straight_vertical_longitude"),
            ("polar_stereographic", &whole, &[("semi_major_axis", "6371000")], "`inverse_flat"),
            ("polar_stereographic", &whole, &[("earth_radius", "-1")], "Invalid radius"),
            ("polar_stereographic", &whole, &[("earth_radius", "about 6371 km")], "is text"),
            (
                "polar_stereographic",
                &whole,
                &[("reference_ellipsoid_name", "Airy 1830")],
                "`reference_ellipsoid_name` alone",
            ),
            ("geostationary", &[], &SPHERE, "is geostationary, and those that can be"),
            ("rotated_latitude_longitude", &[], &[], "no `grid_north_pole_longitude`"),
            ("rotated_latitude_longitude", &[("proj4", "+proj=stere")], &[], "contradict"),
            ("mercator", &[("proj4", "+proj=wink2")], &[], "Projection not found"),
            ("mercator", &[("proj4", "+init=epsg:3395")], &[], "cannot be read as"),
        ] {
            let error = read(name, [parameters, figure]).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
        let text_alone = variable("crs", &[], &[("crs_wkt", "PROJCRS[\"UTM\"]")]).attributes;
        let error = Projection::of(&text_alone, [1.0; 2], EARTH_RADIUS, &mut Vec::new());
        assert!(error.unwrap_err().contains("nor a PROJ string"));
    }

    #[test]
    fn an_unknown_figure_of_the_earth_is_noted() {
        let attributes = [
            ("grid_mapping_name", "polar_stereographic"),
            ("latitude_of_projection_origin", "90"),
            ("longitude_of_projection_origin", "0"),
            ("standard_parallel", "60"),
        ];
        let mut notes = Vec::new();
        let attributes = variable("crs", &[], &attributes).attributes;
        Projection::of(&attributes, [1.0; 2], EARTH_RADIUS, &mut notes).unwrap();
        assert!(notes[0].contains("a sphere of 6371000 m"), "{notes:?}");
    }
}
