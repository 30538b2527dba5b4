//! The registry: which components there are, what is known of each, and trying one.

use assay_db::entities::{PluginRow, ReceiptRow};
use assay_db::{Change, Key, Once};
use assay_domain::refusal::Refusal;
use assay_sandbox::{Attachments, Company, Digest, Input, Run};

use super::deliveries::Body;
use super::reviews::Review;
use super::tasks::Page;
use super::{App, Caller};
use crate::error::Error;

/// What to look for. What is empty is anything.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The world.
    pub world: String,
    /// The name.
    pub name: String,
    /// The author.
    pub author: String,
    /// Part of a name or of an author, in any case.
    pub part: String,
}

/// A component and how it has done.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The component.
    pub plugin: PluginRow,
    /// Runs with a receipt.
    pub runs: i64,
    /// Runs that ended without an answer.
    pub inconclusive: i64,
    /// Verdicts that a person decided against.
    pub overturned: i64,
}

/// How many verdicts of a component a person decided against.
fn overturned_key(digest: &str) -> Key {
    Key::counter(format!("overturned/{digest}"))
}

/// Counts the verifiers whose verdict on a delivery is not what a person says of it.
pub(crate) fn count_overturned(mut change: Change, body: &Body, word: Review) -> Change {
    let mut verifiers: Vec<&str> = body.findings.iter().map(|finding| finding.verifier.as_str()).collect();
    verifiers.sort_unstable();
    verifiers.dedup();
    for verifier in verifiers {
        let binding = || body.findings.iter().filter(|it| it.binding && it.verifier == verifier);
        let failed = binding().any(|finding| matches!(finding.status.as_str(), "fail" | "partial"));
        let passed = binding().next().is_some() && binding().all(|finding| finding.status == "pass");
        if (word == Review::Accept && failed) || (word == Review::Reject && passed) {
            change = change.add(overturned_key(verifier), 1);
        }
    }
    change
}

impl App {
    /// The components that are listed, by name and digest.
    pub async fn plugins(
        &self,
        search: &Search,
        cursor: &str,
        limit: usize,
    ) -> Result<Page<PluginRow>, Error> {
        const LISTED: &str = "status = 'listed' and ($1 = '' or world = $1) and ($2 = '' or name = $2) \
                              and ($3 = '' or author = $3) \
                              and ($4 = '' or lower(name || ' ' || author) like $4 escape '!') \
                              and (name > $5 or (name = $5 and digest > $6)) order by name, digest limit $7";
        const COUNTED: &str = "status = 'listed' and ($1 = '' or world = $1) and ($2 = '' or name = $2) \
                               and ($3 = '' or author = $3) \
                               and ($4 = '' or lower(name || ' ' || author) like $4 escape '!')";
        let part = match search.part.as_str() {
            "" => String::new(),
            part => format!("%{}%", escaped(&part.to_lowercase())),
        };
        let (name, digest) = cursor.split_once(' ').unwrap_or((cursor, ""));
        let wanted = [&search.world, &search.name, &search.author, &part].map(|text| text.as_str().into());
        let mut values = wanted.to_vec();
        let total_estimate = self.db.read().count::<PluginRow>(COUNTED, &values).await?;
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        values.extend([name.into(), digest.into(), more.into()]);
        let mut items = self.db.read().many::<PluginRow>(LISTED, &values).await?;
        let next = (items.len() > limit).then(|| {
            items.truncate(limit);
            items.last().map(|row| format!("{} {}", row.name, row.digest))
        });
        Ok(Page { items, next: next.flatten(), total_estimate })
    }

    /// A component, retired or not, and how it has done.
    pub async fn plugin(&self, digest: &Digest) -> Result<Facts, Error> {
        const WITHOUT_ANSWER: &str = "plugin = $1 and outcome = 'inconclusive'";
        let plugin = self.plugin_row(digest).await?.ok_or_else(|| Refusal::not_found("component"))?;
        let name = plugin.digest.as_str();
        let read = self.db.read();
        let runs = read.count::<ReceiptRow>("plugin = $1", &[name.into()]).await?;
        let inconclusive = read.count::<ReceiptRow>(WITHOUT_ANSWER, &[name.into()]).await?;
        let overturned = read.cell(&overturned_key(name)).await?;
        Ok(Facts { plugin, runs, inconclusive, overturned })
    }

    /// Runs a component on somebody's own input. Nothing of it is kept but the count.
    /// The same key counts once.
    pub async fn try_plugin(
        &self,
        caller: &Caller,
        digest: &Digest,
        input: &Input,
        once: Option<&Once>,
    ) -> Result<Run, Error> {
        let plugin = self.plugin_row(digest).await?.ok_or_else(|| Refusal::not_found("component"))?;
        if input.world().as_str() != plugin.world {
            let message = format!("must be what a {} takes, not a {}", plugin.world, input.world());
            return Err(Refusal::field("input", message).into());
        }
        self.count_trial(caller, once).await?;
        let judge = self.judge_component(&plugin.owner, &plugin.digest).await?;
        // Whoever tries waits behind their own tries, not in front of anybody's work.
        let tenant = format!("trial {}", caller.party);
        Ok(self.sandbox.run_for(&tenant, &judge, input, Attachments::none(), Company::Shared).await)
    }
}

/// Signs of a pattern, taken as they are.
fn escaped(part: &str) -> String {
    part.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
