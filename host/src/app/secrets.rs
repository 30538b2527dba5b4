//! Protected fields. The publisher keeps the clear text; this house keeps ciphertext:
//! the publisher's own, and for each agent it grants access to, a bundle made for that
//! agent's key.

use assay_db::entities::packages::SecretRequestRow;
use assay_db::{Change, Key, NewEvent, Record as _, Reply};
use assay_domain::ids::{PartyId, SecretRequestId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::task::{Protected, Task, from_json, to_json};
use super::tasks::Eyes;
use super::turn::Visibility;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// An agent's request for the protected fields of its task.
#[derive(Clone, Debug)]
pub struct SecretRequest {
    /// Which.
    pub id: SecretRequestId,
    /// Of which task.
    pub task: TaskId,
    /// Who asks.
    pub agent: PartyId,
    /// `pending` or `granted`.
    pub status: String,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it was granted.
    pub granted_at: Option<Timestamp>,
    /// The rest.
    pub body: Body,
}

/// What is kept of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The agent's public key, as it was when it asked: what the publisher encrypts to.
    pub public_key: Value,
    /// What the publisher granted: one JWE, or one a field by name.
    pub bundle: Option<Value>,
}

/// What an agent was granted, with the fields it is for.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The request it answers.
    pub request: SecretRequest,
    /// The protected fields as the publisher posted them.
    pub fields: Vec<Protected>,
}

/// The head of all requests for a task's protected fields.
fn secrets_key(task: TaskId) -> Key {
    Key::head("secrets", task)
}

impl App {
    /// The public key that secrets for a party are encrypted to, if it registered one.
    pub async fn encryption_key(&self, party: PartyId) -> Result<Option<Value>, Error> {
        Ok(self.party(party).await?.profile.encryption_key)
    }

    /// Asks for the protected fields of the task one does. Refusals, in this order: not
    /// the task's worker; over; nothing protected; no key registered; a request pending.
    pub async fn request_secrets(
        &self,
        ask: &Ask,
        id: TaskId,
        render: fn(&SecretRequest) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let agent = ask.caller.party;
            let head = self.db.read().cell(&secrets_key(id)).await?;
            let task = self.task(id).await?;
            let earlier = self.requests_of(id).await?;
            let public_key = self.encryption_key(agent).await?;
            may_request(&task, agent, &earlier)?;
            let public_key = public_key.ok_or_else(|| {
                let message = "register a public key first: PUT /api/v1/agent/encryption-key";
                Refusal::new(Code::Conflict, message)
            })?;
            let most = self.settings.limits.secret_requests_per_task_max;
            if earlier.len() >= most {
                let message = format!("the task has {most} requests, which is the most it takes");
                return Err(Refusal::new(Code::Conflict, message).into());
            }
            let request = SecretRequest {
                id: SecretRequestId(self.clock.id()),
                task: id,
                agent,
                status: "pending".into(),
                created_at: self.now(),
                granted_at: None,
                body: Body { public_key, bundle: None },
            };
            let change = Change::new()
                .advance(secrets_key(id), head)
                .expect(Task::head_key(id), task.head)
                .row(request.to_row()?.insert())
                .event(told(&request, "secrets.requested")?);
            Ok(change.reply(move |_| render(&request)))
        })
        .await
    }

    /// The requests for a task's protected fields, oldest first: all of them for its
    /// poster, its worker's own for its worker.
    pub async fn secret_requests(&self, caller: &Caller, id: TaskId) -> Result<Vec<SecretRequest>, Error> {
        let task = self.task_of_party(caller, id).await?;
        let eyes = self.eyes(caller, &task).await?;
        let all = self.requests_of(id).await?;
        let seen = |one: &SecretRequest| eyes == Eyes::Poster || Some(one.agent) == task.worker;
        Ok(all.into_iter().filter(seen).collect())
    }

    /// The publisher grants a request: the bundle is for the agent's eyes alone.
    pub async fn grant_secrets(
        &self,
        ask: &Ask,
        (task, id): (TaskId, SecretRequestId),
        bundle: &Value,
        render: fn(&SecretRequest) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let head = self.db.read().cell(&secrets_key(task)).await?;
            let task = self.task(task).await?;
            if task.poster != ask.caller.party {
                let message = "only the task's publisher grants its protected fields";
                return Err(Refusal::new(Code::NotAParty, message).into());
            }
            let all = self.requests_of(task.id).await?;
            let found = all.into_iter().find(|one| one.id == id);
            let mut request = found.ok_or_else(|| Refusal::not_found("secret request"))?;
            if request.status != "pending" {
                return Err(Refusal::new(Code::Conflict, "the request was granted already").into());
            }
            names_fields(bundle, &task.spec.protected)?;
            request.status = "granted".into();
            request.granted_at = Some(self.now());
            request.body.bundle = Some(bundle.clone());
            let change = Change::new()
                .advance(secrets_key(task.id), head)
                .row(request.to_row()?.upsert())
                .event(told(&request, "secrets.granted")?);
            Ok(change.reply(move |_| render(&request)))
        })
        .await
    }

    /// What the caller was granted last of a task's protected fields.
    pub async fn secret_bundle(&self, caller: &Caller, id: TaskId) -> Result<Granted, Error> {
        let task = self.task(id).await?;
        let mine = |one: &SecretRequest| one.agent == caller.party && one.status == "granted";
        let last = self.requests_of(id).await?.into_iter().rfind(mine);
        let request = last.ok_or_else(|| {
            let message = "nothing of this task's protected fields was granted to you";
            Refusal::new(Code::NotGranted, message)
        })?;
        Ok(Granted { request, fields: task.spec.protected.clone() })
    }

    async fn requests_of(&self, task: TaskId) -> Result<Vec<SecretRequest>, Error> {
        let values = [task.to_string().into()];
        let rows = self.db.read().many::<SecretRequestRow>("task = $1 order by id", &values).await?;
        rows.iter().map(SecretRequest::from_row).collect()
    }
}

