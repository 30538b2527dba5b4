"""Between the judge and the sandbox; there is nothing to change here.

`judge.py` has one of `verify`, `score`, `review`, `decide`. This module gives it plain
values, and turns its answer into the records of `wit/plugin.wit`.

The sandbox has no files, no clock and no entropy: a component built with `--stub-wasi`
would stop dead when it asked for one, and the run would be inconclusive. So what Python
programs ask for without thinking is answered here, with ordinary exceptions.
"""

import builtins
import importlib.machinery
import io
import json
import sys
import time

from componentize_py_types import Err, Ok
from wit_world.imports import logging
from wit_world.imports import types as wit

import assay
import judge


class WitWorld:
    """The component's export. It has the methods of all worlds, and the host calls one."""

    def verify(self, task, delivery, config):
        findings = answer(delivery.delivered_at, judge, "verify", opened(task), delivery, settings(config))
        return wit.Report([finding(one) for one in findings])

    def score(self, task, delivery, config):
        card = answer(delivery.delivered_at, judge, "score", opened(task), delivery, settings(config))
        sides = [wit.Dimension(side.name, side.weight, side.score, side.note) for side in card.dimensions]
        return wit.Scorecard(card.score, sides, card.notes)

    def review(self, task, delivery, scorecard, reports, config):
        reports = [report(one) for one in reports]
        given = (opened(task), delivery, scorecard, reports, settings(config))
        decision = answer(delivery.delivered_at, judge, "review", *given)
        match decision:
            case assay.Accept():
                return wit.Decision_Accept()
            case assay.RequestRevision(notes):
                return wit.Decision_RequestRevision(notes)
            case assay.Escalate(reason):
                return wit.Decision_Escalate(reason)
        raise TypeError(f"review() gave {decision!r}, which is no decision")

    def decide(self, listing, book, event, config):
        given = (listing, book, heard(event), settings(config))
        return [decided(one) for one in answer(listing.opened_at, judge, "decide", *given)]


def answer(now_ms, module, function, *given):
    """Calls the judge; whatever it raises becomes the reason why there is no verdict."""
    inhabit(now_ms)
    try:
        return getattr(module, function)(*given)
    except assay.InvalidConfig as problem:
        raise Err(wit.Problem_InvalidConfig(str(problem))) from None
    except assay.Unsupported as problem:
        raise Err(wit.Problem_Unsupported(str(problem))) from None
    except Exception as problem:
        words = str(problem) if isinstance(problem, assay.Problem) else f"{type(problem).__name__}: {problem}"
        raise Err(wit.Problem_Failed(words[:1000])) from None


def settings(config):
    """The configuration as a dictionary; empty text is an empty one."""
    try:
        value = json.loads(config or "{}")
    except ValueError as error:
        raise Err(wit.Problem_InvalidConfig(f"the configuration is no JSON: {error}")) from None
    if not isinstance(value, dict):
        raise Err(wit.Problem_InvalidConfig("the configuration is no JSON object"))
    return value


# In


def opened(task):
    """A check's class is its word, its JSON a dictionary, its prior report a `Report`."""
    for criterion in task.criteria:
        criterion.class_ = criterion.class_.name.lower()
    for check in task.checks:
        check.class_ = check.class_.name.lower()
        check.json = json.loads(check.json)
        check.prior = None if check.prior is None else report(check.prior)
    return task


def report(result):
    if isinstance(result, Ok):
        return assay.Report([read(one) for one in result.value.findings])
    return assay.Report([], result.value.value)


def read(one):
    return assay.Finding(one.subject.value, one.status.name.lower(), one.score, one.evidence)


def heard(event):
    kinds = {
        wit.PricingEvent_Opened: "opened",
        wit.PricingEvent_Bid: "bid",
        wit.PricingEvent_Counter: "counter",
        wit.PricingEvent_Deadline: "deadline",
    }
    return assay.Event(kinds[type(event)], getattr(event, "value", ""))


# Out


def finding(one):
    own = isinstance(one.subject, str)
    subject = wit.Subject_Own(one.subject) if own else wit.Subject_Check(one.subject)
    return wit.Finding(subject, wit.Status[one.status.upper()], one.score, one.evidence)


def decided(one):
    match one:
        case assay.Wait(until):
            return wit.PricingDecision_Wait(until)
        case assay.Reject(bid, reason):
            return wit.PricingDecision_Reject(wit.Rejection(bid, reason))
        case assay.Counter(bid, price):
            return wit.PricingDecision_Counter(wit.Offer(bid, price))
        case assay.Award(bid, price):
            return wit.PricingDecision_Award(wit.Offer(bid, price))
    raise TypeError(f"decide() gave {one!r}, which is no decision")


# What is not there


class Log(io.TextIOBase):
    """`print` ends up in the host's log, a line at a time."""

    def __init__(self, level):
        self.level = level
        self.rest = ""

    def writable(self):
        return True

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            logging.log(self.level, line)
        return len(text)


def no_files(path, *_arguments, **_options):
    raise FileNotFoundError(f"there are no files in the sandbox: {path}")


def inhabit(now_ms):
    """Runs before the judge, and not while the component is built: building it needs files."""
    sys.stdout, sys.stderr, sys.stdin = Log(logging.Level.INFO), Log(logging.Level.WARN), io.StringIO()
    builtins.open = io.open = no_files
    # The time is the delivery's, and it stands still.
    time.time = lambda: now_ms / 1000
    time.time_ns = lambda: now_ms * 1_000_000
    time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
    time.monotonic_ns = time.perf_counter_ns = time.process_time_ns = lambda: 0
    time.sleep = lambda _seconds: None
    # A module that was not imported at build time is not in the component; without this
    # Python would look for it on a disk.
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not importlib.machinery.PathFinder]
