//! Keys: made, seen, rotated, ended.
//!
//! Everything that makes or ends a way in for a party moves that party's keys' head on,
//! and looks at the caller's own key after it read the head: a key that was just ended
//! cannot make another one on its way out.

use assay_db::entities::people::KeyRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{KeyId, PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};

use super::access::{Means, NewKey, Scopes};
use super::ownership::ownership_key;
use super::tasks::Page;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A key somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What they call it.
    pub label: String,
    /// What it is to open; nothing is all that the maker's own opens, but `admin`.
    pub scopes: Option<Scopes>,
    /// When it ends; nothing is never, or with the maker's own.
    pub expires_at: Option<Timestamp>,
    /// For whom: an agent of the caller's, or nothing for the caller.
    pub party: Option<PartyId>,
}

/// A new key in place of another.
#[derive(Clone)]
pub struct Rotated {
    /// The new one, with its secret.
    pub new: NewKey,
    /// The old one, as it is now.
    pub old: KeyRow,
}

/// The head of a party's keys, sessions and handoffs.
pub(crate) fn keys_key(party: PartyId) -> Key {
    Key::head("keys", party)
}

impl App {
    /// Makes a key for the caller, or for an agent of theirs.
    pub async fn make_key(
        &self,
        ask: &Ask,
        wanted: &Wanted,
        render: fn(&NewKey) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || self.decide_key(ask, wanted, render)).await
    }

    async fn decide_key(
        &self,
        ask: &Ask,
        wanted: &Wanted,
        render: fn(&NewKey) -> Reply,
    ) -> Result<Change, Error> {
        let caller = &ask.caller;
        caller.in_person("make keys")?;
        let party = wanted.party.unwrap_or(caller.party);
        let (change, own) = self.change_keys(caller, party).await?;
        let scopes = wanted.scopes.unwrap_or(Scopes::USUAL.and(caller.scopes));
        caller.holds(scopes, "the new key")?;
        let expires_at = within_own_life(&own, caller, wanted.expires_at)?;
        self.room_for_key(party).await?;
        let mut key = NewKey::make(self.mode_word(), party, scopes, expires_at, &self.clock)
            .of_kind(Means::Key(KeyId(self.clock.id())), &wanted.label);
        key.row.minted_by = (party != caller.party).then(|| caller.party.to_string());
        Ok(change.row(key.row.clone().insert()).reply(move |_| render(&key)))
    }

    /// The beginning of a change of a party's keys, by that party or its owner, and the
    /// caller's own key, which still works.
    pub(crate) async fn change_keys(
        &self,
        caller: &Caller,
        party: PartyId,
    ) -> Result<(Change, KeyRow), Error> {
        let mut change = Change::new();
        if party != caller.party {
            let who = self.who(party).await?;
            if who.owner != Some(caller.party) {
                let message = "only a party itself and its owner make and end its keys";
                return Err(Refusal::new(Code::NotAParty, message).into());
            }
            let head = self.db.read().cell(&keys_key(party)).await?;
            change = change.expect(ownership_key(party), who.head).advance(keys_key(party), head);
        }
        let head = self.db.read().cell(&keys_key(caller.party)).await?;
        let own = self.own_key(caller).await?;
        let key = keys_key(caller.party);
        let change = if party == caller.party { change.advance(key, head) } else { change.expect(key, head) };
        Ok((change, own))
    }

    /// The row of the key the caller came with, if it works still.
    async fn own_key(&self, caller: &Caller) -> Result<KeyRow, Error> {
        let Some(id) = caller.means.key() else {
            let message = "the operator's key is a setting of the server: `assay keys create` makes others";
            return Err(Refusal::new(Code::PersonOnly, message).into());
        };
        let row = self.key_row(id).await?;
        if row.revoked_at.is_some() {
            return Err(Refusal::new(Code::Unauthorized, "the key you came with was just ended").into());
        }
        Ok(row)
    }

    async fn key_row(&self, id: KeyId) -> Result<KeyRow, Error> {
        let row = self.db.read().one::<KeyRow>("id = $1", &[id.to_string().into()]).await?;
        Ok(row.ok_or_else(|| Refusal::not_found("key"))?)
    }

    /// Refuses a party that has as many ways in as it may.
    pub(crate) async fn room_for_key(&self, party: PartyId) -> Result<(), Error> {
        const WORKING: &str = "party = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
        let values = [party.to_string().into(), self.now().0.into()];
        let most = self.settings.limits.keys_per_party_max;
        let count = self.db.read().count::<KeyRow>(WORKING, &values).await?;
        if usize::try_from(count).unwrap_or(usize::MAX) >= most {
            let message = format!("{most} keys, sessions and handoffs work already: end one first");
            return Err(Refusal::new(Code::Conflict, message).into());
        }
        Ok(())
    }

    /// A party's keys of a kind, newest first, for itself, its owner and the operator.
    pub async fn keys(
        &self,
        caller: &Caller,
        party: PartyId,
        kind: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<KeyRow>, Error> {
        const ALL: &str = "party = $1 and kind = $2";
        const PAGE: &str = "party = $1 and kind = $2 and ($3 = '' or id < $3) order by id desc limit $4";
        caller.in_person("see keys")?;
        if !self.speaks_for(caller, party).await? {
            let message = "only a party itself and its owner see its keys";
            return Err(Refusal::new(Code::NotAParty, message).into());
        }
        let mut values = vec![party.to_string().into(), kind.into()];
        let total_estimate = self.db.read().count::<KeyRow>(ALL, &values).await?;
        values.push(cursor.unwrap_or_default().into());
        values.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
        let items = self.db.read().many::<KeyRow>(PAGE, &values).await?;
        Ok(Page::cut(items, limit, total_estimate, |row| row.id.clone()))
    }

    /// Ends a key, a session or a handoff, at once. Ending it again changes nothing.
    pub async fn end_key(
        &self,
        ask: &Ask,
        id: KeyId,
        kind: &str,
        render: fn(&KeyRow) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (change, row) = self.key_to_change(&ask.caller, id, kind).await?;
            let ended = KeyRow { revoked_at: row.revoked_at.or(Some(self.now().0)), ..row };
            Ok(change.row(ended.clone().upsert()).reply(move |_| render(&ended)))
        })
        .await
    }

    /// A key that the caller may end, and the beginning of the change that does. One that
    /// opens more than the caller's own is not the caller's to end: a key that leaked
    /// with little in it must not lock its party out.
    async fn key_to_change(&self, caller: &Caller, id: KeyId, kind: &str) -> Result<(Change, KeyRow), Error> {
        caller.in_person("end or rotate keys")?;
        let what = || Refusal::not_found(kind);
        let found = self.key_row(id).await.map_err(|_| what())?;
        let party: PartyId =
            found.party.parse().map_err(|_| Error::Internal("a key without a party".into()))?;
        if found.kind != kind || !self.speaks_for(caller, party).await? {
            return Err(what().into());
        }
        let change = if caller.is_operator() {
            let head = self.db.read().cell(&keys_key(party)).await?;
            Change::new().advance(keys_key(party), head)
        } else {
            self.change_keys(caller, party).await?.0
        };
        // Read again after the heads, so that a decision in between is noticed.
        let row = self.key_row(id).await?;
        if caller.means.key() != Some(id) {
            caller.holds(Scopes::parse(&row.scopes)?, &format!("the {kind}"))?;
        }
        Ok((change, row))
    }

    /// Puts a new key in an old one's place: the same label, scopes and end. The old one
    /// ends at once, or works on for a while.
    pub async fn rotate_key(
        &self,
        ask: &Ask,
        id: KeyId,
        grace_seconds: i64,
        render: fn(&Rotated) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (change, old) = self.key_to_change(&ask.caller, id, "key").await?;
            let now = self.now();
            if old.revoked_at.is_some() || old.expires_at.is_some_and(|at| at <= now.0) {
                let message = "the key has ended: make a new one instead";
                return Err(Refusal::new(Code::Conflict, message).into());
            }
            let party: PartyId =
                old.party.parse().map_err(|_| Error::Internal("a key without a party".into()))?;
            let scopes = Scopes::parse(&old.scopes)?;
            let mut new =
                NewKey::make(self.mode_word(), party, scopes, old.expires_at.map(Timestamp), &self.clock)
                    .of_kind(Means::Key(id), &old.label);
            new.row.minted_by = (party != ask.caller.party).then(|| ask.caller.party.to_string());
            let old = ended_after(old, now, grace_seconds);
            let rotated = Rotated { new, old };
            Ok(change
                .row(rotated.new.row.clone().insert())
                .row(rotated.old.clone().upsert())
                .reply(move |_| render(&rotated)))
        })
        .await
    }
}

fn ended_after(old: KeyRow, now: Timestamp, grace_seconds: i64) -> KeyRow {
    if grace_seconds == 0 {
        return KeyRow { revoked_at: Some(now.0), ..old };
    }
    let until = now.plus_seconds(grace_seconds).0;
    KeyRow { expires_at: Some(old.expires_at.map_or(until, |at| at.min(until))), ..old }
}

/// The end of a new key: not after that of the key that makes it. A session is no such
/// key: it is a person, who signs in again.
fn within_own_life(
    own: &KeyRow,
    caller: &Caller,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Refusal> {
    let ends = own.expires_at.filter(|_| !matches!(caller.means, Means::Session(_))).map(Timestamp);
    match (ends, wanted) {
        (Some(ends), Some(wanted)) if wanted > ends => {
            Err(Refusal::field("expires_at", "must not be after the end of the key you come with"))
        }
        (ends, wanted) => Ok(wanted.or(ends)),
    }
}
