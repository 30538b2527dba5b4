//! Money of a party that is bound to tasks: one escrow or payout a task, added up.

use assay_domain::ids::PartyId;
use assay_domain::money::Asset;

use crate::error::DbError;
use crate::read::Reader;

/// Money of a party that sits with tasks, in the smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In escrow of tasks the party posted.
    pub reserved: i64,
    /// Earned by tasks the party did, not yet available.
    pub pending: i64,
}

impl Reader {
    /// What of an asset is bound to a party's tasks.
    pub async fn held(&self, party: PartyId, asset: Asset) -> Result<Held, DbError> {
        const RESERVED: &str = "select cast(coalesce(sum(c.n), 0) as bigint) from tasks t join cells c \
            on c.key in ($3 || '/escrow/' || t.id || '/spend', $3 || '/escrow/' || t.id || '/free') \
            where t.poster = $1 and t.closed = 0 and t.asset = $2";
        const PENDING: &str = "select cast(coalesce(sum(c.n), 0) as bigint) from tasks t join cells c \
            on c.key in ($3 || '/payout/' || t.id || '/spend', $3 || '/payout/' || t.id || '/free') \
            where t.worker = $1 and t.payout_at is not null and t.asset = $2";
        let prefix = format!("b/{}", asset.code().to_lowercase());
        let values = [party.to_string().into(), asset.code().into(), prefix.into()];
        Ok(Held {
            reserved: self.number(RESERVED.into(), &values).await?,
            pending: self.number(PENDING.into(), &values).await?,
        })
    }
}
