//! Sentences: text that ends in a terminator of its script, or at a blank line.
//!
//! A full stop ends one only before white space, and not after an abbreviation,
//! an initial, or the number of a list item. A small letter may follow it, since
//! whole texts are written in small letters. A line break alone ends nothing:
//! lines are wrapped, and verses run on.

/// Abbreviations that something always follows.
const LEADING: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "sgt", "capt", "lt", "gov", "sen", "rep", "hon",
    "st", "mt", "fr", "vs", "v", "e.g", "i.e", "cf", "viz", "approx", "ca", "al", "z.b", "d.h", "bzw",
    "bspw", "sr", "sra", "mme", "mlle",
];
/// Abbreviations that a number follows; before anything else they are words, or units.
const NUMBERED: &[&str] =
    &["no", "nos", "vol", "vols", "fig", "figs", "eq", "eqs", "sec", "ch", "pp", "p", "nr"];
/// Abbreviations that may end a sentence: they do before a capital letter.
const TRAILING: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "jr", "esq", "dept", "est", "ave", "blvd", "rd", "a.m", "p.m", "u.s",
    "u.k", "u.n", "e.u", "d.c", "ph.d", "b.a", "m.a", "b.sc", "m.sc", "usw", "evtl", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "ed", "eds", "m",
];

/// How many sentences there are.
pub fn count(text: &str) -> u64 {
    let mut scanner = Scanner { text, start: 0, open: false, count: 0 };
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\n' => scanner.line_break(at),
            '.' | '!' | '?' | '…' => {
                let mut end = at + character.len_utf8();
                while let Some((next, _)) = characters.next_if(|(_, next)| follows_terminator(*next)) {
                    end = next + text[next..].chars().next().map_or(1, char::len_utf8);
                }
                scanner.terminator(at, end);
            }
            _ if is_closed_terminator(character) => scanner.close(at + character.len_utf8()),
            _ => scanner.open |= character.is_alphanumeric(),
        }
    }
    scanner.count + u64::from(scanner.open)
}

struct Scanner<'a> {
    text: &'a str,
    /// Where the sentence started.
    start: usize,
    /// Whether it has a letter or a digit yet.
    open: bool,
    count: u64,
}

impl Scanner<'_> {
    fn close(&mut self, end: usize) {
        self.count += u64::from(self.open);
        self.open = false;
        self.start = end;
    }

    /// A blank line ends a sentence.
    fn line_break(&mut self, at: usize) {
        let rest = self.text[at + 1..].trim_start_matches([' ', '\t', '\r']);
        if rest.starts_with('\n') {
            self.close(at + 1);
        }
    }

    /// A terminator with the marks and closing signs after it, from `at` to `end`.
    fn terminator(&mut self, at: usize, end: usize) {
        let run = &self.text[at..end];
        let rest = &self.text[end..];
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            self.open |= run.chars().any(char::is_alphanumeric);
            return;
        }
        let next = rest.trim_start().chars().next();
        let marks = run.chars().take_while(|mark| matches!(mark, '.' | '!' | '?' | '…')).count();
        let holds = match (run.starts_with(['!', '?']), marks) {
            (true, _) => true,
            (false, 1) if run.starts_with('.') => !self.is_abbreviation(at, next),
            // An ellipsis before a small letter is a pause.
            _ => !next.is_some_and(char::is_lowercase) || run.contains(['!', '?']),
        };
        if holds {
            self.close(end);
        }
    }

    /// Whether the full stop at `at` belongs to the word before it.
    fn is_abbreviation(&self, at: usize, next: Option<char>) -> bool {
        let Some(next) = next else { return false };
        let rest = self.text[at + 1..].trim_start();
        let word = last_word(&self.text[self.start..at]);
        let mut characters = word.chars();
        let single = characters.next().filter(|_| characters.next().is_none());
        if single.is_some_and(|letter| letter.is_uppercase() && letter != 'I') {
            return true;
        }
        let before = &self.text[..at - word.len()];
        let starts_line = before.trim_end_matches([' ', '\t', '*', '(', '#']).is_empty()
            || before.trim_end_matches([' ', '\t', '*', '(', '#']).ends_with('\n');
        if starts_line && word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return true;
        }
        // Lists of abbreviations are short; longer words need no look-up.
        if word.len() > 6 {
            return false;
        }
        let folded = word.to_lowercase();
        match folded.as_str() {
            "st" => next.is_lowercase() || (word == "St" && !follows_street(before)),
            word if LEADING.contains(&word) => true,
            word if NUMBERED.contains(&word) => is_number(rest),
            word => TRAILING.contains(&word) && next.is_lowercase(),
        }
    }
}

