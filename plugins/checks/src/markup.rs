//! Kinds over the marks that structure a text.

use crate::bounds::Bounds;
use crate::check::Options;
use crate::fields::Fields;
use crate::headings;
use crate::judge::Scene;
use crate::outcome::{Verdict, quote};
use crate::pattern::Pattern;
use assay_text::lines;
use assay_text::words::is_word;
use serde_json::{Map, Value};

/// Characters of a postscript's marker, which is tried at many places of a text.
const POSTSCRIPT_CHARS_MAX: usize = 40;

/// Characters that are looked back over for the bracket of an index.
const INDEX_CHARS_MAX: usize = 100;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    ListItems(Bounds),
    Headings { level: Option<u64>, pattern: Option<Pattern>, bounds: Bounds },
    Sections { marker: String, bounds: Bounds },
    Highlights(Bounds),
    Title,
    Postscript(String),
    Placeholders(Bounds),
    Links { allow: Option<Vec<String>>, deny: Vec<String>, bounds: Option<Bounds> },
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        Some(match kind {
            "list-item-count" => Self::ListItems(Bounds::parse(fields)),
            "heading-count" => parse_headings(fields, options),
            "section-count" => Self::Sections {
                marker: options.fold(&fields.need_text("marker")),
                bounds: Bounds::parse(fields),
            },
            "highlight-count" => Self::Highlights(Bounds::parse(fields)),
            "title" => Self::Title,
            "postscript" => Self::Postscript(parse_postscript(fields)),
            "placeholder-count" => Self::Placeholders(Bounds::parse(fields)),
            "link-count" => parse_links(fields),
            _ => return None,
        })
    }

    pub(crate) fn judge(&self, scene: &Scene) -> Verdict {
        let text = scene.plain();
        match self {
            Self::ListItems(bounds) => bounds.judge(lines::list_items(text), "list item", "list items"),
            Self::Headings { level, pattern, bounds } => {
                bounds.judge(headings::count(text, *level, pattern.as_ref()), "heading", "headings")
            }
            Self::Sections { marker, bounds } => {
                bounds.judge(sections(scene.folded(), marker), "section", "sections")
            }
            Self::Highlights(bounds) => {
                bounds.judge(highlights(text), "highlighted span", "highlighted spans")
            }
            Self::Title => {
                let found = title(text);
                let what = found
                    .map_or("no title in << >>".to_owned(), |title| format!("the title {}", quote(title)));
                Verdict::of(found.is_some(), what).wanted("a title in << >>", "no title in << >>")
            }
            Self::Postscript(marker) => {
                let found = has_postscript(text, marker);
                let what = if found { "a postscript" } else { "no postscript" };
                let shown = quote(&marker.to_uppercase());
                Verdict::of(found, what).wanted(format!("one that starts with {shown}"), "none")
            }
            Self::Placeholders(bounds) => bounds.judge(placeholders(text), "placeholder", "placeholders"),
            Self::Links { allow, deny, bounds } => judge_links(text, allow.as_deref(), deny, *bounds),
        }
    }
}

fn parse_postscript(fields: &mut Fields) -> String {
    let marker = fields.need_text("marker").trim().to_lowercase();
    if marker.chars().count() > POSTSCRIPT_CHARS_MAX {
        fields.issue("marker", format!("must be at most {POSTSCRIPT_CHARS_MAX} characters, such as P.S."));
    }
    marker
}

fn parse_headings(fields: &mut Fields, options: Options) -> Rule {
    let level = fields.count("level");
    if level.is_some_and(|level| !(1..=6).contains(&level)) {
        fields.issue("level", "must be from 1 to 6");
    }
    let flags = if options.ignore_case { "i" } else { "" };
    let pattern = fields.text("pattern").and_then(|text| Pattern::parse(fields, "pattern", &text, flags));
    Rule::Headings { level, pattern, bounds: Bounds::parse(fields) }
}

