//! Scripts, and the languages a task may ask for by name.

/// A writing system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Devanagari,
    Bengali,
    Gurmukhi,
    Gujarati,
    Oriya,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Sinhala,
    Thai,
    Georgian,
    Hangul,
    Kana,
    Han,
    Elsewhere,
}

impl Script {
    /// How many there are.
    pub const COUNT: usize = 22;
    /// All of them, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Latin,
        Self::Greek,
        Self::Cyrillic,
        Self::Armenian,
        Self::Hebrew,
        Self::Arabic,
        Self::Devanagari,
        Self::Bengali,
        Self::Gurmukhi,
        Self::Gujarati,
        Self::Oriya,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
        Self::Sinhala,
        Self::Thai,
        Self::Georgian,
        Self::Hangul,
        Self::Kana,
        Self::Han,
        Self::Elsewhere,
    ];
}

/// The script of a letter, or of a mark that belongs to letters; none of any other sign.
pub fn script_of(character: char) -> Option<Script> {
    let script = match character as u32 {
        0xaa | 0xba | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x24f | 0x1e00..=0x1eff | 0x300..=0x36f => {
            Script::Latin
        }
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f => Script::Cyrillic,
        0x531..=0x587 => Script::Armenian,
        0x591..=0x5f4 => Script::Hebrew,
        0x60c | 0x61b | 0x61f | 0x6d4 | 0x964 | 0x965 => return None,
        0x610..=0x6ff | 0x750..=0x77f | 0xfb50..=0xfdff | 0xfe70..=0xfefc => Script::Arabic,
        0x900..=0x97f => Script::Devanagari,
        0x980..=0x9ff => Script::Bengali,
        0xa00..=0xa7f => Script::Gurmukhi,
        0xa80..=0xaff => Script::Gujarati,
        0xb00..=0xb7f => Script::Oriya,
        0xb80..=0xbff => Script::Tamil,
        0xc00..=0xc7f => Script::Telugu,
        0xc80..=0xcff => Script::Kannada,
        0xd00..=0xd7f => Script::Malayalam,
        0xd80..=0xdff => Script::Sinhala,
        0xe00..=0xe7f => Script::Thai,
        0x10a0..=0x10ff => Script::Georgian,
        0x1100..=0x11ff | 0xac00..=0xd7af => Script::Hangul,
        0x3041..=0x30ff => Script::Kana,
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af => Script::Han,
        _ if character.is_alphabetic() => Script::Elsewhere,
        _ => return None,
    };
    Some(script)
}

/// A language that tasks name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Language {
    /// Its English name.
    pub name: &'static str,
    /// What it is written in.
    pub script: Script,
    /// Its column in the table of grammar words, if it has one.
    pub column: Option<usize>,
}

const fn language(name: &'static str, script: Script) -> Language {
    Language { name, script, column: None }
}

const fn listed(name: &'static str, column: usize) -> Language {
    Language { name, script: Script::Latin, column: Some(column) }
}

const LANGUAGES: [Language; 60] = [
    listed("English", 0),
    listed("French", 1),
    listed("Spanish", 2),
    listed("German", 3),
    listed("Italian", 4),
    listed("Portuguese", 5),
    listed("Dutch", 6),
    language("Swedish", Script::Latin),
    language("Danish", Script::Latin),
    language("Norwegian", Script::Latin),
    language("Finnish", Script::Latin),
    language("Icelandic", Script::Latin),
    language("Polish", Script::Latin),
    language("Czech", Script::Latin),
    language("Slovak", Script::Latin),
    language("Slovenian", Script::Latin),
    language("Croatian", Script::Latin),
    language("Hungarian", Script::Latin),
    language("Romanian", Script::Latin),
    language("Turkish", Script::Latin),
    language("Vietnamese", Script::Latin),
    language("Indonesian", Script::Latin),
    language("Malay", Script::Latin),
    language("Tagalog", Script::Latin),
    language("Filipino", Script::Latin),
    language("Swahili", Script::Latin),
    language("Catalan", Script::Latin),
    language("Basque", Script::Latin),
    language("Latin", Script::Latin),
    language("Estonian", Script::Latin),
    language("Latvian", Script::Latin),
    language("Lithuanian", Script::Latin),
    language("Albanian", Script::Latin),
    language("Irish", Script::Latin),
    language("Greek", Script::Greek),
    language("Russian", Script::Cyrillic),
    language("Ukrainian", Script::Cyrillic),
    language("Bulgarian", Script::Cyrillic),
    language("Macedonian", Script::Cyrillic),
    language("Hebrew", Script::Hebrew),
    language("Arabic", Script::Arabic),
    language("Persian", Script::Arabic),
    language("Farsi", Script::Arabic),
    language("Urdu", Script::Arabic),
    language("Hindi", Script::Devanagari),
    language("Marathi", Script::Devanagari),
    language("Nepali", Script::Devanagari),
    language("Bengali", Script::Bengali),
    language("Punjabi", Script::Gurmukhi),
    language("Gujarati", Script::Gujarati),
    language("Tamil", Script::Tamil),
    language("Telugu", Script::Telugu),
    language("Kannada", Script::Kannada),
    language("Malayalam", Script::Malayalam),
    language("Thai", Script::Thai),
    language("Georgian", Script::Georgian),
    language("Korean", Script::Hangul),
    language("Japanese", Script::Kana),
    language("Chinese", Script::Han),
    language("Mandarin", Script::Han),
];

