//! Whether a text is JSON, CSV, markup or code. One pass each, no recursion.

use crate::scorecard::{FULL, share};

/// 10000 for valid JSON, a little less in a fence, some for JSON among other text.
pub fn as_json(raw: &str) -> u32 {
    if is_json(raw) {
        return FULL;
    }
    if let Some(inner) = fenced(raw)
        && is_json(inner)
    {
        return 9_500;
    }
    let inner = raw.find(['{', '[']).zip(raw.rfind(['}', ']'])).filter(|(start, end)| start < end);
    match inner {
        Some((start, end)) if is_json(&raw[start..=end]) && end - start > 2 => 6_000,
        Some((start, end)) if start == 0 && end + 1 == raw.len() && raw.starts_with('{') => 2_500,
        _ => 0,
    }
}

/// The inside of a fence around the whole text.
pub fn fenced(raw: &str) -> Option<&str> {
    let inner = raw.trim().strip_prefix("```")?.strip_suffix("```")?;
    Some(inner.split_once('\n')?.1.trim())
}

/// RFC 8259, with a stack of one bit a level.
pub fn is_json(text: &str) -> bool {
    let mut json = Json { bytes: text.trim().as_bytes(), at: 0 };
    json.document() && json.at == json.bytes.len()
}

struct Json<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Json<'_> {
    fn document(&mut self) -> bool {
        let mut open: Vec<u8> = Vec::new();
        loop {
            // A value is due here.
            self.blanks();
            match self.peek() {
                b'{' | b'[' => {
                    let bracket = self.next();
                    self.blanks();
                    if self.peek() == closing(bracket) {
                        self.at += 1;
                    } else {
                        open.push(bracket);
                        if bracket == b'{' && !self.name() {
                            return false;
                        }
                        continue;
                    }
                }
                b'"' if self.string() => {}
                b't' if self.word(b"true") => {}
                b'f' if self.word(b"false") => {}
                b'n' if self.word(b"null") => {}
                b'-' | b'0'..=b'9' if self.number() => {}
                _ => return false,
            }
            // A value has ended here.
            loop {
                self.blanks();
                let Some(&bracket) = open.last() else { return true };
                let sign = self.next();
                if sign == closing(bracket) {
                    open.pop();
                    continue;
                }
                if sign != b',' || bracket == b'{' && !self.name() {
                    return false;
                }
                break;
            }
        }
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') && self.at < self.bytes.len() {
            self.at += 1;
        }
    }

    fn name(&mut self) -> bool {
        self.blanks();
        let is_name = self.peek() == b'"' && self.string();
        self.blanks();
        is_name && self.next() == b':'
    }

    fn string(&mut self) -> bool {
        self.at += 1;
        loop {
            match self.next() {
                b'"' => return true,
                b'\\' => match self.next() {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' if (0..4).all(|_| self.next().is_ascii_hexdigit()) => {}
                    _ => return false,
                },
                0..=0x1f => return false,
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let is_word = self.bytes[self.at..].starts_with(word);
        self.at += word.len();
        is_word
    }

    fn number(&mut self) -> bool {
        if self.peek() == b'-' {
            self.at += 1;
        }
        let is_zero = self.peek() == b'0';
        let whole = self.digits();
        if whole == 0 || is_zero && whole > 1 {
            return false;
        }
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() == 0 {
                return false;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            return self.digits() > 0;
        }
        true
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }
}

const fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

/// The share of rows with as many columns as the first.
pub fn as_csv(raw: &str) -> u32 {
    let raw = fenced(raw).unwrap_or(raw);
    let first = raw.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|sign| columns(first, *sign)).unwrap_or(',');
    let wanted = columns(first, separator);
    if wanted < 2 {
        return 0;
    }
    let rows = raw.lines().filter(|row| !row.trim().is_empty());
    let (mut total, mut even) = (0, 0);
    for row in rows {
        total += 1;
        even += usize::from(columns(row, separator) == wanted || row.contains('"'));
    }
    if total < 2 { 5_000 } else { share(even, total) }
}

