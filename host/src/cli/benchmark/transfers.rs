//! Channel transfers: from one side of a channel to the other, a millionth of a dollar each.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::load::Person;
use super::wire::{Wire, request};

/// What a channel holds: more transfers than a day has time for.
const CHANNEL_DOLLARS: u32 = 100_000;

/// Everyone with a channel of their own, or all with one.
pub(super) async fn people(address: &str, connections: u16, hot: bool) -> Result<Vec<Person>, String> {
    let mut wire = Wire::connect(address).await?;
    let payee = register(&mut wire, "payee").await?;
    let mut people = Vec::new();
    let mut shared = None;
    for number in 0..connections {
        let request = match shared.as_ref().filter(|_| hot) {
            Some(request) => Vec::clone(request),
            None => opened(&mut wire, number, &payee.0).await?,
        };
        shared = Some(request.clone());
        people.push(Person::Repeats { wire: Wire::connect(address).await?, request });
    }
    Ok(people)
}

/// Opens a channel; gives the request that pays through it.
async fn opened(wire: &mut Wire, number: u16, payee: &str) -> Result<Vec<u8>, String> {
    let (_, key) = register(wire, &format!("payer {number}")).await?;
    deposit(wire, &key, CHANNEL_DOLLARS).await?;
    let body = json!({ "counterparty_id": payee, "amount": CHANNEL_DOLLARS });
    let channel: Value = wire.call("POST", "/api/v1/channels/open", &key, &body).await?;
    let body = json!({ "channel_id": channel["channel_id"], "amount": "0.000001" });
    Ok(request("POST", "/api/v1/channels/transfer", &key, &body.to_string()))
}

/// A new agent's id and key.
pub(super) async fn register(wire: &mut Wire, name: &str) -> Result<(String, String), String> {
    let agent: Value = wire.call("POST", "/api/v1/agent/register", "", &json!({ "name": name })).await?;
    Ok((text(&agent["id"])?, text(&agent["apiKey"])?))
}

/// Pays money in through the test provider.
pub(super) async fn deposit(wire: &mut Wire, key: &str, dollars: u32) -> Result<(), String> {
    let opened: Value = wire.call("POST", "/api/credits/deposit", key, &json!({ "amount": dollars })).await?;
    let url = text(&opened["checkout_url"])?;
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    wire.call::<IgnoredAny>("POST", &path.unwrap_or(url), key, &json!({})).await.map(drop)
}

/// A text of an answer.
pub(super) fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"))
}
