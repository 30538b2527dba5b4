//! The forms a task may want its answer in, and whether a delivery has them.

use crate::data::{as_csv, as_json, is_markup, looks_like_code};
use crate::length::MAKE;
use crate::scorecard::{FULL, ramp, share};
use crate::text::Text;
use crate::wording::{Wording, number};

/// One form wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// JSON text.
    Json,
    /// Comma-separated values.
    Csv,
    /// XML or HTML.
    Markup,
    /// YAML or TOML.
    Settings,
    /// Source code.
    Code,
    /// A table, in Markdown or tabs.
    Table,
    /// A list, of this many items when the task counts them.
    List(Option<usize>),
    /// Named sections or headings.
    Sections,
    /// The whole answer between double quotation marks.
    Quoted,
    /// No capital letters.
    SmallLetters,
    /// Capital letters only.
    CapitalLetters,
    /// Something in square brackets.
    Brackets,
    /// Verse: lines that break before the page does.
    Verse,
    /// A letter or a mail, with a greeting or an end of its own.
    Letter,
    /// A postscript.
    Postscript,
    /// A sign that the task shows, such as a divider.
    Sign(String),
}

impl Form {
    /// Data or code rather than text.
    pub fn is_structured(&self) -> bool {
        matches!(self, Self::Json | Self::Csv | Self::Markup | Self::Settings | Self::Code | Self::Table)
    }

    /// How far a delivery has the form, in basis points, and what to do about it.
    pub fn check(&self, delivery: &Text) -> (u32, String) {
        let raw = delivery.raw.trim();
        let all = |met: bool, note: &str| (if met { FULL } else { 0 }, note.to_owned());
        match self {
            Self::Json => (as_json(raw), "The task wants JSON: deliver one valid JSON text and nothing around it.".to_owned()),
            Self::Csv => (as_csv(raw), "The task wants CSV: deliver rows with the same number of separated columns.".to_owned()),
            Self::Markup => all(is_markup(raw), "The task wants markup: deliver elements with opening and closing tags."),
            Self::Settings => all(has_settings(raw), "The task wants YAML or TOML: deliver `key: value` or `key = value` lines."),
            Self::Code => (looks_like_code(raw), "The task wants code: deliver the source itself.".to_owned()),
            Self::Table => all(has_table(raw), "The task wants a table: deliver rows with columns."),
            Self::List(count) => list(delivery, *count),
            Self::Sections => all(has_sections(delivery), "The task wants sections: give each a heading of its own."),
            Self::Quoted => all(is_quoted(raw), "The task wants the whole answer between double quotation marks."),
            Self::SmallLetters => {
                let capitals = share(delivery.characters.capitals, delivery.characters.letters.max(1));
                (ramp(capitals, 0, 400, FULL, 0), "The task wants small letters only.".to_owned())
            }
            Self::CapitalLetters => {
                let small = share(delivery.characters.small(), delivery.characters.letters.max(1));
                (ramp(small, 0, 2_000, FULL, 0), "The task wants capital letters only.".to_owned())
            }
            Self::Brackets => all(has_brackets(raw), "The task wants something in [square brackets]."),
            Self::Verse => all(is_verse(delivery), "The task wants verse: give each line of it a line of its own."),
            Self::Letter => all(is_letter(delivery), "The task wants a letter: begin with a greeting or a subject, and sign it."),
            Self::Postscript => all(has_postscript(raw), "The task wants a postscript at the end, starting with P.S."),
            Self::Sign(sign) => all(raw.contains(sign.as_str()), &format!("The task shows the sign {sign}; use it as it says.")),
        }
    }
}

/// Reads the forms out of the task's words.
pub fn forms(task: &Wording) -> Vec<Form> {
    let mut forms = Vec::new();
    for at in 0..task.len() {
        if let Some(form) = form_at(task, at)
            && !forms.contains(&form)
        {
            forms.push(form);
        }
    }
    forms.extend(signs(task));
    forms
}

