//! Markdown headings.

use crate::pattern::Pattern;
use assay_text::lines;
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// How many there are, of a level and with a text that matches where that is asked.
pub(crate) fn count(text: &str, level: Option<u64>, pattern: Option<&Pattern>) -> u64 {
    match pattern {
        // Most texts need no parse, which costs many times as much.
        None => lines::headings(text, level).unwrap_or_else(|| count_parsed(text, level, None)),
        Some(_) => count_parsed(text, level, pattern),
    }
}

fn count_parsed(text: &str, level: Option<u64>, pattern: Option<&Pattern>) -> u64 {
    let mut count = 0;
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { level: found, .. })
                if level.is_none_or(|level| level == depth(found)) =>
            {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                let matches = |title: String| pattern.is_none_or(|pattern| pattern.is_match(&title));
                count += u64::from(heading.take().is_some_and(matches));
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(title) = heading.as_mut() {
                    title.push_str(&piece);
                }
            }
            _ => {}
        }
    }
    count
}

fn depth(level: HeadingLevel) -> u64 {
    level as u64
}

#[cfg(test)]
mod tests {
    use super::count_parsed;
    use assay_text::lines;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn lines_tell_what_a_parse_tells(lines in proptest::collection::vec(
            "( {0,5}|\t)(#{0,7}[ \ta-b]{0,2}|[-*+>=~`<]{0,4} {0,2}|[0-9]{1,2}[.)] {0,5}|\\[a\\]: )(#{0,2} ?|[a-c ]{0,6}|<!--|-->)[ab#]{0,3}", 0..8,
        )) {
            let text = lines.join("\n");
            for level in [None, Some(1), Some(2)] {
                if let Some(count) = lines::headings(&text, level) {
                    prop_assert_eq!(count, count_parsed(&text, level, None), "{:?}", &text);
                }
            }
        }
    }
}
