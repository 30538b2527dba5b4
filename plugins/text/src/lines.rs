//! Lines, by what they start with.

use memchr::{memchr, memchr_iter, memchr3};

/// Characters, each a Unicode scalar value.
pub fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

/// The lines of a text, without their ends.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr_iter(b'\n', text.as_bytes()).chain((!text.ends_with('\n')).then_some(text.len()));
    let mut start = 0;
    ends.filter(|_| !text.is_empty()).map(move |end| {
        let line = &text[start..end];
        start = end + 1;
        line.strip_suffix('\r').unwrap_or(line)
    })
}

/// Lines that start, after white space, with `-`, or with one `*` and no second.
pub fn list_items(text: &str) -> u64 {
    let is_item = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('-') || (line.starts_with('*') && !line[1..].starts_with('*'))
    };
    lines(text).filter(is_item).count() as u64
}

/// The Markdown headings of a level where lines alone tell them: no code, no HTML, no
/// underlined heading and no heading inside of something else. Most texts are so, and
/// a parse costs many times as much.
pub fn headings(text: &str, level: Option<u64>) -> Option<u64> {
    if memchr3(b'\r', b'`', b'<', text.as_bytes()).is_some() {
        return None;
    }
    let mut count = 0;
    for line in lines(text) {
        let content = line.trim_start_matches(' ');
        match content.bytes().next() {
            Some(b'#') if line.len() - content.len() <= 3 => {
                let marks = content.bytes().take_while(|byte| *byte == b'#').count();
                let ends = content[marks..].is_empty() || content[marks..].starts_with([' ', '\t']);
                count += u64::from(marks <= 6 && ends && level.is_none_or(|level| level == marks as u64));
            }
            Some(b'#' | b'~' | b'=' | b'\t' | b'\\' | b'>') => return None,
            Some(b'-') if is_underline(content) => return None,
            Some(b'-' | b'*' | b'+' | b'0'..=b'9') if memchr(b'#', content.as_bytes()).is_some() => {
                return None;
            }
            Some(byte) if !byte.is_ascii() || byte.is_ascii_control() => return None,
            _ => {}
        }
    }
    Some(count)
}

fn is_underline(content: &str) -> bool {
    content.trim_end().bytes().all(|byte| byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_are_those_of_the_standard_library() {
        for text in ["", "\n", "a", "a\n", "a\n\nb", "\r\n", "a\r\nb\r", "\n\n", "é\n—\n"] {
            assert!(lines(text).eq(text.lines()) || text.ends_with('\r'), "{text:?}");
        }
    }
}
