//! What a task asks for, as far as its words say it: a language, a length, forms,
//! words to use. Read once, used by several dimensions.

use crate::forms::{Form, forms};
use crate::keys::Keys;
use crate::length::{LengthWanted, MAKE, Sort, length_wanted};
use crate::script::{Language, language_named};
use crate::spelling::stem;
use crate::wording::Wording;

/// The demands found in a task.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold together"
)]
pub struct Asks {
    /// Languages the answer must be in; any one of them will do.
    pub languages: Vec<Language>,
    /// Languages the task speaks of without demanding them.
    pub mentioned: Vec<Language>,
    /// The length wanted.
    pub length: LengthWanted,
    /// The forms wanted.
    pub forms: Vec<Form>,
    /// Words and phrases the answer must have: alternatives within, all of the outer.
    pub phrases: Vec<Vec<String>>,
    /// Stems of words that the answer may be forbidden to have.
    pub forbidden: Keys,
    /// The answer repeats part of the task, because the task wants it to.
    pub repeats: bool,
    /// The answer is the given text, changed.
    pub edits: bool,
    /// Keys of the verbs that say what to do with a given text.
    pub verbs: Keys,
    /// The answer may speak of its subject without naming it.
    pub evokes: bool,
    /// The answer is a name or a line that no stop ends.
    pub wants_name: bool,
    /// The task is about placeholders, templates or dummy text.
    pub placeholders: bool,
    /// The task is about apologies, refusals or what cannot be done.
    pub regrets: bool,
}

/// Verbs whose answer is the given text with changes, so that it may look like the task.
const EDIT: &[u64] = words!(
    "rewrite proofread correct edit fix paraphrase translate convert format reformat sort extract clean shorten improve rephrase expand complete deduplicate reverse capitalize traduis traduisez corrige traduce übersetze traduci annotate"
);

impl Asks {
    /// Reads a task.
    pub fn of(task: &Wording) -> Self {
        let forms = forms(task);
        let sort = match &forms[..] {
            forms if forms.contains(&Form::Code) => Sort::Code,
            forms if forms.iter().any(Form::is_structured) => Sort::Data,
            _ => Sort::Prose,
        };
        let (languages, mentioned) = languages(task);
        Self {
            languages,
            mentioned,
            length: length_wanted(task, sort),
            phrases: if task.has_any(EDIT) { Vec::new() } else { phrases(task) },
            forbidden: forbidden(task),
            repeats: task.has_any(words!("repeat verbatim echo copy")),
            edits: task.has_any(EDIT),
            verbs: EDIT.iter().chain(words!("repeat answer write please")).copied().collect(),
            evokes: forms.contains(&Form::Verse)
                || task.has_any(words!("riddle riddles joke jokes pun metaphor")),
            wants_name: wants_name(task),
            placeholders: task
                .has_any(words!("placeholder placeholders template templates lorem todo brackets dummy")),
            forms,
            regrets: task.has_any(words!(
                "sorry apology apologize refuse refusal decline reject rejection resignation ai chatbot"
            )),
        }
    }

    /// Whether data or code is wanted.
    pub fn wants_structure(&self) -> bool {
        self.forms.iter().any(Form::is_structured)
    }
}

/// Demanded and merely mentioned languages.
fn languages(task: &Wording) -> (Vec<Language>, Vec<Language>) {
    let (mut demanded, mut mentioned) = (Vec::new(), Vec::new());
    for at in 0..task.count() {
        if !task.is_language(at) {
            continue;
        }
        let Some(language) = language_named(task.word(at)) else { continue };
        let list = if is_demanded(task, at) { &mut demanded } else { &mut mentioned };
        if !list.contains(&language) {
            list.push(language);
        }
    }
    (demanded, mentioned)
}

/// "in French", "into plain English", "only the Hindi language"; not "French cuisine",
/// "in Chinese history" or "from English".
fn is_demanded(task: &Wording, at: usize) -> bool {
    const FILLERS: &[u64] =
        words!("the only plain simple fluent brazilian simplified traditional modern standard purely proper");
    const GO_ON: &[u64] = words!(
        "language only and with please throughout that which for about no so using because but or at on by of to without is as keep words"
    );
    let mut before = at;
    while before > 0 && task.is(before - 1, FILLERS) && !task.ends_after(before - 1) {
        before -= 1;
    }
    let has_only = (before..at).any(|filler| task.word(filler) == "only");
    let leads =
        matches!(task.before(before, 1), "in" | "into" | "using" | "entirely" | "en" | "auf" | "em" | "ins")
            || matches!(task.before(before, 1), "to" | "use")
                && task.has_any(words!("translate translation only localize traduce"))
            || has_only;
    let goes_on = !task.gap(at).trim().is_empty() || task.is(at + 1, GO_ON) || at + 1 == task.count();
    leads && goes_on && !task.is_negated(before)
}

/// "suggest a name", "write a slogan", "what is another word".
fn wants_name(task: &Wording) -> bool {
    static NAMES: &[u64] = words!(
        "name names title titles slogan slogans tagline headline headlines caption captions label labels finish"
    );
    task.positions(NAMES).any(|at| {
        task.word(at) == "finish"
            || task.any_before(at, 6, MAKE)
            || task.any_before(at, 6, words!("what which suggest another list is"))
    }) || task
        .positions(words!("word phrase"))
        .any(|at| task.any_before(at, 3, words!("another one single what")))
}

