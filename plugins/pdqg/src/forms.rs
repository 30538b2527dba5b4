//! The forms a task may want its answer in.

use crate::length::MAKE;
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
}

/// Reads the forms out of the task's words.
pub fn forms(task: &Wording) -> Vec<Form> {
    let mut forms = Vec::new();
    for at in 0..task.count() {
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
        "function" | "script" | "code" | "query" | "regex" | "snippet" | "program" | "class" | "método"
        | "fonction"
            if is_code(task, at) =>
        {
            Form::Code
        }
        "table"
            if task.any_before(at, 3, words!("markdown in as comparison"))
                || task.any_after(at, 2, words!("format with")) =>
        {
            Form::Table
        }
        "bullet" | "bullets" | "bulleted" | "checklist" | "itemized" | "numbered" => {
            Form::List(count_before(task, at))
        }
        "list" if is_list(task, at) => Form::List(None),
        "sections" | "headings" | "subheadings" | "headers"
            if task.any_before(at, 4, words!("with least into include exactly"))
                && !task.any_before(at, 4, words!("highlight italicize")) =>
        {
            Form::Sections
        }
        "quotation" | "quotes"
            if task.any_before(
                at,
                14,
                words!("wrap wrapped inside surround enclose enclosed put within"),
            ) && task.any_before(at, 1, words!("double")) =>
        {
            Form::Quoted
        }
        "lowercase" => Form::SmallLetters,
        "lower" if matches!(task.word(at + 1), "case" | "letters") => Form::SmallLetters,
        "capital" | "uppercase" | "caps" | "capitals" => return letters_at(task, at),
        "placeholder" | "placeholders" | "bracket" | "brackets"
            if task.has_any(words!("bracket brackets")) && task.lower.contains('[') =>
        {
            Form::Brackets
        }
        "poem" | "limerick" | "haiku" | "sonnet" | "song" | "rap" | "lyrics" | "ballad"
            if is_object(task, at) =>
        {
            Form::Verse
        }
        "letter" | "email" if is_object(task, at) => Form::Letter,
        "postscript" => Form::Postscript,
        _ => return None,
    };
    (!task.is_negated(at)).then_some(form)
}

fn is_object(task: &Wording, at: usize) -> bool {
    task.any_before(at, 6, MAKE)
        && !task.any_before(at, 5, words!("about of for from to this that the my capital case in no"))
        && !task.any_after(at, 3, words!("template title titles name names style"))
}

fn letters_at(task: &Wording, at: usize) -> Option<Form> {
    if task.any_before(at, 3, words!("no without avoid")) {
        return Some(Form::SmallLetters);
    }
    let is_part = (1..=8).any(|back| number(task.before(at, back)).is_some())
        || task.any_before(at, 8, words!("least some words word highlight times few first most"))
        || task.any_after(at, 5, words!("least words times"));
    let is_all = task.any_before(at, 8, words!("all only entire entirely"));
    (is_all && !is_part && !task.is_negated(at)).then_some(Form::CapitalLetters)
}

/// "in JSON", "JSON format", "valid CSV"; not the mere word.
fn is_format(task: &Wording, at: usize) -> bool {
    const BEFORE: &[u64] = words!("in as valid into return to output a an using only deliver the of raw en");
    const AFTER: &[u64] = words!("format object array output string block file with document list");
    let is_input = task.any_before(at, 4, words!("from this parse convert reads following given"))
        && !matches!(task.before(at, 1), "to" | "into" | "as" | "in" | "valid");
    let is_subject = !task.gap(at).trim_start_matches(['.', ',', ':', ';', '!', '?']).trim().is_empty()
        && task.gap(at).contains(['"', '\'']);
    !is_input
        && !is_subject
        && (at > 0 && task.is(at - 1, BEFORE) || task.is(at + 1, AFTER))
        && !task.any_after(at, 1, words!("parser schema library"))
}

/// "Write a Python function", "create a SQL query".
fn is_code(task: &Wording, at: usize) -> bool {
    const LANGUAGES: &[u64] = words!(
        "python javascript typescript rust java c cpp go golang sql bash shell ruby php swift kotlin perl r html css haskell scala lua code"
    );
    let is_made = task.any_before(
        at,
        5,
        words!("write create implement build generate develop make provide escribe écris schreibe"),
    );
    let is_certain = matches!(task.word(at), "function" | "regex" | "snippet" | "fonction");
    let is_named = task.any_before(at, 3, LANGUAGES) || task.any_after(at, 4, LANGUAGES);
    is_made
        && (is_certain || is_named || task.word(at) == "code")
        && !matches!(task.word(at + 1), "review" | "of")
}

fn is_list(task: &Wording, at: usize) -> bool {
    task.word(at + 1) == "format"
        || task.word(at + 1) == "of" && task.any_before(at, 4, words!("write create make give as a"))
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
                    let is_wanted =
                        (least..=12).contains(&(at - start)) && !task.is_negated(task.word_at_byte(start));
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

#[cfg(test)]
mod tests {
    use super::{Form, forms};
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
}
