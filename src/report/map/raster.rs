//! The layer of a map that is made of pixels: land and density.

use base64::Engine as _;

use super::MapError;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A picture, row by row from the top.
#[derive(Clone, Debug)]
pub struct Raster {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Raster {
    pub fn new((width, height): (u32, u32), colour: Rgb) -> Self {
        Self { width, height, pixels: colour.repeat(width as usize * height as usize) }
    }

    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The bytes, three a pixel, for others to draw on.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// Fills columns `from..to` of a row.
    pub fn fill(&mut self, row: u32, from: u32, to: u32, colour: Rgb) {
        let start = row as usize * self.width as usize;
        let run = &mut self.pixels[3 * (start + from as usize)..3 * (start + to as usize)];
        run.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
    }

    /// Half as wide and high: each pixel is the mean of four, which smooths all edges.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let stride = 3 * self.width as usize;
        let mut pixels = Vec::with_capacity(3 * width as usize * height as usize);
        for row in 0..height as usize {
            for column in 0..width as usize {
                let corner = 2 * row * stride + 6 * column;
                for channel in corner..corner + 3 {
                    let sum: u32 = [channel, channel + 3, channel + stride, channel + stride + 3]
                        .into_iter()
                        .map(|at| u32::from(self.pixels[at]))
                        .sum();
                    pixels.push(((sum + 2) / 4) as u8);
                }
            }
        }
        Self { width, height, pixels }
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, MapError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // Rows are much like the row above: bins and land are taller than a pixel.
        encoder.set_filter(png::FilterType::Up);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// The picture as an element of an SVG, of the picture's size and half its resolution.
    pub fn svg_image(&self) -> Result<String, MapError> {
        let data = base64::engine::general_purpose::STANDARD.encode(self.halved().png()?);
        let (width, height) = self.size();
        Ok(format!(
            "<image x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" \
             href=\"data:image/png;base64,{data}\"/>\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_takes_the_mean_of_four() {
        let mut raster = Raster::new((4, 2), [0, 0, 0]);
        raster.fill(0, 1, 3, [200, 100, 40]);
        assert_eq!(raster.halved().pixels, [50, 25, 10, 50, 25, 10]);
    }

    #[test]
    fn a_png_decodes_to_the_same_pixels() {
        let mut raster = Raster::new((5, 3), [1, 2, 3]);
        raster.fill(2, 1, 4, [9, 8, 7]);
        let bytes = raster.png().expect("encodes");
        let mut reader = png::Decoder::new(bytes.as_slice()).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).expect("decodes");
        assert_eq!((info.width, info.height), (5, 3));
        assert_eq!(pixels, raster.pixels);
    }
}
