"""What solutions try, and what the judge says."""

import unittest

import native
from assay import InvalidConfig

TEST = "assert f(1) == 2"

# A solution, and what its one finding says after the assertion.
FAILS = [
    ("def f(x): return 1", "got 1"),
    ("def f(x): print(x + 1)", "got None"),
    ("def f(x): return {3: ['b', (1,)]}", "got {3: ['b', (1,)]}"),
    ("def f(x): return 10 ** 5000", "got an integer of 16,610 bits"),
    ("def f(x): raise KeyError('a')", "raised KeyError: 'a' on line 1"),
    ("def g(x): pass", "the solution defines no f"),
    ("x = = 1", "the delivery is not Python on line 1: invalid syntax"),
    (" \n", "the delivery has no code"),
    ("raise ValueError('no')", "before any test ran, it raised ValueError: no on line 1"),
    ("def f(x): return f(x)", "raised RecursionError: maximum recursion depth exceeded on line 1"),
    ("def f(x):\n    while True: pass", "did not finish within 200,000 steps"),
    ("def g():\n    while 1: yield 1\ndef f(x): return sum(g())", "did not finish within 200,000 steps"),
    ("def f(x): return input()", "raised EOFError: there is no input in the sandbox on line 1"),
    ("def f(x): return open('a')", "raised FileNotFoundError: there are no files in the sandbox: a on line 1"),
    (
        "import numpy",
        "before any test ran, it raised ModuleNotFoundError: No module named 'numpy' in the sandbox on line 1",
    ),
]

LEAVES = ["import sys\nsys.exit(0)", "exit()", "raise SystemExit(0)", "import os\nos._exit(0)"]

# Each would be equal to anything, or have the judge believe it.
TRICKS = [
    "class A:\n    __eq__ = lambda self, other: True\ndef f(x): return A()",
    "class A(int):\n    __eq__ = lambda self, other: True\ndef f(x): return A(7)",
    "class M(type):\n    __mro__ = (object,)\nclass A(metaclass=M):\n    __eq__ = lambda self, other: True\n"
    "def f(x): return A()",
    "import collections\ncollections.Counter.__eq__ = lambda self, other: True\n"
    "def f(x): return collections.Counter()",
    "import operator\noperator.eq = lambda one, other: True\ndef f(x): return 5",
    "import builtins\nbuiltins.bool = lambda value: True\ndef f(x): return 5",
    "def f(x): raise KeyboardInterrupt",
    "class E(BaseException):\n    args = property(lambda self: 1 / 0)\ndef f(x): raise E",
]

# They catch what ends them.
SWALLOWERS = [
    "def f(x):\n    try:\n        while 1: pass\n    except BaseException: return 2",
    "def f(x):\n    while True:\n        try:\n            pass\n        except: pass",
    "def f(x):\n    while 1:\n        try:\n            while 1: pass\n        finally: continue",
]

HOLDS = [
    "def f(x): return x + 1",
    "def f(x): return 2.0",
    "def f(x):\n    print('looking')\n    return x + 1",
    "Here it is:\n```python\ndef f(x):\n    return x + 1\n```\nThat is all.",
    "```py\ndef f(x): return 0\n```\nor better\n```py\ndef f(x): return x + 1\n```",
    "```python\ndef f(x): return x + 1\n",
    "if __name__ == '__main__':\n    input()\ndef f(x): return x + 1",
    "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x): return x + 1",
    "def sum(many): return 1\ndef f(x): return sum([]) + 1",
]


def only(code, test=TEST, **more):
    (finding,) = native.findings(code, [test], **more)
    return finding


class Solutions(unittest.TestCase):
    def test_a_failure_says_what_was_got(self):
        for code, words in FAILS:
            with self.subTest(code):
                self.assertEqual(("fail", f"{TEST}: {words}"), (only(code).status, only(code).evidence))

    def test_leaving_is_no_success(self):
        for code in LEAVES:
            with self.subTest(code):
                self.assertEqual("fail", only(code).status)
                self.assertIn("left the program with SystemExit", only(code).evidence)

    def test_nothing_passes_by_saying_so(self):
        for code in TRICKS:
            with self.subTest(code):
                self.assertEqual("fail", only(code).status, only(code).evidence)
        self.assertEqual("fail", only("def set(x): return 0\ndef f(x): return [2]", "assert set(f(1)) == {1}").status)
        patched = "import math\nmath.isclose = lambda *_: True\ndef f(x): return 9"
        self.assertEqual("fail", only(patched, "assert math.isclose(f(1), 2)", setup="import math").status)

    @unittest.skipUnless(native.WATCHES_HANDLERS, "this Python cannot be watched while it handles an exception")
    def test_no_handler_outlives_the_steps(self):
        for code in SWALLOWERS:
            with self.subTest(code):
                self.assertEqual(f"{TEST}: did not finish within 200,000 steps", only(code).evidence)

    def test_what_is_right_passes(self):
        for code in HOLDS:
            with self.subTest(code):
                self.assertEqual("pass", only(code).status, only(code).evidence)

    def test_one_solution_is_run_anew_for_each_test(self):
        code = "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)"
        statuses = [one.status for one in native.findings(code, ["assert f(1) == 1", "assert f(2) == 1"])]
        self.assertEqual(["pass", "pass"], statuses)


class Assertions(unittest.TestCase):
    def test_every_form_says_what_is_wrong(self):
        for test, code, words in [
            ("assert f(1) == 1 and f(2) == 2", "def f(x): return 1", "f(2) == 2: got 1"),
            ("assert not f(1)", "def f(x): return 1", "is false: f(1) gave 1"),
            ("assert f(1) in (2, 3)", "def f(x): return 1", "1 in (2, 3) is false"),
            ("assert 0 < f(1) < 3", "def f(x): return 9", "9 < 3 is false"),
            ("assert abs(f(1) - 2) < 0.1", "def f(x): return 9", "7 < 0.1 is false: f(1) gave 9"),
            ("assert set(f(1)) == {1}", "def f(x): return [2]", "got {2}: f(1) gave [2]"),
        ]:
            with self.subTest(test):
                self.assertEqual(f"{test}: {words}", only(code, test).evidence)

    def test_a_task_may_ask_for_a_builtin_of_its_own(self):
        test = "assert sum(1, 2) == 3"
        self.assertEqual("pass", only("def sum(a, b): return a + b", test).status)
        self.assertEqual(f"{test}: the solution defines no sum", only("def add(a, b): return a + b", test).evidence)

    def test_a_class_the_test_uses_says_what_it_equals(self):
        code = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int"
        self.assertEqual("pass", only(code, "assert P(1) == P(1)").status)
        self.assertEqual("fail", only(code, "assert P(1) == P(2)").status)

    def test_what_is_wrong_with_the_configuration_is_no_verdict(self):
        for config in [
            {"tests": []},
            {"tests": ["f(1)"]},
            {"tests": ["assert ("]},
            {"tests": ["assert 1 == 1"]},
            {"tests": [TEST], "setup": "1 / 0"},
            {"tests": [TEST], "steps_max": 0},
            {"tests": [{"name": "a", "code": TEST}, {"name": "a", "code": TEST}]},
        ]:
            with self.subTest(config), self.assertRaises(InvalidConfig):
                native.findings("def f(x): return 2", **config)


if __name__ == "__main__":
    unittest.main()
