"""A limit on how long a stranger's code may run, in steps instead of seconds.

A step is a call of a function or a jump, so that every loop and every recursion uses them
up, and the same code uses the same number each time. Where the interpreter has no
`sys.monitoring` (before 3.12), every instruction is watched for the same steps: slow, good
enough for the tests of this folder, and never what judges.
"""

import sys

TOOL = 4

MONITORING = getattr(sys, "monitoring", None)

# Bound before any stranger's code runs.
_settrace = sys.settrace
_judge = __file__.rpartition("steps.py")[0]


class OutOfSteps(BaseException):
    """No `except Exception` of a solution stops it, and it comes again at the next step."""


class Steps:
    """Counts the steps of one piece of work after another."""

    def __init__(self, total_max: int):
        self.left_in_total = total_max
        self.allowed = self.left = 0

    def run(self, steps_max: int, work):
        """Does the work; raises `OutOfSteps` when it takes more than `steps_max`."""
        self.allowed = self.left = min(steps_max, self.left_in_total)
        self._watch()
        try:
            return work()
        finally:
            self._unwatch()
            self.left_in_total -= self.allowed - max(self.left, 0)

    def _over(self, filename: str):
        # The judge's own code is only a line away when a test ends: it is let go on.
        if not filename.startswith(_judge):
            raise OutOfSteps(self.allowed)

    if MONITORING is not None:
        _set, _register, _events = MONITORING.set_events, MONITORING.register_callback, MONITORING.events

        def _watch(self):
            steps, events, register, over = self, self._events, self._register, self._over

            def started(code, _offset):
                steps.left -= 1
                if steps.left < 0:
                    over(code.co_filename)

            def jumped(code, _offset, _to):
                steps.left -= 1
                if steps.left < 0:
                    over(code.co_filename)

            if MONITORING.get_tool(TOOL) is None:
                MONITORING.use_tool_id(TOOL, "python-tests")
            register(TOOL, events.PY_START, started)
            register(TOOL, events.PY_RESUME, started)
            register(TOOL, events.JUMP, jumped)
            self._set(TOOL, events.PY_START | events.PY_RESUME | events.JUMP)

        def _unwatch(self):
            self._set(TOOL, 0)

    else:

        def _watch(self):
            def called(frame, _event, _value):
                frame.f_trace_opcodes, frame.f_trace_lines, at = True, False, -1

                def traced(frame, event, _value):
                    nonlocal at
                    if event == "opcode" and frame.f_lasti <= at:
                        step(frame)
                    at = frame.f_lasti
                    return traced

                step(frame)
                return traced

            def step(frame):
                self.left -= 1
                if self.left < 0:
                    self._over(frame.f_code.co_filename)

            _settrace(called)

        def _unwatch(self):
            _settrace(None)
