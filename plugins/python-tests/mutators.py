"""Six ways to break a solution. Each gives every mutant it can make, one change a mutant.

A mutant may be no worse than its solution (a changed constant that no input reaches): the
tests of this folder find out by running it, and count those apart.
"""

import ast
import copy
from collections.abc import Callable, Iterator


def wrong_constant(code: str) -> Iterator[str]:
    """One number, text or truth value becomes another one."""

    def other(node):
        value = node.value
        if isinstance(value, bool):
            return ast.Constant(not value)
        if isinstance(value, (int, float)):
            return ast.Constant(value + 7)
        return ast.Constant(value + "~") if isinstance(value, str) else None

    return changed(code, ast.Constant, other)


def off_by_one(code: str) -> Iterator[str]:
    """One limit of a loop, a slice, an index or a comparison moves by one."""
    moved = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}

    def more(node):
        return ast.BinOp(node, ast.Add(), ast.Constant(1))

    def compared(node):
        if type(node.ops[0]) not in moved:
            return None
        return ast.Compare(node.left, [moved[type(node.ops[0])](), *node.ops[1:]], node.comparators)

    def ranged(node):
        if not (isinstance(node.func, ast.Name) and node.func.id == "range" and node.args):
            return None
        end = 0 if len(node.args) == 1 else 1
        arguments = [more(one) if at == end else one for at, one in enumerate(node.args)]
        return ast.Call(node.func, arguments, node.keywords)

    def indexed(node):
        if isinstance(node.slice, ast.Slice):
            lower, upper = node.slice.lower, node.slice.upper
            piece = ast.Slice(lower, more(upper), node.slice.step) if upper else None
            piece = piece or ast.Slice(more(lower or ast.Constant(0)), None, node.slice.step)
            return ast.Subscript(node.value, piece, node.ctx)
        number = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)
        name = isinstance(node.slice, (ast.Name, ast.BinOp))
        return ast.Subscript(node.value, more(node.slice), node.ctx) if number or name else None

    for kind, change in ((ast.Compare, compared), (ast.Call, ranged), (ast.Subscript, indexed)):
        yield from changed(code, kind, change)


def returns_none(code: str) -> Iterator[str]:
    """Every `return x` works `x` out, and gives None."""

    class Silent(ast.NodeTransformer):
        def visit_Return(self, node):
            return [ast.Expr(node.value), ast.Return(ast.Constant(None))] if node.value else node

    yield written(Silent().visit(ast.parse(code)))


def raises(code: str) -> Iterator[str]:
    """Every function begins with an exception."""
    yield begun(code, 'raise ValueError("broken on purpose")')


def loops_forever(code: str) -> Iterator[str]:
    """Every function begins with a loop that does not end."""
    yield begun(code, "while True: pass")


def prints_and_exits(code: str) -> Iterator[str]:
    """The program says that all is well and leaves with 0: when it is loaded, when it is called."""
    leave = 'print("all tests passed")\nraise SystemExit(0)'
    yield f"{code}\n{leave}"
    yield begun(code, leave)


MUTATORS: tuple[Callable[[str], Iterator[str]], ...] = (
    wrong_constant,
    off_by_one,
    returns_none,
    raises,
    loops_forever,
    prints_and_exits,
)


def changed(code: str, kind: type, change) -> Iterator[str]:
    """A mutant for each node of a kind for which `change` gives another node."""
    tree = ast.parse(code)
    docs = docstrings(tree)
    places = [node for node in ast.walk(tree) if isinstance(node, kind) and id(node) not in docs]
    for at, place in enumerate(places):
        if change(place) is None:
            continue
        mutant = copy.deepcopy(tree)
        docs_there = docstrings(mutant)
        there = [node for node in ast.walk(mutant) if isinstance(node, kind) and id(node) not in docs_there]
        yield written(Replaced(there[at], change(there[at])).visit(mutant))


class Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def docstrings(tree: ast.AST) -> set[int]:
    """Texts that stand alone and say nothing to the program."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def begun(code: str, statements: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body[:0] = ast.parse(statements).body
    return written(tree)


def written(tree: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))
