//! Kinds that count what text is made of.

use crate::bounds::Bounds;
use crate::check::Options;
use crate::fields::Fields;
use crate::judge::Scene;
use crate::outcome::{Verdict, quote};
use assay_text::{lines, sentences, words};

/// The kinds of this family.
#[derive(Debug)]
pub(crate) struct Rule {
    what: What,
    bounds: Bounds,
}

#[derive(Debug)]
enum What {
    Words,
    Characters,
    Lines,
    Sentences,
    Term { term: String, whole_word: bool },
    Letter(String),
    CapitalWords,
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        let what = match kind {
            "word-count" => What::Words,
            "char-count" => What::Characters,
            "line-count" => What::Lines,
            "sentence-count" => What::Sentences,
            "term-count" => What::Term {
                term: options.fold(&fields.need_text("term")),
                whole_word: fields.flag("whole_word", false),
            },
            "letter-count" => What::Letter(parse_letter(fields)),
            "capital-word-count" => What::CapitalWords,
            _ => return None,
        };
        Some(Self { what, bounds: Bounds::parse(fields) })
    }

    pub(crate) fn judge(&self, scene: &Scene) -> Verdict {
        let text = scene.plain();
        let (count, one, many) = match &self.what {
            What::Words => (words::count(text), "word", "words"),
            What::Characters => (lines::characters(text), "character", "characters"),
            What::Lines => (lines::lines(text).count() as u64, "line", "lines"),
            What::Sentences => (sentences::count(text), "sentence", "sentences"),
            What::CapitalWords => (capital_words(text), "word in capitals", "words in capitals"),
            What::Letter(letter) => {
                return self.named(letters(text, letter), letter);
            }
            What::Term { term, whole_word } => {
                return self.named(words::occurrences(scene.folded(), term, *whole_word), term);
            }
        };
        self.bounds.judge(count, one, many)
    }

    fn named(&self, count: u64, name: &str) -> Verdict {
        let (one, many) = (format!("time {}", quote(name)), format!("times {}", quote(name)));
        self.bounds.judge(count, &one, &many)
    }
}

fn parse_letter(fields: &mut Fields) -> String {
    let letter = fields.need_text("letter");
    if letter.chars().count() > 1 {
        fields.issue("letter", "must be one character");
    }
    letter.to_lowercase()
}

/// Occurrences of a character, case ignored. Lower case may be several characters.
fn letters(text: &str, letter: &str) -> u64 {
    if let [byte] = letter.as_bytes()
        && text.is_ascii()
    {
        return text.bytes().filter(|found| found.to_ascii_lowercase() == *byte).count() as u64;
    }
    let same = |character: &char| character.to_lowercase().eq(letter.chars());
    text.chars().filter(same).count() as u64
}

/// Words with a capital letter and no other cased one. A word is what stands
/// between white space and punctuation; hyphens, apostrophes and full stops
/// inside it belong to it.
fn capital_words(text: &str) -> u64 {
    let joins = |character: char| matches!(character, '-' | '‑' | '\'' | '’' | '.' | '&');
    text.split(|character: char| !words::is_word(character) && !joins(character))
        .filter(|word| word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase))
        .count() as u64
}
