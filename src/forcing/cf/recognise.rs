//! Datasets that are recognised and not served.

/// A kind of dataset that is not served, in one sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unserved {
    /// Longitude and latitude are 2-D arrays.
    #[error("`{variable}` lies on a curvilinear grid")]
    Curvilinear {
        /// The variable on it.
        variable: String,
    },
}
