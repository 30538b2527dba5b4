//! Judging a delivery: gate, checks, review, each a run of a component in the sandbox,
//! each with a signed receipt.
//!
//! Judging computes and changes nothing. What it found is handed to the verb, which
//! decides within the lines of [`assay_domain::review`] and commits everything at once.

use std::mem;

use assay_domain::criteria::Class;
use assay_domain::gate::Score;
use assay_domain::ids::{DeliveryId, ReceiptId};
use assay_domain::review::{self, Force, Proposal, Status, Verdict};
use assay_domain::terms::ReviewPolicy;
use assay_sandbox as sandbox;
use assay_sandbox::{Attachments, Company, Input, Issue, Judge, Outcome, Output, Reason, Receipt, Run};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plugins::Standing;
use super::task::{Check, Criterion, Spec, Task};
use super::traces::Trace;
use super::{App, plugins};
use crate::error::Error;

/// A piece of work to be judged.
#[derive(Clone, Debug)]
pub struct Work {
    /// Which delivery.
    pub id: DeliveryId,
    /// The work itself.
    pub content: String,
    /// What the worker says about it.
    pub summary: String,
    /// Files, by name and digest.
    pub attachments: Vec<Attachment>,
    /// The bytes of those files that are held here.
    pub held: Attachments,
    /// Notes on the way.
    pub traces: Vec<Trace>,
    /// 1 for the first of a task.
    pub round: u32,
    /// Milliseconds.
    pub delivered_at: i64,
}

/// A file of a delivery, as its worker describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What sort of file.
    pub media_type: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Lower-case hexadecimal SHA-256.
    pub sha256: String,
    /// Where its worker says it is. Kept, and never fetched.
    #[serde(default)]
    pub url: Option<String>,
}

/// What the judges said.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The gate's score; nothing when the scorer gave none.
    pub score: Option<Score>,
    /// What the scorer said about it.
    pub scorecard: Option<Scorecard>,
    /// Every finding, verifier by verifier.
    pub findings: Vec<Finding>,
    /// What they come to.
    pub verdict: Verdict,
    /// Whether there is no verdict because the delivery was too much for the verifier of
    /// the task's checks.
    pub ran_out: bool,
    /// What the reviewer was let to decide.
    pub proposal: Proposal,
    /// What the reviewer said: notes for the worker, or why a person must decide.
    pub notes: Vec<String>,
    /// The runs, in order, for their receipts.
    pub runs: Vec<Judged>,
}

/// One run, and the component that ran.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The component.
    pub judge: Judge,
    /// What came of it.
    pub run: Run,
}

/// The scorer's answer, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scorecard {
    /// In a sentence or two.
    pub notes: String,
    /// Its sides.
    pub dimensions: Vec<Dimension>,
}

/// One side of quality, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its share.
    pub weight: u16,
    /// Basis points.
    pub score: u16,
    /// What to change.
    pub note: String,
}

/// One finding, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Position in the task's checks; nothing for a verifier's own.
    pub check: Option<u32>,
    /// The check's kind, or the verifier's own name for it.
    pub kind: String,
    /// The criterion it came from, in the poster's words.
    pub criterion: Option<String>,
    /// `pass`, `fail`, `partial`, `undecided` or `error`.
    pub status: String,
    /// Basis points.
    pub score: u16,
    /// One sentence with the numbers.
    pub evidence: String,
    /// Whether it decides.
    pub binding: bool,
    /// Whose finding it is: a digest.
    pub verifier: String,
}

/// A receipt and the input it can be replayed with.
pub struct Signed {
    /// The receipt.
    pub receipt: Receipt,
    /// The input's canonical bytes.
    pub input: Vec<u8>,
}

