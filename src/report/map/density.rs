//! How many particles ended where.

use super::layout::OVERSAMPLING;
use super::palette;
use super::raster::Raster;
use super::view::Pixel;

/// Final positions counted in square bins of the map.
#[derive(Clone, Debug)]
pub struct Density {
    origin: Pixel,
    size: (u32, u32),
    /// Width and height of a bin in pixels.
    pub bin: u32,
    columns: usize,
    counts: Vec<u32>,
}

impl Density {
    /// Bins so large that particles spread over the whole panel would be a few in each, and whole
    /// pixels of the finished picture.
    pub fn new(origin: Pixel, size: (u32, u32), particles: u64) -> Self {
        let area = f64::from(size.0) * f64::from(size.1);
        let side = (4.0 * area / particles as f64).sqrt().clamp(4.0, 24.0) as u32;
        let bin = side.next_multiple_of(OVERSAMPLING);
        let (columns, rows) = (size.0.div_ceil(bin) as usize, size.1.div_ceil(bin) as usize);
        Self { origin, size, bin, columns, counts: vec![0; columns * rows] }
    }

    /// Counts a particle at a pixel of the panel.
    pub fn add(&mut self, (x, y): Pixel) {
        let column = (x - self.origin.0) as u32 / self.bin;
        let row = (y - self.origin.1) as u32 / self.bin;
        self.counts[row as usize * self.columns + column as usize] += 1;
    }

    fn most(&self) -> u32 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// The scale of its colours.
    pub fn scale(&self) -> Scale {
        Scale { most: self.most() }
    }

    /// Paints the bins that hold any.
    pub fn paint(&self, raster: &mut Raster) {
        let scale = self.scale();
        for (row, counts) in (0..).zip(self.counts.chunks(self.columns)) {
            for (column, &count) in (0..).zip(counts) {
                if count == 0 {
                    continue;
                }
                let colour = palette::density(scale.share(f64::from(count)));
                let (x, y) = (column * self.bin, row * self.bin);
                let (left, top) = (self.origin.0 as u32, self.origin.1 as u32);
                for pixel_row in y..(y + self.bin).min(self.size.1) {
                    let right = (x + self.bin).min(self.size.0);
                    raster.fill(top + pixel_row, left + x, left + right, colour);
                }
            }
        }
    }
}

/// From one particle in a bin to as many as the fullest holds, logarithmic.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Particles in the fullest bin.
    pub most: u32,
}

impl Scale {
    /// Where a count lies between one, 0, and the most, 1.
    pub fn share(self, count: f64) -> f64 {
        let most = f64::from(self.most);
        if most > 1.0 { count.ln() / most.ln() } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_sum_to_the_number_of_particles() {
        let mut density = Density::new((10, 20), (101, 53), 1000);
        for particle in 0..1000 {
            density.add((10 + particle % 101, 20 + particle % 53));
        }
        assert_eq!(density.counts.iter().sum::<u32>(), 1000);
    }

    #[test]
    fn the_scale_is_logarithmic() {
        let mut density = Density::new((0, 0), (100, 100), 100);
        (0..100).for_each(|_| density.add((5, 5)));
        let scale = density.scale();
        assert_eq!(scale.most, 100);
        assert_eq!([1.0, 10.0, 100.0].map(|count| scale.share(count)), [0.0, 0.5, 1.0]);
    }
}
