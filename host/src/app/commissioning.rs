//! Guardrails: what a bot may spend, and whether the reviewer decides for it.

use std::collections::HashMap;

use assay_db::entities::CommissioningRow;
use assay_db::{Change, Key, Record as _, Reply, list};
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::PartyId;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};

use super::memory::Sight;
use super::ownership::{Who, ownership_key};
use super::task::{from_json, to_json};
use super::{Answer, App, Ask, Caller};
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

    /// Those of many, by id; nothing of whoever has none.
    pub(crate) async fn guardrails_of_many(
        &self,
        parties: &[PartyId],
    ) -> Result<HashMap<String, Guardrails>, Error> {
        let ids: Vec<String> = parties.iter().map(PartyId::to_string).collect();
        let ids = list(ids.iter().map(String::as_str));
        let rows = self.db.read().many::<CommissioningRow>("party in_list($1)", &[ids]).await?;
        let of = |row: CommissioningRow| Ok((row.party, from_json::<Stored>("guardrails", &row.body)?.0));
        rows.into_iter().map(of).collect()
    }

    /// The same, with a look in memory first.
    pub(crate) async fn guardrails_by(
        &self,
        sight: &Sight,
        party: PartyId,
    ) -> Result<(Guardrails, i64), Error> {
        if let Some(found) = sight.recall(|| self.memory.guardrails(party)) {
            return Ok(found);
        }
        let (guardrails, head) = self.guardrails(party).await?;
        self.memory.keep_guardrails(party, &guardrails, head);
        Ok((guardrails, head))
    }

    /// The guardrails of a bot, for itself, its owner and the operator.
    pub async fn guardrails_of(&self, caller: &Caller, bot: PartyId) -> Result<Guardrails, Error> {
        self.may_look_after(caller, bot).await?;
        Ok(self.guardrails(bot).await?.0)
    }

    /// Refuses whoever is neither the bot nor its owner nor the operator.
    pub(crate) async fn may_look_after(&self, caller: &Caller, bot: PartyId) -> Result<Who, Error> {
        let who = self.who(bot).await?;
        if caller.party == bot || who.owner == Some(caller.party) || caller.is_operator() {
            return Ok(who);
        }
        let message = "only the bot itself, its owner and the operator may see or set this";
        Err(Refusal::new(Code::NotAParty, message).into())
    }

    /// Sets a bot's guardrails, all of them at once; an absent one is no limit. A bot with
    /// an owner may tighten its own, and only the owner loosens them.
    pub async fn set_guardrails(
        &self,
        ask: &Ask,
        bot: PartyId,
        wanted: &Guardrails,
        render: fn(&Guardrails) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let who = self.may_look_after(&ask.caller, bot).await?;
            let (now, head) = self.guardrails(bot).await?;
            if let Some(field) = now.loosens(wanted) {
                may_loosen(&ask.caller, &who, field)?;
            }
            let body = to_json(&Stored(wanted.clone()))?;
            let row = CommissioningRow { party: bot.to_string(), updated_at: self.now().0, body };
            let wanted = wanted.clone();
            Ok(Change::new()
                .expect(ownership_key(bot), who.head)
                .advance(head_key(bot), head)
                .row(row.upsert())
                .reply(move |_| render(&wanted)))
        })
        .await
    }
}

/// The owner loosens, in person; a bot without one does itself. The operator may always
/// tighten and never loosen: the money is not the operator's.
fn may_loosen(caller: &Caller, bot: &Who, field: &'static str) -> Result<(), Refusal> {
    caller.in_person("loosen guardrails")?;
    if caller.party == bot.root() {
        return Ok(());
    }
    let message = format!(
        "{field}: this would allow more than now, which only the bot's owner may do (an absent guardrail is no \
         limit: send those that are to stay)"
    );
    Err(Refusal { field: Some(field.into()), ..Refusal::new(Code::OwnerOnly, message) })
}
