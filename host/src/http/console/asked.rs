//! What the address of a page asks for: filters, and where a list goes on.

use std::collections::HashMap;
use std::convert::Infallible;

use assay_domain::refusal::Refusal;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use url::form_urlencoded;

use super::super::commission::query_text;
use super::form::{Attempt, Typed};

/// A page's query. What is empty was not asked for: a form sends every field it has.
#[derive(Clone, Debug, Default)]
pub struct Asked(pub HashMap<String, String>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let given = pairs.filter(|(_, value)| !value.trim().is_empty());
        Ok(Self(given.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }
}

impl Asked {
    /// A text; empty when it was not asked for.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A text that the database may be asked for.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        query_text(&self.0, name)
    }

    /// Where the list goes on.
    pub fn cursor(&self) -> Result<Option<&str>, Refusal> {
        self.text("cursor")
    }

    /// What was just done.
    pub fn done(&self) -> &str {
        self.get("done")
    }

    /// The address of another page with the same filters.
    pub fn link(&self, path: &str) -> String {
        self.linked(path, None)
    }

    /// The address of the list's next page, where it goes on.
    pub fn older(&self, path: &str, next: Option<&str>) -> Option<String> {
        next.map(|next| self.linked(path, Some(next)))
    }

    fn linked(&self, path: &str, cursor: Option<&str>) -> String {
        let mut kept: Vec<(&str, &str)> =
            self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        kept.retain(|(name, _)| !["cursor", "done"].contains(name));
        kept.sort_unstable();
        kept.extend(cursor.map(|cursor| ("cursor", cursor)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The filters as a form that is shown again.
    pub fn attempt(&self, form: &'static str, refusal: Option<Refusal>) -> Attempt {
        let mut typed = Typed::default();
        for (name, value) in &self.0 {
            typed.add(name.clone(), value.clone());
        }
        Attempt { form, typed, refusal }
    }
}
