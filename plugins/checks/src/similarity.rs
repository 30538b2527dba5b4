//! How far and how near two texts are. Sixty-four cells of the classic tables are
//! filled in at a step, and no result depends on a platform's own mathematics.

use crate::limits::COMPARED_CELLS_MAX;
use crate::outcome::{SCORE_MAX, share};
use assay_text::words;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// Ways to say how similar two texts are, by their words in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// F1 of the words that both have.
    Rouge1,
    /// F1 of the longest common subsequence of words.
    RougeL,
    /// Precision of runs of one to four words, those over one smoothed by one, with
    /// the penalty for brevity.
    Bleu,
    /// Common words of all words.
    Jaccard,
    /// Angle between the counts of words.
    Cosine,
}

impl Metric {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "rouge-1" => Self::Rouge1,
            "rouge-l" | "rouge-L" => Self::RougeL,
            "bleu" => Self::Bleu,
            "jaccard" => Self::Jaccard,
            "cosine" => Self::Cosine,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rouge1 => "rouge-1",
            Self::RougeL => "rouge-l",
            Self::Bleu => "bleu",
            Self::Jaccard => "jaccard",
            Self::Cosine => "cosine",
        }
    }
}

/// Similarity in basis points; nothing when the texts are too long to compare.
pub(crate) fn score(metric: Metric, text: &str, expected: &str) -> Option<u16> {
    let (text, expected) = (words::lower(text), words::lower(expected));
    let found: Vec<&str> = words::words(&text).collect();
    let expected: Vec<&str> = words::words(&expected).collect();
    if found.is_empty() && expected.is_empty() {
        return Some(SCORE_MAX);
    }
    if found.is_empty() || expected.is_empty() {
        return Some(0);
    }
    let both = (found.len() + expected.len()) as u64;
    Some(match metric {
        Metric::Rouge1 => share(2 * common(&counts(&found), &counts(&expected)), both),
        Metric::RougeL => share(2 * common_subsequence(&found, &expected)?, both),
        Metric::Bleu => bleu(&found, &expected),
        Metric::Jaccard => jaccard(&found, &expected),
        Metric::Cosine => cosine(&counts(&found), &counts(&expected)),
    })
}

fn counts<'a>(words: &[&'a str]) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(*word).or_default() += 1;
    }
    counts
}

fn common<K: Ord>(found: &BTreeMap<K, u64>, expected: &BTreeMap<K, u64>) -> u64 {
    found.iter().map(|(key, count)| expected.get(key).map_or(0, |wanted| *count.min(wanted))).sum()
}

