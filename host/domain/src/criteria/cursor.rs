//! A place in the tokens of a sentence, and the steps the grammar takes from there.

use super::token::{Kind, Sep, Token};

/// Where the grammar stands. Copying it is how the grammar looks ahead.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first token.
    pub(crate) const fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        Self { source, tokens, at: 0 }
    }

    /// Position, in tokens.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    pub(crate) const fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The token here.
    pub(crate) fn kind(&self) -> Option<&'a Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    /// One token further.
    pub(crate) const fn advance(&mut self) {
        self.at += 1;
    }

    /// The word here, in lower case.
    pub(crate) fn word(&self) -> Option<&'a str> {
        match self.kind() {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The separator here.
    pub(crate) fn sep(&self) -> Option<Sep> {
        match self.kind() {
            Some(Kind::Sep(sep)) => Some(*sep),
            _ => None,
        }
    }

    /// The token here as the poster typed it.
    pub(crate) fn raw(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| self.slice(token.start, token.end))
    }

    /// The sentence from a token up to here, as typed, one space between words.
    pub(crate) fn typed(&self, first: usize) -> String {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        let text = match (self.tokens.get(first), last) {
            (Some(first), Some(last)) => self.slice(first.start, last.end),
            _ => "",
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether white space stands before the token here.
    pub(crate) fn spaced(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before, self.tokens.get(self.at)) {
            (Some(before), Some(here)) => before.end < here.start,
            _ => true,
        }
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.source.get(start..end).unwrap_or_default()
    }

    /// Takes a phrase of one or more words; a hyphen may stand between them.
    pub(crate) fn eat(&mut self, phrase: &str) -> bool {
        // Most phrases are tried at a word that they do not begin with.
        if !self.word().is_some_and(|word| phrase.starts_with(word)) {
            return false;
        }
        let mut ahead = *self;
        for (index, word) in phrase.split(' ').enumerate() {
            if index > 0 {
                ahead.eat_mark('-');
            }
            if ahead.word() != Some(word) {
                return false;
            }
            ahead.advance();
        }
        *self = ahead;
        true
    }

    /// Takes the longest phrase that fits.
    pub(crate) fn eat_any(&mut self, phrases: &[&str]) -> bool {
        let start = *self;
        for phrase in phrases {
            let mut ahead = start;
            if ahead.eat(phrase) && ahead.at > self.at {
                *self = ahead;
            }
        }
        self.at > start.at
    }

    /// Takes the longest phrase that fits and gives what it stands for.
    pub(crate) fn eat_entry<T: Copy>(&mut self, table: &[(&str, T)]) -> Option<T> {
        let start = *self;
        let mut found = None;
        for (phrase, value) in table {
            let mut ahead = start;
            if ahead.eat(phrase) && ahead.at > self.at {
                *self = ahead;
                found = Some(*value);
            }
        }
        found
    }

    /// Whether this word stands just before the token here.
    pub(crate) fn follows(&self, word: &str) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| token.kind == Kind::Word(word.to_owned()))
    }

    /// Whether the word just before the token here is a plural.
    pub(crate) fn follows_plural(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| matches!(&token.kind, Kind::Word(word) if word.ends_with('s')))
    }

    /// Whether the token before is a quoted text that took the sentence's comma in.
    pub(crate) fn follows_comma_in_quotes(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| matches!(&token.kind, Kind::Quote { text, .. } if text.ends_with(',')))
    }

    /// Takes one character.
    pub(crate) fn eat_mark(&mut self, mark: char) -> bool {
        let found = self.kind() == Some(&Kind::Mark(mark));
        self.at += usize::from(found);
        found
    }

    /// Takes one separator.
    pub(crate) fn eat_sep(&mut self, sep: Sep) -> bool {
        let found = self.sep() == Some(sep);
        self.at += usize::from(found);
        found
    }

    /// Takes a quoted text; true when it was code.
    pub(crate) fn quote(&mut self) -> Option<(&'a str, bool)> {
        match self.kind() {
            Some(Kind::Quote { text, code }) => {
                self.at += 1;
                Some((text, *code))
            }
            _ => None,
        }
    }

    /// Runs a parser; when it finds nothing, the cursor stays where it was.
    pub(crate) fn attempt<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let found = parse(&mut ahead)?;
        *self = ahead;
        Some(found)
    }

    /// Whether the token here stands alone between breaks.
    pub(crate) fn breaks_after(&self) -> bool {
        let mut next = *self;
        next.advance();
        next.at_break()
    }

    /// Whether a clause may end here: at the end or before something that ends clauses.
    pub(crate) fn at_break(&self) -> bool {
        self.done() || self.sep().is_some() || matches!(self.word(), Some("and" | "but" | "plus"))
    }
}