fn form_at(task: &Wording, at: usize) -> Option<Form> {
    let form = match task.word(at) {
        "json" if is_format(task, at) => Form::Json,
        "csv" if is_format(task, at) => Form::Csv,
        "xml" | "html" if is_format(task, at) => Form::Markup,
        "yaml" | "yml" | "toml" if is_format(task, at) => Form::Settings,
        "function" | "script" | "code" | "query" | "regex" | "snippet" | "program" | "class" | "método" | "fonction"
            if is_code(task, at) => Form::Code,
        "table" if task.any_before(at, 3, &["markdown", "in", "as", "comparison"]) || task.any_after(at, 2, &["format", "with"]) => {
            Form::Table
        }
        "bullet" | "bullets" | "bulleted" | "checklist" | "itemized" | "numbered" => Form::List(count_before(task, at)),
        "list" if is_list(task, at) => Form::List(None),
        "sections" | "headings" | "subheadings" | "headers" if task.any_before(at, 4, &["with", "least", "into", "include", "exactly"])
            && !task.any_before(at, 4, &["highlight", "italicize"]) => Form::Sections,
        "quotation" | "quotes" if task.any_before(at, 14, &["wrap", "wrapped", "inside", "surround", "enclose", "enclosed", "put", "within"])
            && task.any_before(at, 1, &["double"]) => Form::Quoted,
        "lowercase" => Form::SmallLetters,
        "lower" if matches!(task.word(at + 1), "case" | "letters") => Form::SmallLetters,
        "capital" | "uppercase" | "caps" | "capitals" => return letters_at(task, at),
        "placeholder" | "placeholders" | "bracket" | "brackets" if task.has_any(&["bracket", "brackets"]) && task.lower.contains('[') => {
            Form::Brackets
        }
        "poem" | "limerick" | "haiku" | "sonnet" | "song" | "rap" | "lyrics" | "ballad" if is_object(task, at) => Form::Verse,
        "letter" | "email" if is_object(task, at) => Form::Letter,
        "postscript" => Form::Postscript,
        _ => return None,
    };
    (!task.is_negated(at)).then_some(form)
}

fn is_object(task: &Wording, at: usize) -> bool {
    task.any_before(at, 6, &MAKE)
        && !task.any_before(at, 5, &["about", "of", "for", "from", "to", "this", "that", "the", "my", "capital", "case", "in", "no"])
        && !task.any_after(at, 3, &["template", "title", "titles", "name", "names", "style"])
}

fn letters_at(task: &Wording, at: usize) -> Option<Form> {
    if task.any_before(at, 3, &["no", "without", "avoid"]) {
        return Some(Form::SmallLetters);
    }
    let is_part = (1..=8).any(|back| number(task.before(at, back)).is_some())
        || task.any_before(at, 8, &["least", "some", "words", "word", "highlight", "times", "few", "first", "most"])
        || task.any_after(at, 5, &["least", "words", "times"]);
    let is_all = task.any_before(at, 8, &["all", "only", "entire", "entirely"]);
    (is_all && !is_part && !task.is_negated(at)).then_some(Form::CapitalLetters)
}

/// "in JSON", "JSON format", "valid CSV"; not the mere word.
fn is_format(task: &Wording, at: usize) -> bool {
    const BEFORE: [&str; 16] =
        ["in", "as", "valid", "into", "return", "to", "output", "a", "an", "using", "only", "deliver", "the", "of", "raw", "en"];
    const AFTER: [&str; 10] = ["format", "object", "array", "output", "string", "block", "file", "with", "document", "list"];
    let is_input = task.any_before(at, 4, &["from", "this", "parse", "convert", "reads", "following", "given"])
        && !matches!(task.before(at, 1), "to" | "into" | "as" | "in" | "valid");
    let is_subject = !task.gap(at).trim_start_matches(['.', ',', ':', ';', '!', '?']).trim().is_empty() && task.gap(at).contains(['"', '\'']);
    !is_input && !is_subject && (BEFORE.contains(&task.before(at, 1)) || AFTER.contains(&task.word(at + 1)))
        && !task.any_after(at, 1, &["parser", "schema", "library"])
}

/// "Write a Python function", "create a SQL query".
fn is_code(task: &Wording, at: usize) -> bool {
    const LANGUAGES: [&str; 24] = [
        "python", "javascript", "typescript", "rust", "java", "c", "cpp", "go", "golang", "sql", "bash", "shell", "ruby", "php",
        "swift", "kotlin", "perl", "r", "html", "css", "haskell", "scala", "lua", "code",
    ];
    let is_made = task.any_before(at, 5, &["write", "create", "implement", "build", "generate", "develop", "make", "provide", "escribe", "écris", "schreibe"]);
    let is_certain = matches!(task.word(at), "function" | "regex" | "snippet" | "fonction");
    let is_named = task.any_before(at, 3, &LANGUAGES) || task.any_after(at, 4, &LANGUAGES);
    is_made && (is_certain || is_named || task.word(at) == "code") && !matches!(task.word(at + 1), "review" | "of")
}

