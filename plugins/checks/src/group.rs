//! Compositions: `all`, `any`, and `set` with a threshold.
//!
//! Inside a composition `required` says nothing; `weight` counts in a set.

use crate::check::{Check, Nesting};
use crate::fields::Fields;
use crate::judge::Judge;
use crate::limits::VALUES_MAX;
use crate::outcome::{Outcome, SCORE_MAX, Status, Verdict, counted, percent};
use serde_json::Value;

/// A composition of checks.
#[derive(Debug)]
pub(crate) struct Rule {
    mode: Mode,
    checks: Vec<Check>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    All,
    Any,
    /// Basis points.
    Set {
        threshold: Option<u16>,
    },
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, nesting: &mut Nesting) -> Option<Self> {
        let mode = match kind {
            "all" => Mode::All,
            "any" => Mode::Any,
            "set" => Mode::Set { threshold: fields.fraction("threshold") },
            _ => return None,
        };
        Some(Self { mode, checks: parse_checks(fields, nesting) })
    }

    pub(crate) fn has_gold(&self) -> bool {
        self.checks.iter().any(Check::has_gold)
    }

    pub(crate) fn judge(&self, judge: &Judge) -> Verdict {
        let outcomes: Vec<Outcome> = self.checks.iter().map(|check| judge.run(check, None)).collect();
        match self.mode {
            Mode::All => self.judge_all(&outcomes),
            Mode::Any => self.judge_any(&outcomes),
            Mode::Set { threshold } => self.judge_set(&outcomes, threshold),
        }
    }

    /// One that does not hold decides, whatever is unknown of the others.
    fn judge_all(&self, outcomes: &[Outcome]) -> Verdict {
        let all = counted(outcomes.len() as u64, "check", "checks");
        let passed = outcomes.iter().filter(|outcome| outcome.status == Status::Pass).count();
        let found = format!("{passed} of {all} pass");
        let with = |outcome: &[Status]| self.told(outcomes, outcome);
        if let Some(told) = with(&[Status::Fail, Status::Partial]) {
            return Verdict::fail(format!("{found}: {told}"));
        }
        if let Some(told) = with(&[Status::Error]) {
            return Verdict::error(told);
        }
        match with(&[Status::Undecided]) {
            Some(told) => Verdict::undecided(told),
            None => Verdict::pass(found),
        }
    }

    /// One that holds decides; without one, what is unknown of the others counts.
    fn judge_any(&self, outcomes: &[Outcome]) -> Verdict {
        let all = counted(outcomes.len() as u64, "check", "checks");
        let passed = outcomes.iter().filter(|outcome| outcome.status == Status::Pass).count();
        if passed > 0 {
            return Verdict::pass(format!("{passed} of {all} pass"));
        }
        if let Some(told) = self.told(outcomes, &[Status::Error]) {
            return Verdict::error(told);
        }
        if let Some(told) = self.told(outcomes, &[Status::Undecided]) {
            return Verdict::undecided(told);
        }
        let told = self.told(outcomes, &[Status::Fail, Status::Partial]).unwrap_or_default();
        let best = outcomes.iter().map(|outcome| outcome.score).max().unwrap_or_default();
        let found = format!("none of {all} passes: {told}");
        if best > 0 { Verdict::scored(best.min(SCORE_MAX - 1), found) } else { Verdict::fail(found) }
    }

    /// The weighted mean against the threshold. What is unknown could be nothing or
    /// everything: it matters only where that makes the difference.
    fn judge_set(&self, outcomes: &[Outcome], threshold: Option<u16>) -> Verdict {
        let whole: u64 = self.checks.iter().map(|check| u64::from(check.weight())).sum();
        let (mut least, mut unknown) = (0, 0);
        for (check, outcome) in self.checks.iter().zip(outcomes) {
            let weight = u64::from(check.weight());
            match outcome.status {
                Status::Error | Status::Undecided => unknown += weight * u64::from(SCORE_MAX),
                _ => least += weight * u64::from(outcome.score),
            }
        }
        let mean = |points: u64| u16::try_from(points / whole.max(1)).unwrap_or(SCORE_MAX);
        let (least, most) = (mean(least), mean(least + unknown));
        let wanted = threshold.unwrap_or(SCORE_MAX);
        if least < wanted && most >= wanted {
            let told = self.told(outcomes, &[Status::Error, Status::Undecided]).unwrap_or_default();
            let broken = outcomes.iter().any(|outcome| outcome.status == Status::Error);
            return if broken { Verdict::error(told) } else { Verdict::undecided(told) };
        }
        let mut found = format!("{} of the weight is met", percent(least));
        if least < wanted
            && let Some(told) = self.told(outcomes, &[Status::Fail, Status::Partial])
        {
            found = format!("{found} ({told})");
        }
        let verdict = match threshold {
            Some(_) => Verdict::of(least >= wanted, found),
            None => Verdict::scored(least, found),
        };
        verdict.wanting(format!("at least {}", percent(wanted)))
    }

    /// The first of the checks that ended so, with its kind.
    fn told(&self, outcomes: &[Outcome], statuses: &[Status]) -> Option<String> {
        let mut told =
            self.checks.iter().zip(outcomes).filter(|(_, outcome)| statuses.contains(&outcome.status));
        told.next().map(|(check, outcome)| format!("{}: {}", check.kind(), outcome.evidence))
    }
}

fn parse_checks(fields: &mut Fields, nesting: &mut Nesting) -> Vec<Check> {
    let Some(value) = fields.get("checks") else {
        fields.missing("checks", "a list of checks");
        return Vec::new();
    };
    let list = match value {
        Value::Array(list) if !list.is_empty() && list.len() <= VALUES_MAX => list,
        _ => {
            fields.issue("checks", "must be a list of one check or more");
            return Vec::new();
        }
    };
    let mut checks = Vec::with_capacity(list.len());
    nesting.depth += 1;
    for (position, value) in list.iter().enumerate() {
        let path = fields.place(&format!("checks[{position}]"));
        match Check::nested(value, &path, nesting) {
            Ok(check) => checks.push(check),
            Err(issues) => fields.adopt(issues),
        }
    }
    nesting.depth -= 1;
    checks
}
