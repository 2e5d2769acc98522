//! Finds, at memory speed, the few places of a log where some pattern could match.
//!
//! The idea: a literal of seven bytes or more contains a four-byte gram at a position that is a multiple of four, wherever it
//! stands. So only every fourth position is looked at, and only one bit of a 16 KiB table is read for it. Grams are compared with
//! the bit of ASCII case set, so case-insensitive patterns cost nothing extra. A hit is a candidate, never a match: the
//! caller runs the pattern itself on the line. Nothing here may miss: `differential` compares with a scan of every line by every pattern.

use super::literal::{Literal, WINDOW};

/// Sets the bit of ASCII lower case in four bytes at once.
const FOLD: u32 = 0x2020_2020;

/// Words of the bitmap: 2048 × 64 bits = 16 KiB, which stays in the first-level cache.
const WORDS: usize = 2048;

/// How much of a log is counted to find out which grams are rare in it.
const SAMPLE: usize = 256 * 1024;

/// Below this, counting costs more than it saves.
const SMALLEST_SAMPLE: usize = 32 * 1024;

/// A literal that some pattern requires.
#[derive(Clone, Debug)]
pub(super) struct Required {
    /// Index of the pattern.
    pub(super) pattern: u32,
    /// At least [`WINDOW`] positions.
    pub(super) literal: Literal,
}

/// A gram of a literal and where it stands in it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    gram: u32,
    required: u32,
    at: u32,
}

/// The table of the grams of one window of each literal.
#[derive(Clone, Debug)]
pub(super) struct Prefilter {
    required: Vec<Required>,
    /// Windows chosen without a look at a log.
    general: GramTable,
    /// All grams of all literals, to count them in a log.
    every: GramTable,
}

impl Prefilter {
    /// Builds the tables. Costs well under a millisecond for some hundred literals.
    pub(super) fn new(required: Vec<Required>) -> Self {
        let mut all = Vec::new();
        for (index, item) in (0u32..).zip(&required) {
            for (at, gram) in grams(&item.literal) {
                all.push(Entry {
                    gram,
                    required: index,
                    at,
                });
            }
        }
        let every = GramTable::new(all);
        // Words that many patterns share ("failed to ") are common in logs as well, so the patterns are the first sample.
        let mut counts = vec![0u64; every.entries.len()];
        for (first, count) in every.runs() {
            counts[first] = count as u64;
        }
        let general = choose(&required, &every, &counts);
        Self {
            required,
            general,
            every,
        }
    }

    /// Returns whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.required.is_empty()
    }

    /// Returns the table with the windows that are rarest in the beginning of this log.
    pub(super) fn tuned(&self, beginning: &[u8]) -> Option<GramTable> {
        if beginning.len() < SMALLEST_SAMPLE || self.is_empty() {
            return None;
        }
        let sample = &beginning[..beginning.len().min(SAMPLE)];
        let mut counts = vec![0u64; self.every.entries.len()];
        for window in sample.windows(4) {
            let gram = gram_of(window);
            if self.every.bit(gram) != 0
                && let Some(first) = self.every.first(gram)
            {
                counts[first] += 1;
            }
        }
        Some(choose(&self.required, &self.every, &counts))
    }

    /// Returns the table for logs that are not worth a sample.
    pub(super) fn general(&self) -> &GramTable {
        &self.general
    }

    /// Calls `hit` with a position inside the literal and the pattern, in ascending order of positions (up to the length of a literal).
    pub(super) fn scan(&self, table: &GramTable, hay: &[u8], mut hit: impl FnMut(usize, u32)) {
        if self.is_empty() {
            return;
        }
        let mut position = 0;
        let mut chunks = hay.chunks_exact(32);
        for chunk in chunks.by_ref() {
            let mut any = 0u64;
            for quad in chunk.chunks_exact(4) {
                any |= table.bit(gram_of(quad));
            }
            if any & 1 != 0 {
                self.probe(table, hay, position, chunk, &mut hit);
            }
            position += 32;
        }
        self.probe(table, hay, position, chunks.remainder(), &mut hit);
    }

    fn probe(&self, table: &GramTable, hay: &[u8], start: usize, chunk: &[u8], hit: &mut impl FnMut(usize, u32)) {
        for (index, quad) in chunk.chunks_exact(4).enumerate() {
            let gram = gram_of(quad);
            if table.bit(gram) & 1 == 0 {
                continue;
            }
            let Some(first) = table.first(gram) else {
                continue;
            };
            let position = start + index * 4;
            for entry in table.entries[first..].iter().take_while(|entry| entry.gram == gram) {
                let required = &self.required[entry.required as usize];
                if stands_at(&required.literal, hay, position, entry.at as usize) {
                    hit(position, required.pattern);
                }
            }
        }
    }
}

/// Returns whether the literal, whose offset `at` is at `position`, stands there in full.
fn stands_at(literal: &Literal, hay: &[u8], position: usize, at: usize) -> bool {
    position
        .checked_sub(at)
        .and_then(|start| hay.get(start..start + literal.len()))
        .is_some_and(|bytes| {
            bytes
                .iter()
                .zip(literal)
                .all(|(byte, expected)| byte & expected.mask == expected.value)
        })
}

