"""Real solutions pass, broken ones fail with the right reason.

A mutant of the first two mutators may still be right. Whether it is, plain Python says: the
same assertions in a process of their own, without any of the judge.
"""

import json
import subprocess
import sys
import unittest
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import mutators
import native

REASONS = {
    mutators.returns_none: ("got None", "gave None", "'NoneType'", "not NoneType"),
    mutators.raises: ("raised ValueError: broken on purpose",),
    mutators.loops_forever: ("did not finish within", "the steps for all tests are used up"),
    mutators.prints_and_exits: ("left the program with SystemExit(0)",),
}

RECORDS = native.records()

# Runs every assertion by itself and prints one letter for each: held, or not. Loops are
# stopped by the number of lines they run, so that the answer does not hang on the machine.
ORACLE = """
import json, sys, os, io
record = json.load(sys.stdin)
out, sys.stdout, sys.stdin = sys.stdout, io.StringIO(), io.StringIO()
class Stop(BaseException): pass
def watch():
    left = 300_000
    def trace(frame, event, value):
        nonlocal left
        left -= 1
        if left < 0: raise Stop
        return trace
    sys.settrace(trace)
for test in record["tests"]:
    names = {"__name__": "solution"}
    try:
        watch()
        exec(record["code"], names)
        exec(chr(10).join(record["imports"]), names)
        exec(test, names)
        held = "y"
    except BaseException:
        held = "n"
    sys.settrace(None)
    out.write(held)
"""


def judged(record: dict, code: str) -> list:
    return native.findings(code, record["tests"], "\n".join(record["imports"]))


def plainly(record: dict, code: str) -> str:
    given = json.dumps({**record, "code": code})
    done = subprocess.run([sys.executable, "-c", ORACLE], input=given, capture_output=True, text=True, check=True)
    return done.stdout


@unittest.skipUnless(RECORDS, "the data is not there")
class Mbpp(unittest.TestCase):
    def setUp(self):
        # Some solutions have a backslash that Python warns about, each time it reads them.
        warnings.simplefilter("ignore", SyntaxWarning)

    def test_every_solution_passes(self):
        for record in RECORDS:
            for finding in judged(record, record["solution"]):
                self.assertEqual("pass", finding.status, f"{record['id']}: {finding.evidence}")

    def test_every_broken_solution_fails_for_its_reason(self):
        for mutator, reasons in REASONS.items():
            caught = 0
            for record in RECORDS:
                for mutant in mutator(record["solution"]):
                    for finding in judged(record, mutant):
                        self.assertEqual("fail", finding.status, f"{record['id']}: {mutant}")
                        known = any(reason in finding.evidence for reason in reasons)
                        self.assertTrue(known, f"{record['id']}: {finding.evidence}")
                    caught += 1
            print(f"{mutator.__name__:18} {caught} broken, {caught} caught")

    def test_small_changes_are_judged_as_plain_python_does(self):
        for mutator in (mutators.wrong_constant, mutators.off_by_one):
            self.compare(mutator)

    def compare(self, mutator):
        made = [(record, mutant) for record in RECORDS for mutant in mutator(record["solution"])]
        with ThreadPoolExecutor(2) as pool:
            plain = list(pool.map(lambda one: plainly(*one), made))
        counts, harmless = Counter(), {record["id"] for record in RECORDS}
        for (record, mutant), held in zip(made, plain):
            statuses = "".join("y" if one.status == "pass" else "n" for one in judged(record, mutant))
            self.assertEqual(held, statuses, f"{record['id']}: {mutant}")
            counts["caught" if "n" in statuses else "still right"] += 1
            if "n" in statuses:
                harmless.discard(record["id"])
        without = len({record["id"] for record in RECORDS} - {record["id"] for record, _ in made})
        print(
            f"{mutator.__name__:18} {len(made)} mutants, {counts['caught']} caught, "
            f"{counts['still right']} as right as before to plain Python too; "
            f"{without} solutions have nothing to change, {len(harmless) - without} only harmlessly"
        )


if __name__ == "__main__":
    unittest.main()
