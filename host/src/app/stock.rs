//! The stock of rewards: loaded by the operator from a file, a code a line.

use std::collections::BTreeMap;

use assay_db::entities::packages::{RewardCodeRow, RewardRow};
use assay_db::{Change, Db, Record as _, list};
use sha2::{Digest as _, Sha256};

use super::rewards::reward_key;
use crate::clock::Clock;
use crate::error::Error;

/// Rows of one commit.
const CODES_AT_ONCE: usize = 500;

/// One line of the operator's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLine {
    /// What the operator calls the reward.
    pub reward: String,
    /// What people read.
    pub name: String,
    /// Credits.
    pub price_credits: i64,
    /// The code to be given out.
    pub code: String,
}

/// What loading came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rewards that the file speaks of.
    pub rewards: usize,
    /// Codes that were new.
    pub added: usize,
    /// Codes that were there already.
    pub known: usize,
}

/// Puts a file's rewards and codes into the database. A code that is there stays as it
/// is, whoever has it.
pub async fn load(db: &Db, clock: &Clock, lines: &[StockLine]) -> Result<Loaded, Error> {
    let mut by_reward: BTreeMap<&str, Vec<&StockLine>> = BTreeMap::new();
    for line in lines {
        by_reward.entry(&line.reward).or_default().push(line);
    }
    let mut loaded = Loaded { rewards: by_reward.len(), ..Loaded::default() };
    for lines in by_reward.values() {
        let Some(last) = lines.last() else { continue };
        let reward = enter_reward(db, clock, last).await?;
        let codes: BTreeMap<String, &str> =
            lines.iter().map(|line| (code_hash(&line.code), line.code.as_str())).collect();
        loaded.known += lines.len() - codes.len();
        let codes: Vec<(String, &str)> = codes.into_iter().collect();
        for some in codes.chunks(CODES_AT_ONCE) {
            let added = enter_codes(db, &reward, some).await?;
            loaded.added += added;
            loaded.known += some.len() - added;
        }
    }
    Ok(loaded)
}

/// Makes the reward, or gives it the file's name and price. Gives its id.
async fn enter_reward(db: &Db, clock: &Clock, line: &StockLine) -> Result<String, Error> {
    let known = db.read().one::<RewardRow>("word = $1", &[line.reward.as_str().into()]).await?;
    let (id, created_at) = match known {
        Some(row) => (row.id, row.created_at),
        None => (clock.id().to_string(), clock.now().0),
    };
    let row = RewardRow {
        id: id.clone(),
        word: line.reward.clone(),
        name: line.name.clone(),
        price: line.price_credits,
        created_at,
    };
    let head = db.read().cell(&reward_key(&id)).await?;
    db.commit(Change::new().advance(reward_key(&id), head).row(row.upsert())).await?;
    Ok(id)
}

/// Enters codes that are not there. Gives how many were new.
async fn enter_codes(db: &Db, reward: &str, codes: &[(String, &str)]) -> Result<usize, Error> {
    let hashes = list(codes.iter().map(|(hash, _)| hash.as_str()));
    let known = db.read().many::<RewardCodeRow>("hash in_list($1)", &[hashes]).await?;
    let mut change = Change::new();
    for (hash, code) in codes {
        let row = RewardCodeRow {
            hash: hash.clone(),
            reward: reward.into(),
            redemption: None,
            code: code.as_bytes().to_vec(),
        };
        change = change.row(row.keep());
    }
    db.commit(change).await?;
    Ok(codes.len() - known.len())
}

/// A code is the same code whatever reward it is loaded for: it is given out once.
fn code_hash(code: &str) -> String {
    hex::encode(Sha256::digest(code))
}
