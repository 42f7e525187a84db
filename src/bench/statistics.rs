//! Medians, quartiles, and whether two samples differ.

use serde::{Deserialize, Serialize};

/// How a sample spreads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quartiles {
    /// The least.
    pub least: f64,
    /// A quarter lies below it.
    pub lower: f64,
    /// Half lies below it.
    pub median: f64,
    /// Three quarters lie below it.
    pub upper: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Quartiles {
    /// Those of a sample, interpolated between its values as numpy does; `None` of an empty one.
    pub fn of(sample: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = sample.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |part: f64| {
            let place = part * last as f64;
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Some(Self {
            least: sorted[0],
            lower: at(0.25),
            median: at(0.5),
            upper: at(0.75),
            greatest: sorted[last],
        })
    }
}

/// The exact two-sided Wilcoxon rank-sum test: how probable it is that values drawn without regard
/// to the sample they are in are so far apart in rank as these two samples, or farther. Equal values
/// share their ranks. 1 where a sample is empty.
///
/// It assumes nothing of how the values spread, and timings spread in every way but normally.
pub fn rank_sum_test(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        a.iter().map(|&value| (value, true)).chain(b.iter().map(|&value| (value, false))).collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    // Twice the rank, so that a shared one is whole.
    let mut ranks = Vec::with_capacity(all.len());
    for equal in all.chunk_by(|x, y| x.0 == y.0) {
        let before = ranks.len();
        ranks.resize(before + equal.len(), 2 * before + equal.len() + 1);
    }
    let sum: usize =
        all.iter().zip(&ranks).filter(|((_, in_a), _)| *in_a).map(|(_, rank)| rank).sum();
    let middle = a.len() * (all.len() + 1);
    let distance = sum.abs_diff(middle);
    // ways[n][s]: how many choices of n of the values have ranks that add up to s. Floating-point,
    // for they are many.
    let most = ranks.iter().sum::<usize>() + 1;
    let mut ways = vec![vec![0.0; most]; a.len() + 1];
    ways[0][0] = 1.0;
    for &rank in &ranks {
        for chosen in (1..=a.len()).rev() {
            let (fewer, these) = ways.split_at_mut(chosen);
            for (sum, ways) in these[0].iter_mut().enumerate().skip(rank) {
                *ways += fewer[chosen - 1][sum - rank];
            }
        }
    }
    let choices = &ways[a.len()];
    let as_far = |(sum, _): &(usize, &f64)| sum.abs_diff(middle) >= distance;
    let extreme: f64 = choices.iter().enumerate().filter(as_far).map(|(_, ways)| ways).sum();
    extreme / choices.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_numpy() {
        let quartiles = Quartiles::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        let expected =
            Quartiles { least: 1.0, lower: 1.75, median: 2.5, upper: 3.25, greatest: 4.0 };
        assert_eq!(quartiles, expected);
        assert_eq!(Quartiles::of([7.0]).unwrap().upper, 7.0);
        assert_eq!(Quartiles::of([]), None);
    }

    #[test]
    fn probabilities_are_those_of_tables() {
        let near = |p: f64, expected: f64| assert!((p - expected).abs() < 1e-12, "{p}");
        let low = [1.0, 2.0, 3.0, 4.0, 5.0];
        // Two of the 252 choices of 5 of 10 separate the samples wholly.
        near(rank_sum_test(&low, &low.map(|value| value + 10.0)), 2.0 / 252.0);
        near(rank_sum_test(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 2.0 / 20.0);
        // Rank sums of 2 of 4: 3 4 5 5 6 7, the middle 5; 4 and 6 are as far as 4, 3 and 7 farther.
        near(rank_sum_test(&[1.0, 3.0], &[2.0, 4.0]), 4.0 / 6.0);
        near(rank_sum_test(&[1.0, 1.0], &[1.0, 1.0]), 1.0);
        near(rank_sum_test(&[], &[1.0]), 1.0);
    }
}