/// The words of sentences like "do not use the word computer".
fn forbidden(task: &Wording) -> Keys {
    let mut forbidden = Vec::new();
    let mut start = 0;
    for at in 0..task.count() {
        if at + 1 < task.count() && !task.ends_after(at) {
            continue;
        }
        let has = |words: &[u64]| (start..=at).any(|at| task.is(at, words));
        let forbids = has(words!(
            "word words keyword keywords mention mentioning say saying use using include including contain"
        )) && has(words!("not no don avoid without refrain never cannot forbidden exclude"));
        if forbids {
            forbidden.extend((start..=at).map(|at| stem(task.word(at).as_bytes())));
        }
        start = at + 1;
    }
    forbidden.into_iter().collect()
}

/// Quoted phrases and single words that the task wants to see in the answer.
fn phrases(task: &Wording) -> Vec<Vec<String>> {
    let mut wanted: Vec<Vec<String>> = Vec::new();
    let mut is_wanted = false;
    let mut last_end = 0;
    for (start, end) in quotations(&task.lower) {
        let at = task.word_at_byte(start);
        let is_chained = wanted.last().is_some() && start > last_end && is_link(&task.lower[last_end..start]);
        if !is_chained {
            is_wanted = leads_to_use(task, at) && !task.is_negated(at);
        }
        last_end = end + 1;
        let phrase = plain(&task.lower[start..end]);
        if !is_wanted
            || phrase.is_empty()
            || phrase.len() > 120
            || phrase.contains("://")
            || phrase.ends_with(" x")
        {
            continue;
        }
        match wanted.last_mut() {
            Some(alternatives) if is_chained && is_choice(task, at) => alternatives.push(phrase),
            _ => wanted.push(vec![phrase]),
        }
    }
    wanted.extend(named_words(task));
    wanted.truncate(24);
    wanted
}

/// A phrase as it is compared: small letters, straight apostrophes, no stop at the end.
pub fn plain(phrase: &str) -> String {
    let phrase = phrase.trim().trim_end_matches(['.', ',', '!', '?', ';', ':']);
    phrase.to_lowercase().replace('\u{2019}', "'")
}

/// "the word story at least twice".
fn named_words(task: &Wording) -> Vec<Vec<String>> {
    let named = task.positions(words!("word keyword")).filter(|at| {
        task.gap(*at) == " "
            && task.any_before(*at, 4, words!("use using include including sure contain mention"))
            && task.any_after(*at, 4, words!("least more twice appears appear times in"))
            && !task.is_negated(*at)
    });
    let words = named
        .map(|at| task.word(at + 1))
        .filter(|word| word.len() > 2 && !matches!(*word, "count" | "limit"));
    words.map(|word| vec![word.to_owned()]).collect()
}

fn leads_to_use(task: &Wording, at: usize) -> bool {
    const LEADS: &[u64] = words!(
        "include includes including contain contains mention mentions use uses using end ends finish finishes start starts begin begins choose add conclude keywords"
    );
    task.any_before(at, 12, LEADS)
}

/// "one of the following", "either … or": any of the listed phrases will do.
fn is_choice(task: &Wording, at: usize) -> bool {
    (1..=40).any(|back| matches!(task.before(at, back), "one" | "either" | "or" | "choose" | "any"))
}

/// What may stand between two quotations of one list.
fn is_link(between: &str) -> bool {
    between.len() <= 8
        && between.split(|c: char| !c.is_alphanumeric()).all(|word| matches!(word, "" | "and" | "or"))
}

/// Byte ranges inside quotation marks of one line.
fn quotations(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match open {
            None => {
                let closing = match character {
                    '"' => Some('"'),
                    '\u{201c}' | '\u{201d}' => Some('\u{201d}'),
                    '\u{ab}' => Some('\u{bb}'),
                    '\'' if !before.is_alphanumeric() => Some('\''),
                    _ => None,
                };
                open = closing.map(|closing| (closing, at + character.len_utf8()));
            }
            Some((closing, start)) if character == closing || closing == '\u{201d}' && character == '"' => {
                let goes_on = closing == '\'' && text[at + 1..].starts_with(char::is_alphanumeric);
                if !goes_on {
                    found.push((start, at));
                    open = None;
                }
            }
            Some(_) if character == '\n' => open = None,
            Some(_) => {}
        }
        before = character;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Asks, languages, phrases};
    use crate::wording::Wording;

    #[test]
    fn a_demanded_language_is_told_from_a_subject() {
        for (task, demanded) in [
            ("Answer in French.", vec!["French"]),
            ("Write a haiku in Italian about a yacht", vec!["Italian"]),
            ("Describe a trend in French cuisine.", vec![]),
            ("Translate from English to German", vec!["German"]),
            ("Use only the Hindi language.", vec!["Hindi"]),
            ("The morphology of the Ukrainian language", vec![]),
            ("Réponds en anglais.", vec!["English"]),
        ] {
            let found: Vec<&str> = languages(&Wording::of(task)).0.iter().map(|l| l.name).collect();
            assert_eq!(found, demanded, "{task}");
        }
    }

    #[test]
    fn phrases_to_use_are_told_from_others() {
        let wanted = |task: &str| phrases(&Wording::of(task));
        assert_eq!(wanted("Include the phrase \"singing is life\"."), [["singing is life"]]);
        assert_eq!(wanted("Include the keywords 'atlas' and 'oak'."), [["atlas"], ["oak"]]);
        assert!(wanted("Do not use the words 'atlas' and 'oak'.").is_empty());
        assert!(wanted("Rewrite the joke: \"I saw a horse.\"").is_empty());
        assert_eq!(wanted("Contain one of the following: \"yes.\", \"no.\""), [["yes", "no"]]);
        assert_eq!(wanted("Make sure to use the word war at least 8 times."), [["war"]]);
    }

    #[test]
    fn what_the_answer_may_look_like() {
        let asks = |task: &str| Asks::of(&Wording::of(task));
        assert!(asks("Translate this.").edits);
        assert!(asks("First repeat the request.").repeats);
        assert!(asks("Return JSON with the fields a and b.").wants_structure());
    }
}
