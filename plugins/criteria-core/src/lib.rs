//! Judges a delivery against the checks of its task: one finding a check, in their
//! order, each with its numbers. What a check means is in `assay-checks`, which the
//! host reads the same checks with when a task is posted.
//!
//! Two components are made of this: `criteria`, and `criteria-schema` for tasks with a
//! JSON Schema among their checks. What compiles schemas is almost as large as all the
//! rest, so that other tasks do without.

use assay_checks::{Check, Issue, Judge, Outcome, Prior};
use assay_plugin::{Delivery, Finding, Problem, Report, Status, Task, Verifier, attachments};
use serde::Deserialize;

/// There is nothing to set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

/// The built-in verifier.
pub struct Criteria;

impl Verifier for Criteria {
    type Config = Config;

    fn verify(task: &Task, delivery: &Delivery, _config: Config) -> Result<Report, Problem> {
        let files: Vec<assay_checks::Attachment> = delivery.attachments.iter().map(file).collect();
        let traces: Vec<assay_checks::Trace> = delivery.traces.iter().map(trace).collect();
        let task_text = format!("{}\n{}", task.title, task.description);
        let judge = Judge::new(assay_checks::Delivery {
            content: &delivery.content,
            task_text: &task_text,
            attachments: &files,
            traces: &traces,
            read: &attachments::read,
        });
        let findings = (0..).zip(&task.checks).map(|(position, check)| {
            let outcome = judge_check(&judge, check);
            Finding::of_check(position, status(outcome.status), outcome.score, outcome.evidence)
        });
        Ok(Report { findings: findings.collect() })
    }
}

fn judge_check(judge: &Judge, check: &assay_plugin::Check) -> Outcome {
    match Check::parse(&check.json) {
        Ok(parsed) => judge.run(&parsed, check.prior.as_ref().map(prior).as_ref()),
        Err(issues) => Outcome::error(explain(&issues)),
    }
}

fn explain(issues: &[Issue]) -> String {
    let told: Vec<String> = issues.iter().map(|issue| format!("{} {}", issue.path, issue.message)).collect();
    format!("the check is broken: {}", told.join("; "))
}

fn file(attachment: &assay_plugin::Attachment) -> assay_checks::Attachment<'_> {
    assay_checks::Attachment {
        name: &attachment.name,
        media_type: &attachment.media_type,
        size: attachment.size,
        digest: &attachment.digest,
    }
}

fn trace(trace: &assay_plugin::Trace) -> assay_checks::Trace<'_> {
    assay_checks::Trace { event: &trace.event, message: &trace.message }
}

fn prior(prior: &Result<Report, Problem>) -> Prior {
    match prior {
        Ok(report) => Prior::Findings(report.findings.iter().map(outcome).collect()),
        Err(Problem::InvalidConfig(reason)) => Prior::InvalidConfig(reason.clone()),
        Err(Problem::Unsupported(reason) | Problem::Failed(reason)) => Prior::NoVerdict(reason.clone()),
    }
}

fn outcome(finding: &Finding) -> Outcome {
    let status = match finding.status {
        Status::Pass => assay_checks::Status::Pass,
        Status::Fail => assay_checks::Status::Fail,
        Status::Partial => assay_checks::Status::Partial,
        Status::Undecided => assay_checks::Status::Undecided,
        Status::Error => assay_checks::Status::Error,
    };
    Outcome { status, score: finding.score, evidence: finding.evidence.clone() }
}

fn status(status: assay_checks::Status) -> Status {
    match status {
        assay_checks::Status::Pass => Status::Pass,
        assay_checks::Status::Fail => Status::Fail,
        assay_checks::Status::Partial => Status::Partial,
        assay_checks::Status::Undecided => Status::Undecided,
        assay_checks::Status::Error => Status::Error,
    }
}
