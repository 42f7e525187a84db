//! Caches of what a run reads on its way along time.

use std::hash::Hash;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

/// Room for values that weigh `capacity` together, some `items` of them.
///
/// It is not divided, so that one value may take all of it. Half of it is for new ones: a run moves on,
/// and what it used most is soon of no use.
pub(super) fn cache<K: Eq + Hash, V: Clone, W: Weighter<K, V> + Clone>(
    items: usize,
    capacity: u64,
    weighter: W,
) -> Cache<K, V, W> {
    let options = OptionsBuilder::new()
        .shards(1)
        .estimated_items_capacity(items)
        .weight_capacity(capacity)
        .hot_allocation(0.5)
        .build()
        .expect("the capacities are set");
    Cache::with_options(options, weighter, DefaultHashBuilder::default(), Default::default())
}
