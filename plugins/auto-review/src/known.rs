//! What the reports say, sorted by who may act on it.

use assay_plugin::numbers::{counted, grouped};
use assay_plugin::{Check, Class, Criterion, Finding, Problem, Report, Scorecard, Status, Subject, Task};

/// The most notes a revision carries; what is over it is counted in the last one.
const NOTES_MAX: usize = 50;
/// The most characters of a quoted criterion or evidence sentence.
const QUOTE_CHARS_MAX: usize = 400;

/// What is known of a delivery.
pub(crate) struct Known {
    /// One for each binding criterion or check that was not met in full.
    pub(crate) notes: Vec<String>,
    /// Why a person must decide, one sentence each.
    pub(crate) open: Vec<String>,
    /// Binding checks that passed.
    pub(crate) binding_passed: u64,
    findings: usize,
}

impl Known {
    pub(crate) fn gather(task: &Task, reports: &[Result<Report, Problem>]) -> Self {
        let findings: Vec<&Finding> = reports.iter().flatten().flat_map(|report| &report.findings).collect();
        let mut known =
            Self { notes: Vec::new(), open: Vec::new(), binding_passed: 0, findings: findings.len() };
        known.missing_verdicts(reports);
        known.checks(task, &findings);
        known.own(&findings);
        known.criteria(task);
        known.limit_notes();
        known
    }

    /// True when the task asks for nothing a verdict could be about and none was given.
    pub(crate) fn nothing_to_judge(&self, task: &Task) -> bool {
        task.checks.is_empty() && task.criteria.is_empty() && self.findings == 0
    }

    pub(crate) fn for_a_person(&self, scorecard: &Scorecard) -> String {
        let reasons = if self.open.is_empty() {
            "No binding check says that the work is done.".to_owned()
        } else {
            self.open.join(" ")
        };
        let passed = counted(self.binding_passed, "binding check", "binding checks");
        let (score, rest) = (scorecard.score / 100, scorecard.score % 100);
        format!("{reasons} Known: {passed} passed, quality {score}.{rest:02} of 100.")
    }

    fn missing_verdicts(&mut self, reports: &[Result<Report, Problem>]) {
        for problem in reports.iter().filter_map(|report| report.as_ref().err()) {
            let (Problem::InvalidConfig(reason) | Problem::Unsupported(reason) | Problem::Failed(reason)) =
                problem;
            self.open.push(format!("A verifier gave no verdict: {}.", quote(reason)));
        }
    }

    /// Sorts the findings about the task's checks; failures are told by criterion.
    fn checks(&mut self, task: &Task, findings: &[&Finding]) {
        let mut failed: Vec<Vec<&Finding>> = vec![Vec::new(); task.checks.len()];
        let mut spoken_of = vec![false; task.checks.len()];
        for finding in findings {
            let Subject::Check(position) = finding.subject else { continue };
            let Some(check) = task.checks.get(position as usize) else {
                self.open
                    .push(format!("A verifier speaks of check {position}, which the task does not have."));
                continue;
            };
            spoken_of[position as usize] = true;
            if !check.required {
                continue;
            }
            match (check.class, finding.status) {
                (Class::Decidable, Status::Fail | Status::Partial) => failed[position as usize].push(finding),
                (Class::Decidable, Status::Pass) => self.binding_passed += 1,
                (_, Status::Pass) => {}
                (_, status) => self.open.push(unsure(&name(task, position), status, &finding.evidence)),
            }
        }
        for (check, _) in
            task.checks.iter().zip(&spoken_of).filter(|(check, spoken)| check.required && !**spoken)
        {
            self.open.push(format!("No verifier spoke of the check `{}`.", quote(&check.kind)));
        }
        self.failures(task, &failed);
    }

    fn failures(&mut self, task: &Task, failed: &[Vec<&Finding>]) {
        let mut told = vec![false; failed.len()];
        for criterion in &task.criteria {
            let evidence: Vec<&str> = positions(criterion, failed.len())
                .inspect(|position| told[*position] = true)
                .flat_map(|position| failed[position].iter().map(|finding| finding.evidence.as_str()))
                .collect();
            if !evidence.is_empty() {
                self.notes.push(note(&format!("“{}”", quote(&criterion.text)), &evidence));
            }
        }
        for (position, findings) in failed.iter().enumerate().filter(|(position, _)| !told[*position]) {
            let evidence: Vec<&str> = findings.iter().map(|finding| finding.evidence.as_str()).collect();
            if !evidence.is_empty() {
                self.notes
                    .push(note(&format!("The check `{}`", quote(&task.checks[position].kind)), &evidence));
            }
        }
    }

    /// Sorts what verifiers looked at by themselves.
    fn own(&mut self, findings: &[&Finding]) {
        for finding in findings {
            let Subject::Own(name) = &finding.subject else { continue };
            match finding.status {
                Status::Pass => self.binding_passed += 1,
                Status::Fail | Status::Partial => self.notes.push(note(&quote(name), &[&finding.evidence])),
                status => self.open.push(unsure(&quote(name), status, &finding.evidence)),
            }
        }
    }

    /// What the poster's sentences leave to a person, whatever the checks found.
    fn criteria(&mut self, task: &Task) {
        for criterion in &task.criteria {
            let binds =
                positions(criterion, task.checks.len()).any(|position| binding(&task.checks[position]));
            let reason = match criterion.class {
                Class::Decidable if binds => continue,
                Class::Decidable => "has no binding check",
                Class::Necessary => "can only be found missing by a machine",
                Class::Human => "is for a person",
            };
            self.open.push(format!("“{}” {reason}.", quote(&criterion.text)));
        }
    }

    fn limit_notes(&mut self) {
        if self.notes.len() > NOTES_MAX {
            let more = self.notes.len() - (NOTES_MAX - 1);
            self.notes.truncate(NOTES_MAX - 1);
            self.notes.push(format!("And {} more are not met.", grouped(more as u64)));
        }
    }
}

fn binding(check: &Check) -> bool {
    check.required && check.class == Class::Decidable
}

/// The criterion's checks that the task has.
fn positions(criterion: &Criterion, count: usize) -> impl Iterator<Item = usize> + '_ {
    criterion.checks.iter().map(|position| *position as usize).filter(move |position| *position < count)
}

/// A check in the poster's words where there are any.
fn name(task: &Task, position: u32) -> String {
    match task.criteria.iter().find(|criterion| criterion.checks.contains(&position)) {
        Some(criterion) => format!("“{}”", quote(&criterion.text)),
        None => format!("The check `{}`", quote(&task.checks[position as usize].kind)),
    }
}

fn unsure(name: &str, status: Status, evidence: &str) -> String {
    let word = match status {
        Status::Error => "could not be checked",
        Status::Undecided => "is undecided",
        _ => "was found missing, which is for a person to judge",
    };
    format!("{name} {word}: {}.", quote(evidence))
}

fn note(name: &str, evidence: &[&str]) -> String {
    let evidence: Vec<String> = evidence.iter().map(|sentence| quote(sentence)).collect();
    format!("{name} is not met yet: {}.", evidence.join("; "))
}

/// Somebody else's sentence inside ours: one line, bounded, without its full stop.
fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    if line.chars().count() <= QUOTE_CHARS_MAX {
        return line.to_owned();
    }
    let start: String = line.chars().take(QUOTE_CHARS_MAX).collect();
    format!("{start}…")
}
