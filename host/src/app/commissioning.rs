//! Guardrails: what a bot may spend, and whether the reviewer decides for it.

use assay_db::entities::CommissioningRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::PartyId;
use serde::{Deserialize, Serialize};

use super::task::{from_json, to_json};
use super::{Answer, App, Ask};
use crate::error::Error;

/// How [`Guardrails`] are stored: the domain itself reads and writes nothing.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Guardrails")]
struct GuardrailsForm {
    enabled: bool,
    max_task_budget: Option<i64>,
    max_daily_spend: Option<i64>,
    max_open_tasks: Option<i64>,
    allowed_categories: Option<Vec<String>>,
    require_human_approval_above: Option<i64>,
    auto_review: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored(#[serde(with = "GuardrailsForm")] Guardrails);

/// The head that posting expects and setting moves, so that no post slips past a limit
/// that was just tightened.
pub(crate) fn head_key(party: PartyId) -> Key {
    Key::head("guardrails", party)
}

impl App {
    /// The guardrails of a party, and the head they were read at.
    pub async fn guardrails(&self, party: PartyId) -> Result<(Guardrails, i64), Error> {
        let read = self.db.read();
        let head = read.cells(&[head_key(party)]).await?[0];
        let row = read.one::<CommissioningRow>("party = $1", &[party.to_string().into()]).await?;
        let guardrails = match row {
            Some(row) => from_json::<Stored>("guardrails", &row.body)?.0,
            None => Guardrails::default(),
        };
        Ok((guardrails, head))
    }

    /// Sets the caller's own guardrails, all of them at once.
    pub async fn set_guardrails(
        &self,
        ask: &Ask,
        wanted: &Guardrails,
        render: fn(&Guardrails) -> Reply,
    ) -> Result<Answer, Error> {
        let party = ask.caller.party;
        self.settle(ask.once.as_ref(), || async move {
            let (_, head) = self.guardrails(party).await?;
            let body = to_json(&Stored(wanted.clone()))?;
            let row = CommissioningRow { party: party.to_string(), updated_at: self.now().0, body };
            let wanted = wanted.clone();
            Ok(Change::new().advance(head_key(party), head).row(row.upsert()).reply(move |_| render(&wanted)))
        })
        .await
    }
}
