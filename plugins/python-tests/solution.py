"""Finding the code in a delivery, which may be prose around it."""

import ast
import re

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([\w+.-]*)[^\n]*\n(.*?)(?:^ {0,3}\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)

PYTHON = ("python", "py", "python3")


def code_of(content: str, names: set[str]) -> str:
    """The delivery's Python: its fenced blocks (the last may be cut off), or all of it without any.

    Of several blocks, the last that defines every name the tests use; people show a
    first try before the real one. When no block does, all of them together.
    """
    blocks = [(tag.lower(), body) for _, tag, body in FENCE.findall(content)]
    chosen = [body for tag, body in blocks if tag in PYTHON] or [body for tag, body in blocks if tag == ""]
    if not chosen:
        return content
    whole = [body for body in chosen if names and names <= defined(body)]
    return whole[-1] if whole else "\n\n".join(chosen)


def defined(code: str) -> set[str]:
    """Names bound at the top of a module; none when it is not Python."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set()
    found = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
        else:
            names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            found.update(node.id for node in names if isinstance(node.ctx, ast.Store))
    return found
