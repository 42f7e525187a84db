//! Maps of trajectories, as PNG and SVG.
//!
//! A map reads the observations twice, one output time after the other: once to find out how many
//! particles there are and where they have been, and once to draw. What it holds in between is
//! bounded by the picture, not by the run: a bit for each particle, the lines of at most two
//! thousand of them, and counts in bins of the picture.
//!
//! How it draws follows from how much there is ([`Detail`]). Land is what the forcing's own mask
//! says ([`Mask`]), and Natural Earth where the mask ends.

mod axes;
mod density;
mod extent;
mod figure;
mod gather;
mod land;
mod layout;
mod legend;
mod palette;
mod raster;
mod text;
mod ticks;
mod tracks;
mod view;

use std::path::{Path, PathBuf};

use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};
use serde::Serialize;
use thiserror::Error;

pub use land::Mask;
pub use tracks::{Frame, Tracks};

use crate::grid::{EARTH_RADIUS, Mesh};
use extent::Extent;
use figure::Figure;
use gather::Gather;
use layout::{Layout, OVERSAMPLING};
use raster::Raster;
use tracks::Survey;

/// Why a map could not be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MapError {
    /// There is nothing to draw.
    #[error("the trajectories hold no position: there is nothing to draw")]
    Empty,
    /// The observations could not be read.
    #[error("cannot read the trajectories: {0}")]
    Tracks(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A frame's columns differ in length.
    #[error("a frame of observations has columns of different lengths")]
    Ragged,
    /// A position that is not on the mesh.
    #[error(
        "particle {id} is at ({x}, {y}), which is no position: write the trajectories again, or choose another mesh"
    )]
    Position {
        /// The particle's number.
        id: u64,
        /// Longitude or x as stored.
        x: f64,
        /// Latitude or y as stored.
        y: f64,
    },
    /// A status code that drogue does not write.
    #[error("particle {id} has the status {code}, which drogue does not know")]
    UnknownStatus {
        /// The particle's number.
        id: u64,
        /// The code as stored.
        code: u8,
    },
    /// A particle number too large to be one of a run's.
    #[error("{id} is too large for a particle's number: runs count their particles from 0")]
    Id {
        /// The number as stored.
        id: u64,
    },
    /// The extent that was asked for is none.
    #[error(
        "{0:?} is no extent: give west, south, east and north, with south below north and latitudes from -90 to 90"
    )]
    Extent([f64; 4]),
    /// The width that was asked for is out of range.
    #[error("a map can be 400 to 6000 pixels wide, not {0}")]
    Width(u32),
    /// The mask's values do not fit its coordinates.
    #[error(
        "the land mask needs ascending coordinates and a value for each of its {columns} x {rows} nodes; it has {values}"
    )]
    Mask {
        /// Columns of nodes.
        columns: usize,
        /// Rows of nodes.
        rows: usize,
        /// Values given.
        values: usize,
    },
    /// The file's ending is that of no picture.
    #[error("{0} ends in neither .png nor .svg")]
    Ending(PathBuf),
    /// The picture could not be put together.
    #[error("cannot draw the map: {0}")]
    Draw(String),
    /// The PNG could not be put together.
    #[error("cannot encode the picture: {0}")]
    Png(#[from] png::EncodingError),
    /// The file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Pixels.
    Png,
    /// Lines and letters, over one embedded picture of land and density.
    Svg,
}

impl Format {
    /// By the ending of a file's name.
    ///
    /// # Errors
    /// [`MapError::Ending`] for any other than `.png` and `.svg`.
    pub fn of(path: &Path) -> Result<Self, MapError> {
        match path.extension().map(|ending| ending.to_ascii_lowercase()) {
            Some(ending) if ending == "png" => Ok(Self::Png),
            Some(ending) if ending == "svg" => Ok(Self::Svg),
            _ => Err(MapError::Ending(path.to_owned())),
        }
    }
}

/// How the particles are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The path of each, with where it was released and where it ended.
    Lines,
    /// Faint paths of some, and where each ended.
    Points,
    /// How many ended where.
    Density,
}

/// Beyond this many, dots would hide one another and an SVG would be too large.
const MOST_POINTS: u64 = 50_000;

impl Detail {
    /// What suits this many particles.
    pub fn suited_to(particles: u64) -> Self {
        if particles <= gather::MOST_LINES {
            Self::Lines
        } else if particles <= MOST_POINTS {
            Self::Points
        } else {
            Self::Density
        }
    }
}

/// A map to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The headline, such as the scenario's name.
    pub title: String,
    /// The line below it, such as the times of start and end.
    pub subtitle: String,
    /// What the positions mean.
    pub mesh: Mesh,
    /// West, south, east and north, in degrees or metres; a west beyond the east crosses the
    /// antimeridian. All positions with a margin where absent.
    pub extent: Option<[f64; 4]>,
    /// The forcing's own land. Natural Earth where absent, except on a plane.
    pub mask: Option<Mask>,
    /// How to draw; [`Detail::suited_to`] the number of particles where absent.
    pub detail: Option<Detail>,
    /// Width of the picture in pixels, 400 to 6000. Its height follows from what it shows.
    pub width: u32,
}

impl Default for Map {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            mesh: Mesh::Sphere { radius: EARTH_RADIUS },
            extent: None,
            mask: None,
            detail: None,
            width: 1600,
        }
    }
}

