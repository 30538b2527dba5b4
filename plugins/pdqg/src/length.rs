//! How long an answer the task implies. Length counts against nothing else.

use crate::spelling::key;
use crate::wording::{Wording, number};
use crate::words::{KIND, look_up};

/// The least that was asked for, in words of an alphabetic language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthWanted {
    /// Words.
    pub words: usize,
    /// The task names a figure; otherwise its kind of text implies one.
    pub is_stated: bool,
    /// The task asks for whole sentences, so that an answer must not break off.
    pub is_prose: bool,
}

/// What each kind of text needs at the very least to be one, in words.
pub const KINDS: [(&[u64], usize); 14] = [
    (words!("essay article whitepaper thesis dissertation manual documentation"), 120),
    (words!("story tale fiction fable speech report guide tutorial biography newsletter sermon"), 80),
    (words!("blog proposal analysis chapter presentation transcript interview monologue"), 60),
    (words!("resume cv script dialogue itinerary letter song rap lyrics sonnet rubric review critique"), 45),
    (words!("email mail pitch template plan memo announcement instructions storm ballad"), 30),
    (
        words!(
            "poem post advertisement ad advert outline paragraph bio explanation recipe copy faq synopsis message commentary argument"
        ),
        15,
    ),
    (words!("limerick abstract invitation quiz summary overview description"), 10),
    (words!("riddle joke haiku tweet"), 7),
    (words!("list comment quote"), 4),
    (words!("essai dissertation artículo ensayo aufsatz artikel articolo saggio artigo"), 100),
    (
        words!("histoire conte rapport cuento historia informe geschichte bericht storia racconto história"),
        70,
    ),
    (words!("lettre carta brief lettera courriel correo chanson canción lied canzone"), 30),
    (
        words!(
            "poème résumé resumen poema gedicht zusammenfassung riassunto poesia descripción beschreibung"
        ),
        10,
    ),
    (words!("devinette blague chiste witz rätsel indovinello"), 5),
];

/// Verbs that ask for something to be made.
pub const MAKE: &[u64] = words!(
    "write create draft compose generate make produce need want give prepare develop come provide author deliver build design take put please turn expand into écris écrivez rédigez escribe escriba schreibe schreiben scrivi escreva rédiger"
);

/// What follows these is not what is to be made.
const NOT_OBJECTS: &[u64] = words!(
    "of for about from with to that which by based using in d de du des del di do da von über für per para sobre sur pour aan"
);

/// Verbs whose object is there already.
const GIVEN: &[u64] = words!(
    "summarize summarise review analyze analyse translate proofread edit read check fix correct rate classify extract compare evaluate improve convert format rewrite shorten annotate transcribe résume résumez resume traduis übersetze traduce label"
);

/// Units of text, and how many words one of them is at least.
const UNITS: [(&[u64], usize); 7] = [
    (words!("word words mots palabras wörter worte parole palavras"), 1),
    (words!("sentence sentences phrases oraciones frases sätze frasi"), 5),
    (words!("paragraph paragraphs paragraphes párrafos absätze paragrafi"), 15),
    (words!("section sections stanza stanzas verses"), 8),
    (words!("line lines"), 3),
    (
        words!(
            "bullet bullets points items names ideas examples tips reasons steps facts questions titles versions responses keywords terms"
        ),
        1,
    ),
    (words!("page pages"), 200),
];

/// The words of the shortest function.
const CODE_WORDS: usize = 5;

/// What the task wants made, as far as length is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Text, whose kind implies a length.
    Prose,
    /// Data, whose size nothing implies.
    Data,
    /// Code.
    Code,
}

/// Works out the length wanted.
pub fn length_wanted(task: &Wording, sort: Sort) -> LengthWanted {
    let stated = stated(task);
    let is_structured = sort != Sort::Prose;
    let implied = match sort {
        Sort::Prose => implied(task),
        Sort::Data => 0,
        Sort::Code if task.has_any(words!("regex query command expression")) => 0,
        Sort::Code => CODE_WORDS,
    };
    let at_most = stated.most.map_or(usize::MAX, |most| most / 3);
    let is_prose = !is_structured && (implied >= 12 || stated.least >= 12);
    let implied = implied.min(at_most);
    // A number of words overrules the kind of text; four sections of a report do not.
    let is_stated = stated.least > 0 && (stated.is_in_words || stated.least >= implied);
    let words = if is_stated { stated.least } else { implied };
    LengthWanted { words, is_stated, is_prose }
}

