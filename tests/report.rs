//! Maps as their readers see them.

use std::error::Error;

use drogue::engine::Status;
use drogue::grid::Mesh;
use drogue::report::map::{Detail, Drawing, Format, Frame, Map, MapError, Mask, Tracks};

/// One output time: ids, x, y, status.
#[derive(Clone, Default)]
struct Slot {
    ids: Vec<u64>,
    x: Vec<f64>,
    y: Vec<f64>,
    status: Vec<u8>,
}

impl Slot {
    fn of(particles: impl IntoIterator<Item = (u64, f64, f64, Status)>) -> Self {
        let mut slot = Self::default();
        for (id, x, y, status) in particles {
            slot.ids.push(id);
            slot.x.push(x);
            slot.y.push(y);
            slot.status.push(status.code() as u8);
        }
        slot
    }
}

#[derive(Clone)]
struct Run(Vec<Slot>);

impl Tracks for Run {
    fn for_each_frame(
        &mut self,
        see: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        for (index, slot) in self.0.iter().enumerate() {
            see(&Frame {
                ids: &slot.ids,
                x: &slot.x,
                y: &slot.y,
                status: &slot.status,
                first: index == 0,
                last: index + 1 == self.0.len(),
            });
        }
        Ok(())
    }
}

/// Particles side by side from (0, 40) to (10, 50) that go a little to the east.
fn drift(side: u64) -> Run {
    let slot = |shift: f64| {
        Slot::of((0..side * side).map(|id| {
            let place = |n: u64| 10.0 * (n as f64 + 0.5) / side as f64;
            (id, place(id % side) + shift, 40.0 + place(id / side), Status::Active)
        }))
    };
    Run(vec![slot(0.0), slot(0.3), slot(0.6)])
}

/// A picture taken apart.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn of(drawing: &Drawing) -> Self {
        let decoder = png::Decoder::new(drawing.bytes.as_slice());
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).expect("decodes");
        Self { width: info.width as usize, height: info.height as usize, pixels }
    }

    fn at(&self, (x, y): (usize, usize)) -> [u8; 3] {
        let at = 3 * (y * self.width + x);
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// The frame of the map: the longest dark column and row of pixels.
    fn panel(&self) -> [usize; 4] {
        let dark = |x, y| self.at((x, y)).iter().all(|&channel| channel < 150);
        let column =
            |x: &usize| (0..self.height).filter(|&y| dark(*x, y)).count() > self.height / 2;
        let row = |y: &usize| (0..self.width).filter(|&x| dark(x, *y)).count() > self.width / 2;
        let columns: Vec<usize> = (0..self.width).filter(column).collect();
        let rows: Vec<usize> = (0..self.height).filter(row).collect();
        [columns[0], rows[0], columns[columns.len() - 1], rows[rows.len() - 1]]
    }

    /// The pixel of a position of a map.
    fn pixel(&self, drawing: &Drawing, x: f64, y: f64) -> (usize, usize) {
        let [left, top, right, bottom] = self.panel().map(|side| side as f64);
        let [west, south, east, north] = drawing.extent;
        let across = left + (x - west) / (east - west) * (right - left);
        let down = bottom - (y - south) / (north - south) * (bottom - top);
        (across.round() as usize, down.round() as usize)
    }
}

fn is_blue([r, _, b]: [u8; 3]) -> bool {
    b > 140 && b - r > 100
}

fn is_land([r, g, b]: [u8; 3]) -> bool {
    (190..215).contains(&r) && r.abs_diff(b) < 8 && r.abs_diff(g) < 8
}

fn is_other_land([r, g, b]: [u8; 3]) -> bool {
    (218..235).contains(&r) && r.abs_diff(b) < 8 && r.abs_diff(g) < 8
}

fn is_sea(colour: [u8; 3]) -> bool {
    colour.into_iter().all(|channel| channel > 240)
}

