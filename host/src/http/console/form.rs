//! Forms: what was typed, read once, and shown again beside what is wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use assay_db::Once;
use assay_domain::refusal::{Code, Refusal};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::fields::Fields;
use super::super::problem::Problem;
use super::super::request::body_of;
use super::session::{self, Nobody, Person};
use crate::app::access::Scope;
use crate::app::{App, Ask};

/// The token of a form, by which it is known to be a page's of ours.
pub const TOKEN: &str = "_token";
/// The name of one showing of a form, by which sending it twice does it once.
const SHOWING: &str = "_showing";

/// Fields that are never shown again.
pub const SECRETS: [&str; 4] = ["password", "old", "new", "key"];

/// Which of several forms of a kind it is.
const OF: &str = "_of";

/// What was typed, by the names of the fields.
#[derive(Clone, Debug, Default)]
pub struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// Reads a form's body or a query. Browsers send line ends as CR LF; they are one
    /// character here, as they were typed.
    pub fn parse(body: &[u8]) -> Self {
        let mut all = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            all.add(name.into_owned(), value.replace("\r\n", "\n"));
        }
        all
    }

    /// One more value.
    pub fn add(&mut self, name: String, value: String) {
        self.0.entry(name).or_default().push(value);
    }

    /// Puts a value in place of what was there.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), vec![value.into()]);
    }

    /// Whether the form had this field, empty or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes one row out of a list `list[0].…`, so that those behind it move up.
    pub fn remove_row(&mut self, list: &str, at: usize) {
        let all = std::mem::take(&mut self.0);
        let place = |name: &str| {
            let (number, rest) = name.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
            Some((number.parse::<usize>().ok()?, rest.to_owned()))
        };
        for (name, values) in all {
            match place(&name) {
                Some((number, _)) if number == at => {}
                Some((number, rest)) if number > at => {
                    self.0.insert(format!("{list}[{}]{rest}", number - 1), values);
                }
                _ => drop(self.0.insert(name, values)),
            }
        }
    }

    /// Every value with the name of its field.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, all)| all.iter().map(|text| (name.as_str(), text.as_str())))
    }

    /// A field, empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(|all| all.first()).map_or("", String::as_str)
    }

    /// A field with several values.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// A field as JSON: nothing when it was left empty, so that the rule for what is
    /// missing is the API's.
    pub fn text(&self, name: &str) -> Value {
        match self.get(name) {
            text if text.trim().is_empty() => Value::Null,
            text => text.into(),
        }
    }

    /// A whole number where it is one; as it was typed where it is not, for the refusal.
    pub fn whole(&self, name: &str) -> Value {
        let text = self.get(name).trim();
        text.parse::<i64>().map_or_else(|_| self.text(name), Value::from)
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// The lines of a text that have something in them.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.get(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    /// Texts with commas between them.
    pub fn listed(&self, name: &str) -> Vec<String> {
        let texts = self.get(name).split(',').map(str::trim).filter(|text| !text.is_empty());
        texts.map(str::to_owned).collect()
    }
}

/// Fields for the readers that every surface shares.
pub fn fields(object: &Value) -> Result<Fields, Refusal> {
    Fields::parse(object.to_string().as_bytes())
}

/// A form that somebody sent, who is signed in.
pub struct Form {
    /// Who sent it.
    pub person: Person,
    /// What they typed.
    pub typed: Typed,
    ask: Ask,
}

impl Form {
    /// Who asks, once, if their key opens this scope.
    pub fn ask(&self, scope: Scope) -> Result<&Ask, Problem> {
        self.ask.caller.require(scope)?;
        Ok(&self.ask)
    }

    /// The same for what needs no scope.
    pub const fn ask_for_oneself(&self) -> &Ask {
        &self.ask
    }

    /// The key under which this showing of the form counts once.
    pub const fn once(&self) -> Option<&Once> {
        self.ask.once.as_ref()
    }

    /// The form as it is to be shown again.
    pub fn again(&self, name: &'static str, problem: &Problem) -> Attempt {
        Attempt { form: name, typed: self.typed.clone(), refusal: Some(problem.refusal().clone()) }
    }
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let path = request.uri().path().to_owned();
        let (mut parts, body) = request.into_parts();
        let person = <Person as FromRequestParts<Arc<App>>>::from_request_parts(&mut parts, app).await;
        let person = person.map_err(Nobody::into_response)?;
        let typed = read(Request::from_parts(parts, body), app).await.map_err(IntoResponse::into_response)?;
        let once = once(&person.caller.party.to_string(), &path, &typed);
        Ok(Self { ask: Ask { caller: person.caller, once }, person, typed })
    }
}

/// A form of somebody who is not signed in.
pub struct OpenForm {
    /// What they typed.
    pub typed: Typed,
    /// One showing of it counts once.
    pub once: Option<Once>,
}

