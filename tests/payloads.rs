//! What people write who mean harm: of every kind that OWASP's sheet on evading filters
//! lists, at least one, and the same words in another disguise.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Each is one line, short enough for a name.
pub(crate) const PAYLOADS: [&str; 28] = [
    "<script>document.title='taken'</script>",
    "\"><script>document.title='taken'</script>",
    "'><img src=x onerror=document.title='taken'>",
    "<svg/onload=document.title='taken'>",
    "</textarea><script>document.title='taken'</script>",
    "</title><script>document.title='taken'</script>",
    "<iframe srcdoc=\"<script>parent.document.title=1</script>\">",
    "<a href=\"javascript:document.title='taken'\">here</a>",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "<!--<img src=\"--><img src=x onerror=document.title='taken'>\">",
    "\" autofocus onfocus=document.title='taken' x=\"",
    "' onmouseover='document.title=1' style='color:red",
    "javascript:document.title='taken'//",
    "<IMG \"\"\"><SCRIPT>document.title='taken'</SCRIPT>\">",
    "\\u003cscript\\u003edocument.title='taken'\\u003c/script\\u003e",
    "&lt;script&gt;document.title='taken'&lt;/script&gt; &#60;b&#62;",
    "%3Cscript%3Edocument.title='taken'%3C/script%3E",
    "<details open ontoggle=document.title='taken'>",
    "<style>@import'javascript:document.title=1';*{display:none}</style>",
    "<meta http-equiv=refresh content=\"0;url=/taken\">",
    "<base href=//evil.example/><form action=/taken><input name=a>",
    "<object data=javascript:document.title='taken'>",
    "<math><a xlink:href=javascript:document.title=1>x",
    "+ADw-script+AD4-document.title='taken'+ADw-/script+AD4-",
    "jaVasCript:/*-/*'/*\"/**/(/* */oNcliCk=document.title=1 )//",
    "';document.title='taken'//\\';document.title='taken'//",
    "<a href=\"&#106;avascript:document.title=1\">x</a>",
    "<link rel=stylesheet href=//evil.example/taken.css>",
];

/// Payloads of a text, as many as a page shows of any.
const OF_A_TEXT: usize = 4;
/// After so many rounds every payload was in every text.
pub(crate) const ROUNDS: usize = PAYLOADS.len() / OF_A_TEXT;

/// Hands out what is to be written, and remembers what was written where: each line ends
/// with the name of its place, so that a page that shows it shows that one.
#[derive(Default)]
pub(crate) struct Ink {
    next: Cell<usize>,
    round: Cell<usize>,
    written: RefCell<BTreeMap<&'static str, (usize, Vec<String>)>>,
}

impl Ink {
    /// For a name: the next payload of all.
    pub(crate) fn name(&self, place: &'static str) -> String {
        let at = self.next.replace(self.next.get() + 1);
        self.of(place, PAYLOADS[at % PAYLOADS.len()])
    }

    /// This payload.
    pub(crate) fn of(&self, place: &'static str, payload: &str) -> String {
        let text = format!("{payload} #{place}");
        assert!(text.chars().count() <= 100, "{text} is no name");
        let mut written = self.written.borrow_mut();
        let (round, lines) = written.entry(place).or_default();
        if *round != self.round.get() {
            (*round, *lines) = (self.round.get(), Vec::new());
        }
        lines.push(text.clone());
        text
    }

    /// From here on the payloads of another round are written, and a place that is written
    /// to again holds those alone.
    pub(crate) fn round(&self, round: usize) {
        self.round.set(round);
    }

    /// For a text: the round's payloads, a line each.
    pub(crate) fn text(&self, place: &'static str) -> String {
        self.lines(place).join("\n")
    }

    /// For a list of texts: the round's payloads.
    pub(crate) fn lines(&self, place: &'static str) -> Vec<String> {
        let round = PAYLOADS.chunks(OF_A_TEXT).nth(self.round.get()).expect("a round");
        round.iter().map(|payload| self.of(place, payload)).collect()
    }

    /// Every payload.
    pub(crate) fn all(&self, place: &'static str) -> Vec<String> {
        PAYLOADS.map(|payload| self.of(place, payload)).into()
    }

    /// What was written in a place.
    pub(crate) fn written(&self, place: &str) -> Vec<String> {
        let written = self.written.borrow().get(place).map(|(_, lines)| lines.clone());
        written.unwrap_or_else(|| panic!("nothing was written as {place}"))
    }

    /// Payloads that stand in some place of these.
    pub(crate) fn places(&self) -> Vec<&'static str> {
        self.written.borrow().keys().copied().collect()
    }
}