#[test]
fn land_sea_and_a_particle_are_where_they_belong() {
    let mask = Mask {
        x: (0..21).map(f64::from).collect(),
        y: (40..51).map(f64::from).collect(),
        land: (0..21 * 11).map(|node| Some(node % 21 >= 15)).collect(),
        varies: false,
    };
    let map = Map {
        title: "Where".to_owned(),
        extent: Some([0.0, 40.0, 20.0, 50.0]),
        mask: Some(mask),
        ..Map::default()
    };
    let draw = |longitude: f64| {
        let slot = |x| Slot::of([(0, x, 46.2, Status::Active)]);
        let mut run = Run(vec![slot(4.3), slot(longitude)]);
        let drawing = map.draw(&mut run, Format::Png).expect("draws");
        let picture = Picture::of(&drawing);
        assert_eq!((picture.width, picture.height), (1600, drawing.size.1 as usize));
        (drawing, picture)
    };
    let (drawing, picture) = draw(7.3);
    let at = |x, y| picture.at(picture.pixel(&drawing, x, y));
    assert!(is_blue(at(7.3, 46.2)), "the particle: {:?}", at(7.3, 46.2));
    assert!(is_blue(at(5.8, 46.2)), "its path: {:?}", at(5.8, 46.2));
    assert!(is_sea(at(3.3, 41.2)), "sea: {:?}", at(3.3, 41.2));
    assert!(is_land(at(14.7, 43.3)), "land: {:?}", at(14.7, 43.3));
    assert!(is_sea(at(14.3, 43.3)), "land begins midway between nodes: {:?}", at(14.3, 43.3));

    // A particle elsewhere is seen to be elsewhere.
    let (drawing, picture) = draw(6.3);
    assert!(!is_blue(picture.at(picture.pixel(&drawing, 7.3, 46.2))));
}

#[test]
fn natural_earth_is_drawn_where_the_mask_ends() {
    let slot = Slot::of([(0, -20.0, 45.0, Status::Active)]);
    let mask = Mask {
        x: vec![10.0, 11.0, 12.0, 13.0, 14.0],
        y: vec![48.0, 49.0, 50.0],
        land: (0..15).map(|node| Some(node == 0)).collect(),
        varies: false,
    };
    let map = Map {
        extent: Some([-25.0, 30.0, 35.0, 60.0]),
        mask: Some(mask),
        width: 800,
        ..Map::default()
    };
    let drawing = map.draw(&mut Run(vec![slot]), Format::Png).expect("draws");
    let picture = Picture::of(&drawing);
    assert!(is_other_land(picture.at(picture.pixel(&drawing, 2.2, 47.3))), "France");
    assert!(is_land(picture.at(picture.pixel(&drawing, 10.3, 48.2))), "the mask says land");
    assert!(is_sea(picture.at(picture.pixel(&drawing, 12.2, 49.3))), "the mask says sea");
    assert!(is_sea(picture.at(picture.pixel(&drawing, -15.3, 47.3))), "the Atlantic");
}

fn svg(map: &Map, run: &mut Run) -> String {
    String::from_utf8(map.draw(run, Format::Svg).expect("draws").bytes).expect("text")
}

/// Whether a map has these words in a text of their own.
fn says(svg: &str, words: &str) -> bool {
    svg.lines().any(|line| line.trim() == words)
}

#[test]
fn the_legend_says_whose_land_is_shown() {
    let legend = |mask: Option<(f64, bool)>| {
        let mask = mask.map(|(width, varies)| Mask {
            x: vec![0.0, width / 2.0, width],
            y: vec![40.0, 45.0, 50.0],
            land: [Some(true), Some(false), Some(false)].repeat(3),
            varies,
        });
        let extent = Some([0.0, 42.0, 10.0, 48.0]);
        let text = svg(&Map { mask, extent, ..Map::default() }, &mut drift(2));
        [
            "land of the model",
            "land, or dry at times",
            "other land: Natural Earth",
            "land (Natural Earth)",
        ]
        .map(|words| says(&text, words))
    };
    assert_eq!(legend(None), [false, false, false, true]);
    assert_eq!(legend(Some((20.0, false))), [true, false, false, false]);
    assert_eq!(legend(Some((5.0, false))), [true, false, true, false]);
    assert_eq!(legend(Some((5.0, true))), [false, true, true, false]);
}

