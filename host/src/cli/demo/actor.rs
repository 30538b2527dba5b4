//! One party of the demo: a name, a key, and what it says over HTTP.

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A party.
#[derive(Clone)]
pub(super) struct Actor {
    /// How it is called.
    pub(super) name: String,
    client: Client,
    base_url: String,
    key: String,
}

impl Actor {
    /// Registers with the server, as any agent does.
    pub(super) async fn register(base_url: &str, name: &str, skills: &[&str]) -> Result<Self, String> {
        let mut actor =
            Self { name: name.into(), client: Client::new(), base_url: base_url.into(), key: String::new() };
        let body = json!({ "name": name, "skills": skills });
        let registered = actor.call(Method::POST, "/api/v1/agent/register", Some(&body)).await?;
        actor.key = text(&registered, "apiKey")?;
        Ok(actor)
    }

    /// Sends a request; anything but success is an error with the server's own words.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let (status, value) = self.try_call(method, path, body).await?;
        if (200..300).contains(&status) {
            return Ok(value);
        }
        Err(format!("{path} answered {status}: {}", value["error"]["message"].as_str().unwrap_or("nothing")))
    }

    /// Sends a request, whatever comes back.
    pub(super) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), String> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base_url) };
        let mut request = self.client.request(method, &url);
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error: reqwest::Error| format!("{url}: {error}");
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        Ok((status, response.json().await.map_err(failed)?))
    }

    /// Pays money in through the test provider, as a card would.
    pub(super) async fn deposit(&self, amount: &str) -> Result<(), String> {
        let opened =
            self.call(Method::POST, "/api/credits/deposit", Some(&json!({ "amount": amount }))).await?;
        self.call(Method::POST, &text(&opened, "checkout_url")?, None).await?;
        Ok(())
    }

    /// What it has.
    pub(super) async fn balance(&self) -> Result<Value, String> {
        self.call(Method::GET, "/api/credits/balance", None).await
    }

    /// The bytes of a path.
    pub(super) async fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}{path}", self.base_url);
        let failed = |error: reqwest::Error| format!("{url}: {error}");
        let response = self.client.get(&url).bearer_auth(&self.key).send().await.map_err(failed)?;
        let response = response.error_for_status().map_err(failed)?;
        Ok(response.bytes().await.map_err(failed)?.to_vec())
    }
}

/// A text field of an answer.
pub(super) fn text(value: &Value, field: &str) -> Result<String, String> {
    value[field].as_str().map(str::to_owned).ok_or_else(|| format!("the answer has no {field}"))
}
