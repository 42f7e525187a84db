//! Maps of trajectories, as PNG and SVG.
//!
//! A map reads the observations twice, one output time after the other: once to find out how many
//! particles there are and where they have been, and once to draw. What it holds in between is
//! bounded by the picture, not by the run: a bit for each particle, the lines of at most two
//! thousand of them, and counts in bins of the picture.
//!
//! How it draws follows from how much there is ([`Detail`]). Land is what the forcing's own mask
//! says ([`Mask`]), and in another shade Natural Earth where the mask ends.

mod axes;
mod density;
mod drawing;
mod encode;
mod error;
mod extent;
mod figure;
mod gather;
mod land;
mod layout;
mod legend;
mod palette;
mod raster;
mod scale;
mod text;
mod ticks;
mod tracks;
mod view;

use std::path::Path;

pub use drawing::{Counts, Detail, Drawing, Format};
pub use error::MapError;
pub use land::Mask;
pub use tracks::{Frame, Tracks};

use crate::grid::{EARTH_RADIUS, Mesh};
use encode::{png, svg};
use extent::Extent;
use figure::Figure;
use gather::Gather;
use layout::{Layout, OVERSAMPLING};
use raster::Raster;
use tracks::Survey;

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

        let (raster, land) = self.pixels(&layout, &gathered);
        let figure = Figure {
            map: self,
            layout: &layout,
            detail,
            particles: survey.particles,
            finals: survey.finals,
            from_release: survey.from_release,
            land,
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

    /// The layer of pixels: sea, land and density; and whose land it shows.
    fn pixels(&self, layout: &Layout, gathered: &gather::Gathered) -> (Raster, land::Shown) {
        let view = &layout.view;
        let mut raster = Raster::new(layout.canvas, palette::PAPER);
        for row in view.origin.1..view.bottom() {
            raster.fill(row as u32, view.origin.0 as u32, view.right() as u32, palette::SEA);
        }
        let land = land::paint(&mut raster, view, self.mask.as_ref());
        if let Some(density) = &gathered.density {
            density.paint(&mut raster);
        }
        (raster, land)
    }
}
