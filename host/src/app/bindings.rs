//! Bindings: an agent lets a person become its owner, by a code that the one makes and
//! the other types in. The agent keeps its id, keys, wallet and reputation.
//!
//! Parties of one owner are one when it comes to dealing with oneself, so nobody becomes
//! one with somebody they have a deal with: the two stay on opposite sides of a task,
//! of a bid, or of a submission until it is over.

use assay_db::entities::people::{BindingCodeRow, KeyRow};
use assay_db::entities::{BidRow, DeliveryRow, PartyRow, TaskRow};
use assay_db::{Change, Key, Record as _, Reply, list};
use assay_domain::ids::{PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};

use super::access::{Scopes, hash_of};
use super::keys::keys_key;
use super::ownership::{Who, deals_key, ownership_key};
use super::parties::{Party, agents_key};
use super::{Answer, App, Ask, Caller};
use crate::clock;
use crate::error::Error;

/// A new code, shown this once.
#[derive(Clone)]
pub struct NewCode {
    /// Such as `7KQM-2XVD-R9TH`.
    pub code: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Letters and digits that are not taken for each other when they are read out.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// 32 symbols, 12 places: 60 bits for a quarter of an hour.
const CODE_SYMBOLS: usize = 12;

fn new_code() -> String {
    let random = clock::random_32();
    let symbols = random.iter().take(CODE_SYMBOLS).map(|byte| ALPHABET[usize::from(byte % 32)]);
    let mut code = String::with_capacity(CODE_SYMBOLS + 2);
    for (place, symbol) in symbols.enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(symbol));
    }
    code
}

/// The hash of a code however it was typed.
fn code_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    hash_of(&format!("binding code {}", plain.to_ascii_uppercase()))
}

/// The head of an agent's codes.
fn codes_key(agent: PartyId) -> Key {
    Key::head("binding-codes", agent)
}