impl App {
    /// Runs gate, checks and review over a delivery. The checks run whatever the gate
    /// says, so that a worker who is turned back learns everything at once.
    pub async fn judge(&self, task: &Task, work: &Work) -> Result<Judgement, Error> {
        let delivery = delivered(work);
        let mut runs = Vec::new();
        let asked = self.ask_plugins(asked(task), (&delivery, &work.held), &mut runs).await?;

        let config = String::from("{}");
        let input = Input::Score { task: asked.clone(), delivery: delivery.clone(), config: config.clone() };
        let scored = self.run_with(&task.spec.scorer, &input, &work.held, &mut runs).await?;
        let mut reports = Vec::new();
        for pin in &task.spec.verifiers {
            let own = self.builtins.judges_checks_alone(&pin.digest);
            if own && asked.checks.is_empty() {
                continue;
            }
            let config = pin.config.clone();
            let input = Input::Verify { task: asked.clone(), delivery: delivery.clone(), config };
            let said = self.run_with(&pin.digest, &input, &work.held, &mut runs).await?;
            reports.push((pin.digest.clone(), veiled(&task.spec, own, said)));
        }
        let findings: Vec<Finding> =
            reports.iter().flat_map(|(digest, report)| findings(&task.spec, digest, report)).collect();
        let verdict = verdict_of(&findings, &reports);
        let score = scored.as_ref().ok().and_then(|output| match output {
            Output::Scorecard(card) => Some(card.clone()),
            _ => None,
        });

        let (proposal, notes) = match (&score, task.spec.terms.review) {
            (Some(card), ReviewPolicy::Auto) => {
                let input = Input::Review {
                    task: asked,
                    delivery,
                    scorecard: card.clone(),
                    reports: reports.into_iter().map(|(_, report)| as_report(report)).collect(),
                    config,
                };
                decision(self.run_with(&task.spec.reviewer, &input, &work.held, &mut runs).await?)
            }
            (None, ReviewPolicy::Auto) => (Proposal::Escalate, vec!["the scorer gave no score".into()]),
            (_, ReviewPolicy::Poster) => (Proposal::Escalate, Vec::new()),
        };
        let revision_left = task.tally.revisions < task.spec.terms.revisions_max;
        let proposal = review::bounded(proposal, verdict, task.spec.left_to_person(), revision_left);
        Ok(Judgement {
            ran_out: verdict == Verdict::Undecided && ran_out(&task.spec, &runs),
            score: score.as_ref().and_then(|card| Score::new(card.score)),
            scorecard: score.map(kept_scorecard),
            findings,
            verdict,
            proposal,
            notes,
            runs,
        })
    }

    /// Runs the components that checks of kind `plugin` name. They see the task without
    /// its checks, so that none can ask another one.
    async fn ask_plugins(
        &self,
        mut task: sandbox::Task,
        (delivery, held): (&sandbox::Delivery, &Attachments),
        runs: &mut Vec<Judged>,
    ) -> Result<sandbox::Task, Error> {
        let bare = sandbox::Task { checks: Vec::new(), criteria: Vec::new(), ..task.clone() };
        for check in task.checks.iter_mut().filter(|check| plugins::is_plugin_check(&check.kind)) {
            let json: Value = serde_json::from_str(&check.json).unwrap_or_default();
            let digest = json["digest"].as_str().unwrap_or_default();
            let config = json.get("config").filter(|config| !config.is_null());
            let config = config.map_or_else(|| "{}".to_owned(), Value::to_string);
            let input = Input::Verify { task: bare.clone(), delivery: delivery.clone(), config };
            check.prior = Some(as_report(self.run_with(digest, &input, held, runs).await?));
        }
        Ok(task)
    }

    /// One run of a pinned component that is given no files.
    pub(crate) async fn run(
        &self,
        digest: &str,
        input: &Input,
        runs: &mut Vec<Judged>,
    ) -> Result<Result<Output, sandbox::Problem>, Error> {
        self.run_with(digest, input, &Attachments::none(), runs).await
    }

