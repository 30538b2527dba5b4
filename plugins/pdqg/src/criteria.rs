//! The share of the decidable criteria that the delivery meets.
//!
//! The gate does not judge: a check that cannot tell, is broken, or asks another
//! component is left out here and left to the verifier.

use crate::Criteria;
use assay_checks::{Attachment, Check, Delivery, Judge, SCORE_MAX, Status, Trace};
use assay_plugin::{Class, attachments};

/// Runs the decidable checks; none when there are none that can tell.
pub fn met(task: &assay_plugin::Task, delivery: &assay_plugin::Delivery) -> Option<Criteria> {
    let checks: Vec<&assay_plugin::Check> = task
        .checks
        .iter()
        .filter(|check| check.class == Class::Decidable && check.kind != "plugin")
        .collect();
    if checks.is_empty() {
        return None;
    }
    let task_text = format!("{}\n{}", task.title, task.description);
    let files: Vec<Attachment> = delivery.attachments.iter().map(file).collect();
    let traces: Vec<Trace> =
        delivery.traces.iter().map(|trace| Trace { event: &trace.event, message: &trace.message }).collect();
    let judge = Judge::new(Delivery {
        content: &delivery.content,
        task_text: &task_text,
        attachments: &files,
        traces: &traces,
        read: &attachments::read,
    });
    let mut criteria = Criteria { met: 0, total: 0 };
    for check in checks {
        let Ok(read) = Check::parse(&check.json) else { continue };
        let outcome = judge.run(&read, None);
        if matches!(outcome.status, Status::Pass | Status::Partial | Status::Fail) {
            let weight = u64::from(check.weight);
            criteria.met += weight * u64::from(outcome.score);
            criteria.total += weight * u64::from(SCORE_MAX);
        }
    }
    Some(criteria)
}

fn file(attachment: &assay_plugin::Attachment) -> Attachment<'_> {
    Attachment {
        name: &attachment.name,
        media_type: &attachment.media_type,
        size: attachment.size,
        digest: &attachment.digest,
    }
}