/// Final positions on a map and beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Within the map's frame.
    pub shown: u64,
    /// Outside it.
    pub beyond: u64,
}

/// A map that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawing {
    /// The picture as a file.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// How the particles were drawn.
    pub detail: Detail,
    /// Particles with at least one position.
    pub particles: u64,
    /// Where their final positions are.
    pub counts: Counts,
    /// West, south, east and north of what the map shows; east beyond 180 across the antimeridian.
    pub extent: [f64; 4],
}

impl Map {
    /// Draws the map.
    ///
    /// # Errors
    /// [`MapError`] where there is nothing to draw, or what there is cannot be right.
    pub fn draw(&self, tracks: &mut dyn Tracks, format: Format) -> Result<Drawing, MapError> {
        let sphere = matches!(self.mesh, Mesh::Sphere { .. });
        self.check()?;
        let survey = Survey::of(tracks, self.mesh)?;
        let extent = match self.extent {
            Some(given) => {
                Extent::given(given, sphere).ok_or(MapError::Extent(given))?.shaped(sphere)
            }
            None => Extent::around(survey.bounds, sphere),
        };
        let layout = Layout::new(self.width, extent, sphere);
        let detail = self.detail.unwrap_or(Detail::suited_to(survey.particles));

        let mut gather = Gather::new(&layout.view, detail, survey.particles);
        tracks::for_each(tracks, self.mesh, |observed| gather.add(observed))?;
        let gathered = gather.finish();

        let raster = self.pixels(&layout, &gathered);
        let figure = Figure {
            map: self,
            layout: &layout,
            detail,
            particles: survey.particles,
            finals: survey.finals,
            gathered: &gathered,
        };
        let bytes = match format {
            Format::Png => png(raster, &figure)?,
            Format::Svg => svg(&raster, &figure)?,
        };
        Ok(Drawing {
            bytes,
            size: (layout.canvas.0 / OVERSAMPLING, layout.canvas.1 / OVERSAMPLING),
            detail,
            particles: survey.particles,
            counts: gathered.counts,
            extent: extent.bounds(),
        })
    }

    /// Draws the map into a file, a PNG or an SVG by its ending.
    ///
    /// # Errors
    /// Those of [`Map::draw`], and where the file cannot be written.
    pub fn save(&self, tracks: &mut dyn Tracks, path: &Path) -> Result<Drawing, MapError> {
        let drawing = self.draw(tracks, Format::of(path)?)?;
        std::fs::write(path, &drawing.bytes)
            .map_err(|source| MapError::Write { path: path.to_owned(), source })?;
        Ok(drawing)
    }

    fn check(&self) -> Result<(), MapError> {
        if !(400..=6000).contains(&self.width) {
            return Err(MapError::Width(self.width));
        }
        match &self.mask {
            Some(mask) if !mask.is_sound() => Err(MapError::Mask {
                columns: mask.x.len(),
                rows: mask.y.len(),
                values: mask.land.len(),
            }),
            _ => Ok(()),
        }
    }

    /// The layer of pixels: sea, land and density.
    fn pixels(&self, layout: &Layout, gathered: &gather::Gathered) -> Raster {
        let view = &layout.view;
        let mut raster = Raster::new(layout.canvas, palette::PAPER);
        for row in view.origin.1..view.bottom() {
            raster.fill(row as u32, view.origin.0 as u32, view.right() as u32, palette::SEA);
        }
        land::paint(&mut raster, view, self.mask.as_ref(), palette::LAND);
        if let Some(density) = &gathered.density {
            density.paint(&mut raster);
        }
        raster
    }
}

fn png(mut raster: Raster, figure: &Figure<'_>) -> Result<Vec<u8>, MapError> {
    let size = raster.size();
    let root = BitMapBackend::with_buffer(raster.pixels_mut(), size).into_drawing_area();
    figure.draw(&root).map_err(|error| MapError::Draw(error.to_string()))?;
    drop(root);
    raster.halved().png()
}

fn svg(raster: &Raster, figure: &Figure<'_>) -> Result<Vec<u8>, MapError> {
    let (width, height) = raster.size();
    let mut drawn = String::new();
    let root = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
    figure.draw(&root).map_err(|error| MapError::Draw(error.to_string()))?;
    drop(root);
    // In place of plotters' own beginning: the same coordinates shown at the finished size, and
    // the pixels' layer underneath, which plotters cannot embed in a form that browsers show.
    let (_, elements) = drawn
        .split_once(">\n")
        .ok_or_else(|| MapError::Draw("the SVG has no beginning".to_owned()))?;
    let header = format!(
        "<svg width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n",
        width / OVERSAMPLING,
        height / OVERSAMPLING
    );
    Ok([header.as_str(), &raster.svg_image()?, elements].concat().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_follows_the_number_of_particles() {
        let details = [1, 2_000, 2_001, 50_000, 50_001, 10_000_000].map(Detail::suited_to);
        use Detail::{Density, Lines, Points};
        assert_eq!(details, [Lines, Lines, Points, Points, Density, Density]);
    }

    #[test]
    fn the_format_follows_the_ending() {
        assert_eq!(Format::of(Path::new("a/b.PNG")).ok(), Some(Format::Png));
        assert_eq!(Format::of(Path::new("b.svg")).ok(), Some(Format::Svg));
        assert!(matches!(Format::of(Path::new("b.pdf")), Err(MapError::Ending(_))));
    }
}