    /// One run of a pinned component. Without an output there is a reason, in words.
    async fn run_with(
        &self,
        digest: &str,
        input: &Input,
        files: &Attachments,
        runs: &mut Vec<Judged>,
    ) -> Result<Result<Output, sandbox::Problem>, Error> {
        let Standing { owner, binds } = self.standing(digest).await?;
        let mut judge = self.judge_component(&owner, digest).await?;
        let mut run = self.run_once(&owner, &judge, (input, files), Company::Shared).await;
        if matches!(&run.outcome, Outcome::Inconclusive { reason } if reason.code_is_gone()) {
            // Nothing ran: the disk made room of it since, so it is compiled again.
            judge = self.judge_component(&owner, digest).await?;
            run = self.run_once(&owner, &judge, (input, files), Company::Shared).await;
        }
        if matches!(run.outcome, Outcome::Inconclusive { reason: Reason::RunnerLost(_) }) {
            // Another run may have been at fault, so this one has a second try, by itself.
            let again = self.run_once(&owner, &judge, (input, files), Company::Alone).await;
            runs.push(Judged { judge: judge.clone(), run: mem::replace(&mut run, again) });
        }
        let said = match &run.outcome {
            Outcome::Output(Output::Problem(problem)) => Err(problem.clone()),
            Outcome::Output(output) if binds => Ok(output.clone()),
            Outcome::Output(output) => Ok(informing(output.clone())),
            Outcome::Inconclusive { reason } => Err(sandbox::Problem::Failed(reason.to_string())),
        };
        runs.push(Judged { judge, run });
        Ok(said)
    }

    async fn run_once(
        &self,
        owner: &str,
        judge: &Judge,
        (input, files): (&Input, &Attachments),
        company: Company,
    ) -> Run {
        let turn = self.sandbox.turn(owner, judge).await;
        // Waiting for the turn is no work of the component.
        let timer = self.metrics.run_started();
        let run = turn.run(input, files.clone(), company).await;
        let plugin = format!("{}@{}", judge.manifest.name, judge.manifest.version);
        timer.finish(&plugin, judge.world.as_str(), run.word(), run.fuel);
        run
    }

    /// Signs the runs, chained to the task's receipts so far.
    pub fn sign(&self, task: &mut Task, runs: Vec<Judged>) -> Result<Vec<Signed>, Error> {
        let signed = self.sign_chained(&mut task.tally.receipt_hash, runs)?;
        task.tally.receipts += i64::try_from(signed.len()).unwrap_or(i64::MAX);
        Ok(signed)
    }

    /// Signs the runs, chained to the receipt whose hash `last` is, and moves that on.
    pub(crate) fn sign_chained(
        &self,
        last: &mut Option<String>,
        runs: Vec<Judged>,
    ) -> Result<Vec<Signed>, Error> {
        let mut signed = Vec::with_capacity(runs.len());
        for Judged { judge, run } in runs {
            let id = ReceiptId(self.clock.id()).to_string();
            let previous = last.as_deref().map(str::parse).transpose();
            let previous = previous.map_err(|_| Error::Internal("impossible receipt hash".into()))?;
            let issue = Issue { id: &id, previous, engine_profile: self.sandbox.profile() };
            let receipt = Receipt::issue(issue, &judge, &run, &self.host_key);
            *last = Some(receipt.hash().to_string());
            signed.push(Signed { receipt, input: run.input });
        }
        Ok(signed)
    }
}

/// Whether the verifier of the task's checks, which is the house's own and comes first,
/// used up its fuel or its memory. Another one may do so on anything.
fn ran_out(spec: &Spec, runs: &[Judged]) -> bool {
    let own = spec.verifiers.first();
    runs.iter().any(|Judged { judge, run }| {
        let spent = matches!(
            run.outcome,
            Outcome::Inconclusive { reason: Reason::FuelExhausted | Reason::Memory(_) }
        );
        spent && own.is_some_and(|own| own.digest == judge.digest.to_string())
    })
}

