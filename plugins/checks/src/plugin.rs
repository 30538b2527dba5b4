//! `plugin`: what another verifier component found. The host runs it first; here
//! its findings become one.

use crate::check::Nesting;
use crate::fields::Fields;
use crate::markup;
use crate::outcome::{Outcome, Status, Verdict, counted};

/// The answer of the other component: its findings, or why it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prior {
    /// It ran. Empty when it had nothing to say.
    Findings(Vec<Outcome>),
    /// Its configuration is broken, and how.
    InvalidConfig(String),
    /// It gave no verdict for another reason.
    NoVerdict(String),
}

/// Whether the fields name a component. A composition cannot hold one: its findings
/// belong to a check of the task.
pub(crate) fn parse(fields: &mut Fields, nesting: &Nesting) -> bool {
    if nesting.depth > 0 {
        fields.issue("kind", "plugin stands for itself and not inside a composition");
    }
    let (digest, name) = (fields.text("digest"), fields.text("name"));
    match (&digest, &name) {
        (None, None) => fields.missing("digest", "a component's digest, or a name such as `tests@1.0.0`"),
        (Some(_), Some(_)) => fields.issue("name", "stands alone: leave out digest"),
        _ => {}
    }
    let is_digest = |digest: &String| {
        let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if digest.as_ref().is_some_and(|digest| !is_digest(digest)) {
        fields.issue("digest", "must be sha256: and 64 hexadecimal digits");
    }
    if name.as_ref().is_some_and(|name| name.split('@').any(str::is_empty)) {
        fields.issue("name", "must be a name, or a name, @ and a version");
    }
    markup::object(fields, "config");
    true
}

/// It passes when every finding does, and there is one.
pub(crate) fn judge(prior: Option<&Prior>) -> Verdict {
    let findings = match prior {
        None => return Verdict::undecided("the component was not run"),
        Some(Prior::InvalidConfig(reason)) => {
            return Verdict::error(format!("the component refuses its configuration: {reason}"));
        }
        Some(Prior::NoVerdict(reason)) => {
            return Verdict::undecided(format!("the component gave no verdict: {reason}"));
        }
        Some(Prior::Findings(findings)) => findings,
    };
    let first = |status: Status| findings.iter().find(|finding| finding.status == status);
    let all = counted(findings.len() as u64, "finding", "findings");
    if let Some(failed) = first(Status::Fail) {
        return Verdict::fail(format!("of {all}: {}", failed.evidence));
    }
    if let Some(broken) = first(Status::Error) {
        return Verdict::error(format!("of {all}: {}", broken.evidence));
    }
    if let Some(open) = first(Status::Undecided) {
        return Verdict::undecided(format!("of {all}: {}", open.evidence));
    }
    let Some(least) = findings.iter().min_by_key(|finding| finding.score) else {
        return Verdict::undecided("the component found nothing to say");
    };
    match first(Status::Partial) {
        Some(partial) => Verdict::scored(least.score.min(9_999), format!("of {all}: {}", partial.evidence)),
        None if findings.len() == 1 => Verdict::pass(least.evidence.clone()),
        None => Verdict::pass(format!("{all}, all pass: {}", findings[0].evidence)),
    }
}
