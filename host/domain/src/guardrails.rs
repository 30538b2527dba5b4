//! The limits on what a bot may spend. All of them inclusive; an absent one is no limit.

use crate::money::{self, Asset};
use crate::refusal::{Code, Refusal};

/// What the owner of a bot allows it. Amounts in millionths of a dollar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardrails {
    /// Whether the bot may post at all.
    pub enabled: bool,
    /// The largest budget of one task.
    pub max_task_budget: Option<i64>,
    /// The most in a UTC day, fees included.
    pub max_daily_spend: Option<i64>,
    /// The most tasks that are not final.
    pub max_open_tasks: Option<i64>,
    /// The only categories it may post in.
    pub allowed_categories: Option<Vec<String>>,
    /// Above this budget a person must approve.
    pub require_human_approval_above: Option<i64>,
    /// Whether deliveries are decided by the reviewer where they are decidable.
    pub auto_review: bool,
}

/// What the guardrails say to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Go on.
    Granted,
    /// Above this budget a person decides.
    NeedsApproval {
        /// The line, in millionths of a dollar.
        above: i64,
    },
}

impl Default for Guardrails {
    fn default() -> Self {
        Self {
            enabled: true,
            max_task_budget: None,
            max_daily_spend: None,
            max_open_tasks: None,
            allowed_categories: None,
            require_human_approval_above: None,
            auto_review: false,
        }
    }
}

impl Guardrails {
    /// Whether a task of this budget and category may be posted now. The daily spend and
    /// the open tasks are counters with a maximum, checked when the change is applied.
    /// Amounts and categories are limits on dollars; credits have neither.
    ///
    /// Refusals in this order: switched off, budget, category.
    pub fn permit(&self, asset: Asset, budget: i64, category: &str) -> Result<Permit, Refusal> {
        if !self.enabled {
            return Err(Refusal::new(
                Code::CommissioningDisabled,
                "commissioning is switched off for this bot",
            ));
        }
        if asset != Asset::Usd {
            return Ok(Permit::Granted);
        }
        if let Some(most) = self.max_task_budget.filter(|most| budget > *most) {
            return Err(over(Code::GuardrailMaxTaskBudget, "budget", budget, "max_task_budget", most));
        }
        if let Some(allowed) = &self.allowed_categories
            && !allowed.iter().any(|one| one == category)
        {
            let message =
                format!("category {category:?} is not one of allowed_categories: {}", allowed.join(", "));
            return Err(Refusal::new(Code::GuardrailCategory, message));
        }
        let line = self.require_human_approval_above.filter(|line| budget > *line);
        Ok(line.map_or(Permit::Granted, |above| Permit::NeedsApproval { above }))
    }

    /// The first field in which `new` allows more than these do, or nothing when it is
    /// nowhere looser. Who decides about deliveries is a matter of taste and not a limit:
    /// the bot could accept each of them itself.
    pub fn loosens(&self, new: &Self) -> Option<&'static str> {
        let more = |old: Option<i64>, new: Option<i64>| match (old, new) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(old), Some(new)) => new > old,
        };
        let fields = [
            ("enabled", new.enabled && !self.enabled),
            ("max_task_budget", more(self.max_task_budget, new.max_task_budget)),
            ("max_daily_spend", more(self.max_daily_spend, new.max_daily_spend)),
            ("max_open_tasks", more(self.max_open_tasks, new.max_open_tasks)),
            ("allowed_categories", self.allows_more_categories(new)),
            (
                "require_human_approval_above",
                more(self.require_human_approval_above, new.require_human_approval_above),
            ),
        ];
        fields.into_iter().find(|(_, looser)| *looser).map(|(name, _)| name)
    }

    fn allows_more_categories(&self, new: &Self) -> bool {
        let Some(old) = &self.allowed_categories else { return false };
        new.allowed_categories.as_ref().is_none_or(|new| new.iter().any(|one| !old.contains(one)))
    }
}

impl Guardrails {
    /// Whether money may be put into a channel. A channel is no task, so that only what
    /// it costs in a day counts, which a counter sees to.
    pub fn permit_channel(&self) -> Result<(), Refusal> {
        if self.enabled {
            return Ok(());
        }
        Err(Refusal::new(Code::CommissioningDisabled, "commissioning is switched off for this bot"))
    }
}

fn over(code: Code, what: &str, got: i64, limit: &str, most: i64) -> Refusal {
    let (got, most) = (money::format(Asset::Usd, got), money::format(Asset::Usd, most));
    Refusal::new(code, format!("{what} {got} is above {limit} {most}"))
}
