//! How much of what others wrote a page shows, so that it stays small whatever they wrote.
//!
//! A delivery may have ten megabytes, and a task a thousand bids. A part of a page has a
//! ration of bytes; a text takes what it needs up to a limit of its own, and a list goes on
//! as long as there is room for a row. The whole of it is a download or a link away.

/// Bytes of a page that a part of it may still take.
#[derive(Debug)]
pub struct Ration {
    left: usize,
    was_short: bool,
}

/// As much of a text as a page has room for.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// The beginning, or all of it.
    pub shown: String,
    /// How large the whole is, where it is not all here.
    pub whole: Option<String>,
}

impl Cut {
    /// Whether there is nothing to show.
    pub const fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.whole.is_none()
    }
}

impl Ration {
    /// So many bytes.
    pub const fn of(bytes: usize) -> Self {
        Self { left: bytes, was_short: false }
    }

    /// Whether so much is left.
    pub const fn has(&self, bytes: usize) -> bool {
        self.left >= bytes
    }

    /// Whether anything was left out since this was asked last.
    pub const fn was_short(&mut self) -> bool {
        std::mem::replace(&mut self.was_short, false)
    }

    /// Room for a row of a list whose own markup takes so much, if there is any.
    pub const fn row(&mut self, bytes: usize) -> bool {
        let fits = self.has(bytes);
        if fits {
            self.left -= bytes;
        } else {
            self.was_short = true;
        }
        fits
    }

    /// The beginning of a text, cut between characters: at most so many bytes of the page.
    pub fn text(&mut self, text: &str, most: usize) -> Cut {
        let most = most.min(self.left);
        let (mut taken, mut end) = (0, 0);
        for (at, letter) in text.char_indices() {
            let cost = cost(letter);
            if taken + cost > most {
                break;
            }
            taken += cost;
            end = at + letter.len_utf8();
        }
        self.left -= taken;
        let whole = (end < text.len()).then(|| size(text.len()));
        self.was_short |= whole.is_some();
        Cut { shown: text[..end].to_owned(), whole }
    }

    /// The same for a text on a line among others: what was left out is marked as such.
    pub fn line(&mut self, text: &str, most: usize) -> String {
        let Cut { mut shown, whole } = self.text(text, most);
        if whole.is_some() {
            shown.push('…');
        }
        shown
    }
}

/// What a character costs on a page, where some are written as numbers.
const fn cost(letter: char) -> usize {
    if matches!(letter, '<' | '>' | '&' | '"' | '\'') { 5 } else { letter.len_utf8() }
}

/// A size as people read it.
pub fn size(bytes: usize) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes / 100 % 10),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
