//! Kinds about the language and the case of a text.

use crate::fields::Fields;
use crate::limits::{LANGUAGE_CHARS_MAX, LETTERS_MIN, LETTERS_OWN_SCRIPT_MIN, LETTERS_SURE_MIN};
use crate::outcome::{Verdict, counted, grouped};
use assay_text::words;
use whatlang::{Lang, Script};

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Case { upper: bool },
    Language(&'static Language),
}

/// A language by its ISO 639-1 code, and by those of the two detectors.
#[derive(Debug)]
pub(crate) struct Language {
    code: &'static str,
    name: &'static str,
    by_profile: Option<Lang>,
    by_features: Option<whichlang::Lang>,
}

const fn language(code: &'static str, name: &'static str, by_profile: Lang) -> Language {
    Language { code, name, by_profile: Some(by_profile), by_features: None }
}

const fn both(
    code: &'static str,
    name: &'static str,
    by_profile: Lang,
    by_features: whichlang::Lang,
) -> Language {
    Language { code, name, by_profile: Some(by_profile), by_features: Some(by_features) }
}

/// The languages that are told apart.
static LANGUAGES: &[Language] = &[
    both("ar", "Arabic", Lang::Ara, whichlang::Lang::Ara),
    both("de", "German", Lang::Deu, whichlang::Lang::Deu),
    both("en", "English", Lang::Eng, whichlang::Lang::Eng),
    both("es", "Spanish", Lang::Spa, whichlang::Lang::Spa),
    both("fr", "French", Lang::Fra, whichlang::Lang::Fra),
    both("hi", "Hindi", Lang::Hin, whichlang::Lang::Hin),
    both("it", "Italian", Lang::Ita, whichlang::Lang::Ita),
    both("ja", "Japanese", Lang::Jpn, whichlang::Lang::Jpn),
    both("ko", "Korean", Lang::Kor, whichlang::Lang::Kor),
    both("nl", "Dutch", Lang::Nld, whichlang::Lang::Nld),
    both("pt", "Portuguese", Lang::Por, whichlang::Lang::Por),
    both("ru", "Russian", Lang::Rus, whichlang::Lang::Rus),
    both("sv", "Swedish", Lang::Swe, whichlang::Lang::Swe),
    both("tr", "Turkish", Lang::Tur, whichlang::Lang::Tur),
    both("vi", "Vietnamese", Lang::Vie, whichlang::Lang::Vie),
    both("zh", "Chinese", Lang::Cmn, whichlang::Lang::Cmn),
    language("af", "Afrikaans", Lang::Afr),
    language("az", "Azerbaijani", Lang::Aze),
    language("be", "Belarusian", Lang::Bel),
    language("bg", "Bulgarian", Lang::Bul),
    language("bn", "Bengali", Lang::Ben),
    language("ca", "Catalan", Lang::Cat),
    language("cs", "Czech", Lang::Ces),
    language("cy", "Welsh", Lang::Cym),
    language("da", "Danish", Lang::Dan),
    language("el", "Greek", Lang::Ell),
    language("eo", "Esperanto", Lang::Epo),
    language("et", "Estonian", Lang::Est),
    language("fa", "Persian", Lang::Pes),
    language("fi", "Finnish", Lang::Fin),
    language("gu", "Gujarati", Lang::Guj),
    language("he", "Hebrew", Lang::Heb),
    language("hr", "Croatian", Lang::Hrv),
    language("hu", "Hungarian", Lang::Hun),
    language("hy", "Armenian", Lang::Hye),
    language("id", "Indonesian", Lang::Ind),
    language("jv", "Javanese", Lang::Jav),
    language("ka", "Georgian", Lang::Kat),
    language("km", "Khmer", Lang::Khm),
    language("kn", "Kannada", Lang::Kan),
    language("la", "Latin", Lang::Lat),
    language("lt", "Lithuanian", Lang::Lit),
    language("lv", "Latvian", Lang::Lav),
    language("mk", "Macedonian", Lang::Mkd),
    language("ml", "Malayalam", Lang::Mal),
    language("mr", "Marathi", Lang::Mar),
    language("my", "Burmese", Lang::Mya),
    language("nb", "Norwegian", Lang::Nob),
    language("ne", "Nepali", Lang::Nep),
    language("no", "Norwegian", Lang::Nob),
    language("or", "Odia", Lang::Ori),
    language("pa", "Punjabi", Lang::Pan),
    language("pl", "Polish", Lang::Pol),
    language("ro", "Romanian", Lang::Ron),
    language("si", "Sinhala", Lang::Sin),
    language("sk", "Slovak", Lang::Slk),
    language("sl", "Slovenian", Lang::Slv),
    language("sn", "Shona", Lang::Sna),
    language("sr", "Serbian", Lang::Srp),
    Language { code: "sw", name: "Swahili", by_profile: None, by_features: None },
    language("ta", "Tamil", Lang::Tam),
    language("te", "Telugu", Lang::Tel),
    language("th", "Thai", Lang::Tha),
    language("tk", "Turkmen", Lang::Tuk),
    language("tl", "Tagalog", Lang::Tgl),
    language("uk", "Ukrainian", Lang::Ukr),
    language("ur", "Urdu", Lang::Urd),
    language("uz", "Uzbek", Lang::Uzb),
    language("yi", "Yiddish", Lang::Yid),
    language("zu", "Zulu", Lang::Zul),
];

