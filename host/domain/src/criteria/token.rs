//! A sentence cut into words, numbers, quoted texts and marks.
//!
//! Nothing is dropped but white space, closing brackets and `**`: what the grammar does
//! not know must stay visible to it.

/// One token and where it stands in the sentence, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word in lower case, apostrophes straightened.
    Word(String),
    /// A number in digits; `scaled` when it was written with a `k`.
    Number { value: u64, scaled: bool },
    /// A text in quotation marks; `code` when those were backticks.
    Quote { text: String, code: bool },
    /// A text in square brackets.
    Bracket,
    /// A text in double angle brackets.
    Angle,
    /// What ends a clause.
    Sep(Sep),
    /// Any other visible character, dashes written as `-`.
    Mark(char),
    /// A quotation mark without its partner, or a number nobody can read safely.
    Bad,
}

/// What ends a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sep {
    Comma,
    Semicolon,
    Stop,
    Line,
    /// An opening parenthesis.
    Paren,
}

/// Opening quotation marks and what may close them, over several languages.
const QUOTES: &[(char, &[char])] = &[
    ('“', &['”', '“']),
    ('”', &['”']),
    ('„', &['“', '”']),
    ('«', &['»']),
    ('»', &['«', '»']),
    ('‹', &['›']),
    ('›', &['‹', '›']),
    ('「', &['」']),
    ('『', &['』']),
    ('《', &['》']),
    ('‘', &['’', '‘']),
    ('‚', &['‘', '’']),
    ('"', &['"']),
    ('`', &['`']),
];

