"""Runs a delivered Python solution against the task's tests: one finding a test."""

from assay import Finding, InvalidConfig, failed, passed

import solution
import suite
import trial

STEPS_MAX = 200_000

# All tests together: with the fuel of a run, 5,000,000,000, there is room for a million steps.
STEPS_TOTAL_MAX = 1_000_000

TESTS_MAX = 200


def verify(task, delivery, config: dict) -> list[Finding]:
    """Named `test 1`, `test 2` and so on, or as the configuration names them."""
    setup = text(config, "setup", "")
    steps_max = config.get("steps_max", STEPS_MAX)
    if type(steps_max) is not int or not 1 <= steps_max <= STEPS_TOTAL_MAX:
        raise InvalidConfig(f"steps_max: is {steps_max!r}; give a whole number, 1 to {STEPS_TOTAL_MAX}")
    try:
        tests = suite.read(setup, listed(config.get("tests")))
        code = solution.code_of(delivery.content, tests.names)
        results = trial.judge(tests, code, steps_max, STEPS_TOTAL_MAX, delivery.delivered_at)
    except suite.BrokenTest as broken:
        raise InvalidConfig(str(broken)) from None
    return [(passed if one.passed else failed)(one.name, one.evidence) for one in results]


def listed(tests) -> list[tuple[str, str]]:
    if not isinstance(tests, list) or not 1 <= len(tests) <= TESTS_MAX:
        raise InvalidConfig(f"tests: give 1 to {TESTS_MAX} of them, as in [\"assert f(1) == 2\"]")
    named = []
    for at, one in enumerate(tests, 1):
        entry = {"code": one} if isinstance(one, str) else one
        if not isinstance(entry, dict) or not isinstance(entry.get("code"), str):
            raise InvalidConfig(f"tests: number {at} is no text, and has no code")
        named.append((text(entry, "name", f"test {at}"), entry["code"]))
    if len({name for name, _ in named}) < len(named):
        raise InvalidConfig("tests: two have one name")
    return named


def text(config: dict, name: str, default: str) -> str:
    value = config.get(name, default)
    if not isinstance(value, str):
        raise InvalidConfig(f"{name}: is {value!r}; give a text")
    return value
