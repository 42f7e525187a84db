//! Longitude and latitude about a pole that is not the Earth's (CF Appendix F, "Rotated pole").

/// A rotated pole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RotatedPole {
    /// True longitude of the rotated north pole in degrees.
    pub longitude: f64,
    /// Its true latitude.
    pub latitude: f64,
    /// The rotated longitude of the true north pole.
    pub meridian: f64,
}

impl RotatedPole {
    /// True longitude (-180 to 180) and latitude of a rotated longitude and latitude, in degrees.
    pub fn place(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let (sin_lon, cos_lon) = (longitude - self.meridian).to_radians().sin_cos();
        let (sin_lat, cos_lat) = latitude.to_radians().sin_cos();
        let (sin_pole, cos_pole) = self.latitude.to_radians().sin_cos();
        // From the centre of the sphere: towards the rotated north pole as it is seen from the true
        // one, to the left of that, and towards the true north pole.
        let ahead = cos_pole * sin_lat - sin_pole * cos_lat * cos_lon;
        let left = -cos_lat * sin_lon;
        let up = sin_pole * sin_lat + cos_pole * cos_lat * cos_lon;
        let east = left.atan2(ahead).to_degrees() + self.longitude;
        [(east + 180.0).rem_euclid(360.0) - 180.0, up.atan2(ahead.hypot(left)).to_degrees()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// True places by PROJ 9.5: pole (longitude, latitude, meridian), rotated, true.
    const BY_PROJ: [([f64; 3], [f64; 2], [f64; 2]); 7] = [
        ([-162.0, 39.25, 0.0], [0.0, 0.0], [18.0, 50.75]),
        ([-162.0, 39.25, 0.0], [-10.0, 5.0], [0.636_234_889_249_8, 54.574_485_426_141_6]),
        ([-162.0, 39.25, 0.0], [150.0, 60.0], [-176.823_948_663_468_3, 12.275_761_513_700_8]),
        ([10.0, -30.0, 0.0], [12.5, -20.25], [-42.073_517_941_901_3, 75.082_305_447_243_8]),
        ([-162.0, 39.25, 20.0], [12.5, -20.25], [9.863_726_755_007_7, 30.087_555_141_305_8]),
        ([190.0, 37.5, -35.0], [-10.0, 5.0], [51.225_727_062_288_7, 50.294_951_443_021_4]),
        ([0.0, 90.0, 0.0], [12.5, -20.25], [-167.5, -20.25]),
    ];

    fn pole([longitude, latitude, meridian]: [f64; 3]) -> RotatedPole {
        RotatedPole { longitude, latitude, meridian }
    }

    /// How far a pole's places lie from those of PROJ, degrees.
    fn worst(of: impl Fn([f64; 3]) -> RotatedPole) -> f64 {
        let off = |&(known, rotated, [longitude, latitude]): &([f64; 3], [f64; 2], [f64; 2])| {
            let found = of(known).place(rotated);
            (found[0] - longitude).abs().max((found[1] - latitude).abs())
        };
        BY_PROJ.iter().map(off).fold(0.0, f64::max)
    }

    #[test]
    fn places_are_those_of_proj() {
        assert!(worst(pole) < 1e-12, "{}", worst(pole));
        let swapped =
            worst(|[longitude, latitude, meridian]| pole([latitude, longitude, meridian]));
        let mirrored =
            worst(|[longitude, latitude, meridian]| pole([-longitude, latitude, meridian]));
        let backwards =
            worst(|[longitude, latitude, meridian]| pole([longitude, latitude, -meridian]));
        let southern =
            worst(|[longitude, latitude, meridian]| pole([longitude, -latitude, meridian]));
        for planted in [swapped, mirrored, backwards, southern] {
            assert!(planted > 1.0, "{planted}");
        }
    }

    /// The angle between two places in degrees, by the cosine rule.
    fn angle(a: [f64; 2], b: [f64; 2]) -> f64 {
        let [(lon_a, lat_a), (lon_b, lat_b)] =
            [a, b].map(|[x, y]| (x.to_radians(), y.to_radians()));
        let cos = lat_a.sin() * lat_b.sin() + lat_a.cos() * lat_b.cos() * (lon_a - lon_b).cos();
        cos.clamp(-1.0, 1.0).acos().to_degrees()
    }

    proptest! {
        /// A rotation leaves all angles as they are, and takes its poles to where they are said to be.
        #[test]
        fn angles_stay(
            known in (-180.0..180.0_f64, -89.0..89.0_f64, -180.0..180.0_f64),
            a in (-180.0..180.0_f64, -89.0..89.0_f64), b in (-180.0..180.0_f64, -89.0..89.0_f64),
        ) {
            let pole = pole([known.0, known.1, known.2]);
            let (a, b) = ([a.0, a.1], [b.0, b.1]);
            prop_assert!((angle(a, b) - angle(pole.place(a), pole.place(b))).abs() < 1e-5);
            let [_, up] = pole.place([known.2, known.1]);
            prop_assert!((up - 90.0).abs() < 1e-5, "the true pole lies at {up}");
            prop_assert!((angle(pole.place([0.0, 90.0]), [known.0, known.1])).abs() < 1e-5);
        }
    }
}
