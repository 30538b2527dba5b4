"""Runs the judge on the files of `fixtures/`, without a sandbox. Used by the unit tests.

A fixture is a JSON object: the input, in the form in which the host keeps it, with
`config` as an object, and `expect`, the output in the same form. What `expect` leaves out
is not compared; lists have equally many items.
"""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import SimpleNamespace

import assay
import judge

FOLDER = Path(__file__).parent / "fixtures"


def names() -> list[str]:
    """The fixtures' file names."""
    return sorted(path.name for path in FOLDER.glob("*.json"))


def load(name: str) -> dict:
    """One fixture as it is written."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def run(fixture: dict) -> dict:
    """The judge's answer to a fixture, in the form of `expect`."""
    try:
        return called(fixture)
    except assay.InvalidConfig as problem:
        return {"problem": {"invalid_config": str(problem)}}
    except assay.Unsupported as problem:
        return {"problem": {"unsupported": str(problem)}}
    except assay.Problem as problem:
        return {"problem": {"failed": str(problem)}}


def called(fixture: dict) -> dict:
    config = fixture["config"]
    if "listing" in fixture:
        book = [record(bid) for bid in fixture["book"]]
        decisions = judge.decide(record(fixture["listing"]), book, event(fixture["event"]), config)
        return {"pricing": [pricing(one) for one in decisions]}
    task, delivery = task_of(fixture["task"]), record(fixture["delivery"])
    if "scorecard" in fixture:
        reports = [report(one) for one in fixture["reports"]]
        return {"decision": decision(judge.review(task, delivery, record(fixture["scorecard"]), reports, config))}
    if hasattr(judge, "score"):
        return {"scorecard": plain(judge.score(task, delivery, config))}
    findings = [finding(one) for one in judge.verify(task, delivery, config)]
    return {"report": {"findings": findings}}


def differences(expected, actual, at: str = "expect") -> list[str]:
    """Where an answer is not as a fixture expects it."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = [f"{at}.{key} is missing" for key in expected if key not in actual]
        shared = [key for key in expected if key in actual]
        return missing + [d for key in shared for d in differences(expected[key], actual[key], f"{at}.{key}")]
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{at} has {len(actual)} items, {len(expected)} expected"]
        pairs = enumerate(zip(expected, actual))
        return [d for i, (one, other) in pairs for d in differences(one, other, f"{at}[{i}]")]
    return [] if expected == actual else [f"{at} is {actual!r}, {expected!r} expected"]


# In


def record(value):
    """A JSON object with its fields as attributes."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: record(one) for key, one in value.items()})
    return [record(one) for one in value] if isinstance(value, list) else value


def task_of(value: dict):
    task = record(value)
    for one in task.criteria + task.checks:
        one.class_ = one.__dict__.pop("class")
    for check, given in zip(task.checks, value["checks"]):
        check.json = json.loads(given["json"])
        check.prior = None if given["prior"] is None else report(given["prior"])
    return task


def report(result: dict) -> assay.Report:
    if "Err" in result:
        (words,) = result["Err"].values()
        return assay.Report([], words)
    made = []
    for one in result["Ok"]["findings"]:
        (subject,) = one["subject"].values()
        made.append(assay.Finding(subject, one["status"], one["score"], one["evidence"]))
    return assay.Report(made)


def event(value) -> assay.Event:
    if isinstance(value, str):
        return assay.Event(value)
    ((kind, bid),) = value.items()
    return assay.Event(kind, bid)


# Out


def plain(value):
    """A dataclass as the JSON object of its fields."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    return [plain(one) for one in value] if isinstance(value, list) else value


def finding(one: assay.Finding) -> dict:
    kind = "own" if isinstance(one.subject, str) else "check"
    return {**plain(one), "subject": {kind: one.subject}}


def decision(one):
    match one:
        case assay.Accept():
            return "accept"
        case assay.RequestRevision(notes):
            return {"request_revision": notes}
        case assay.Escalate(reason):
            return {"escalate": reason}
    raise TypeError(f"review() gave {one!r}, which is no decision")


def pricing(one) -> dict:
    return {"wait": one.until} if isinstance(one, assay.Wait) else {type(one).__name__.lower(): plain(one)}
