//! Handoffs: credentials that a person gives to a program, with fewer scopes, an end,
//! and a budget of their own.

use assay_db::entities::people::KeyRow;
use assay_db::{Record as _, Reply};
use assay_domain::ids::{KeyId, Timestamp};

use super::access::{Means, NewKey, Scopes};
use super::spending::handoff_spent_key;
use super::tasks::Page;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A handoff somebody wants.
#[derive(Clone, Debug)]
pub struct HandOff {
    /// What they call it.
    pub label: String,
    /// What it is to open.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it may spend in its life, fees included, in millionths of a dollar; a credit
    /// counts as a dollar.
    pub spend_max: i64,
}

/// A handoff and what it has spent, in millionths of a dollar.
#[derive(Clone, Debug)]
pub struct Handoff {
    /// Its key.
    pub row: KeyRow,
    /// Gross: what came back is not taken off.
    pub spent: i64,
}

impl App {
    /// Makes a handoff. Its secret is shown this once.
    pub async fn hand_off(
        &self,
        ask: &Ask,
        wanted: &HandOff,
        render: impl Fn(&NewKey) -> Reply + Clone + Send + Sync + 'static,
    ) -> Result<Answer, Error> {
        let render = &render;
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("hand off again")?;
            self.person(caller, "hand off").await?;
            let (change, _) = self.change_keys(caller, caller.party).await?;
            caller.holds(wanted.scopes, "the handoff")?;
            self.room_for_key(caller.party).await?;
            let ends = Some(wanted.expires_at);
            let means = Means::Handoff { key: KeyId(self.clock.id()), spend_max: wanted.spend_max };
            let key = NewKey::make(self.mode_word(), caller.party, wanted.scopes, ends, &self.clock)
                .of_kind(means, &wanted.label);
            let render = render.clone();
            Ok(change.row(key.row.clone().insert()).reply(move |_| render(&key)))
        })
        .await
    }

    /// The caller's handoffs, newest first, with what they spent.
    pub async fn handoffs(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Handoff>, Error> {
        let page = self.keys(caller, caller.party, "handoff", cursor, limit).await?;
        let ids = page.items.iter().filter_map(|row| row.id.parse().ok());
        let keys: Vec<_> = ids.map(handoff_spent_key).collect();
        let mut spent = self.db.read().cells(&keys).await?.into_iter();
        Ok(page.map(|row| Handoff { row, spent: spent.next().unwrap_or(0) }))
    }
}
