//! What became of the particles, counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TrajectoryError;
use crate::engine::Status;

/// How many particles have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    counts: [u64; Status::ALL.len()],
}

impl Tally {
    /// Counts one particle.
    pub fn add(&mut self, status: Status) {
        self.counts[status.code() as usize] += 1;
    }

    /// How many particles have this status.
    pub fn count(&self, status: Status) -> u64 {
        self.counts[status.code() as usize]
    }

    /// How many particles are active or finished: all but those that are not released yet.
    pub fn accounted(&self) -> u64 {
        self.counts.iter().sum::<u64>() - self.count(Status::Pending)
    }

    /// Every status with its count, in the order of their codes.
    pub fn rows(&self) -> impl Iterator<Item = (Status, u64)> {
        Status::ALL.into_iter().zip(self.counts)
    }

    /// Holds the tally against the number of particles that were released.
    ///
    /// # Errors
    /// [`TrajectoryError::Lost`] if they differ.
    pub fn check(&self, released: u64) -> Result<(), TrajectoryError> {
        let accounted = self.accounted();
        if accounted == released {
            return Ok(());
        }
        Err(TrajectoryError::Lost { released, accounted, tally: self.to_string() })
    }
}

impl FromIterator<Status> for Tally {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut tally = Self::default();
        statuses.into_iter().for_each(|status| tally.add(status));
        tally
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(mine, theirs)| *mine += theirs);
    }
}

impl fmt::Display for Tally {
    /// `12 active, 3 stranded`, leaving out what there is none of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .rows()
            .filter(|&(_, count)| count > 0)
            .map(|(status, count)| format!("{count} {}", status.name().replace('_', " ")))
            .collect();
        f.write_str(if parts.is_empty() { "no particles" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_particle_is_noticed() {
        let statuses =
            [Status::Active, Status::Active, Status::Stranded, Status::Pending, Status::AgedOut];
        let mut tally: Tally = statuses.into_iter().collect();
        assert!(tally.check(4).is_ok());
        assert!(matches!(
            tally.check(5),
            Err(TrajectoryError::Lost { released: 5, accounted: 4, .. })
        ));
        assert!(tally.check(3).is_err());
        tally += Tally::from_iter([Status::LeftDomain]);
        assert!(tally.check(5).is_ok());
        assert_eq!(tally.to_string(), "1 pending, 2 active, 1 stranded, 1 left domain, 1 aged out");
        assert_eq!(Tally::default().to_string(), "no particles");
    }
}