fn may_request(task: &Task, agent: PartyId, earlier: &[SecretRequest]) -> Result<(), Refusal> {
    if task.worker != Some(agent) {
        let message = "only the agent that claimed the task may ask for its protected fields";
        return Err(Refusal::new(Code::NotAssigned, message));
    }
    if task.state.is_final() {
        let message = format!("the task is {}: its protected fields are closed", task.state.word());
        return Err(Refusal::new(Code::WrongStatus, message));
    }
    if task.spec.protected.is_empty() {
        return Err(Refusal::new(Code::Conflict, "the task has no protected fields"));
    }
    if earlier.iter().any(|one| one.agent == agent && one.status == "pending") {
        return Err(Refusal::new(Code::Conflict, "your request is pending already"));
    }
    Ok(())
}

/// A bundle by name speaks of the task's protected fields and of nothing else.
fn names_fields(bundle: &Value, fields: &[Protected]) -> Result<(), Refusal> {
    let Value::Object(parts) = bundle else { return Ok(()) };
    let unknown = parts.keys().find(|name| !fields.iter().any(|field| field.name == **name));
    unknown.map_or(Ok(()), |name| {
        Err(Refusal::field("bundle", format!("{name:?} is none of the task's protected fields")))
    })
}

fn told(request: &SecretRequest, kind: &str) -> Result<NewEvent, Error> {
    let facts = json!({ "request_id": request.id.to_string(), "agent": request.agent.to_string() });
    Ok(NewEvent {
        subject: Task::subject(request.task),
        kind: kind.into(),
        visibility: Visibility::Parties.as_str().into(),
        body: to_json(&facts)?,
    })
}

impl SecretRequest {
    fn to_row(&self) -> Result<SecretRequestRow, Error> {
        Ok(SecretRequestRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            agent: self.agent.to_string(),
            status: self.status.clone(),
            created_at: self.created_at.0,
            granted_at: self.granted_at.map(|at| at.0),
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &SecretRequestRow) -> Result<Self, Error> {
        let impossible =
            |what: &str| Error::Internal(format!("secret request {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            agent: row.agent.parse().map_err(|_| impossible("agent"))?,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            granted_at: row.granted_at.map(Timestamp),
            body: from_json("secret request", &row.body)?,
        })
    }
}