#[test]
fn particles_first_seen_after_their_release_are_said_to_be() {
    let of = |run: &mut Run, detail| svg(&Map { detail, ..Map::default() }, run);
    let at_start = of(&mut drift(3), None);
    assert!(says(&at_start, "released") && !says(&at_start, "first observed"));
    // One more is there from the second output on.
    let mut run = drift(3);
    let late = Slot::of([(9, 5.0, 45.0, Status::Active)]);
    let second = &mut run.0[1];
    second.ids.extend(late.ids);
    second.x.extend(late.x);
    second.y.extend(late.y);
    second.status.extend(late.status);
    let later = of(&mut run, None);
    assert!(says(&later, "first observed") && !says(&later, "released"));
    assert!(says(&of(&mut run, Some(Detail::Density)), "around all first observed"));
}

#[test]
fn a_kilometre_is_drawn_only_where_it_holds() {
    let bar = |south: f64, north: f64| {
        let extent = Some([-10.0, south, 20.0, north]);
        svg(&Map { extent, ..Map::default() }, &mut drift(2))
    };
    let kilometres = |svg: &str| svg.lines().any(|line| line.contains(" km"));
    assert!(bar(40.0, 60.0).contains(" km at 50°N"));
    assert!(!kilometres(&bar(-40.0, 60.0)));
    let tall = Map {
        extent: Some([-90.0, -70.0, 90.0, 80.0]),
        detail: Some(Detail::Density),
        ..Map::default()
    };
    let tall = svg(&tall, &mut drift(2));
    assert!(!kilometres(&tall) && tall.lines().any(|line| line.contains("° × ")));
}

#[test]
fn no_line_crosses_the_map_at_the_antimeridian() {
    let track = |longitudes: [f64; 4]| {
        Run(longitudes.map(|x| Slot::of([(0, x, 10.3, Status::Active)])).to_vec())
    };
    let near = Map::default()
        .draw(&mut track([178.0, 179.5, -179.0, -178.0]), Format::Svg)
        .expect("draws");
    assert!(near.extent[0] > 170.0 && near.extent[2] < 190.0, "{:?}", near.extent);

    let globe = Map { extent: Some([-180.0, -60.0, 180.0, 60.0]), ..Map::default() };
    let longest = |longitudes| {
        let drawing = globe.draw(&mut track(longitudes), Format::Svg).expect("draws");
        let svg = String::from_utf8(drawing.bytes).expect("text");
        let paths = svg.split("<polyline").skip(1).filter(|path| path.contains("#0072B2"));
        paths.map(length).fold(0.0, f64::max)
    };
    assert!(longest([176.0, 179.0, -178.0, -175.0]) < 60.0);
    // A path that really goes around is as long as it is.
    assert!(longest([-170.0, -60.0, 60.0, 170.0]) > 1000.0);
}

/// How far apart a polyline's leftmost and rightmost points are.
fn length(polyline: &str) -> f64 {
    let points = polyline.split("points=\"").nth(1).and_then(|rest| rest.split('"').next());
    let xs: Vec<f64> = points
        .expect("points")
        .split_whitespace()
        .map(|pair| pair.split(',').next().expect("x").parse().expect("a number"))
        .collect();
    let (low, high) = xs.iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
    high - low
}

#[test]
fn a_million_particles_are_counted_and_their_svg_is_small_and_well_formed() {
    let mut run = drift(1000);
    // Some end beyond the map.
    let map = Map {
        title: "1 < 2 & \"3\"".to_owned(),
        extent: Some([0.0, 40.0, 8.0, 50.0]),
        ..Map::default()
    };
    let drawing = map.draw(&mut run, Format::Svg).expect("draws");
    assert_eq!(drawing.detail, Detail::Density);
    assert_eq!(drawing.counts.shown + drawing.counts.beyond, 1_000_000);
    assert!(drawing.counts.beyond > 0);
    assert!(drawing.bytes.len() < 4_000_000, "{} bytes", drawing.bytes.len());
    let svg = String::from_utf8(drawing.bytes).expect("text");
    balanced(&svg).expect("well-formed");
    assert!(svg.contains("data:image/png;base64,"));
    assert!(balanced(&svg.replacen("</text>", "", 1)).is_err(), "the check sees a missing end");
    assert!(balanced(&svg.replacen("&lt;", "<", 1)).is_err(), "the check sees a bare <");
}