/// Puts the rarest window of each literal into a table.
fn choose(required: &[Required], every: &GramTable, counts: &[u64]) -> GramTable {
    let mut chosen = Vec::with_capacity(required.len() * 4);
    for (index, item) in (0u32..).zip(required) {
        let entries: Vec<(u32, u32)> = grams(&item.literal).collect();
        let costs: Vec<u64> = entries
            .iter()
            .map(|(_, gram)| every.first(*gram).map_or(0, |first| counts[first]))
            .collect();
        let grams_of_window = WINDOW - 3;
        let best = costs
            .windows(grams_of_window)
            .enumerate()
            .min_by_key(|(_, window)| window.iter().sum::<u64>())
            .map_or(0, |(start, _)| start);
        for (at, gram) in entries.iter().skip(best).take(grams_of_window) {
            chosen.push(Entry {
                gram: *gram,
                required: index,
                at: *at,
            });
        }
    }
    GramTable::new(chosen)
}

fn grams(literal: &Literal) -> impl Iterator<Item = (u32, u32)> + '_ {
    (0u32..).zip(literal.windows(4).map(|window| {
        let mut bytes = [0u8; 4];
        for (byte, expected) in bytes.iter_mut().zip(window) {
            *byte = expected.value;
        }
        gram_of(&bytes)
    }))
}

/// Returns the folded gram of the first four bytes; shorter slices do not occur.
#[inline(always)]
fn gram_of(bytes: &[u8]) -> u32 {
    match bytes {
        [a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]) | FOLD,
        _ => 0,
    }
}

#[inline(always)]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// A bitmap that answers most probes, and an open-addressed table behind it.
#[derive(Clone, Debug)]
pub(super) struct GramTable {
    bits: Box<[u64; WORDS]>,
    /// Index of the first entry of a gram plus one; zero is free. The length is a power of two, at least twice the grams.
    slots: Vec<u32>,
    /// Sorted by gram.
    entries: Vec<Entry>,
}

impl GramTable {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.gram);
        let mut bits = Box::new([0u64; WORDS]);
        let mut slots = vec![0u32; (entries.len() * 2).next_power_of_two().max(2)];
        let mut previous = None;
        for (index, entry) in (1u32..).zip(&entries) {
            if previous == Some(entry.gram) {
                continue;
            }
            previous = Some(entry.gram);
            let bit = hash(entry.gram) >> 15;
            bits[(bit >> 6) as usize] |= 1 << (bit & 63);
            let mut slot = hash(entry.gram) as usize & (slots.len() - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = index;
        }
        Self { bits, slots, entries }
    }

    /// Returns a word whose lowest bit tells whether the gram may be in the table.
    #[inline(always)]
    fn bit(&self, gram: u32) -> u64 {
        let bit = hash(gram) >> 15;
        self.bits[(bit >> 6) as usize] >> (bit & 63) & 1
    }

    fn first(&self, gram: u32) -> Option<usize> {
        let mut slot = hash(gram) as usize & (self.slots.len() - 1);
        loop {
            let index = (self.slots[slot] as usize).checked_sub(1)?;
            if self.entries[index].gram == gram {
                return Some(index);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Returns the first entry of each gram and how many entries share it.
    fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            match runs.last_mut() {
                Some((first, count)) if self.entries[*first].gram == entry.gram => *count += 1,
                _ => runs.push((index, 1)),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::literal::required_literals;
    use crate::evidence::logs::pattern::parse;

    fn check(patterns: &[&str], hay: &str, expected: &[u32]) {
        let mut required = Vec::new();
        for (index, pattern) in (0u32..).zip(patterns) {
            let hir = parse(pattern).expect("the pattern of a test parses");
            for literal in required_literals(&hir).expect("the pattern of a test has a literal") {
                required.push(Required {
                    pattern: index,
                    literal,
                });
            }
        }
        let prefilter = Prefilter::new(required);
        // Every alignment of the text to the stride must give the same answer.
        for shift in 0..40 {
            let shifted = format!("{}{hay}", "-".repeat(shift));
            let mut found = Vec::new();
            prefilter.scan(prefilter.general(), shifted.as_bytes(), |_, pattern| {
                found.push(pattern)
            });
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, expected, "{shifted}");
        }
    }

    #[test]
    fn a_literal_is_seen_at_every_alignment() {
        check(&["refused"], "refused", &[0]);
        check(&["connection refused", "no such host"], "dial: no such host", &[1]);
        check(&["connection refused", "no such host"], "nothing to see", &[]);
        check(&["(?i)connection refused"], "CONNECTION Refused", &[0]);
    }

    #[test]
    fn case_matters_unless_the_pattern_says_otherwise() {
        check(&["connection refused"], "Connection Refused", &[]);
    }

    #[test]
    fn patterns_with_the_same_words_are_all_reported() {
        check(
            &["failed to start", "failed to (?:stop|start)", "to start"],
            "failed to start",
            &[0, 1, 2],
        );
    }

    #[test]
    fn a_literal_cut_by_the_end_is_not_seen() {
        check(&["connection refused"], "connection refuse", &[]);
    }
}
