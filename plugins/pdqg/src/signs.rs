//! Do signs stand where they can: brackets and quotation marks in pairs, list
//! marks and statements at the beginning of a line.

use crate::data::is_code_line;
use crate::scorecard::{FULL, ramp};
use crate::text::Text;

/// Basis points: 10000 when nothing is out of place.
pub fn signs(text: &Text, is_code: bool) -> u32 {
    // A slip in prose is no more than that; in code it does not compile.
    let tolerated = if is_code { 1 } else { 2 };
    let mut signs = Signs { open: Vec::new(), is_quoting: false, odd: 0, all: 0, tolerated };
    let bytes = text.raw.as_bytes();
    for sign in &text.signs {
        let at = sign.at as usize;
        let before = at.checked_sub(1).map_or(b'\n', |at| bytes[at]);
        let after = bytes.get(at + 1).copied().unwrap_or(b'\n');
        match sign.sign {
            b'"' if is_code => {}
            b'"' => signs.quotation(before, after),
            b'*' => {
                // A list mark stands alone at the beginning of its line.
                if before.is_ascii_whitespace() && after.is_ascii_whitespace() {
                    signs.note(!sign.starts_line);
                }
            }
            bracket => signs.bracket(bracket, before),
        }
    }
    if is_code {
        signs.statements(&text.raw);
    }
    signs.score()
}

/// Part of a word; what is not ASCII mostly is.
fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

struct Signs {
    /// The brackets that wait for their partners.
    open: Vec<u8>,
    /// A straight quotation mark was opened.
    is_quoting: bool,
    odd: u32,
    all: u32,
    /// Fewer odd signs than these cost nothing.
    tolerated: u32,
}

impl Signs {
    fn note(&mut self, is_odd: bool) {
        self.all += 1;
        self.odd += u32::from(is_odd);
    }

    fn bracket(&mut self, sign: u8, before: u8) {
        let opening = match sign {
            b'(' | b'[' | b'{' => {
                // Deeper than this no one looks.
                if self.open.len() < 4_096 {
                    self.open.push(sign);
                }
                return;
            }
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            _ => return,
        };
        if self.open.last() == Some(&opening) {
            self.open.pop();
            self.note(false);
        } else if let Some(at) = self.open.iter().rev().take(8).position(|open| *open == opening) {
            // What was left open inside is taken back with it.
            self.open.truncate(self.open.len() - at - 1);
            self.note(true);
        } else {
            let ends_mark = sign == b')' && (is_wordy(before) || matches!(before, b':' | b';' | b'-'));
            self.note(!ends_mark);
        }
    }

    /// A straight quotation mark that touches a word on one side shows which it is.
    fn quotation(&mut self, before: u8, after: u8) {
        let follows = is_wordy(before) || matches!(before, b'.' | b',' | b'!' | b'?');
        if !follows && is_wordy(after) {
            if self.is_quoting {
                self.note(true);
            }
            self.is_quoting = true;
        } else if follows && !is_wordy(after) {
            self.note(!self.is_quoting);
            self.is_quoting = false;
        }
    }

    /// Words that begin a statement, found after something that cannot stand before them.
    fn statements(&mut self, raw: &str) {
        // Where blocks are made by indentation, no bracket ends a statement.
        let by_indentation = raw.contains("def ") && !raw.contains(['{', ';']);
        for line in raw.lines().filter(|line| is_code_line(line)) {
            let mut before = "";
            for word in line.split_whitespace() {
                if word.starts_with('#')
                    || ["//", "--", "\"\"\""].iter().any(|comment| word.starts_with(comment))
                {
                    break;
                }
                if matches!(word, "def" | "import" | "elif" | "return" | "else:" | "try:") {
                    self.note(!may_precede(before, word, by_indentation));
                }
                before = word;
            }
        }
    }

    fn score(&self) -> u32 {
        if self.odd < self.tolerated {
            return FULL;
        }
        let doubt = ramp(self.all, 2, 8, 4_000, 500);
        doubt + (FULL - doubt) * ramp(self.odd * 1_000 / self.all, 150, 500, FULL, 0) / FULL
    }
}

/// Nothing, the end of another statement, or a word that takes this one.
fn may_precede(before: &str, word: &str, by_indentation: bool) -> bool {
    before.is_empty()
        || before.ends_with([':', ';', '('])
        || !by_indentation && before.ends_with(['{', '}', ')', '>'])
        || matches!(before, "async" | "export" | "else" | "then" | "do" | "private" | "public")
        || word == "import"
        || word == "else:" && !by_indentation
}

#[cfg(test)]
mod tests {
    use super::signs as judge;
    use crate::text::Text;

    fn signs(text: &str, is_code: bool) -> u32 {
        judge(&Text::read(text), is_code)
    }

    #[test]
    fn signs_in_their_places_cost_nothing() {
        for fine in [
            "He said \"yes\" (twice), \"and [then] no\".",
            "a) one\nb) two :)\nc) three ;)",
            "* one\n* two\n  * three",
            "2 * 3 is six",
            "\u{201c}One paragraph.\n\n\u{201c}Another.\u{201d}",
        ] {
            assert_eq!(signs(fine, false), 10_000, "{fine}");
        }
        assert_eq!(signs("import re\ndef one(x):\n    return [y for y in x if y]", true), 10_000);
    }

    #[test]
    fn signs_out_of_place_cost() {
        assert!(signs("yes\" then) \"said (and no]. [twice \"he", false) < 6_000);
        assert!(signs("one * two * three * four * five", false) < 6_000);
        assert!(signs("x = import return def (one re y) x if return", true) < 6_000);
    }
}