/// Whether a number starts here: digits, with what may stand before them, or a Roman one
/// of two letters or more.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['(', '[', '#', '§', '°']);
    let roman = text.find(|character| !"IVXL".contains(character)).unwrap_or(text.len());
    let ends = !text[roman..].starts_with(char::is_alphanumeric);
    digits.starts_with(char::is_numeric) || (roman > 1 && ends)
}

/// Whether what stands before is the number and the name of a street: "21 Main St.".
fn follows_street(before: &str) -> bool {
    let mut words = before.split_whitespace().rev();
    let name = words.next().is_some_and(|word| word.starts_with(char::is_uppercase));
    name && words.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What stands before a full stop, bounded: full stops inside it belong to it.
fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(24)
        .take_while(|(_, character)| character.is_alphanumeric() || *character == '.')
        .last();
    start.map_or("", |(at, _)| &text[at..])
}

/// More marks of the same end, and what closes around it.
fn follows_terminator(character: char) -> bool {
    matches!(
        character,
        '.' | '!'
            | '?'
            | '…'
            | '"'
            | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '›'
            | '“'
            | '*'
            | '_'
            | '`'
    )
}

/// Terminators that need no white space after them.
fn is_closed_terminator(character: char) -> bool {
    matches!(
        character,
        '。' | '！'
            | '？'
            | '｡'
            | '।'
            | '॥'
            | '؟'
            | '۔'
            | '։'
            | '።'
            | '፧'
            | '។'
            | '៕'
            | '၊'
            | '။'
            | '⁈'
            | '⁉'
            | '‼'
            | '⁇'
    )
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn sentences_of_many_sorts() {
        let table = [
            ("", 0),
            ("...", 0),
            ("One", 1),
            ("One. Two! Three?", 3),
            ("one. two. three", 3),
            ("Mr. Smith met Dr. J. R. Jones at 3 p.m. on Monday.", 1),
            ("It opens at 9 a.m. We wait.", 2),
            ("Use e.g. 3.14, i.e. pi. Done.", 2),
            ("He said \"Stop!\" She did (really?). Yes.", 3),
            ("Wait... what? No... Yes.", 3),
            ("1. First point\n2. Second point.", 1),
            ("A title\n\nA sentence that\nis wrapped.", 2),
            ("これは文です。これも文です。", 2),
            ("यह एक वाक्य है। यह दूसरा है।", 2),
            ("Version 1.2.3 of example.com is out!!! Great?!", 2),
            ("The answer is no. We move on.", 2),
            ("is it ready? no. it waits.", 3),
            ("See No. 5, Fig. 2, fig. (3), p. 7, pp. 12-14 and Sec. 4 of Vol. II. Done.", 2),
            ("Wait a sec. Then go.", 2),
            ("It measures 5 m. That is a lot, and 5 m. more is too much.", 2),
            ("They live in St. Louis, near Mt. Fuji.", 1),
            ("They live at 21 Main St. We do not.", 2),
            ("Turn left at the 1st st. Then stop.", 2),
            ("I met Ed. He left. The 2nd ed. of the book is out.", 3),
            ("Take the chess set by p. It is near ch. The rest is here.", 3),
        ];
        for (text, expected) in table {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }
}