fn asked(task: &Task) -> sandbox::Task {
    let spec = &task.spec;
    let millis = |at: i64| u64::try_from(at).unwrap_or(0);
    sandbox::Task {
        id: task.id.to_string(),
        title: spec.title.clone(),
        description: spec.description.clone(),
        category: spec.category.clone(),
        skills: spec.skills.clone(),
        criteria: asked_criteria(&spec.criteria),
        checks: asked_checks(&spec.checks),
        currency: spec.terms.asset.code().into(),
        price: millis(task.price),
        posted_at: millis(task.created_at.0),
        deadline_at: task.deadline_at.map(|at| millis(at.0)),
    }
}

/// Criteria as a component is given them.
pub(super) fn asked_criteria(criteria: &[Criterion]) -> Vec<sandbox::Criterion> {
    let one = |criterion: &Criterion| sandbox::Criterion {
        text: criterion.text.clone(),
        class: class_of(criterion.class),
        checks: criterion.checks.clone(),
    };
    criteria.iter().map(one).collect()
}

/// Checks as a component is given them.
pub(super) fn asked_checks(checks: &[Check]) -> Vec<sandbox::Check> {
    let one = |check: &Check| sandbox::Check {
        kind: check.kind.clone(),
        required: check.required,
        weight: check.weight,
        class: class_of(check.class),
        json: check.json.to_string(),
        prior: None,
    };
    checks.iter().map(one).collect()
}

const fn class_of(class: Class) -> sandbox::Class {
    match class {
        Class::Decidable => sandbox::Class::Decidable,
        Class::Necessary => sandbox::Class::Necessary,
        Class::Human => sandbox::Class::Human,
    }
}

/// The digest of a file whose bytes are at hand; empty for one that never got here, so
/// that a judge is told the same on every host.
fn held_digest(held: &Attachments, sha256: &str) -> String {
    let digest = format!("sha256:{sha256}");
    let at_hand = digest.parse().is_ok_and(|digest| held.has(&digest));
    if at_hand { digest } else { String::new() }
}

fn delivered(work: &Work) -> sandbox::Delivery {
    let millis = |at: i64| u64::try_from(at).unwrap_or(0);
    sandbox::Delivery {
        id: work.id.to_string(),
        content: work.content.clone(),
        summary: work.summary.clone(),
        attachments: work
            .attachments
            .iter()
            .map(|file| sandbox::Attachment {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                size: file.size_bytes,
                digest: held_digest(&work.held, &file.sha256),
            })
            .collect(),
        traces: work
            .traces
            .iter()
            .map(|trace| sandbox::Trace {
                event: trace.note.event.clone(),
                message: trace.note.message.clone(),
                at: millis(trace.created_at.0),
            })
            .collect(),
        round: work.round,
        delivered_at: millis(work.delivered_at),
    }
}

/// What a verifier that may not decide says, for a person to read: every finding open.
fn informing(output: Output) -> Output {
    let Output::Report(mut report) = output else { return output };
    for finding in &mut report.findings {
        let said = status(finding.status).as_str();
        finding.evidence = format!("{said}, by a verifier that only informs: {}", finding.evidence);
        finding.status = sandbox::Status::Undecided;
    }
    Output::Report(report)
}

/// A report without the evidence that would give expected answers away: a composition
/// quotes its parts, and the worker and the reviewer's notes quote the evidence.
///
/// A verifier that is not the house's own may quote whatever it was given.
fn veiled(
    spec: &Spec,
    own: bool,
    said: Result<Output, sandbox::Problem>,
) -> Result<Output, sandbox::Problem> {
    let Ok(Output::Report(mut report)) = said else { return said };
    for finding in &mut report.findings {
        let sandbox::Subject::Check(at) = finding.subject else { continue };
        let asked = spec.checks.get(at as usize);
        let composed =
            |kind: &str| ["all", "any", "set"].contains(&kind.strip_prefix("not-").unwrap_or(kind));
        if asked.is_some_and(|asked| asked.gold && (!own || composed(&asked.kind))) {
            let met = if finding.status == sandbox::Status::Pass { "met" } else { "not met" };
            finding.evidence = format!("{met}; it holds expected answers and is not shown");
        }
    }
    Ok(Output::Report(report))
}