struct Stated {
    least: usize,
    most: Option<usize>,
    is_in_words: bool,
}

fn stated(task: &Wording) -> Stated {
    let mut stated = Stated { least: 0, most: None, is_in_words: false };
    for at in 0..task.count() {
        let Some((count, unit, words_each)) = figure(task, at) else { continue };
        if is_of_a_part(task, at, unit)
            || task.is_negated(at) && !task.any_before(at, 3, words!("more less fewer longer over"))
        {
            continue;
        }
        let words = count.saturating_mul(words_each);
        if is_at_most(task, at, unit) {
            stated.most = Some(stated.most.map_or(words, |most| most.min(words)));
        } else if words_each > 1 || count >= 20 {
            let slack = if is_at_least(task, at, unit) { 10 } else { 8 };
            stated.least = stated.least.max(words * slack / 10);
            stated.is_in_words |= words_each == 1;
        }
    }
    stated
}

/// A number with a unit of text after it: its count, where the unit stands, words in one.
fn figure(task: &Wording, at: usize) -> Option<(usize, usize, usize)> {
    let count = number(task.word(at)).filter(|count| (1..=100_000).contains(count))?;
    (at + 1..=at + 3).take_while(|unit| !task.ends_after(unit - 1)).find_map(|unit| {
        let (_, words) = UNITS.iter().find(|(names, _)| task.is(unit, names))?;
        Some((count, unit, *words))
    })
}

/// "3 words in all capitals", "each under 50 words": no length of the whole.
fn is_of_a_part(task: &Wording, at: usize, unit: usize) -> bool {
    task.any_before(at, 4, words!("each every highlight italicize bold capitalize per first last"))
        || matches!(task.word(unit + 1), "each" | "every" | "per") && !task.gap(unit).contains(',')
        || task.any_after(unit, 5, words!("capital capitals caps uppercase bold times"))
}

fn is_at_most(task: &Wording, at: usize, unit: usize) -> bool {
    task.any_before(at, 3, words!("under below most maximum max up fewer less within exceed exceeding"))
        && !task.any_before(at, 4, words!("not"))
        || task.any_before(at, 3, words!("more longer over")) && task.is_negated(at)
        || task.any_after(unit, 3, words!("less fewer max maximum"))
}

fn is_at_least(task: &Wording, at: usize, unit: usize) -> bool {
    task.any_before(at, 3, words!("least minimum over more min"))
        || task.any_after(unit, 3, words!("more minimum least"))
}

fn implied(task: &Wording) -> usize {
    if task.has_any(words!("rewrite rephrase paraphrase reword proofread translate"))
        && let Some(given) = given(task)
    {
        return given / 4;
    }
    let kind = (0..task.count().min(400)).filter_map(|at| kind_asked(task, at)).max().unwrap_or(0);
    let words = kind.max(explanation(task));
    // Part of the answer is the task's text again, whatever kind of text it speaks of.
    let words = if task.has_any(words!("repeat verbatim")) { words / 3 } else { words };
    if task.has_any(words!("short brief briefly concise tiny mini quick small")) { words / 3 } else { words }
}

/// The words of the text between quotation marks that is to be changed.
fn given(task: &Wording) -> Option<usize> {
    let is_mark = |sign: char| matches!(sign, '"' | '\u{201c}' | '\u{201d}');
    let start = task.lower.find(is_mark)?;
    let end = task.lower.rfind(is_mark).filter(|end| *end > start + 1)?;
    Some(task.word_at_byte(end) - task.word_at_byte(start))
}