fn is_list(task: &Wording, at: usize) -> bool {
    task.word(at + 1) == "format" || task.word(at + 1) == "of" && task.any_before(at, 4, &["write", "create", "make", "give", "as", "a"])
}

fn count_before(task: &Wording, at: usize) -> Option<usize> {
    (1..=3).find_map(|back| number(task.before(at, back))).filter(|count| (1..=100).contains(count))
}

/// Dividers and brackets that the task shows: runs of one sign that no ordinary text has.
fn signs(task: &Wording) -> Vec<Form> {
    let mut found: Vec<Form> = Vec::new();
    let mut run: Option<(char, usize)> = None;
    for (at, character) in task.lower.char_indices().chain([(task.lower.len(), ' ')]) {
        match run {
            Some((sign, _)) if sign == character => {}
            _ => {
                if let Some((sign, start)) = run.take() {
                    let least = if matches!(sign, '<' | '>') { 2 } else { 3 };
                    let form = Form::Sign(task.lower[start..at].to_owned());
                    let is_wanted = (least..=12).contains(&(at - start)) && !task.is_negated(task.word_at_byte(start));
                    if is_wanted && !found.contains(&form) && found.len() < 4 {
                        found.push(form);
                    }
                }
                if matches!(character, '*' | '<' | '>' | '#' | '=' | '~') {
                    run = Some((character, at));
                }
            }
        }
    }
    found
}

fn list(delivery: &Text, count: Option<usize>) -> (u32, String) {
    let items = delivery.lines().filter(|line| is_item(line)).count();
    let Some(wanted) = count else {
        let lines = delivery.lines().count();
        let met = if items >= 1 || lines >= 3 || delivery.raw.matches(',').count() >= 2 { FULL } else { 0 };
        return (met, "The task wants a list: give each item a line of its own.".to_owned());
    };
    let note = format!("The task wants {wanted} list items: {items} found; start each on a line of its own.");
    let reached = share(items.min(wanted), wanted);
    (if items > wanted { 7_000 } else { reached }, note)
}

/// A line that starts like an item of a list.
pub fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() < line.len() {
        return rest.starts_with(['.', ')', ':']);
    }
    line.starts_with(['-', '•', '–', '+']) && line.len() > 1 || line.starts_with('*') && !line.starts_with("**")
}

fn has_sections(delivery: &Text) -> bool {
    delivery.lines().any(is_heading)
}