/// Whether every element that begins ends, in order.
fn balanced(svg: &str) -> Result<(), String> {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').ok_or_else(|| format!("<{tag} does not end"))?;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> ends nothing"));
            }
        } else if !tag.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(format!("<{tag}> is no element"));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().expect("a name"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} do not end")) }
}

#[test]
fn pictures_are_the_same_bytes_twice() {
    for side in [10, 100, 300] {
        for format in [Format::Png, Format::Svg] {
            let map = Map { width: 600, ..Map::default() };
            let [one, two] = [0, 1].map(|_| map.draw(&mut drift(side), format).expect("draws"));
            assert!(one == two, "{side} {format:?}");
            assert!(one != map.draw(&mut drift(side + 1), format).expect("draws"));
        }
    }
}

#[test]
fn letters_are_drawn_without_any_font_of_the_system() {
    let ink = |title: &str| {
        let map = Map { title: title.to_owned(), width: 800, ..Map::default() };
        let picture = Picture::of(&map.draw(&mut drift(3), Format::Png).expect("draws"));
        let above: Vec<usize> = (0..picture.pixels.len() / 3 / picture.height * 40).collect();
        above
            .into_iter()
            .filter(|at| picture.at((at % picture.width, at / picture.width))[0] < 128)
            .count()
    };
    assert_eq!(ink(""), 0);
    assert!(ink("Drift of a million") > ink("Drift") && ink("Drift") > 50);
}

#[test]
fn a_plane_has_kilometres_and_no_natural_earth() {
    let slot = |shift: f64| {
        Slot::of((0..20).map(|id| (id, id as f64 * 1000.0 + shift, 47_000.0, Status::Active)))
    };
    let map = Map { mesh: Mesh::Flat, ..Map::default() };
    let drawing = map.draw(&mut Run(vec![slot(0.0), slot(500.0)]), Format::Svg).expect("draws");
    let svg = String::from_utf8(drawing.bytes).expect("text");
    assert!(svg.contains("x and y in km") && !svg.contains("Natural Earth"));
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_reason() {
    let draw = |map: Map, run: Run| map.draw(&mut run.clone(), Format::Png).expect_err("refused");
    let one = |x, y| Run(vec![Slot::of([(5, x, y, Status::Active)])]);
    let good = one(1.0, 2.0);
    assert!(matches!(draw(Map::default(), Run(vec![])), MapError::Empty));
    let nowhere = draw(Map::default(), one(f64::NAN, 0.0));
    assert!(nowhere.to_string().contains("particle 5"), "{nowhere}");
    let narrow = Map { width: 10, ..Map::default() };
    assert!(matches!(draw(narrow, good.clone()), MapError::Width(10)));
    let upside_down = Map { extent: Some([0.0, 10.0, 1.0, 5.0]), ..Map::default() };
    assert!(matches!(draw(upside_down, good.clone()), MapError::Extent(_)));
    let mask = Mask { x: vec![0.0, 1.0], y: vec![0.0], land: vec![Some(true)], varies: false };
    let ragged = Map { mask: Some(mask), ..Map::default() };
    assert!(matches!(draw(ragged, good), MapError::Mask { columns: 2, rows: 1, values: 1 }));
}

#[test]
fn a_run_that_cannot_be_read_says_why() {
    struct Broken;
    impl Tracks for Broken {
        fn for_each_frame(
            &mut self,
            _: &mut dyn FnMut(&Frame<'_>),
        ) -> Result<(), Box<dyn Error + Send + Sync>> {
            Err("chunk 7 is damaged".into())
        }
    }
    let error = Map::default().draw(&mut Broken, Format::Png).expect_err("refused");
    assert!(error.to_string().contains("chunk 7 is damaged"), "{error}");
}
