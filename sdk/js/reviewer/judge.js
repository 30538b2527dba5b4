/** Accept, send back, or ask a person: what was found and how good it is decide. */
import { SCORE_MAX, accept, counted, escalate, invalidConfig, requestRevision, reviewer } from './assay.mjs';

// A revision can ask for at most 200 things; a worker reads fewer.
const NOTES_MAX = 20;

/** What a person must look at comes first, then what the worker must change. */
export const review = reviewer((task, delivery, scorecard, reports, config) => {
  const scoreMin = config.score_min ?? 7000;
  if (!Number.isInteger(scoreMin) || scoreMin < 0 || scoreMin > SCORE_MAX) {
    throw invalidConfig(`score_min: is ${JSON.stringify(scoreMin)}; give basis points, 0 to 10000`);
  }
  const openEnds = reports.flatMap(unanswered);
  if (openEnds.length > 0) {
    const things = counted(openEnds.length, 'thing has', 'things have');
    return escalate(`${things} no answer: ${openEnds.slice(0, NOTES_MAX).join('; ')}`);
  }
  const findings = reports.flatMap((report) => report.val.findings);
  const notes = findings.filter((one) => missed(one, task)).map((one) => one.evidence);
  if (scorecard.score < scoreMin) {
    notes.push(`The score is ${scorecard.score} of 10000, at least ${scoreMin} wanted.`);
    notes.push(...scorecard.dimensions.filter((side) => side.note).map((side) => `${side.name}: ${side.note}`));
  }
  return notes.length > 0 ? requestRevision(notes.slice(0, NOTES_MAX)) : accept();
});

function unanswered(report) {
  if (report.tag === 'err') return [report.val.val];
  const open = report.val.findings.filter((one) => one.status === 'undecided' || one.status === 'error');
  return open.map((one) => one.evidence);
}

/** A check that is not required informs, and never sends a delivery back. */
function missed({ subject, status }, task) {
  const required = subject.tag === 'own' || task.checks[subject.val].required;
  return required && (status === 'fail' || status === 'partial');
}
