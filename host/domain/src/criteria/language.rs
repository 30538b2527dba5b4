//! Conditions on the language of the text.

use super::check::{Check, Field};
use super::clause::{Clause, Standing};
use super::cursor::Cursor;
use super::lead::Lead;

/// Languages the verifier can tell apart, with their ISO 639-1 codes.
const LANGUAGES: &[(&str, &str)] = &[
    ("afrikaans", "af"),
    ("arabic", "ar"),
    ("armenian", "hy"),
    ("azerbaijani", "az"),
    ("belarusian", "be"),
    ("bengali", "bn"),
    ("bulgarian", "bg"),
    ("burmese", "my"),
    ("catalan", "ca"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("english", "en"),
    ("esperanto", "eo"),
    ("estonian", "et"),
    ("farsi", "fa"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("georgian", "ka"),
    ("german", "de"),
    ("greek", "el"),
    ("gujarati", "gu"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("hungarian", "hu"),
    ("indonesian", "id"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("javanese", "jv"),
    ("kannada", "kn"),
    ("khmer", "km"),
    ("korean", "ko"),
    ("latin", "la"),
    ("latvian", "lv"),
    ("lithuanian", "lt"),
    ("macedonian", "mk"),
    ("malayalam", "ml"),
    ("mandarin chinese", "zh"),
    ("mandarin", "zh"),
    ("marathi", "mr"),
    ("nepali", "ne"),
    ("norwegian", "no"),
    ("odia", "or"),
    ("persian", "fa"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("punjabi", "pa"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("serbian", "sr"),
    ("shona", "sn"),
    ("sinhala", "si"),
    ("slovak", "sk"),
    ("slovene", "sl"),
    ("slovenian", "sl"),
    ("spanish", "es"),
    ("swahili", "sw"),
    ("swedish", "sv"),
    ("tagalog", "tl"),
    ("tamil", "ta"),
    ("telugu", "te"),
    ("thai", "th"),
    ("turkish", "tr"),
    ("turkmen", "tk"),
    ("ukrainian", "uk"),
    ("urdu", "ur"),
    ("uzbek", "uz"),
    ("vietnamese", "vi"),
    ("welsh", "cy"),
    ("yiddish", "yi"),
    ("zulu", "zu"),
    ("español", "es"),
];

/// Varieties and qualities of a language, which no detector tells.
const VARIETIES: &[&str] = &[
    "american",
    "us",
    "u.s.",
    "british",
    "uk",
    "canadian",
    "australian",
    "indian",
    "brazilian",
    "european",
    "mexican",
    "latin american",
    "castilian",
    "argentinian",
    "neutral",
    "simplified",
    "traditional",
    "swiss",
    "austrian",
    "modern",
    "standard",
    "native quality",
    "native level",
    "native",
    "near native",
    "natural sounding",
    "natural",
    "fluent",
    "idiomatic",
    "formal",
    "informal",
    "plain",
    "simple",
    "clear",
    "correct",
    "good",
    "perfect",
    "proper",
    "grammatical",
    "professional",
    "everyday",
    "conversational",
    "business",
    "academic",
    "concise",
    "easy",
    "egyptian",
    "quebec",
];

/// "in French", "translated into Japanese", "not in English", "Language: Spanish".
pub(crate) fn language(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let labelled = label(c);
        c.eat_any(&[
            "translated",
            "translate it",
            "translate the text",
            "translate",
            "available",
            "localised",
            "localized",
            "worded",
            "be translated",
        ]);
        let wholly = c.eat_any(&["entirely", "fully", "completely", "exclusively", "solely", "only"]);
        let placed = c.eat_any(&["in", "into", "to"]) || labelled;
        c.eat("the");
        let mut varied = c.eat_any(VARIETIES);
        while varied && c.eat_any(VARIETIES) {}
        let mut codes = vec![c.eat_entry(LANGUAGES)?];
        while c.eat("or") {
            let again = c.eat_any(VARIETIES);
            varied |= again;
            codes.push(c.eat_entry(LANGUAGES)?);
        }
        let named = c.eat_any(&["language", "only"]);
        c.eat_any(&["only", "throughout"]);
        let sound = (placed || named) && !(lead.negated && (varied || wholly || named || codes.len() > 1));
        sound.then(|| clause(&codes, varied, lead.negated))
    })
}

fn label(cursor: &mut Cursor) -> bool {
    let label = |c: &mut Cursor| {
        c.eat_any(&["output language", "target language", "text language", "language"]).then_some(())?;
        (c.eat_mark(':') || c.eat_any(&["must be", "should be", "is"])).then_some(())
    };
    cursor.attempt(label).is_some()
}

fn clause(codes: &[&str], varied: bool, negated: bool) -> Clause {
    let check = |code: &&str| Check::new("language").text("value", code);
    let check = match codes {
        [code] if negated => check(code).negated(),
        [code] => check(code),
        codes => Check::new("any").with("checks", Field::Checks(codes.iter().map(check).collect())),
    };
    Clause::check(check, if varied { Standing::Missing } else { Standing::Binding }).whole()
}