/// `domains: {"allow": […], "deny": […]}`, or both lists in the check itself.
fn parse_links(fields: &mut Fields) -> Rule {
    let mut allow = fields.texts("allow");
    let mut deny = fields.texts("deny").unwrap_or_default();
    match fields.get("domains") {
        None => {}
        Some(Value::Object(domains)) => {
            let path = fields.place("domains");
            let mut inner = Fields::new(domains, &path);
            allow = inner.texts("allow").or(allow);
            deny.extend(inner.texts("deny").unwrap_or_default());
            let issues = inner.finish();
            fields.adopt(issues);
        }
        Some(Value::Array(_)) => allow = fields.texts("domains"),
        Some(_) => fields.issue("domains", "must be an object with the lists allow and deny"),
    }
    let bounds = Bounds::parse_some(fields);
    let restricted = allow.is_some() || !deny.is_empty();
    let lower = |domains: Vec<String>| domains.iter().map(|domain| domain.to_lowercase()).collect();
    Rule::Links {
        allow: allow.map(lower),
        deny: lower(deny),
        bounds: bounds.or((!restricted).then_some(Bounds::AT_LEAST_ONE)),
    }
}

/// Occurrences of the marker followed, white space or none between, by digits.
fn sections(text: &str, marker: &str) -> u64 {
    let numbered = |(at, _): &(usize, &str)| {
        text[at + marker.len()..].trim_start().starts_with(|character: char| character.is_numeric())
    };
    if marker.is_empty() { 0 } else { text.match_indices(marker).filter(numbered).count() as u64 }
}

/// Spans `*text*` and, counted again in a pass of their own, spans `**text**`.
fn highlights(text: &str) -> u64 {
    text.split('\n').map(|line| spans(line, "*") + spans(line, "**")).sum()
}

/// Spans of a line between two marks, with no star and something visible inside.
fn spans(line: &str, mark: &str) -> u64 {
    let mut count = 0;
    let mut rest = line;
    while let Some(open) = rest.find(mark) {
        let inside = &rest[open + mark.len()..];
        let Some(star) = inside.find('*') else { break };
        if inside[star..].starts_with(mark) {
            count += u64::from(!inside[..star].trim().is_empty());
            rest = &inside[star + mark.len()..];
        } else {
            rest = &rest[open + 1..];
        }
    }
    count
}

/// What stands between `<<` and the last `>>` of a line.
fn title(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (_, inside) = line.split_once("<<")?;
        let end = inside.rfind(">>")?;
        let title = inside[..end].trim_matches(['<', '>']).trim();
        (!title.is_empty()).then_some(title)
    })
}

/// Whether the marker stands on a line, in any case; a full stop in it takes white
/// space after it.
fn has_postscript(text: &str, marker: &str) -> bool {
    let Some(first) = marker.chars().next() else { return false };
    text.lines().any(|line| {
        let line = line.to_lowercase();
        line.match_indices(first).any(|(at, _)| follows_marker(&line[at..], marker))
    })
}

fn follows_marker(mut line: &str, marker: &str) -> bool {
    let mut after_stop = false;
    for wanted in marker.chars() {
        if after_stop && !wanted.is_whitespace() {
            line = line.strip_prefix(char::is_whitespace).unwrap_or(line);
        }
        let Some(rest) = line.strip_prefix(wanted) else { return false };
        line = rest;
        after_stop = wanted == '.';
    }
    true
}

/// `[…]` on one line, each to the nearest closing bracket.
fn placeholders(text: &str) -> u64 {
    let mut count = 0;
    for line in text.split('\n') {
        let mut rest = line;
        while let Some((_, inside)) = rest.split_once('[') {
            let Some((_, after)) = inside.split_once(']') else { break };
            count += 1;
            rest = after;
        }
    }
    count
}