/// Swahili is in neither detector; its commonest words are in no other language's.
const SWAHILI: &[&str] = &[
    "na", "ya", "wa", "kwa", "ni", "katika", "za", "la", "kama", "hii", "cha", "kuwa", "yake", "wao", "pia",
    "watu", "hiyo", "sana", "lakini", "ambayo", "baada", "wakati", "kila", "hata", "yao", "vya", "huo",
    "bila", "sasa", "zaidi",
];

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields) -> Option<Self> {
        match kind {
            "case" => Some(Self::Case { upper: parse_case(fields) }),
            "language" => Some(Self::Language(parse_language(fields))),
            _ => None,
        }
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        match self {
            Self::Case { upper } => judge_case(text, *upper),
            Self::Language(language) => judge_language(text, language),
        }
    }
}

fn parse_case(fields: &mut Fields) -> bool {
    match fields.need_text("value").as_str() {
        "upper" => true,
        "lower" => false,
        other => {
            if !other.is_empty() {
                fields.issue("value", "must be upper or lower");
            }
            false
        }
    }
}

fn parse_language(fields: &mut Fields) -> &'static Language {
    let value = fields.need_text("value").to_lowercase();
    // `pt-BR` asks for Portuguese: regions are not told apart.
    let code = value.split(['-', '_']).next().unwrap_or_default();
    let known = LANGUAGES.iter().find(|language| language.code == code);
    if known.is_none() && !value.is_empty() {
        let codes: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
        fields.issue("value", format!("must be an ISO 639-1 code out of {}", codes.join(", ")));
    }
    known.unwrap_or(&LANGUAGES[0])
}

/// At least one cased letter and none of the other case.
fn judge_case(text: &str, upper: bool) -> Verdict {
    let (mut capitals, mut small) = (0, 0);
    for character in text.chars() {
        capitals += u64::from(character.is_uppercase());
        small += u64::from(character.is_lowercase());
    }
    let (wanted, others) = if upper { (capitals, small) } else { (small, capitals) };
    let found =
        format!("{} and {}", counted(capitals, "capital letter", "capital letters"), small_letters(small));
    Verdict::of(wanted > 0 && others == 0, found).wanting(if upper {
        "capitals only"
    } else {
        "small letters only"
    })
}

fn small_letters(count: u64) -> String {
    match count {
        1 => "1 small letter".to_owned(),
        _ => format!("{} small letters", grouped(count)),
    }
}

/// Passes where a detector says so, fails where the profile is sure of another
/// language, and is undecided where too little speaks either way.
fn judge_language(text: &str, wanted: &Language) -> Verdict {
    let sample: String = text.chars().take(LANGUAGE_CHARS_MAX).collect::<String>().to_lowercase();
    let letters = sample.chars().filter(|character| character.is_alphabetic()).count();
    let Some(info) = whatlang::detect(&sample).filter(|info| letters >= letters_min(info.script())) else {
        return Verdict::undecided(format!(
            "{}: too little text to tell its language",
            counted(letters as u64, "letter", "letters")
        ));
    };
    let found = LANGUAGES.iter().find(|language| language.by_profile == Some(info.lang()));
    let name = found.map_or("another language", |language| language.name);
    if wanted.by_profile.is_none() {
        return judge_swahili(&sample, name).wanting(wanted.name);
    }
    if wanted.by_profile == Some(info.lang()) {
        return Verdict::pass(format!("reads as {name}")).wanting(wanted.name);
    }
    if info.is_reliable() {
        return Verdict::fail(format!("reads as {name}")).wanting(wanted.name);
    }
    match wanted.by_features {
        Some(features) if whichlang::detect_language(&sample) == features => {
            Verdict::pass(format!("reads as {}", wanted.name)).wanting(wanted.name)
        }
        Some(_) if letters >= LETTERS_SURE_MIN => {
            Verdict::fail(format!("reads as {name}, though not surely")).wanting(wanted.name)
        }
        _ => Verdict::undecided(format!("reads as {name}, though not surely")).wanting(wanted.name),
    }
}

fn judge_swahili(sample: &str, otherwise: &str) -> Verdict {
    let (mut all, mut common) = (0_u64, 0_u64);
    for word in words::words(sample) {
        all += 1;
        common += u64::from(SWAHILI.contains(&word));
    }
    if common * 8 >= all && common >= 3 {
        return Verdict::pass("reads as Swahili");
    }
    Verdict::fail(format!("reads as {otherwise}"))
}

/// A script of one language says it at once; one of many needs words.
fn letters_min(script: Script) -> usize {
    match script {
        Script::Latin | Script::Cyrillic | Script::Arabic | Script::Devanagari | Script::Hebrew => {
            LETTERS_MIN
        }
        _ => LETTERS_OWN_SCRIPT_MIN,
    }
}