/// The words implied by a kind of text, when it is what the task wants made.
fn kind_asked(task: &Wording, at: usize) -> Option<usize> {
    let name = key(singular(task.word(at)).as_bytes());
    if !look_up(name).has(KIND) {
        return None;
    }
    let (_, words) = KINDS.iter().find(|(names, _)| names.contains(&name))?;
    if is_of_the_alphabet(task, at) {
        return None;
    }
    for back in 1..=9 {
        // A title has no verb: it begins with the kind itself.
        let Some(earlier) = at.checked_sub(back) else {
            return (back <= 4 && !is_verb(task, at)).then_some(*words);
        };
        if task.ends_after(earlier) {
            return None;
        }
        let word = task.word(earlier);
        if task.is(earlier, MAKE) {
            return (!is_posters_own(task, earlier)).then_some(*words);
        }
        if task.gap(earlier).contains([':', '"', '\u{201c}']) {
            return None;
        }
        if task.is(earlier, GIVEN) {
            return None;
        }
        if task.is(earlier, NOT_OBJECTS) && !(word == "with" && task.before(earlier, 1) == "up") {
            return None;
        }
    }
    None
}

/// "the letter n", "capital letters", "lowercase letters".
fn is_of_the_alphabet(task: &Wording, at: usize) -> bool {
    const CASES: &[u64] = words!("capital lowercase uppercase case small block only no");
    matches!(task.word(at), "letter" | "letters")
        && (task.word(at + 1).len() == 1 && task.before(at, 1) == "the" || at > 0 && task.is(at - 1, CASES))
}

/// "I want to write an essay", "how to write": what the poster does, not the worker.
fn is_posters_own(task: &Wording, verb: usize) -> bool {
    task.before(verb, 1) == "to"
        && task.any_before(verb, 4, words!("want how need like trying have going used"))
}

/// "Review the code": a verb at the beginning, not a kind of text.
fn is_verb(task: &Wording, at: usize) -> bool {
    at == 0
        && matches!(
            task.word(1),
            "the" | "this" | "these" | "my" | "our" | "a" | "an" | "your" | "its" | "en" | "le" | "la"
        )
}

fn singular(word: &str) -> &str {
    match word {
        "instructions" | "lyrics" => word,
        _ => word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word),
    }
}

/// A question that no single word answers.
fn explanation(task: &Wording) -> usize {
    let asks = (0..task.count().min(400)).any(|at| {
        let next = task.word(at + 1);
        match task.word(at) {
            "explain" | "discuss" | "elaborate" | "compare" | "critique" | "criticize" | "pourquoi"
            | "warum" | "expliquez" | "erkläre" | "explica" | "describe" | "advice" | "recommendations"
            | "difference" | "differences" | "pros" => true,
            "why" => at == 0 || task.ends_after(at - 1),
            "how" => {
                (at == 0 || task.ends_after(at - 1))
                    && !["many", "much", "old", "long", "far", "tall", "big", "often", "high", "fast", "do"]
                        .contains(&next)
            }
            _ => false,
        }
    });
    if asks { 12 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Sort, length_wanted};
    use crate::wording::Wording;

    #[test]
    fn the_task_says_how_long() {
        for (task, words, is_stated) in [
            ("Write a 300+ word summary of the page.", 240, true),
            ("Write an essay of at least 800 words.", 800, true),
            ("Answer with more than 800 words.", 800, true),
            ("Write a short article with 200 words or less.", 40, false),
            ("Write an essay in under 90 words.", 30, false),
            ("Summarize this in 3 sentences.", 12, true),
            ("Write a blog post about bees.", 60, false),
            ("Blog post about bees", 60, false),
            ("Give me a title for my essay.", 0, false),
            ("Proofread this: an essay is a text.", 0, false),
            ("What is another word for engravings?", 0, false),
            ("Use the word war at least 8 times.", 0, false),
            ("Why is the sky blue?", 12, false),
            ("How many legs has a spider?", 0, false),
            ("Write a poem with at least 15 words in all capital letters.", 15, false),
            ("Three examples, each under 50 words.", 0, false),
            ("Write a haiku. Make sure the letter n appears twice, in lowercase letters.", 7, false),
            ("Summarize quarterly earnings report", 0, false),
            ("Review the blog post", 0, false),
            ("Résumé d'article", 10, false),
            ("I want to write an essay about bees. Any hints? Not longer than 30 words.", 0, false),
            ("Escribe un ensayo sobre el mar.", 100, false),
        ] {
            let wanted = length_wanted(&Wording::of(task), Sort::Prose);
            assert_eq!((wanted.words, wanted.is_stated), (words, is_stated), "{task}");
        }
    }
}