impl App {
    /// Makes a code by which whoever types it in becomes the calling agent's owner. Codes
    /// made before it are void.
    pub async fn make_binding_code(&self, ask: &Ask, render: fn(&NewCode) -> Reply) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("make binding codes")?;
            may_bind(caller)?;
            let agent = self.who(caller.party).await?;
            if agent.human {
                let message = "only an agent makes binding codes: a person types them in";
                return Err(Refusal::new(Code::AgentOnly, message).into());
            }
            free(&agent)?;
            let head = self.db.read().cell(&codes_key(agent.id)).await?;
            let now = self.now();
            let made = NewCode {
                code: new_code(),
                expires_at: Timestamp(now.0 + i64::from(self.settings.limits.binding_code_minutes) * 60_000),
            };
            let row = BindingCodeRow {
                hash: code_hash(&made.code),
                agent: agent.id.to_string(),
                expires_at: made.expires_at.0,
                used_at: None,
                created_at: now.0,
            };
            let change = Change::new().expect(ownership_key(agent.id), agent.head);
            let change = self.void_codes(change, agent.id, head).await?;
            Ok(change.row(row.insert()).reply(move |_| render(&made)))
        })
        .await
    }

    /// No code of this agent works any more.
    async fn void_codes(&self, change: Change, agent: PartyId, head: i64) -> Result<Change, Error> {
        const GOOD: &str = "agent = $1 and used_at is null";
        let rows = self.db.read().many::<BindingCodeRow>(GOOD, &[agent.to_string().into()]).await?;
        let now = self.now().0;
        let used = |row: BindingCodeRow| BindingCodeRow { used_at: Some(now), ..row }.upsert();
        let change = change.advance(codes_key(agent), head);
        Ok(rows.into_iter().map(used).fold(change, Change::row))
    }

    /// The calling person becomes the owner of the agent that made the code.
    pub async fn bind(&self, ask: &Ask, code: &str, render: fn(&Party) -> Reply) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || self.decide_binding(ask, code, render)).await
    }

    async fn decide_binding(
        &self,
        ask: &Ask,
        code: &str,
        render: fn(&Party) -> Reply,
    ) -> Result<Change, Error> {
        let caller = &ask.caller;
        caller.in_person("bind agents")?;
        may_bind(caller)?;
        self.person(caller, "bind agents").await?;
        let agent = self.agent_of_code(code).await?;
        let codes_head = self.db.read().cell(&codes_key(agent)).await?;
        // The code again, after its head: of two who type it in, one has it.
        self.agent_of_code(code).await?;
        let deals = self.db.read().cell(&deals_key(agent)).await?;
        let (agent, owner) = (self.who(agent).await?, self.who(caller.party).await?);
        free(&agent)?;
        self.refuse_opposite_sides(agent.id, owner.id).await?;
        let party = Party { owner: Some(owner.id), ..self.party(agent.id).await? };
        let change = Change::new()
            .expect(deals_key(agent.id), deals)
            .advance(ownership_key(agent.id), agent.head)
            .advance(ownership_key(owner.id), owner.head)
            .row(party.to_row()?.upsert());
        let change = self.count_agent(self.void_codes(change, agent.id, codes_head).await?, owner.id);
        Ok(change.reply(move |_| render(&party)))
    }

    async fn agent_of_code(&self, code: &str) -> Result<PartyId, Error> {
        let row = self.db.read().one::<BindingCodeRow>("hash = $1", &[code_hash(code).into()]).await?;
        let unknown =
            || Refusal::new(Code::NotFound, "code: is unknown or has ended: ask the agent for a new one");
        let row = row.filter(|row| row.expires_at > self.now().0).ok_or_else(unknown)?;
        if row.used_at.is_some() {
            return Err(Refusal::new(Code::Conflict, "code: was used, or another took its place").into());
        }
        row.agent.parse().map_err(|_| Error::Internal("a binding code of nobody".into()))
    }

    /// Refuses to make one of two who have a deal with each other.
    async fn refuse_opposite_sides(&self, agent: PartyId, owner: PartyId) -> Result<(), Error> {
        const TASKS: &str = "((poster = $1 and worker in_list($2)) or (worker = $1 and poster in_list($2))) \
                             and (closed = 0 or payout_at is not null)";
        const BIDS: &str = "status in ('pending', 'countered') and (\
            (bidder = $1 and task in (select id from tasks where state = 'open' and poster in_list($2))) or \
            (bidder in_list($2) and task in (select id from tasks where state = 'open' and poster = $1)))";
        const SUBMISSIONS: &str = "status in ('in_review', 'gate_failed') and (\
            (worker = $1 and task in (select id from tasks where state = 'open' and poster in_list($2))) or \
            (worker in_list($2) and task in (select id from tasks where state = 'open' and poster = $1)))";
        let read = self.db.read();
        let family = read.many::<PartyRow>("owner = $1", &[owner.to_string().into()]).await?;
        let owner = owner.to_string();
        let ids = family.iter().map(|row| row.id.as_str()).chain([owner.as_str()]);
        let values = [agent.to_string().into(), list(ids)];
        let deals = read.count::<TaskRow>(TASKS, &values).await?
            + read.count::<BidRow>(BIDS, &values).await?
            + read.count::<DeliveryRow>(SUBMISSIONS, &values).await?;
        if deals > 0 {
            let message = "you and this agent are on opposite sides of a task, a bid or a submission that is \
                           not over: finish or cancel it first, since nobody deals with themselves";
            return Err(Refusal::new(Code::Conflict, message).into());
        }
        Ok(())
    }

    /// Ends a binding, by either side. Keys that the owner made for the agent end with
    /// it, but for the one the agent comes with.
    pub async fn unbind(&self, ask: &Ask, id: PartyId, render: fn(&Party) -> Reply) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("end bindings")?;
            may_bind(caller)?;
            let agent = self.who(id).await.map_err(|_| Refusal::not_found("binding"))?;
            let owner =
                agent.owner.filter(|owner| [*owner, id].contains(&caller.party) || caller.is_operator());
            let owner = self.who(owner.ok_or_else(|| Refusal::not_found("binding"))?).await?;
            let keys_head = self.db.read().cell(&keys_key(id)).await?;
            let party = Party { owner: None, ..self.party(id).await? };
            let change = Change::new()
                .advance(ownership_key(id), agent.head)
                .advance(ownership_key(owner.id), owner.head)
                .advance(keys_key(id), keys_head)
                .add(agents_key(owner.id), -1)
                .row(party.to_row()?.upsert());
            let change = self.end_owners_keys(change, ask, id, owner.id).await?;
            Ok(change.reply(move |_| render(&party)))
        })
        .await
    }

    /// An agent without a key of its own could never be reached again, nor its wallet.
    async fn end_owners_keys(
        &self,
        change: Change,
        ask: &Ask,
        agent: PartyId,
        owner: PartyId,
    ) -> Result<Change, Error> {
        const WORKING: &str = "party = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
        let now = self.now().0;
        let rows = self.db.read().many::<KeyRow>(WORKING, &[agent.to_string().into(), now.into()]).await?;
        let came_with = ask.caller.means.key().map(|id| id.to_string());
        let owners = Some(owner.to_string());
        let ends = |row: &KeyRow| row.minted_by == owners && Some(&row.id) != came_with.as_ref();
        let (ending, staying): (Vec<_>, Vec<_>) = rows.into_iter().partition(ends);
        let stays = |row: &KeyRow| row.expires_at.is_none() || Some(&row.id) == came_with.as_ref();
        if !staying.iter().any(stays) {
            let message = "the agent would be left without a key of its own: have it make one first";
            return Err(Refusal::new(Code::Conflict, message).into());
        }
        let ended = |row: KeyRow| KeyRow { revoked_at: Some(now), ..row }.upsert();
        Ok(ending.into_iter().map(ended).fold(change, Change::row))
    }
}

/// Whoever owns an agent makes keys for it that open everything: a key with less in it
/// must not be the way to one.
fn may_bind(caller: &Caller) -> Result<(), Refusal> {
    caller.holds(Scopes::USUAL, "a binding")
}

/// Refuses an agent that has an owner.
fn free(agent: &Who) -> Result<(), Refusal> {
    if agent.owner.is_some() {
        let message = "the agent has an owner: end that binding first";
        return Err(Refusal::new(Code::Conflict, message));
    }
    Ok(())
}