/// A line that reads like a heading: marked, short with a colon, all capitals, numbered or bracketed.
pub fn is_heading(line: &str) -> bool {
    let is_short = line.len() <= 90;
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    is_short
        && letters > 1
        && (line.starts_with('#')
            || line.ends_with(':')
            || line.starts_with("**")
            || line.starts_with("<<")
            || line.starts_with('*') && line.ends_with('*')
            || line.starts_with(|c: char| c.is_alphabetic()) && line.trim_end_matches(['.', ':']).ends_with(|c: char| c.is_ascii_digit())
            || line.chars().all(|c| !c.is_lowercase()) && line.contains(|c: char| c.is_uppercase())
            || line.split_once([':', '.', '-']).is_some_and(|(head, _)| head.len() <= 40 && head.trim_end().ends_with(|c: char| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X'))))
}

fn is_quoted(raw: &str) -> bool {
    let is_mark = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}');
    raw.len() > 1 && raw.starts_with(is_mark) && raw.ends_with(is_mark)
}

fn has_settings(raw: &str) -> bool {
    let lines = raw.lines().filter(|line| !line.trim().is_empty());
    let (mut total, mut pairs) = (0, 0);
    for line in lines {
        total += 1;
        let line = line.trim().trim_start_matches("- ");
        pairs += usize::from(line.split_once([':', '=']).is_some_and(|(name, _)| !name.trim().is_empty() && name.len() < 60) || line.starts_with(['[', '#']));
    }
    pairs >= 1 && pairs * 3 >= total
}

fn has_table(raw: &str) -> bool {
    let is_row = |line: &&str| line.matches('|').count() >= 2 || line.contains('\t') || line.matches(',').count() >= 2;
    raw.lines().filter(is_row).count() >= 2 || raw.contains("<table")
}

/// Three lines or more, the middle one short.
fn is_verse(delivery: &Text) -> bool {
    let mut lengths: Vec<usize> = delivery.lines().map(|line| line.chars().count()).collect();
    lengths.sort_unstable();
    lengths.len() >= 3 && lengths[lengths.len() / 2] <= 90
}

/// A greeting, a subject or a farewell; in languages not listed, a short first or last line.
fn is_letter(delivery: &Text) -> bool {
    const GREETINGS: [&str; 26] = [
        "dear", "hi", "hello", "hey", "subject", "to", "greetings", "regards", "sincerely", "yours", "best", "love", "cheers",
        "cher", "chère", "bonjour", "madame", "objet", "estimado", "estimada", "hola", "querido", "querida", "sehr", "liebe", "betreff",
    ];
    let mut lines = delivery.lines();
    let (first, last) = (lines.next().unwrap_or_default(), lines.last().unwrap_or_default());
    let greets = |line: &str| {
        let lower = line.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(12).any(|word| GREETINGS.contains(&word))
    };
    let is_short = |line: &str| !line.is_empty() && line.chars().count() <= 60;
    greets(first) || greets(last) || is_short(first) && is_short(last)
}

fn has_brackets(raw: &str) -> bool {
    raw.split('[').skip(1).any(|rest| rest.find(']').is_some_and(|end| end > 0))
}

fn has_postscript(raw: &str) -> bool {
    raw.lines().map(str::trim_start).any(|line| {
        let letters: String = line.chars().filter(|c| c.is_alphanumeric()).take(3).collect();
        let letters = letters.to_lowercase();
        line.contains(['.', ':', ' ']) && (letters.starts_with("ps") || letters == "pps")
    })
}

#[cfg(test)]
mod tests {
    use super::{Form, forms, is_heading, is_item};
    use crate::text::Text;
    use crate::wording::Wording;

    #[test]
    fn forms_are_read_from_the_task() {
        for (task, found) in [
            ("Return the result as JSON.", vec![Form::Json]),
            ("Write a post. Do not include the keywords 'flea' and 'JSON'.", vec![]),
            ("Write a Python function that sorts a list.", vec![Form::Code]),
            ("Give exactly 3 bullet points.", vec![Form::List(Some(3))]),
            ("Do not give me any bullet points.", vec![]),
            ("Wrap your answer in double quotation marks.", vec![Form::Quoted]),
            ("Answer in all capital letters.", vec![Form::CapitalLetters]),
            ("No capital letters are allowed.", vec![Form::SmallLetters]),
            ("Use at least 3 words in all capital letters.", vec![]),
            ("Separate them with ******.", vec![Form::Sign("******".to_owned())]),
            ("Convert this CSV to JSON", vec![Form::Json]),
        ] {
            assert_eq!(forms(&Wording::of(task)), found, "{task}");
        }
    }

    #[test]
    fn forms_are_found_in_the_delivery() {
        for (form, delivery, met) in [
            (Form::List(Some(2)), "* one\n* two", 10_000),
            (Form::List(Some(4)), "1. one\n2. two", 5_000),
            (Form::Quoted, "\"all of it\"", 10_000),
            (Form::Quoted, "\"half\" of it", 0),
            (Form::SmallLetters, "all small", 10_000),
            (Form::CapitalLetters, "ALL BIG", 10_000),
            (Form::Postscript, "Bye.\nP.S. More.", 10_000),
            (Form::Table, "| a | b |\n|---|---|\n| 1 | 2 |", 10_000),
            (Form::Settings, "name: x\nports:\n  - 80", 10_000),
            (Form::Sign("***".to_owned()), "a\n***\nb", 10_000),
            (Form::Brackets, "Dear [name]", 10_000),
        ] {
            assert_eq!(form.check(&Text::read(delivery)).0, met, "{form:?} in {delivery}");
        }
    }

    #[test]
    fn lines_that_head_and_lines_that_list() {
        for line in ["# One", "Results:", "**Bold**", "SECTION 1", "Section 2: The end"] {
            assert!(is_heading(line), "{line}");
        }
        assert!(!is_heading("An ordinary sentence ends here."));
        assert!(is_item("- one") && is_item("2) two") && !is_item("two"));
    }
}