fn jaccard(found: &[&str], expected: &[&str]) -> u16 {
    let found: BTreeSet<&str> = found.iter().copied().collect();
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    share(found.intersection(&expected).count() as u64, found.union(&expected).count() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
fn cosine(found: &BTreeMap<&str, u64>, expected: &BTreeMap<&str, u64>) -> u16 {
    let square =
        |counts: &BTreeMap<&str, u64>| counts.values().map(|count| count * count).sum::<u64>() as f64;
    let dot: u64 =
        found.iter().map(|(word, count)| count * expected.get(word).copied().unwrap_or_default()).sum();
    points(dot as f64 / (square(found).sqrt() * square(expected).sqrt()))
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
fn bleu(found: &[&str], expected: &[&str]) -> u16 {
    let mut precision = 1.0;
    for size in 1..=4 {
        let grams = |words: &[&str]| {
            let mut grams: BTreeMap<Vec<String>, u64> = BTreeMap::new();
            for gram in words.windows(size) {
                *grams.entry(gram.iter().map(|word| (*word).to_owned()).collect()).or_default() += 1;
            }
            grams
        };
        let all = found.len().saturating_sub(size - 1) as f64;
        let matched = common(&grams(found), &grams(expected)) as f64;
        let smoothing = if size == 1 { 0.0 } else { 1.0 };
        precision *= (matched + smoothing) / (all + smoothing);
    }
    let shorter = expected.len() as f64 / found.len() as f64;
    let brevity = if shorter > 1.0 { libm::exp(1.0 - shorter) } else { 1.0 };
    // The fourth root of the product of the four precisions.
    points(brevity * precision.sqrt().sqrt())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10000")]
fn points(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * 10_000.0 + 1e-6).floor() as u16
}

/// For each member of `pattern`, the positions where it stands, a bit each.
fn positions<T: Hash + Eq + Copy>(pattern: &[T]) -> HashMap<T, Vec<u64>> {
    let blocks = pattern.len().div_ceil(64);
    let mut positions: HashMap<T, Vec<u64>> = HashMap::new();
    for (at, member) in pattern.iter().enumerate() {
        positions.entry(*member).or_insert_with(|| vec![0; blocks])[at / 64] |= 1 << (at % 64);
    }
    positions
}

/// Bounds the cells of the table, and the memory of [`positions`].
fn is_comparable(left: usize, right: usize) -> bool {
    let cells = (left as u64).saturating_mul(right as u64);
    let memory = (left.min(right) as u64).saturating_mul(left.min(right) as u64 / 64);
    cells <= COMPARED_CELLS_MAX && memory <= 4_000_000
}

/// The length of the longest common subsequence, after Hyyrö's bit-parallel table.
fn common_subsequence<T: Hash + Eq + Copy>(left: &[T], right: &[T]) -> Option<u64> {
    let (pattern, text) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if !is_comparable(pattern.len(), text.len()) {
        return None;
    }
    let positions = positions(pattern);
    let blocks = pattern.len().div_ceil(64);
    let mut row = vec![u64::MAX; blocks];
    for member in text {
        let Some(matches) = positions.get(member) else { continue };
        let mut carry = false;
        for (block, matches) in row.iter_mut().zip(matches) {
            let here = *block & matches;
            let (sum, first) = block.overflowing_add(here);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first || second;
            *block = sum | (*block & !matches);
        }
    }
    let last = pattern.len() % 64;
    if last > 0 {
        row[blocks - 1] |= u64::MAX << last;
    }
    Some(row.iter().map(|block| u64::from(block.count_zeros())).sum())
}

/// The least number of characters to insert, delete or replace, after Myers and
/// Hyyrö; nothing when the texts are too long to compare.
pub(crate) fn distance(left: &str, right: &str) -> Option<u64> {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let start = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
    let (left, right) = (&left[..left.len() - end], &right[..right.len() - end]);
    let (pattern, text) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if pattern.is_empty() {
        return Some(text.len() as u64);
    }
    is_comparable(pattern.len(), text.len()).then(|| edits(pattern, text))
}

fn edits(pattern: &[char], text: &[char]) -> u64 {
    let positions = positions(pattern);
    let blocks = pattern.len().div_ceil(64);
    let last = 1_u64 << ((pattern.len() - 1) % 64);
    let nowhere = vec![0; blocks];
    // A bit each where the table grows or shrinks from one row to the next.
    let mut columns = vec![(u64::MAX, 0_u64); blocks];
    let mut distance = pattern.len() as u64;
    for member in text {
        let matches = positions.get(member).unwrap_or(&nowhere);
        // The first row of the table grows by one at each column.
        let (mut grows, mut shrinks) = (1_u64, 0_u64);
        for (block, (up, down)) in columns.iter_mut().enumerate() {
            let here = matches[block] | shrinks;
            let diagonal = ((here & *up).wrapping_add(*up) ^ *up) | here | *down;
            let grow = *down | !(diagonal | *up);
            let shrink = *up & diagonal;
            if block == blocks - 1 {
                distance += u64::from(grow & last != 0);
                distance -= u64::from(shrink & last != 0);
            }
            let (next_grows, next_shrinks) = (grow >> 63, shrink >> 63);
            let (grow, shrink) = ((grow << 1) | grows, (shrink << 1) | shrinks);
            let across = matches[block] | *down;
            *up = shrink | !(across | grow);
            *down = grow & across;
            (grows, shrinks) = (next_grows, next_shrinks);
        }
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::{Metric, common_subsequence, distance, score};
    use proptest::prelude::*;

    fn naive_distance(left: &[char], right: &[char]) -> u64 {
        let mut row: Vec<u64> = (0..=right.len() as u64).collect();
        for (at, left) in left.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = at as u64 + 1;
            for (column, right) in right.iter().enumerate() {
                let replaced = diagonal + u64::from(left != right);
                diagonal = row[column + 1];
                row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
            }
        }
        row[right.len()]
    }

    fn naive_subsequence(left: &[char], right: &[char]) -> u64 {
        let mut row = vec![0; right.len() + 1];
        for left in left {
            let mut diagonal = 0;
            for (column, right) in right.iter().enumerate() {
                let before = row[column + 1];
                row[column + 1] = if left == right { diagonal + 1 } else { before.max(row[column]) };
                diagonal = before;
            }
        }
        row[right.len()]
    }

    proptest! {
        #[test]
        fn tables_of_bits_agree_with_the_classic_ones(left in "[abc]{0,200}", right in "[abcd]{0,200}") {
            let (l, r): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
            prop_assert_eq!(distance(&left, &right), Some(naive_distance(&l, &r)));
            prop_assert_eq!(common_subsequence(&l, &r), Some(naive_subsequence(&l, &r)));
        }
    }

    #[test]
    fn similarity_of_known_pairs() {
        let (cat, dog) = ("the cat sat on the mat", "the dog sat on the log");
        let table = [
            (Metric::Rouge1, 6_666),
            (Metric::RougeL, 6_666),
            (Metric::Jaccard, 4_285),
            (Metric::Cosine, 7_500),
        ];
        for (metric, expected) in table {
            assert_eq!(score(metric, cat, dog), Some(expected), "{metric:?}");
            assert_eq!(score(metric, cat, cat), Some(10_000), "{metric:?}");
            assert_eq!(score(metric, "", cat), Some(0), "{metric:?}");
        }
        assert_eq!(score(Metric::Bleu, cat, cat), Some(10_000));
        // 4/6, (2 + 1)/(5 + 1), (1 + 1)/(4 + 1), (0 + 1)/(3 + 1): the fourth root of 1/30.
        assert_eq!(score(Metric::Bleu, cat, dog), Some(4_272));
        assert_eq!(distance("kitten", "sitting"), Some(3));
    }
}
