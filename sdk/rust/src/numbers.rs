//! Figures in evidence sentences.

/// Digits in groups of three: `1212` is `1,212`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 word`, `1,212 words`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `part` of `whole` in basis points, rounded down; nothing of nothing is everything.
pub fn share(part: u64, whole: u64) -> crate::Score {
    if whole == 0 {
        return crate::types::SCORE_MAX;
    }
    let points = u128::from(part.min(whole)) * 10_000 / u128::from(whole);
    crate::Score::try_from(points).unwrap_or(crate::types::SCORE_MAX)
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped, share};

    #[test]
    fn figures_read_well() {
        let table = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in table {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "word", "words"), "1 word");
        assert_eq!(counted(1_212, "word", "words"), "1,212 words");
        assert_eq!((share(1, 3), share(0, 0), share(7, 7), share(9, 7)), (3_333, 10_000, 10_000, 10_000));
    }
}
