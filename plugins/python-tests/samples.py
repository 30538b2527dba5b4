"""Prints work for the component, a JSON object a line: every solution, and one broken
version of every twelfth by each mutator, with the assertions that hold by plain Python."""

import json
import sys

import mutators
import native
from test_mbpp import REASONS, plainly

EVERY = 12

SMALL_CHANGES = (mutators.wrong_constant, mutators.off_by_one)


def main():
    records = native.records()
    for record in records:
        tell(record, "solution", record["solution"], "y" * len(record["tests"]), ())
    for mutator in (*SMALL_CHANGES, *REASONS):
        for record in records[::EVERY]:
            mutant = next(iter(mutator(record["solution"])), None)
            if mutant is None:
                continue
            broken = mutator in REASONS
            held = "n" * len(record["tests"]) if broken else plainly(record, mutant)
            tell(record, mutator.__name__, mutant, held, REASONS.get(mutator, ()))


def tell(record: dict, by: str, code: str, held: str, reasons: tuple):
    config = {"tests": record["tests"], "setup": "\n".join(record["imports"])}
    line = {"id": record["id"], "by": by, "code": code, "config": config, "held": held, "reasons": reasons}
    json.dump(line, sys.stdout)
    print()


if __name__ == "__main__":
    main()
