//! HTML as people write it: WHATWG tokens, with every element closed that must be.

use crate::outcome::quote;
use html5gum::{DefaultEmitter, Error, Token, Tokenizer};
use std::collections::BTreeSet;

/// Elements that have no end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements whose end tag may be left out.
const OPTIONAL_END: &[&str] = &[
    "html", "head", "body", "p", "li", "dt", "dd", "rt", "rp", "optgroup", "option", "colgroup", "caption",
    "thead", "tbody", "tfoot", "tr", "td", "th",
];

/// The names of the elements, or why the text is no HTML.
pub(crate) fn read(text: &str) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    let mut emitter = DefaultEmitter::default();
    // What stands in a script or a style is no markup.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                // Inside drawings and formulas a slash closes; elsewhere it says nothing.
                let closes_itself = VOID.contains(&name.as_str()) || tag.self_closing;
                if !closes_itself {
                    open.push(name.clone());
                }
                names.insert(name);
            }
            Token::EndTag(tag) => close(&mut open, &String::from_utf8_lossy(&tag.name))?,
            Token::Error(error) => refuse(*error)?,
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) => {}
        }
    }
    if let Some(name) = open.iter().rev().find(|name| !OPTIONAL_END.contains(&name.as_str())) {
        return Err(format!("the element {} is not closed", quote(name)));
    }
    if names.is_empty() { Err("there is no element".to_owned()) } else { Ok(names) }
}

/// Closes an element and those inside it that need no end tag.
fn close(open: &mut Vec<String>, name: &str) -> Result<(), String> {
    if VOID.contains(&name) || name == "p" && !open.iter().any(|open| open == "p") {
        return Ok(());
    }
    while let Some(last) = open.pop() {
        if last == name {
            return Ok(());
        }
        if !OPTIONAL_END.contains(&last.as_str()) {
            return Err(format!("the element {} is closed by {}", quote(&last), quote(name)));
        }
    }
    Err(format!("nothing opens the element that {} closes", quote(name)))
}

/// Errors after which the rest is guesswork.
fn refuse(error: Error) -> Result<(), String> {
    match error {
        Error::EofInTag
        | Error::EofInComment
        | Error::EofInCdata
        | Error::EofInDoctype
        | Error::EofBeforeTagName => Err(format!("it ends in the middle of a tag ({error})")),
        _ => Ok(()),
    }
}