impl FromRequest<Arc<App>> for OpenForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        let typed = read(request, app).await?;
        Ok(Self { once: once(typed.get(TOKEN), &path, &typed), typed })
    }
}

/// What was typed, if a page of ours asked for it.
async fn read(request: Request, app: &Arc<App>) -> Result<Typed, Problem> {
    let headers = request.headers().clone();
    let typed = Typed::parse(&body_of(request, app, app.settings.limits.body_bytes_max).await?);
    known(&headers, typed.get(TOKEN))?;
    Ok(typed)
}

/// Refuses what another site has a browser send: it cannot know the token.
pub fn known(headers: &HeaderMap, token: &str) -> Result<(), Refusal> {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let ours = site.is_none_or(|site| ["same-origin", "none"].contains(&site));
    if ours && session::token(headers).is_some_and(|right| right == token) {
        return Ok(());
    }
    let message =
        "this form is of another session, so nothing was done: send it again from a page of this one";
    Err(Refusal::new(Code::FormExpired, message))
}

/// One showing of a form counts once for whoever sends it, however often its button is
/// pressed.
fn once(who: &str, path: &str, typed: &Typed) -> Option<Once> {
    let showing = typed.get(SHOWING);
    if showing.is_empty() || showing.len() > 64 {
        return None;
    }
    let key = Sha256::digest(format!("{who}\nform {path}\n{showing}"));
    let said = typed.0.iter().filter(|(name, _)| *name != TOKEN);
    let body = Sha256::digest(serde_json::to_vec(&said.collect::<Vec<_>>()).unwrap_or_default());
    Some(Once { key: hex::encode(key), body_hash: body.to_vec() })
}

/// A form that was refused, to be shown again.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Which form of the page.
    pub form: &'static str,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong.
    pub refusal: Option<Refusal>,
}

impl Attempt {
    /// No attempt: a page as it is first shown.
    pub fn none() -> Self {
        Self::default()
    }

    /// What the form is called on its page.
    pub fn id(&self) -> String {
        match self.typed.get(OF) {
            "" => self.form.into(),
            thing => format!("{}-{thing}", self.form),
        }
    }

    /// A form of the page: filled in again if it was this one.
    pub fn sheet(&self, token: &str, name: &'static str, action: impl Into<String>) -> Sheet {
        let own = self.form == name;
        Sheet {
            name,
            action: action.into(),
            token: token.into(),
            of: String::new(),
            showing: hex::encode(&crate::clock::random_32()[..12]),
            typed: if own { self.typed.clone() } else { Typed::default() },
            fresh: !own,
            refusal: self.refusal.clone().filter(|_| own),
        }
    }
}

/// A form on a page.
#[derive(Clone, Debug)]
pub struct Sheet {
    name: &'static str,
    of: String,
    action: String,
    token: String,
    showing: String,
    typed: Typed,
    fresh: bool,
    refusal: Option<Refusal>,
}

impl Sheet {
    /// One of several forms of a kind on a page: the one for this thing.
    #[must_use]
    pub fn of(mut self, thing: &str) -> Self {
        if self.typed.get(OF) != thing {
            (self.typed, self.fresh, self.refusal) = (Typed::default(), true, None);
        }
        self.of = thing.into();
        self
    }

    /// What the form is called on its page.
    fn id(&self) -> String {
        if self.of.is_empty() { self.name.into() } else { format!("{}-{}", self.name, self.of) }
    }

    /// With this in a field, as long as nobody typed anything else.
    #[must_use]
    pub fn filled(mut self, name: &str, value: impl Into<String>) -> Self {
        if self.fresh {
            self.typed.0.insert(name.into(), vec![value.into()]);
        }
        self
    }

