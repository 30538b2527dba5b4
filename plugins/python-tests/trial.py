"""Runs a solution against a suite: one result a test, whatever the solution does.

Each test gets a solution run anew, in a world of its own. Everything used after the
solution started was bound before.
"""

import operator
from dataclasses import dataclass
from types import CodeType

import modules
from steps import OutOfSteps, Steps
from suite import SEEN, BrokenTest, Condition, Suite, Test
from values import compares_as_python_does, named, shown

OPERATORS = {
    "Eq": ("==", operator.eq),
    "NotEq": ("!=", operator.ne),
    "Lt": ("<", operator.lt),
    "LtE": ("<=", operator.le),
    "Gt": (">", operator.gt),
    "GtE": (">=", operator.ge),
    "Is": ("is", operator.is_),
    "IsNot": ("is not", operator.is_not),
    "In": ("in", lambda one, many: one in many),
    "NotIn": ("not in", lambda one, many: one not in many),
}

# Read from an exception without asking the exception.
_args = BaseException.__dict__["args"].__get__
_traceback = BaseException.__dict__["__traceback__"].__get__

MESSAGE_MAX = 200


@dataclass(frozen=True)
class Result:
    name: str
    passed: bool
    evidence: str


class Missed(Exception):
    """The assertion does not hold; says what was got."""


class Ended(Exception):
    """The solution did not come back in an orderly way; says how it went."""


def judge(suite: Suite, code: str, steps_max: int, total_max: int, now_ms: int) -> list[Result]:
    """Raises `BrokenTest` when the setup does not run by itself."""
    steps, streams = Steps(total_max), modules.streams()
    try:
        modules.restore()
        prove_setup(suite, steps, steps_max, now_ms)
        try:
            solution = compile(code, "<solution>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
            line = getattr(error, "lineno", None)
            where = f" on line {line}" if line else ""
            reason = f"the delivery is not Python{where}: {str(getattr(error, 'msg', error))[:MESSAGE_MAX]}"
            return [Result(test.name, False, f"{test.text}: {reason}") for test in suite.tests]
        if not code.strip():
            return [Result(test.name, False, f"{test.text}: the delivery has no code") for test in suite.tests]
        return [Trial(suite, test, solution, steps, steps_max, now_ms).result() for test in suite.tests]
    finally:
        modules.restore()
        modules.put_back(streams)


def prove_setup(suite: Suite, steps: Steps, steps_max: int, now_ms: int):
    world = modules.World(now_ms)
    try:
        steps.run(steps_max, lambda: exec(suite.setup, {"__builtins__": world.names, "__name__": "setup"}))
    except BaseException as error:
        raise BrokenTest(f"setup: {told(error)}") from None
    finally:
        modules.restore()


class Trial:
    """One test, on the solution run for it."""

    def __init__(self, suite: Suite, test: Test, solution: CodeType, steps: Steps, steps_max: int, now_ms: int):
        self.suite, self.test, self.solution = suite, test, solution
        self.steps, self.steps_max = steps, steps_max
        self.world = modules.World(now_ms)
        # What calls inside an assertion gave, in their order.
        self.seen = []

    def result(self) -> Result:
        if self.steps.left_in_total <= 0:
            return self.failed("not run, the steps for all tests are used up")
        try:
            names = self.defined()
            self.guarded(lambda: exec(self.test.before, names))
            held = self.holds(self.test.condition, names)
        except Missed as missed:
            return self.failed(f"{missed}{self.values_seen()}")
        except Ended as ended:
            return self.failed(str(ended))
        finally:
            modules.restore()
        if not held:
            return self.failed(f"is false{self.values_seen()}")
        return Result(self.test.name, True, f"{self.test.text}: holds")

    def failed(self, reason: str) -> Result:
        return Result(self.test.name, False, f"{self.test.text}: {reason}")

    def defined(self) -> dict:
        """The names a test can use: the setup's before the solution's, and no built-in replaced."""
        names = {"__builtins__": self.world.names, "__name__": "solution"}
        self.guarded(lambda: exec(self.solution, names), "before any test ran, it ")
        modules.restore()
        world = dict(modules.PRISTINE_BUILTINS, __import__=self.world.load, open=modules.no_files)
        fit = {
            name: value
            for name, value in dict.items(names)
            if name in self.suite.names or (name not in world and name not in ("__name__", "__builtins__"))
        }
        fit.update({"__builtins__": world, "__name__": "tests", SEEN: self.note})
        self.guarded(lambda: exec(self.suite.setup, fit))
        missing = [name for name in sorted(self.test.names) if name not in fit]
        if missing:
            raise Ended(f"the solution defines no {' and no '.join(missing)}")
        return fit

    def note(self, text: str, value):
        self.seen.append((text, value))
        return value

    def values_seen(self) -> str:
        told_of = [f"{text} gave {shown(value)}" for text, value in self.seen[-3:]]
        return ": " + ", ".join(told_of) if told_of else ""

    def guarded(self, work, when: str = ""):
        """Only the judge's own exceptions come out of it."""
        try:
            return self.steps.run(self.steps_max, work)
        except BaseException as error:
            raise Ended(when + told(error)) from None

    def holds(self, condition: Condition, names: dict) -> bool:
        if condition.kind == "and":
            return all(self.part_holds(part, names) for part in condition.parts)
        if condition.kind == "or":
            return any(self.tried(part, names) for part in condition.parts)
        if condition.kind == "not":
            return not self.tried(condition.parts[0], names)
        if condition.kind == "value":
            return self.guarded(lambda: bool(eval(condition.values[0], names)))
        left = self.value(condition.values[0], names)
        for sign, code in zip(condition.kind, condition.values[1:]):
            right = self.value(code, names)
            self.compared(sign, left, right)
            left = right
        return True

    def part_holds(self, condition: Condition, names: dict) -> bool:
        try:
            return self.holds(condition, names)
        except Missed as missed:
            raise Missed(f"{condition.text}: {missed}") from None

    def tried(self, condition: Condition, names: dict) -> bool:
        try:
            return self.holds(condition, names)
        except Missed:
            return False

    def value(self, code: CodeType, names: dict):
        return self.guarded(lambda: eval(code, names))

    def compared(self, sign: str, left, right):
        """Where the test itself has objects of the solution's, they may say what they equal."""
        word, compare = OPERATORS[sign]
        plain = [compares_as_python_does(value) for value in (left, right)]
        if plain[0] != plain[1]:
            raise Missed(f"got {shown(right if plain[0] else left)}, which decides by itself what it equals")
        if self.guarded(lambda: bool(compare(left, right))):
            return
        if sign == "Eq":
            raise Missed(f"got {shown(left)}")
        raise Missed(f"{shown(left)} {word} {shown(right)} is false")


def told(error: BaseException) -> str:
    """How a run ended, in words; the exception's own methods are not called."""
    if isinstance(error, OutOfSteps):
        return f"did not finish within {_args(error)[0]:,} steps"
    words = _args(error)
    first = words[0] if type(words) is tuple and words else None
    where = place(error)
    if isinstance(error, SystemExit):
        return f"left the program with SystemExit({shown(first) if words else ''}){where} instead of giving an answer"
    message = first[:MESSAGE_MAX] if type(first) is str and not isinstance(error, KeyError) else shown(first)
    said = f": {message}" if words else ""
    return f"raised {named(type(error))}{' '.join(said.split(chr(10)))}{where}"


def place(error: BaseException) -> str:
    """The last line of the solution on the way to the exception."""
    line, step = 0, _traceback(error)
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<solution>":
            line = step.tb_lineno
        step = step.tb_next
    return f" on line {line}" if line else ""
