//! From what is drawn to the bytes of a file.

use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};

use super::MapError;
use super::figure::Figure;
use super::layout::OVERSAMPLING;
use super::raster::Raster;

/// A PNG of half the canvas.
pub fn png(mut raster: Raster, figure: &Figure<'_>) -> Result<Vec<u8>, MapError> {
    let size = raster.size();
    let root = BitMapBackend::with_buffer(raster.pixels_mut(), size).into_drawing_area();
    figure.draw(&root).map_err(|error| MapError::Draw(error.to_string()))?;
    drop(root);
    raster.halved().png()
}

/// An SVG: the pixels' layer as one picture, and everything else over it.
pub fn svg(raster: &Raster, figure: &Figure<'_>) -> Result<Vec<u8>, MapError> {
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
