//! Particles in rows: the layout of grids and polygons, computed and not stored.

/// Evenly spaced places from west to east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    /// x of the westernmost.
    pub west: f64,
    /// What no x may exceed, which rounding could make it.
    pub east: f64,
    /// y of all of them.
    pub y: f64,
    /// Distance between neighbours.
    pub step: f64,
    /// How many.
    pub count: u64,
}

/// Rows from south to north. Places are numbered from the south-west along each row.
///
/// Memory grows with the number of rows, not with that of particles.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    /// The number of the first place of each row.
    first: Vec<u64>,
    total: u64,
}

impl Rows {
    /// Adds a row; an empty one is left out.
    pub(super) fn push(&mut self, row: Row) {
        if row.count > 0 {
            self.rows.push(row);
            self.first.push(self.total);
            self.total += row.count;
        }
    }

    /// Number of places.
    pub(super) fn len(&self) -> u64 {
        self.total
    }

    /// The place of this number, which is less than [`Rows::len`].
    ///
    /// `hint` is where the row of the last place is kept, so that places asked for in order need
    /// no search; any value gives the same place.
    pub(super) fn place(&self, index: u64, hint: &mut usize) -> [f64; 2] {
        let holds = |at: usize| {
            self.rows
                .get(at)
                .is_some_and(|row| index >= self.first[at] && index - self.first[at] < row.count)
        };
        if !holds(*hint) {
            let next = *hint + 1;
            *hint = if holds(next) {
                next
            } else {
                self.first.partition_point(|&first| first <= index) - 1
            };
        }
        let row = &self.rows[*hint];
        let x = row.west + row.step * (index - self.first[*hint]) as f64;
        [x.min(row.east), row.y]
    }

    /// As many rows as are more likely a wrong unit than a wish: their table alone takes 400 MB.
    pub(super) const MOST: f64 = 1e7;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_along_the_rows() {
        let mut rows = Rows::default();
        rows.push(Row { west: 0.0, east: 5.0, y: 1.0, step: 0.5, count: 3 });
        rows.push(Row { west: 9.0, east: 9.0, y: 2.0, step: 1.0, count: 0 });
        rows.push(Row { west: -1.0, east: 0.9, y: 3.0, step: 2.0, count: 2 });
        assert_eq!(rows.len(), 5);
        let expected = [[0.0, 1.0], [0.5, 1.0], [1.0, 1.0], [-1.0, 3.0], [0.9, 3.0]];
        for (index, place) in expected.into_iter().enumerate() {
            for mut hint in 0..4 {
                assert_eq!(rows.place(index as u64, &mut hint), place);
            }
        }
    }
}