/// Cuts a sentence up.
pub(crate) fn tokenize(source: &str) -> Vec<Token> {
    let mut scanner = Scanner { source, at: 0, tokens: Vec::new() };
    scanner.skip_bullet();
    while let Some(character) = scanner.peek() {
        scanner.step(character);
    }
    scanner.tokens
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn before(&self) -> Option<char> {
        self.source.get(..self.at).and_then(|text| text.chars().next_back())
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token { kind, start: self.at, end: self.at + length });
        self.at += length;
    }

    fn step(&mut self, character: char) {
        let length = character.len_utf8();
        match character {
            '\n' => self.line(),
            _ if character.is_whitespace() => self.at += length,
            _ if character.is_ascii_digit() => self.number(),
            _ if character.is_alphanumeric() => self.word(),
            '\'' | '’' if self.opens_single() => self.single(character),
            '“' | '”' | '„' | '«' | '»' | '‹' | '›' | '「' | '『' | '《' | '‘' | '‚' | '"' | '`' =>
            {
                self.quote(character);
            }
            '[' => self.enclosed("[", "]", Kind::Bracket),
            '<' if self.rest().starts_with("<<") => self.enclosed("<<", ">>", Kind::Angle),
            '#' if self.hashtag() => {}
            ',' | '，' | '、' => self.push(Kind::Sep(Sep::Comma), length),
            ';' => self.push(Kind::Sep(Sep::Semicolon), length),
            '(' => self.push(Kind::Sep(Sep::Paren), length),
            ')' | ']' => self.at += length,
            '.' | '!' | '?' | '。' => self.stop(character),
            '*' if self.rest().starts_with("***") => self.divider(),
            '*' if self.rest().starts_with("**") => self.at += 2,
            '-' | '–' | '—' | '‐' | '‑' | '−' => self.dash(length),
            '&' if self.rest().get(1..).is_some_and(|rest| rest.starts_with(' ')) => {
                self.push(Kind::Word("and".to_owned()), length);
            }
            '<' | '>' if self.rest().get(1..).is_some_and(|rest| rest.starts_with('=')) => {
                self.push(Kind::Mark(if character == '<' { '≤' } else { '≥' }), 2);
            }
            other => self.push(Kind::Mark(other), length),
        }
    }

    fn line(&mut self) {
        if !self.tokens.is_empty() && !self.rest().trim().is_empty() {
            self.push(Kind::Sep(Sep::Line), 1);
        } else {
            self.at += 1;
        }
        self.skip_bullet();
    }

    /// Takes a list marker at the start of a line: `-`, `•`, `1.`, `2)`, `[ ]`.
    fn skip_bullet(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let rest = self.rest();
        for marker in ["- [ ] ", "* [ ] ", "[ ] ", "- ", "* ", "+ ", "• ", "· ", "– ", "— ", "✓ ", "☐ "]
        {
            if rest.starts_with(marker) {
                self.at += marker.len();
                return;
            }
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let marker = rest.get(digits..).unwrap_or_default();
        if (1..=2).contains(&digits) && (marker.starts_with(". ") || marker.starts_with(") ")) {
            self.at += digits + 2;
        }
    }

    /// A stop ends a clause only before white space or the end; `example.com` keeps its dot.
    fn stop(&mut self, character: char) {
        let length = character.len_utf8();
        let after = self.rest().get(length..).and_then(|rest| rest.chars().next());
        let ends = after.is_none_or(|next| next.is_whitespace() || "”“\"»’')".contains(next));
        self.push(
            if ends || character == '。' { Kind::Sep(Sep::Stop) } else { Kind::Mark(character) },
            length,
        );
    }

    /// A dash with spaces around it that is not between two numbers ends a clause.
    fn dash(&mut self, length: usize) {
        let spaced = self.before().is_none_or(char::is_whitespace);
        let after = self.rest().get(length..).unwrap_or_default();
        let range = matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. }, .. }))
            && after.trim_start().starts_with(|next: char| next.is_ascii_digit());
        let ends = spaced && !range && after.starts_with(char::is_whitespace);
        self.push(if ends { Kind::Sep(Sep::Comma) } else { Kind::Mark('-') }, length);
    }

    fn enclosed(&mut self, open: &str, close: &str, kind: Kind) {
        let inside = self.rest().get(open.len()..).unwrap_or_default();
        match inside.find(close) {
            Some(length) if length > 0 && !inside[..length].contains('\n') => {
                self.push(kind, open.len() + length + close.len());
            }
            _ => self.push(Kind::Bad, open.len()),
        }
    }

    /// `***` between paragraphs is a text to look for.
    fn divider(&mut self) {
        let length = self.rest().bytes().take_while(|byte| *byte == b'*').count();
        let text = self.rest()[..length].to_owned();
        self.push(Kind::Quote { text, code: true }, length);
    }

    /// `#edge` is a text to look for, not a word.
    fn hashtag(&mut self) -> bool {
        let name = self.rest().get(1..).unwrap_or_default();
        let length = name.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(name.len());
        let found = length > 0 && name.starts_with(char::is_alphabetic);
        if found {
            let text = self.rest()[..=length].to_owned();
            self.push(Kind::Quote { text, code: false }, length + 1);
        }
        found
    }

    fn opens_single(&self) -> bool {
        let fresh = self.before().is_none_or(|before| before.is_whitespace() || "([:".contains(before));
        fresh && self.rest().chars().nth(1).is_some_and(|next| !next.is_whitespace())
    }

    /// A quotation mark that also serves as apostrophe closes only before what is no letter.
    fn single(&mut self, open: char) {
        let closes = |text: &str| text.chars().next().is_none_or(|next| !next.is_alphanumeric());
        let length = open.len_utf8();
        let inside = self.rest().get(length..).unwrap_or_default();
        let end = inside
            .char_indices()
            .find(|&(at, found)| (found == '\'' || found == '’') && closes(&inside[at + found.len_utf8()..]));
        match end {
            Some((at, close)) => self.push_quote(&inside[..at], length + at + close.len_utf8(), false),
            None => self.push(Kind::Bad, length),
        }
    }

    fn quote(&mut self, open: char) {
        let apostrophe = open == '‘' || open == '‚';
        let closing = QUOTES.iter().find(|(mark, _)| *mark == open).map_or(&[][..], |(_, closing)| closing);
        let length = open.len_utf8();
        let inside = self.rest().get(length..).unwrap_or_default();
        let end = inside.char_indices().find(|&(at, found)| {
            let after = inside[at + found.len_utf8()..].chars().next();
            closing.contains(&found) && !(apostrophe && after.is_some_and(char::is_alphanumeric))
        });
        match end {
            Some((at, close)) => self.push_quote(&inside[..at], length + at + close.len_utf8(), open == '`'),
            None => self.push(Kind::Bad, length),
        }
    }

    fn push_quote(&mut self, inside: &str, length: usize, code: bool) {
        let text = inside.trim();
        let kind = if text.is_empty() { Kind::Bad } else { Kind::Quote { text: text.to_owned(), code } };
        self.push(kind, length);
    }

    fn word(&mut self) {
        if let Some(length) = postscript(self.rest()) {
            let text = self.rest()[..length].to_lowercase();
            return self.push(Kind::Word(text), length);
        }
        let rest = self.rest();
        let length = word_length(rest);
        let text = rest[..length].to_lowercase().replace('’', "'");
        self.push_word(&text, length);
    }

    /// Contractions become two words, so that a negation is always a word of its own.
    fn push_word(&mut self, text: &str, length: usize) {
        let base = match text {
            "cannot" | "can't" => Some("can"),
            "won't" => Some("will"),
            _ => text.strip_suffix("n't").filter(|base| !base.is_empty()),
        };
        let Some(base) = base else {
            self.push(Kind::Word(text.to_owned()), length);
            return self.skip_abbreviation(text);
        };
        let start = self.at;
        self.push(Kind::Word(base.to_owned()), length);
        self.tokens.push(Token { kind: Kind::Word("not".to_owned()), start, end: self.at });
    }

    /// The dot of an abbreviation ends no clause.
    fn skip_abbreviation(&mut self, text: &str) {
        let short = matches!(text, "max" | "min" | "approx" | "ca" | "incl" | "excl" | "no" | "etc");
        let inside = self.rest().strip_prefix('.').is_some_and(|rest| !rest.trim().is_empty());
        if short && inside {
            self.at += 1;
        }
    }

    fn number(&mut self) {
        let rest = self.rest();
        let run = rest.find(|next: char| !next.is_alphanumeric()).unwrap_or(rest.len());
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits < run && !matches!(&rest[digits..run], "k" | "K") {
            let text = rest[..run].to_lowercase();
            return self.push(Kind::Word(text), run);
        }
        match number_text(rest, digits) {
            Some((value, scaled, length)) => self.push(Kind::Number { value, scaled }, length),
            None => self.push(Kind::Bad, run),
        }
    }
}