    /// What begins the form: the tag, what it carries, what is wrong with it.
    pub fn open(&self) -> Opening<'_> {
        Opening { sheet: self, kind: "application/x-www-form-urlencoded", class: "" }
    }

    /// The same for a form that is one button among text.
    pub fn open_inline(&self) -> Opening<'_> {
        Opening { class: "inline", ..self.open() }
    }

    /// The same for a form with a file.
    pub fn open_with_files(&self) -> Opening<'_> {
        Opening { kind: "multipart/form-data", ..self.open() }
    }

    /// A line of text.
    pub fn line<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { sheet: self, name, label, kind: "text", ..Field::plain(self) }
    }

    /// An amount of money.
    pub fn amount<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { mode: "decimal", class: "short", ..self.line(name, label) }
    }

    /// A whole number.
    pub fn number<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { mode: "numeric", class: "short", ..self.line(name, label) }
    }

    /// An e-mail address.
    pub fn email<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { kind: "email", complete: "email", ..self.line(name, label) }
    }

    /// A password; never shown again.
    pub fn password<'s>(&'s self, name: &'s str, label: &'s str, complete: &'s str) -> Field<'s> {
        Field { kind: "password", complete, ..self.line(name, label) }
    }

    /// A day.
    pub fn date<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { kind: "date", ..self.line(name, label) }
    }

    /// A text of several lines.
    pub fn area<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { kind: "area", rows: 5, ..self.line(name, label) }
    }

    /// A box to tick.
    pub fn tick<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { kind: "tick", ..self.line(name, label) }
    }

    /// A file.
    pub fn file<'s>(&'s self, name: &'s str, label: &'s str) -> Field<'s> {
        Field { kind: "file", ..self.line(name, label) }
    }

    /// One of several: values and what they are called.
    pub fn choice<'s>(
        &'s self,
        name: &'s str,
        label: &'s str,
        options: &'s [(&'s str, &'s str)],
    ) -> Field<'s> {
        Field { kind: "choice", options, ..self.line(name, label) }
    }

    /// Where it is said that none of the buttons by which a form decides was pressed. Such a
    /// form has no field of one line: the key that ends a line there presses its first button.
    pub fn decision<'s>(&'s self, name: &'s str) -> Field<'s> {
        Field { kind: "decision", ..self.line(name, "") }
    }

    /// A value that is carried along.
    pub fn carried<'s>(&'s self, name: &'s str) -> Field<'s> {
        Field { kind: "hidden", ..self.line(name, "") }
    }

    /// What is in a field.
    pub fn value(&self, name: &str) -> &str {
        self.typed.get(name)
    }

    /// What was refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// What is wrong with a field.
    pub fn wrong(&self, name: &str) -> Option<&str> {
        let refusal = self.refusal.as_ref()?;
        let field = refusal.field.as_deref()?;
        let rest = field.strip_prefix(name)?;
        if rest.is_empty() {
            // Beside its field a message need not name it.
            let said = refusal.message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
            return Some(said.unwrap_or(&refusal.message));
        }
        rest.starts_with(['[', '.']).then_some(refusal.message.as_str())
    }
}

/// What begins a form.
#[derive(Template)]
#[template(path = "parts/opening.html")]
pub struct Opening<'s> {
    sheet: &'s Sheet,
    kind: &'static str,
    class: &'static str,
}

impl HtmlSafe for Opening<'_> {}

/// A field with its label, its hint and what is wrong with it.
#[derive(Template)]
#[template(path = "parts/field.html")]
pub struct Field<'s> {
    sheet: &'s Sheet,
    name: &'s str,
    label: &'s str,
    kind: &'s str,
    mode: &'s str,
    class: &'s str,
    complete: &'s str,
    hint: &'s str,
    rows: u8,
    needed: bool,
    exact: bool,
    options: &'s [(&'s str, &'s str)],
    words: &'s [String],
}

impl HtmlSafe for Field<'_> {}

impl<'s> Field<'s> {
    const fn plain(sheet: &'s Sheet) -> Self {
        Self {
            sheet,
            name: "",
            label: "",
            kind: "text",
            mode: "",
            class: "",
            complete: "off",
            hint: "",
            rows: 0,
            needed: false,
            exact: false,
            options: &[],
            words: &[],
        }
    }

    /// What helps to fill it in.
    #[must_use]
    pub const fn hint(mut self, hint: &'s str) -> Self {
        self.hint = hint;
        self
    }

    /// Without it the form is refused.
    #[must_use]
    pub const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// One of these as well, which are called as they are.
    #[must_use]
    pub const fn or_words(mut self, words: &'s [String]) -> Self {
        self.words = words;
        self
    }

    /// What is wrong with a part of it is said beside the field of that part.
    #[must_use]
    pub const fn without_its_parts(mut self) -> Self {
        self.exact = true;
        self
    }

    /// Lines of a text that are seen at once.
    #[must_use]
    pub const fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// What a browser may fill in by itself.
    #[must_use]
    pub const fn complete(mut self, what: &'s str) -> Self {
        self.complete = what;
        self
    }

    fn id(&self) -> String {
        format!("{}-{}", self.sheet.id(), self.name)
    }

    fn value(&self) -> &str {
        self.sheet.value(self.name)
    }

    fn wrong(&self) -> Option<&str> {
        let field = self.sheet.refusal().and_then(|refusal| refusal.field.as_deref());
        self.sheet.wrong(self.name).filter(|_| !self.exact || field == Some(self.name))
    }

    /// The ids of what describes it, for those who hear the page.
    fn described(&self) -> String {
        let id = self.id();
        let hint = (!self.hint.is_empty()).then(|| format!("{id}-hint"));
        let wrong = self.wrong().map(|_| format!("{id}-wrong"));
        [wrong, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