/// A verifier's report, read with the task's checks beside it. A verifier that gave
/// none leaves one finding in doubt for each of its checks.
fn findings(spec: &Spec, verifier: &str, report: &Result<Output, sandbox::Problem>) -> Vec<Finding> {
    let finding = |check: Option<u32>, own: &str, status: Status, score: u16, evidence: &str| {
        let asked = check.and_then(|check| spec.checks.get(check as usize));
        let criterion = check.and_then(|check| spec.criteria.iter().find(|one| one.checks.contains(&check)));
        Finding {
            check,
            kind: asked.map_or_else(|| own.to_owned(), |asked| asked.kind.clone()),
            criterion: criterion.map(|one| one.text.clone()),
            status: status.as_str().into(),
            score,
            evidence: evidence.to_owned(),
            binding: asked.is_none_or(|asked| asked.force() == Force::Binding),
            verifier: verifier.to_owned(),
        }
    };
    match report {
        Ok(Output::Report(report)) => report
            .findings
            .iter()
            .map(|found| match &found.subject {
                sandbox::Subject::Check(check) => {
                    finding(Some(*check), "", status(found.status), found.score, &found.evidence)
                }
                sandbox::Subject::Own(name) => {
                    finding(None, name, status(found.status), found.score, &found.evidence)
                }
            })
            .collect(),
        Ok(_) => Vec::new(),
        Err(problem) => (0..spec.checks.len())
            .filter_map(|check| u32::try_from(check).ok())
            .map(|check| finding(Some(check), "", Status::Error, 0, problem.text()))
            .collect(),
    }
}

/// A finding's status in the domain's word.
pub const fn status(status: sandbox::Status) -> Status {
    match status {
        sandbox::Status::Pass => Status::Pass,
        sandbox::Status::Fail => Status::Fail,
        sandbox::Status::Partial => Status::Partial,
        sandbox::Status::Undecided => Status::Undecided,
        sandbox::Status::Error => Status::Error,
    }
}

/// What all findings come to. A verifier without a report leaves it undecided, unless
/// another one found a failure.
fn verdict_of(findings: &[Finding], reports: &[(String, Result<Output, sandbox::Problem>)]) -> Verdict {
    let known = [Status::Pass, Status::Fail, Status::Partial, Status::Undecided, Status::Error];
    let verdict = Verdict::of(findings.iter().map(|finding| {
        let force = if finding.binding { Force::Binding } else { Force::Advisory };
        let status = known.into_iter().find(|status| status.as_str() == finding.status);
        (force, status.unwrap_or(Status::Error))
    }));
    let silent = reports.iter().any(|(_, report)| report.is_err());
    if silent && verdict == Verdict::Passed { Verdict::Undecided } else { verdict }
}

fn as_report(said: Result<Output, sandbox::Problem>) -> Result<sandbox::Report, sandbox::Problem> {
    match said? {
        Output::Report(report) => Ok(report),
        _ => Err(sandbox::Problem::Failed("the verifier gave no report".into())),
    }
}

fn decision(said: Result<Output, sandbox::Problem>) -> (Proposal, Vec<String>) {
    match said {
        Ok(Output::Decision(sandbox::Decision::Accept)) => (Proposal::Accept, Vec::new()),
        Ok(Output::Decision(sandbox::Decision::RequestRevision(notes))) => (Proposal::Revision, notes),
        Ok(Output::Decision(sandbox::Decision::Escalate(reason))) => (Proposal::Escalate, vec![reason]),
        Ok(_) => (Proposal::Escalate, vec!["the reviewer gave no decision".into()]),
        Err(problem) => (Proposal::Escalate, vec![problem.text().to_owned()]),
    }
}

fn kept_scorecard(card: sandbox::Scorecard) -> Scorecard {
    let kept = |side: sandbox::Dimension| Dimension {
        name: side.name,
        weight: side.weight,
        score: side.score,
        note: side.note,
    };
    Scorecard { notes: card.notes, dimensions: card.dimensions.into_iter().map(kept).collect() }
}
