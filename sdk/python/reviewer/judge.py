"""Accept, send back, or ask a person: what was found and how good it is decide."""

from assay import Accept, Escalate, Finding, InvalidConfig, Report, RequestRevision, SCORE_MAX, counted

# A revision can ask for at most 200 things; a worker reads fewer.
NOTES_MAX = 20


def review(task, delivery, scorecard, reports: list[Report], config: dict):
    """What a person must look at comes first, then what the worker must change."""
    score_min = config.get("score_min", 7000)
    if type(score_min) is not int or not 0 <= score_min <= SCORE_MAX:
        raise InvalidConfig(f"score_min: is {score_min!r}; give basis points, 0 to 10000")
    open_ends = [text for report in reports for text in unanswered(report)]
    if open_ends:
        things = counted(len(open_ends), "thing has", "things have")
        return Escalate(f"{things} no answer: {'; '.join(open_ends[:NOTES_MAX])}")
    notes = [one.evidence for report in reports for one in report.findings if missed(one, task)]
    if scorecard.score < score_min:
        notes.append(f"The score is {scorecard.score} of 10000, at least {score_min} wanted.")
        notes += [f"{side.name}: {side.note}" for side in scorecard.dimensions if side.note]
    return RequestRevision(notes[:NOTES_MAX]) if notes else Accept()


def unanswered(report: Report) -> list[str]:
    if report.problem:
        return [report.problem]
    return [one.evidence for one in report.findings if one.status in ("undecided", "error")]


def missed(one: Finding, task) -> bool:
    """A check that is not required informs, and never sends a delivery back."""
    required = isinstance(one.subject, str) or task.checks[one.subject].required
    return required and one.status in ("fail", "partial")