/// Letters, digits, underscores, and apostrophes between letters.
fn word_length(text: &str) -> usize {
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let inner = matches!(character, '\'' | '’')
            && characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !(character.is_alphanumeric() || character == '_' || inner) {
            break;
        }
        end = at + character.len_utf8();
    }
    end
}

/// The length of `P.S.`, `P.P.S.` and the like at the start of a text.
fn postscript(text: &str) -> Option<usize> {
    let known = ["p.p.s.", "p.p.s", "p.s.", "p.s", "e.g.", "i.e."];
    let found =
        known.iter().find(|mark| text.get(..mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark)))?;
    let after = text[found.len()..].chars().next();
    after.is_none_or(|next| !next.is_alphanumeric()).then_some(found.len())
}

/// Reads `1500`, `1,500`, `1 500`, `1.5k`; anything that could mean two numbers is none.
fn number_text(text: &str, digits: usize) -> Option<(u64, bool, usize)> {
    let mut value: u64 = text[..digits].parse().ok()?;
    let mut length = digits;
    while digits <= 3
        && let Some(group) = thousands(&text[length..])
    {
        value =
            value.checked_mul(1_000)?.checked_add(text[length + group - 3..length + group].parse().ok()?)?;
        length += group;
    }
    let after = &text[length..];
    if after.starts_with(['k', 'K']) {
        return Some((value.checked_mul(1_000)?, true, length + 1));
    }
    let mut next = after.chars();
    match (next.next(), next.next()) {
        (Some('.'), Some(digit)) if digit.is_ascii_digit() => {
            tenths(value, after).map(|(v, l)| (v, true, length + l))
        }
        (Some(',' | '\'' | '’' | ':' | '/' | '_'), Some(digit)) if digit.is_ascii_digit() => None,
        (Some('%' | '/'), _) => None,
        _ => Some((value, false, length)),
    }
}

/// The length of a group separator and exactly three digits after it.
fn thousands(text: &str) -> Option<usize> {
    let separator =
        text.chars().next().filter(|c| matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'))?;
    let group = &text[separator.len_utf8()..];
    let digits = group.bytes().take_while(u8::is_ascii_digit).count();
    (digits == 3).then_some(separator.len_utf8() + 3)
}

/// `.5k` after a whole number of thousands.
fn tenths(whole: u64, text: &str) -> Option<(u64, usize)> {
    let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
    let after = &text[1 + digits..];
    let ends = after.starts_with(['k', 'K']) && !after[1..].starts_with(char::is_alphanumeric);
    if !ends || digits > 3 {
        return None;
    }
    let part: u64 = format!("{:0<3}", &text[1..=digits]).parse().ok()?;
    Some((whole.checked_mul(1_000)?.checked_add(part)?, digits + 2))
}
