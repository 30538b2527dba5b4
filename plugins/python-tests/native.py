"""The judge without a sandbox, for the tests of this folder."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "sdk" / "python" / "common"))

import judge  # noqa: E402 (it needs the path)

DATA = Path(os.environ.get("ASSAY_TEST_DATA", HERE.parent.parent.parent / "shared" / "data"))

# Loops that swallow every exception end only where the interpreter can be watched while it
# handles one; the component's can.
WATCHES_HANDLERS = hasattr(sys, "monitoring")


def findings(code: str, tests: list, setup: str = "", **more) -> list:
    delivery = SimpleNamespace(content=code, delivered_at=1_767_312_000_000)
    return judge.verify(None, delivery, {"tests": tests, "setup": setup, **more})


def records() -> list[dict]:
    """The coding tasks, or none: then a line says so."""
    path = DATA / "mbpp.jsonl"
    if not path.exists():
        print("SKIPPED data mbpp.jsonl is not there")
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
