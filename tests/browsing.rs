//! A browser without scripts, as far as forms need one: it keeps its cookie, goes where it
//! is sent, and sends a form with everything that is in it.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};

use crate::house::Actor;

/// A browser in which somebody is signed in.
pub(crate) struct Browser {
    client: Client,
    cookie: String,
    base_url: String,
}

/// A page it was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where it is sent on to.
    pub(crate) place: String,
    pub(crate) html: String,
}

/// What is in a form, in its order.
pub(crate) type Filled = Vec<(String, String)>;

impl Browser {
    /// One that has the actor's key.
    pub(crate) fn of(actor: &Actor) -> Self {
        assay::gateways::prepare_tls();
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = format!("assay_session={}", actor.key);
        Self { client, cookie, base_url: actor.base_url.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base_url));
        request.header("Cookie", &self.cookie)
    }

    async fn send(request: RequestBuilder) -> Page {
        let response = request.header("Accept", "text/html").send().await.expect("an answer");
        let place = response.headers().get("location").map(|place| place.to_str().expect("text").to_owned());
        let status = response.status().as_u16();
        let html = response.text().await.expect("a page");
        Page { status, place: place.unwrap_or_default(), html }
    }

    pub(crate) async fn goes(&self, path: &str) -> Page {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn sends(&self, path: &str, filled: &Filled) -> Page {
        Self::send(self.request(Method::POST, path).form(filled)).await
    }
}

impl Page {
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
