"""The task's tests, read and compiled before any of the solution runs.

A test is Python that ends in an `assert`. The assertion is taken apart, so that each side
of a comparison is known by itself: the judge compares, and can say what it got.
"""

import ast
import builtins
from dataclasses import dataclass, field
from types import CodeType

BUILTINS = frozenset(vars(builtins))

# The name under which a test hands the judge a value on the way.
SEEN = "__seen__"

NOTE_MAX = 300


class BrokenTest(Exception):
    """The test itself is at fault, which is never held against the worker."""


@dataclass
class Condition:
    """`kind` is the operators of a comparison, `and`, `or`, `not`, or `value`."""

    kind: object
    text: str
    values: list[CodeType] = field(default_factory=list)
    parts: list["Condition"] = field(default_factory=list)


@dataclass
class Test:
    name: str
    text: str
    # What it needs of the solution.
    names: set[str]
    before: CodeType
    condition: Condition


@dataclass
class Suite:
    setup: CodeType
    tests: list[Test]
    # What the solution must define.
    names: set[str]


def read(setup: str, tests: list[tuple[str, str]]) -> Suite:
    """Raises `BrokenTest` when there is nothing to run."""
    preparation = parsed(setup, "setup")
    given = bound(preparation)
    trees = [(name, parsed(text, name)) for name, text in tests]
    for name, tree in trees:
        if not tree.body or not isinstance(tree.body[-1], ast.Assert):
            raise BrokenTest(f"{name}: does not end in an assert statement")
    used = [loaded(tree) - bound(tree) - given for _, tree in trees]
    names = set().union(*(one - BUILTINS for one in used))
    # A solution may be asked for `sum`: when tests call nothing else, it is the solution's.
    names = names or {innermost(tree) for _, tree in trees} - {""}
    for (name, _), one in zip(trees, used):
        if not one & names:
            raise BrokenTest(f"{name}: calls nothing that a solution would define")
    texts = [text.strip() for _, text in tests]
    made = [prepared(name, text, tree, one & names) for (name, tree), text, one in zip(trees, texts, used)]
    return Suite(compile(preparation, "<setup>", "exec"), made, names)


def parsed(text: str, name: str) -> ast.Module:
    try:
        return ast.parse(text.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise BrokenTest(f"{name}: is not Python: {getattr(error, 'msg', error)}") from None


def prepared(name: str, source: str, tree: ast.Module, names: set[str]) -> Test:
    assertion = tree.body.pop()
    reader = Reader(f"<{name}>", source, names)
    before = compile(tree, reader.filename, "exec")
    return Test(name, reader.words(assertion), names, before, reader.condition(assertion.test))


@dataclass
class Reader:
    """Takes one assertion apart."""

    filename: str
    source: str
    # What the solution defines.
    names: set[str]

    def condition(self, node: ast.expr) -> Condition:
        text = self.words(node)
        if isinstance(node, ast.Compare):
            operands = [self.operand(one) for one in (node.left, *node.comparators)]
            return Condition([type(one).__name__ for one in node.ops], text, operands)
        if isinstance(node, ast.BoolOp):
            kind = "and" if isinstance(node.op, ast.And) else "or"
            return Condition(kind, text, parts=[self.condition(one) for one in node.values])
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Condition("not", text, parts=[self.condition(node.operand)])
        return Condition("value", text, [self.evaluable(Watched(self).visit(node))])

    def operand(self, node: ast.expr) -> CodeType:
        """What a whole side of a comparison gave is said anyway."""
        whole = isinstance(node, ast.Call) and called(node) in self.names
        return self.evaluable(node if whole else Watched(self).visit(node))

    def evaluable(self, node: ast.expr) -> CodeType:
        return compile(ast.fix_missing_locations(ast.Expression(node)), self.filename, "eval")

    def words(self, node: ast.AST) -> str:
        """As the poster wrote it, on one line."""
        line = " ".join((ast.get_source_segment(self.source, node) or "").split())
        return line if len(line) <= NOTE_MAX else line[: NOTE_MAX - 1] + "…"


class Watched(ast.NodeTransformer):
    """`isclose(area(3), 28.2)` is told as that, and as what `area(3)` gave."""

    def __init__(self, reader: Reader):
        self.reader = reader

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if called(node) not in self.reader.names:
            return self.generic_visit(node)
        words = ast.Constant(self.reader.words(node))
        return ast.Call(ast.Name(SEEN, ast.Load()), [words, node], [])


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def innermost(tree: ast.Module) -> str:
    """The built-in called first of all: the last one that breadth-first search meets on the left."""
    test = tree.body[-1].test
    left = test.left if isinstance(test, ast.Compare) else test
    calls = [called(node) for node in ast.walk(left) if isinstance(node, ast.Call)]
    return next((name for name in reversed(calls) if name in BUILTINS), "")


def loaded(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def bound(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found
