"""What a judge says and sees, as plain Python.

Nothing here needs the sandbox, so a judge is tested like any other code. Records that
come in (`task`, `delivery`, `listing`, …) have the fields of `wit/plugin.wit`, with
underscores; what goes out is made with the functions and classes of this file.

Scores are basis points: 0 is nothing, 10000 is everything. Prices are the smallest unit
of the currency. Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

SCORE_MAX = 10_000


# A verifier's words


@dataclass(frozen=True)
class Finding:
    """One check's result.

    `subject` is a position in `task.checks`, or a name for something the judge looks at
    by itself. `evidence` is one sentence with the numbers.
    """

    subject: Union[int, str]
    status: str
    score: int
    evidence: str


def passed(subject: Union[int, str], evidence: str) -> Finding:
    """Met."""
    return Finding(subject, "pass", SCORE_MAX, evidence)


def failed(subject: Union[int, str], evidence: str) -> Finding:
    """Not met."""
    return Finding(subject, "fail", 0, evidence)


def partly(subject: Union[int, str], score: int, evidence: str) -> Finding:
    """Met in part; the score says how far."""
    return Finding(subject, "partial", score, evidence)


def undecided(subject: Union[int, str], evidence: str) -> Finding:
    """The delivery does not allow an answer; a person must look."""
    return Finding(subject, "undecided", 0, evidence)


# A scorer's words


@dataclass(frozen=True)
class Dimension:
    """One side of quality. `note` says what to change; it is empty when nothing is missing."""

    name: str
    weight: int
    score: int
    note: str = ""


@dataclass(frozen=True)
class Scorecard:
    """The whole score, its sides, and a sentence or two."""

    score: int
    dimensions: list[Dimension] = field(default_factory=list)
    notes: str = ""


def scorecard(dimensions: list[Dimension], notes: str) -> Scorecard:
    """The weighted mean of the dimensions, rounded down."""
    weight = sum(dimension.weight for dimension in dimensions)
    total = sum(dimension.weight * dimension.score for dimension in dimensions)
    return Scorecard(total // weight if weight else 0, dimensions, notes)


# A reviewer's words


@dataclass(frozen=True)
class Accept:
    """Pay."""


@dataclass(frozen=True)
class RequestRevision:
    """Back to the worker, one note for each thing to change."""

    notes: list[str]


@dataclass(frozen=True)
class Escalate:
    """A person must decide; says why and what is known."""

    reason: str


@dataclass(frozen=True)
class Report:
    """What one verifier found, as a reviewer reads it; `problem` says why there is nothing."""

    findings: list[Finding]
    problem: str = ""


# A pricing model's words


@dataclass(frozen=True)
class Event:
    """Why the model is asked: `opened`, `bid`, `counter` or `deadline`; the bid's id with two of them."""

    kind: str
    bid: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing before this time; None waits for the next event."""

    until: Union[int, None] = None


@dataclass(frozen=True)
class Reject:
    """Turn this bid down, with a reason for the bidder."""

    bid: str
    reason: str


@dataclass(frozen=True)
class Counter:
    """Offer this bid another price."""

    bid: str
    price: int


@dataclass(frozen=True)
class Award:
    """Take this bid at this price, and reject the rest."""

    bid: str
    price: int


# Why there is no verdict. None of it is held against the worker.


class Problem(Exception):
    """It failed for a reason of its own."""


class InvalidConfig(Problem):
    """The configuration is broken; name the field and what would be right."""


class Unsupported(Problem):
    """The input is of a sort this judge does not decide about."""


# Evidence


def grouped(number: int) -> str:
    """1212 is `1,212`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str) -> str:
    """`1 word`, `1,212 words`."""
    return f"{grouped(number)} {one if number == 1 else many}"


def quoted(text: str, letters_max: int = 80) -> str:
    """A piece of the delivery as it may stand in a sentence: on one line, cut, in quotation marks."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= letters_max else f"“{line[: letters_max - 1]}…”"


def line_of(text: str, position: int) -> int:
    """The line, from 1, in which a position of a text lies."""
    return text.count("\n", 0, position) + 1
