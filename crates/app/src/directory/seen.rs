//! Which rows are already in force: hashes of a table in; new or known, and what is gone, out.
//!
//! Sixteen bytes a known row and about ten a new one: the set difference of a million lines fits in memory.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// Numbers that are hashes already.
pub(crate) type Numbers = HashSet<i64, BuildHasherDefault<Itself>>;

/// A hasher for numbers that are hashes already.
#[derive(Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        // RPPS numbers are not hashes: one multiplication spreads them.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned();
    }
}

/// The rows of one table.
#[derive(Default)]
pub(crate) struct Seen {
    /// Hash and identifier of each row in force, by hash.
    known: Vec<(i64, i64)>,
    /// Which of them were seen again, one bit each.
    again: Vec<u64>,
    fresh: Numbers,
    n_again: usize,
}

impl Seen {
    pub(crate) fn new(mut known: Vec<(i64, i64)>) -> Self {
        known.sort_unstable();
        known.shrink_to_fit();
        let again = vec![0; known.len().div_ceil(64)];
        Self { known, again, fresh: Numbers::default(), n_again: 0 }
    }

    /// Whether a row is neither in force nor seen before in this load.
    pub(crate) fn is_new(&mut self, hash: i64) -> bool {
        let at = self.known.partition_point(|(known, _)| *known < hash);
        if self.known.get(at).is_some_and(|(known, _)| *known == hash) {
            let (word, bit) = (at / 64, 1_u64 << (at % 64));
            if self.again[word] & bit == 0 {
                self.again[word] |= bit;
                self.n_again += 1;
            }
            return false;
        }
        self.fresh.insert(hash)
    }

    /// Rows in force before.
    pub(crate) fn n_before(&self) -> usize {
        self.known.len()
    }

    /// Rows in force after.
    pub(crate) fn n_after(&self) -> usize {
        self.n_again + self.fresh.len()
    }

    /// Identifiers of the rows that were not seen again.
    pub(crate) fn gone(&self) -> Vec<i64> {
        let known = self.known.iter().enumerate();
        known.filter(|(at, _)| self.again[at / 64] & (1 << (at % 64)) == 0).map(|(_, (_, id))| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_new_repeated_and_gone_rows_are_told_apart() {
        let mut seen = Seen::new(vec![(30, 3), (-10, 1), (20, 2)]);
        assert!(!seen.is_new(-10) && !seen.is_new(-10));
        assert!(seen.is_new(40), "new");
        assert!(!seen.is_new(40), "on a second line");
        assert_eq!((seen.n_before(), seen.n_after()), (3, 2));
        assert_eq!(seen.gone(), [2, 3]);
    }
}
