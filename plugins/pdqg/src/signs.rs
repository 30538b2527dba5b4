//! Do signs stand where they can: brackets and quotation marks in pairs, list
//! marks and statements at the beginning of a line.

use crate::scorecard::{FULL, ramp};

/// Basis points: 10000 when nothing is out of place.
pub fn signs(raw: &str, is_code: bool) -> u32 {
    let mut signs = Signs { open: Vec::new(), odd: 0, all: 0 };
    let mut before = '\n';
    let mut starts_line = true;
    let mut characters = raw.chars().peekable();
    while let Some(sign) = characters.next() {
        let after = characters.peek().copied().unwrap_or('\n');
        signs.bracket(sign, before);
        if !is_code {
            signs.quotation(sign, before, after);
        }
        signs.mark(sign, before, after, starts_line);
        starts_line = sign == '\n' || starts_line && (sign.is_whitespace() || matches!(sign, '>' | '-' | '*' | '#' | '"' | '\u{201c}'));
        before = sign;
    }
    if is_code {
        signs.statements(raw);
    }
    signs.score()
}

struct Signs {
    /// The brackets that wait for their partners.
    open: Vec<char>,
    odd: u32,
    all: u32,
}

impl Signs {
    fn note(&mut self, is_odd: bool) {
        self.all += 1;
        self.odd += u32::from(is_odd);
    }

    fn bracket(&mut self, sign: char, before: char) {
        let opening = match sign {
            '(' | '[' | '{' | '\u{ab}' | '\u{201c}' => {
                // Deeper than this no one looks.
                if self.open.len() < 4_096 {
                    self.open.push(sign);
                }
                return;
            }
            ')' => '(',
            ']' => '[',
            '}' => '{',
            '\u{bb}' => '\u{ab}',
            _ => return,
        };
        if self.open.last() == Some(&opening) {
            self.open.pop();
            self.note(false);
        } else if let Some(at) = self.open.iter().rev().take(8).position(|open| *open == opening) {
            // What was left open inside is taken back: one of the two is odd.
            self.open.truncate(self.open.len() - at - 1);
            self.note(!matches!(sign, '\u{bb}'));
        } else {
            let ends_mark = sign == ')' && (before.is_alphanumeric() || matches!(before, ':' | ';' | '-'));
            self.note(!ends_mark);
        }
    }

    /// A straight quotation mark that touches a word on one side shows which it is.
    fn quotation(&mut self, sign: char, before: char, after: char) {
        if sign != '"' {
            return;
        }
        let opens = !before.is_alphanumeric() && after.is_alphanumeric() && !matches!(before, '.' | ',' | '!' | '?');
        let closes = (before.is_alphanumeric() || matches!(before, '.' | ',' | '!' | '?')) && !after.is_alphanumeric();
        let is_open = self.open.contains(&'"');
        if opens {
            if is_open {
                self.note(true);
            } else {
                self.open.push('"');
            }
        } else if closes {
            self.note(!is_open);
            self.open.retain(|open| *open != '"');
        }
    }

    /// A lone list mark or fence inside a line.
    fn mark(&mut self, sign: char, before: char, after: char, starts_line: bool) {
        if matches!(sign, '*' | '\u{2022}') && before.is_whitespace() && after.is_whitespace() {
            self.note(!starts_line);
        }
    }

    /// Words that begin a statement, found after something that cannot stand before them.
    fn statements(&mut self, raw: &str) {
        for line in raw.lines() {
            let mut before: Option<&str> = None;
            for word in line.split_whitespace() {
                if matches!(word, "def" | "import" | "elif" | "return" | "class" | "while" | "elif:" | "else:" | "try:") {
                    let is_led = before.is_none_or(|before| {
                        before.ends_with([':', ';', '{', '}', '(', '>']) || matches!(before, "async" | "from" | "export" | "public" | "private" | "#" | "//" | "a" | "the")
                            || word == "import" && line.trim_start().starts_with("from")
                    });
                    self.note(!is_led);
                }
                before = Some(word);
            }
        }
    }

    fn score(&self) -> u32 {
        if self.odd < 2 {
            return FULL;
        }
        let doubt = ramp(self.all, 2, 8, 5_000, 500);
        doubt + (FULL - doubt) * ramp(self.odd * 1_000 / self.all, 150, 500, FULL, 0) / FULL
    }
}

#[cfg(test)]
mod tests {
    use super::signs;

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
        assert!(signs("x import return def (one re y) x if", true) < 6_000);
    }
}
