//! Whether a delivery has a form that was asked for.

use crate::data::{as_csv, as_json, is_markup, looks_like_code};
use crate::forms::Form;
use crate::scorecard::{FULL, ramp, share};
use crate::text::Text;

/// How far a delivery has the form, in basis points, and what to do about it.
pub fn check(form: &Form, delivery: &Text) -> (u32, String) {
    let raw = delivery.raw.trim();
    let all = |met: bool, note: &str| (if met { FULL } else { 0 }, note.to_owned());
    match form {
        Form::Json => (
            as_json(raw),
            "The task wants JSON: deliver one valid JSON text and nothing around it.".to_owned(),
        ),
        Form::Csv => (
            as_csv(raw),
            "The task wants CSV: deliver rows with the same number of separated columns.".to_owned(),
        ),
        Form::Markup => {
            all(is_markup(raw), "The task wants markup: deliver elements with opening and closing tags.")
        }
        Form::Settings => all(
            has_settings(raw),
            "The task wants YAML or TOML: deliver `key: value` or `key = value` lines.",
        ),
        Form::Code => (looks_like_code(raw), "The task wants code: deliver the source itself.".to_owned()),
        Form::Table => all(has_table(raw), "The task wants a table: deliver rows with columns."),
        Form::List(count) => list(delivery, *count),
        Form::Sections => {
            all(has_sections(delivery), "The task wants sections: give each a heading of its own.")
        }
        Form::Quoted => {
            all(is_quoted(raw), "The task wants the whole answer between double quotation marks.")
        }
        Form::SmallLetters => {
            let capitals = share(delivery.characters.capitals, delivery.characters.letters.max(1));
            (ramp(capitals, 0, 400, FULL, 0), "The task wants small letters only.".to_owned())
        }
        Form::CapitalLetters => {
            let small = share(delivery.characters.small(), delivery.characters.letters.max(1));
            (ramp(small, 0, 2_000, FULL, 0), "The task wants capital letters only.".to_owned())
        }
        Form::Brackets => all(has_brackets(raw), "The task wants something in [square brackets]."),
        Form::Verse => {
            all(is_verse(delivery), "The task wants verse: give each line of it a line of its own.")
        }
        Form::Letter => all(
            is_letter(delivery),
            "The task wants a letter: begin with a greeting or a subject, and sign it.",
        ),
        Form::Postscript => {
            all(has_postscript(raw), "The task wants a postscript at the end, starting with P.S.")
        }
        Form::Sign(sign) => {
            all(raw.contains(sign.as_str()), &format!("The task shows the sign {sign}; use it as it says."))
        }
    }
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
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() < line.len() {
        return rest.starts_with(['.', ')', ':']);
    }
    line.starts_with(['-', '•', '–', '+']) && line.len() > 1
        || line.starts_with('*') && !line.starts_with("**")
}

fn has_sections(delivery: &Text) -> bool {
    delivery.lines().any(is_heading)
}

/// A line that reads like a heading: marked, short with a colon, all capitals, numbered or bracketed.
fn is_heading(line: &str) -> bool {
    let is_short = line.len() <= 90;
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    is_short
        && letters > 1
        && (line.starts_with('#')
            || line.ends_with(':')
            || line.starts_with("**")
            || line.starts_with("<<")
            || line.starts_with('*') && line.ends_with('*')
            || line.starts_with(|c: char| c.is_alphabetic())
                && line.trim_end_matches(['.', ':']).ends_with(|c: char| c.is_ascii_digit())
            || line.chars().all(|c| !c.is_lowercase()) && line.contains(|c: char| c.is_uppercase())
            || line.split_once([':', '.', '-']).is_some_and(|(head, _)| {
                head.len() <= 40
                    && head.trim_end().ends_with(|c: char| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X'))
            }))
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
        pairs += usize::from(
            line.split_once([':', '=']).is_some_and(|(name, _)| !name.trim().is_empty() && name.len() < 60)
                || line.starts_with(['[', '#']),
        );
    }
    pairs >= 1 && pairs * 3 >= total
}

fn has_table(raw: &str) -> bool {
    let is_row =
        |line: &&str| line.matches('|').count() >= 2 || line.contains('\t') || line.matches(',').count() >= 2;
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
        "dear",
        "hi",
        "hello",
        "hey",
        "subject",
        "to",
        "greetings",
        "regards",
        "sincerely",
        "yours",
        "best",
        "love",
        "cheers",
        "cher",
        "chère",
        "bonjour",
        "madame",
        "objet",
        "estimado",
        "estimada",
        "hola",
        "querido",
        "querida",
        "sehr",
        "liebe",
        "betreff",
    ];
    let mut lines = delivery.lines();
    let (first, last) = (lines.next().unwrap_or_default(), lines.last().unwrap_or_default());
    let greets = |line: &str| {
        let lower = line.to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(12)
            .any(|word| GREETINGS.contains(&word))
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
    use super::{check, is_heading, is_item};
    use crate::forms::Form;
    use crate::text::Text;

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
            assert_eq!(check(&form, &Text::read(delivery)).0, met, "{form:?} in {delivery}");
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
