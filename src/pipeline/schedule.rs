//! What may happen at the same time, and how it is disturbed.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which items may be on their way at the same time. Results do not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Handing an item on is a call: it returns when the item, and whatever was made of it, has
    /// been dealt with by all stages behind. So one item goes all the way before the next sets out,
    /// as in a plain loop; it is what the other schedule is to be compared with.
    Serial,
    /// Handing an item on is posting a letter: the stage goes on with the next. Different items
    /// are in different stages at the same time.
    #[default]
    Concurrent,
}

impl Schedule {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Serial, Self::Concurrent];

    /// Its name: `serial` or `concurrent`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Concurrent => "concurrent",
        }
    }
}

/// How long a stage of this name holds up the item of this number (counted from 0 at its input)
/// before it deals with it, without keeping a thread: for showing what waiting does, and for
/// testing that it does not change results. The timeline counts it as work.
pub type Delay = Arc<dyn Fn(&str, u64) -> Duration + Send + Sync>;