fn columns(row: &str, separator: char) -> usize {
    let mut is_quoted = false;
    let mut count = 1;
    for sign in row.chars() {
        is_quoted ^= sign == '"';
        count += usize::from(sign == separator && !is_quoted);
    }
    count
}

/// Has an opening tag and, somewhere after it, a closing one.
pub fn is_markup(raw: &str) -> bool {
    raw.split('<')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?'))
        && (raw.contains("</") || raw.contains("/>"))
}

/// How far a text is source code: the share of its lines that look like code, doubled.
pub fn looks_like_code(raw: &str) -> u32 {
    let raw = raw.find("```").map_or(raw, |start| raw[start..].trim_start_matches('`'));
    let (mut lines, mut code) = (0, 0);
    for line in raw.lines().filter(|line| !line.trim().is_empty()) {
        lines += 1;
        code += usize::from(is_code_line(line));
    }
    if code == 0 { 0 } else { (share(code, lines) * 2).min(FULL) }
}

/// A line with the punctuation or the first word of code.
pub fn is_code_line(line: &str) -> bool {
    const STARTS: [&str; 30] = [
        "def ",
        "fn ",
        "pub ",
        "function",
        "class ",
        "import ",
        "from ",
        "#include",
        "return",
        "const ",
        "let ",
        "var ",
        "select ",
        "insert ",
        "create table",
        "where ",
        "group by",
        "order by",
        "if (",
        "for (",
        "while ",
        "//",
        "/*",
        "#!",
        "print(",
        "echo ",
        "public ",
        "export ",
        "with (",
        "@",
    ];
    let trimmed = line.trim();
    let lower = trimmed.get(..14.min(trimmed.len())).unwrap_or_default().to_ascii_lowercase();
    STARTS.iter().any(|start| lower.starts_with(start))
        || trimmed.ends_with(['{', '}', ';', '('])
        || trimmed == ")"
        || [
            "()", " = ", "==", "=>", "->", ");", "]:", "):", "+=", "[^", "\\d", "\\w", "</", "::", "]{",
            "]+", "]*", "(?:",
        ]
        .iter()
        .any(|sign| trimmed.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::{as_csv, as_json, is_json, is_markup, looks_like_code};

    #[test]
    fn json_is_read_to_the_letter() {
        for valid in
            ["{}", "[]", " {\"a\": [1, -2.5e3, true, null, \"\\u00e9\"]} ", "\"text\"", "0", "[[],{}]"]
        {
            assert!(is_json(valid), "{valid}");
        }
        for broken in [
            "",
            "{",
            "{a:1}",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "\"\n\"",
            "[1] 2",
            "nul",
            "{\"a\"}",
            "[}",
            "\"",
            "1e",
        ] {
            assert!(!is_json(broken), "{broken}");
        }
        assert!(is_json(&("[".repeat(100_000) + &"]".repeat(100_000))));
        assert!(!is_json(&"[".repeat(100_000)));
    }

    #[test]
    fn data_among_text_counts_in_part() {
        assert_eq!(as_json("```json\n{\"a\": 1}\n```"), 9_500);
        assert_eq!(as_json("Here it is: {\"a\": 1} Enjoy"), 6_000);
        assert_eq!(as_json("no data"), 0);
        assert_eq!(as_csv("a,b\n1,2\n3,4"), 10_000);
        assert_eq!(as_csv("a,b\n1,2\n3"), 6_666);
        assert_eq!(as_csv("just a line"), 0);
    }

    #[test]
    fn markup_and_code() {
        assert!(is_markup("<p>one</p>"));
        assert!(!is_markup("1 < 2 and 3 > 2"));
        assert_eq!(looks_like_code("def one(x):\n    return x + 1"), 10_000);
        assert_eq!(looks_like_code("SELECT a FROM b\nWHERE c = 1;"), 10_000);
        assert_eq!(looks_like_code("A sentence, no code."), 0);
    }
}
