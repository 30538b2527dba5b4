//! Who answers for whom. An agent may have one owner, a person; parties of one owner
//! are one when it comes to dealing with oneself.

use assay_db::entities::PartyRow;
use assay_db::{Change, Key};
use assay_domain::ids::PartyId;
use assay_domain::refusal::{Code, Refusal};

use super::memory::Sight;
use super::task::Task;
use super::tasks::Eyes;
use super::{App, Caller};
use crate::error::Error;

/// A party, as far as it matters to others.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    /// Which.
    pub id: PartyId,
    /// Whether it is a person.
    pub human: bool,
    /// The person an agent belongs to.
    pub owner: Option<PartyId>,
    /// How often its ownership changed.
    pub head: i64,
}

impl Who {
    /// Who answers for it: its owner, or itself.
    pub fn root(&self) -> PartyId {
        self.owner.unwrap_or(self.id)
    }
}

/// The head that a change of ownership moves, and deals between two parties expect.
pub(crate) fn ownership_key(party: PartyId) -> Key {
    Key::head("party", party)
}

/// The counter of deals a party entered or tried to. A change of ownership expects it, so
/// that no deal slips in while it looks for one.
pub(crate) fn deals_key(party: PartyId) -> Key {
    Key::counter(format!("deals/{party}"))
}

impl App {
    /// A party and who it belongs to.
    pub async fn who(&self, id: PartyId) -> Result<Who, Error> {
        self.who_by(&Sight::rows(), id).await
    }

    async fn who_by(&self, sight: &Sight, id: PartyId) -> Result<Who, Error> {
        if let Some(who) = sight.recall(|| self.memory.party(id)) {
            return Ok(who);
        }
        let read = self.db.read();
        let head = read.cell(&ownership_key(id)).await?;
        if id.0.is_nil() {
            return Ok(Who { id, human: true, owner: None, head });
        }
        let row = read.one::<PartyRow>("id = $1", &[id.to_string().into()]).await?;
        let row = row.ok_or_else(|| Refusal::not_found("party"))?;
        let impossible = || Error::Internal(format!("party {id}: impossible owner"));
        let owner = row.owner.as_deref().map(str::parse).transpose().map_err(|_| impossible())?;
        let who = Who { id, human: row.kind == "human", owner, head };
        self.memory.keep_party(who);
        Ok(who)
    }

    /// Refuses a deal between parties of one owner. The change expects that neither
    /// changes hands meanwhile.
    pub(crate) async fn at_arms_length(
        &self,
        change: Change,
        one: PartyId,
        other: PartyId,
    ) -> Result<Change, Error> {
        self.at_arms_length_by(&Sight::rows(), change, one, other).await
    }

    /// The same, with a look in memory first.
    pub(crate) async fn at_arms_length_by(
        &self,
        sight: &Sight,
        change: Change,
        one: PartyId,
        other: PartyId,
    ) -> Result<Change, Error> {
        let (one, other) = (self.who_by(sight, one).await?, self.who_by(sight, other).await?);
        if one.root() == other.root() {
            let message = "both sides belong to the same owner: nobody deals with themselves";
            return Err(Refusal::new(Code::SelfDealing, message).into());
        }
        let change =
            change.expect(ownership_key(one.id), one.head).expect(ownership_key(other.id), other.head);
        // Only an agent changes hands, and a person's counter would be a busy row.
        let agents = [one, other].into_iter().filter(|who| !who.human);
        Ok(agents.fold(change, |change, who| change.add(deals_key(who.id), 1)))
    }

    /// Whether the caller is this party, its owner, or the operator.
    pub async fn speaks_for(&self, caller: &Caller, party: PartyId) -> Result<bool, Error> {
        if caller.party == party || caller.is_operator() {
            return Ok(true);
        }
        Ok(self.who(party).await?.owner == Some(caller.party))
    }

    /// How a task concerns a caller; an owner sees what their agent sees.
    pub(crate) async fn eyes(&self, caller: &Caller, task: &Task) -> Result<Eyes, Error> {
        let own = task.eyes(caller);
        if own != Eyes::Stranger {
            return Ok(own);
        }
        if self.who(task.poster).await?.owner == Some(caller.party) {
            return Ok(Eyes::Poster);
        }
        match task.worker {
            Some(worker) if self.who(worker).await?.owner == Some(caller.party) => Ok(Eyes::Worker),
            _ => Ok(Eyes::Stranger),
        }
    }
}
