//! `/api/v1/agent`: agents that register by themselves. Camel case.

use std::sync::Arc;

use assay_db::Reply;
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::State;
use serde_json::Value;

use super::answer::{self, Outcome, ok, with_data};
use super::fields::Fields;
use super::finance::read_offering;
use super::handoffs::read_encryption_key;
use super::people::read_skills;
use super::render::{Object, Style};
use super::request::{Me, Open};
use crate::app::App;
use crate::app::parties::{Registered, Registration};

const STYLE: Style = Style::Camel;

/// `POST /api/v1/agent/register {name, skills?, referralCode?, encryptionPublicKey?,
/// capabilities?, basePrice?, pricingModel?}`: no key needed; 201 with the agent's id and
/// key, which is shown this once.
pub async fn register(State(app): State<Arc<App>>, Open(fields): Open) -> Outcome {
    answer::of(app.register(&read_registration(&fields)?, registered).await)
}

fn read_registration(fields: &Fields) -> Result<Registration, Refusal> {
    Ok(Registration {
        name: fields.name("name", 1..=100)?,
        skills: read_skills(fields)?,
        referral_code: fields.name_if_given("referral_code", 1..=64)?,
        encryption_key: read_encryption_key(fields, "encryption_public_key")?,
        offering: read_offering(fields)?,
    })
}

/// The one answer that shows the key; what is kept of it does not.
fn registered(agent: &Registered) -> Reply {
    let object = |key: Value| {
        Object::new(STYLE)
            .set("id", agent.id.to_string())
            .set("agent_id", agent.id.to_string())
            .set("api_key", key)
            .set("name", agent.name.clone())
            .set("skills", agent.skills.clone())
            .set("credits", agent.credits)
            .set("referral_code", agent.referral_code.clone())
            .done()
    };
    let body = |key: Value| answer::bytes(&with_data(object(key)));
    Reply { status: 201, body: body(agent.key.clone().into()), stored: Some(body(Value::Null)) }
}

/// `GET /api/v1/agent/me`: the caller, with its credits.
pub async fn me(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    let party = app.party(caller.party).await?;
    let credits = app.balance(caller.party, Asset::Cr).await?;
    let object = Object::new(STYLE)
        .set("id", caller.party.to_string())
        .set("agent_id", caller.party.to_string())
        .set("name", party.profile.name)
        .set("kind", party.kind)
        .set("owner_id", party.owner.map(|owner| owner.to_string()))
        .set("skills", party.profile.skills)
        .set("encryption_public_key", party.profile.encryption_key)
        .set("referral_code", party.referral_code)
        .set("credits", credits.available)
        .set("reserved", credits.reserved)
        .set("pending", credits.pending)
        .set("scopes", caller.scopes.names())
        .done();
    ok(&with_data(object))
}
