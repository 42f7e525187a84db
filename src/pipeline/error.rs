//! What can go wrong in a run, and where.

use std::any::Any;

/// Any error of a stage's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A stage could not deal with an item, or with the end of its input.
    #[error("stage `{stage}` failed {}", at(item))]
    Failed {
        /// The stage.
        stage: String,
        /// The item, counted from 0 at the stage's input; `None` at the end of the input.
        item: Option<u64>,
        /// The stage's own error, or a [`BudgetError`](super::BudgetError).
        source: BoxError,
    },
    /// The code of a stage panicked, which is a defect in it.
    #[error("stage `{stage}` panicked {}: {message}; please report this", at(item))]
    Panicked {
        /// The stage.
        stage: String,
        /// The item, counted from 0 at the stage's input; `None` at the end of the input or between items.
        item: Option<u64>,
        /// What the panic said.
        message: String,
    },
    /// The branches of a fork returned different numbers of items.
    #[error(
        "stage `{stage}` cannot pair item {item}: the {ended} branch has ended and the other has not; both branches must return as many items as they are given"
    )]
    Unpaired {
        /// The joining stage.
        stage: String,
        /// The first item without a partner.
        item: u64,
        /// `left` or `right`.
        ended: &'static str,
    },
    /// The run was told to [`abort`](super::Cancel::abort).
    #[error("the run was aborted; what was in flight is dropped")]
    Aborted,
}

fn at(item: &Option<u64>) -> String {
    item.map_or_else(|| "outside of its items".to_owned(), |item| format!("on item {item}"))
}

/// Why a stage ended early.
pub(super) enum Stop {
    /// It failed, and says why.
    Failed(PipelineError),
    /// A stage before or after it is gone, which says why.
    BrokenOff,
}

impl From<PipelineError> for Stop {
    fn from(error: PipelineError) -> Self {
        Self::Failed(error)
    }
}

/// What a panic said, where it said it in words.
pub(super) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