/// All names that [`language_named`] knows, in lower case, for the table of words.
pub const NAMES: [&str; 2] = [
    "english french spanish german italian portuguese dutch swedish danish norwegian finnish icelandic polish czech \
     slovak slovenian croatian hungarian romanian turkish vietnamese indonesian malay tagalog filipino swahili catalan \
     basque latin estonian latvian lithuanian albanian irish greek russian ukrainian bulgarian macedonian hebrew arabic \
     persian farsi urdu hindi marathi nepali bengali punjabi gujarati tamil telugu kannada malayalam thai georgian korean \
     japanese chinese mandarin",
    "français anglais espagnol allemand italien español castellano inglés francés alemán deutsch deutsche englisch \
     französisch spanisch italiano inglese francese tedesco português inglês nederlands engels chinois chino русский हिंदी \
     українською",
];

/// The names by which languages ask for themselves and for their neighbours.
const OTHER_NAMES: [(&str, &str); 28] = [
    ("français", "French"),
    ("anglais", "English"),
    ("espagnol", "Spanish"),
    ("allemand", "German"),
    ("italien", "Italian"),
    ("español", "Spanish"),
    ("castellano", "Spanish"),
    ("inglés", "English"),
    ("francés", "French"),
    ("alemán", "German"),
    ("deutsch", "German"),
    ("deutsche", "German"),
    ("englisch", "English"),
    ("französisch", "French"),
    ("spanisch", "Spanish"),
    ("italiano", "Italian"),
    ("inglese", "English"),
    ("francese", "French"),
    ("tedesco", "German"),
    ("português", "Portuguese"),
    ("inglês", "English"),
    ("nederlands", "Dutch"),
    ("engels", "English"),
    ("chinois", "Chinese"),
    ("chino", "Chinese"),
    ("русский", "Russian"),
    ("हिंदी", "Hindi"),
    ("українською", "Ukrainian"),
];

/// The language with this name, given in lower case.
pub fn language_named(lower: &str) -> Option<Language> {
    let name = OTHER_NAMES.iter().find(|(other, _)| *other == lower).map_or(lower, |(_, name)| name);
    LANGUAGES.into_iter().find(|language| language.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, NAMES, OTHER_NAMES, Script, language_named, script_of};

    #[test]
    fn every_language_is_in_the_table() {
        let named: Vec<&str> = NAMES.iter().flat_map(|names| names.split_whitespace()).collect();
        assert_eq!(named.len(), LANGUAGES.len() + OTHER_NAMES.len());
        for name in named {
            assert!(language_named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn scripts_and_names() {
        assert_eq!(script_of('é'), Some(Script::Latin));
        assert_eq!(script_of('漢'), Some(Script::Han));
        assert_eq!(script_of('。'), None);
        assert_eq!(language_named("hindi").map(|l| l.script), Some(Script::Devanagari));
        assert_eq!(language_named("français").map(|l| l.name), Some("French"));
        assert_eq!(language_named("klingon"), None);
        for (at, script) in Script::ALL.into_iter().enumerate() {
            assert_eq!(script as usize, at);
        }
    }
}