/// The hosts of the links, by syntax alone: addresses with a scheme or `www.`, and
/// Markdown links to anywhere.
fn links(text: &str) -> Vec<Option<String>> {
    let mut hosts = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some((start, host_start)) = next_link(rest, before) {
        let address = &rest[host_start..];
        let ends = |character: char| {
            character.is_whitespace()
                || matches!(character, '<' | '>' | '"' | '\'' | ')' | ']' | '`' | '|' | '\\')
        };
        let end = address.find(ends).unwrap_or(address.len());
        let host = host(&address[..end]);
        let shown_by_itself = address[end..].starts_with("](");
        let by_markdown = rest[start..].starts_with("](");
        let bare = host_start - start == 2 && !address.starts_with("www.");
        let code = by_markdown && bare && is_call(text, text.len() - rest.len() + start);
        if !code && (by_markdown || (host.is_some() && !shown_by_itself)) {
            hosts.push(host);
        }
        before = address[..end].chars().next_back().or(Some('/'));
        rest = &address[end..];
    }
    hosts
}

/// Where the next link starts, and where its host or destination does.
fn next_link(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    const STARTS: [&str; 5] = ["](", "https://", "http://", "ftp://", "www."];
    let mut from = 0;
    while let Some(found) = text[from..].find([']', 'h', 'H', 'f', 'F', 'w', 'W']) {
        let at = from + found;
        let rest = &text[at..];
        let starts =
            |start: &&&str| rest.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        if let Some(start) = STARTS.iter().find(starts) {
            let previous = text[..at].chars().next_back().or(before);
            if *start == "](" {
                return Some((at, at + markdown_destination(rest)));
            }
            if !previous.is_some_and(char::is_alphanumeric) {
                return Some((at, at + if *start == "www." { 0 } else { start.len() }));
            }
        }
        from = at + 1;
    }
    None
}

/// Where the destination's host starts in `](destination`.
fn markdown_destination(text: &str) -> usize {
    let after = &text[2..];
    let scheme = ["https://", "http://", "ftp://"]
        .iter()
        .find(|scheme| after.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    2 + scheme.map_or(0, |scheme| scheme.len())
}

/// Whether the bracket that closes at `at` opens right after a word, as in
/// `handlers[i](event)`, which is code and no link.
fn is_call(text: &str, at: usize) -> bool {
    let mut depth = 1_u32;
    let mut before = text[..at].chars().rev().take(INDEX_CHARS_MAX).peekable();
    while let Some(character) = before.next() {
        match character {
            ']' => depth += 1,
            '[' => depth -= 1,
            _ => {}
        }
        // Of `table[i][j]`, the bracket before counts.
        if depth == 0 && before.peek() != Some(&']') {
            return before.peek().is_some_and(|character| is_word(*character));
        }
    }
    false
}

/// The host of an address without its scheme, in lower case; none where a relative
/// address or a mail address stands.
fn host(address: &str) -> Option<String> {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches(['.', ',', ';', '!']);
    let plausible = host.contains('.') || host == "localhost";
    (plausible && !address.starts_with("mailto:")).then(|| host.to_lowercase())
}

fn judge_links(text: &str, allow: Option<&[String]>, deny: &[String], bounds: Option<Bounds>) -> Verdict {
    let links = links(text);
    let belongs = |host: &str, domains: &[String]| {
        domains.iter().any(|domain| {
            host.strip_suffix(domain.as_str()).is_some_and(|start| start.is_empty() || start.ends_with('.'))
        })
    };
    for host in links.iter().flatten() {
        if belongs(host, deny) {
            return Verdict::fail(format!("a link to {}, which is denied", quote(host)));
        }
        if allow.is_some_and(|allow| !belongs(host, allow)) {
            return Verdict::fail(format!("a link to {}, which is not allowed", quote(host)));
        }
    }
    let count = links.len() as u64;
    match bounds {
        Some(bounds) => bounds.judge(count, "link", "links"),
        None => Verdict::pass(format!(
            "{}, all to allowed domains",
            crate::outcome::counted(count, "link", "links")
        )),
    }
}

/// For kinds whose field is an object.
pub(crate) fn object<'a>(fields: &mut Fields<'a>, name: &'static str) -> Option<&'a Map<String, Value>> {
    let value = fields.get(name)?;
    let map = value.as_object();
    if map.is_none() {
        fields.issue(name, "must be an object");
    }
    map
}
