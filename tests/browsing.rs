//! A browser without scripts, as far as forms need one: it keeps its cookie, goes where it
//! is sent, and sends a form with everything that is in it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};

use crate::browser::PASSWORD;
use crate::house::{Actor, House};

/// A browser, and what it keeps of whoever uses it.
pub(crate) struct Browser {
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
    base_url: String,
}

/// A page it was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where it is sent on to.
    pub(crate) place: String,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// What is in a form, in its order.
pub(crate) type Filled = Vec<(String, String)>;

impl Browser {
    /// Nobody's, so far.
    pub(crate) fn open(base_url: &str) -> Self {
        assay::gateways::prepare_tls();
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { client, cookies: Mutex::default(), base_url: base_url.to_owned() }
    }

    /// One that has the actor's key.
    pub(crate) fn of(actor: &Actor) -> Self {
        let browser = Self::open(&actor.base_url);
        browser.keep([("assay_session".to_owned(), actor.key.clone())].into());
        browser
    }

    /// One in which a person signed in.
    pub(crate) async fn signed_in(house: &House, email: &str) -> Self {
        let browser = Self::open(&house.base_url);
        let sent = browser.fills("/sign-in", "/sign-in", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        browser
    }

    /// What it keeps.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has it keep this, and nothing else.
    pub(crate) fn keep(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().unwrap_or_else(PoisonError::into_inner) = cookies;
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies();
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base_url));
        request.header("Cookie", cookies.join("; "))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Page {
        let response = request.header("Accept", "text/html").send().await.expect("an answer");
        let mut cookies = self.cookies();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            cookies.extend(pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        self.keep(cookies);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let html = response.text().await.expect("a page");
        let mut page = Page { status, place: String::new(), headers, html };
        page.place = page.header("location").to_owned();
        page
    }

    pub(crate) async fn goes(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form of a page of this place, as browsers say with each of them.
    pub(crate) async fn sends(&self, path: &str, filled: &Filled) -> Page {
        let request = self.request(Method::POST, path).header("Origin", &self.base_url);
        self.send(request.form(filled)).await
    }

    /// Sends fields with the token of a page, whatever else its forms hold.
    pub(crate) async fn fills(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.goes(page).await.token();
        self.sends(action, &with(&vec![("_token".to_owned(), token)], fields)).await
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The token of its forms.
    pub(crate) fn token(&self) -> String {
        let tag = tags(&self.html).find(|(tag, _)| tag.contains(" name=\"_token\""));
        tag.and_then(|(tag, _)| attribute(tag, "value")).unwrap_or_default()
    }

    /// A page that must have come.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.html);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not on the page: {}", self.text());
    }

    /// The page's text as it is read.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for part in self.html.split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        }
        unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The values of an attribute, wherever it stands.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        tags(&self.html).filter_map(|(tag, _)| attribute(tag, name)).collect()
    }

    /// What is in the form of this id, as a browser would send it.
    #[track_caller]
    pub(crate) fn form(&self, id: &str) -> Filled {
        let start = format!("id=\"{id}\" enctype");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("no form {id}: {}", self.html));
        let (form, _) = rest.split_once("</form>").expect("an end");
        let mut filled = Filled::new();
        let mut select = None;
        for (tag, after) in tags(form) {
            let value = || attribute(tag, "value").unwrap_or_default();
            let name = attribute(tag, "name");
            match (tag.split_whitespace().next().unwrap_or_default(), name) {
                ("input", Some(name)) if !tag.contains("checkbox") || tag.contains(" checked") => {
                    filled.push((name, value()));
                }
                ("textarea", Some(name)) => {
                    let typed = unescaped(after);
                    filled.push((name, typed.strip_prefix('\n').unwrap_or(&typed).to_owned()));
                }
                ("select", name) => select = name,
                ("option", _) => {
                    let Some(name) = &select else { continue };
                    let known = filled.iter().position(|(other, _)| other == name);
                    match known {
                        None => filled.push((name.clone(), value())),
                        Some(at) if tag.contains(" selected") => filled[at].1 = value(),
                        Some(_) => {}
                    }
                }
                ("/select", _) => select = None,
                _ => {}
            }
        }
        filled
    }
}

/// Every tag with the text after it.
fn tags(html: &str) -> impl Iterator<Item = (&str, &str)> {
    html.split('<').skip(1).filter_map(|part| part.split_once('>'))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescaped(value))
}

fn unescaped(text: &str) -> String {
    let known = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    known.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A form with some fields typed over.
pub(crate) fn with(filled: &Filled, typed: &[(&str, &str)]) -> Filled {
    let mut all = filled.clone();
    for (name, value) in typed {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => (*value).clone_into(old),
            None => all.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    all
}
