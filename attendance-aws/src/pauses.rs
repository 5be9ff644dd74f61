//! How long to wait before what the SDK does not repeat by itself is tried again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The first pause is at least this long; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(50);

/// How many pauses there are. Together they last 3 to 6 s: longer than the second for which a shard or a key is busy.
const PAUSES: usize = 6;

/// The pauses, each made up to twice as long by chance; after the last, whoever waits gives up.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::new().with_min_delay(FIRST).with_max_times(PAUSES).with_jitter().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_differ_and_end() {
        let waits: Vec<_> = pauses().collect();
        assert_eq!(waits.len(), PAUSES);
        for (n, wait) in (0..).zip(&waits) {
            let shortest = FIRST * 2_u32.pow(n);
            assert!((shortest..=shortest * 2).contains(wait), "{waits:?}");
        }
        assert_ne!(waits, pauses().collect::<Vec<_>>());
    }
}
