"""Looking at values that a stranger's code made, without trusting a single method of theirs."""

from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

# Letters of one value in a sentence of evidence, and how deep and wide it is looked into.
SHOWN_MAX = 200
DEPTH_MAX = 6
ITEMS_MAX = 40

# Values inside values that are looked at before they are compared.
LOOKED_AT_MAX = 200_000

# Integers above this are told by their length: writing them out costs more than it says.
BITS_MAX = 512

COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")

# Flags of a class in CPython: made at run time; never to be changed.
HEAP = 1 << 9
IMMUTABLE = 1 << 8

# The metaclass's own way of reading a class: a metaclass of the solution's is not asked.
_mro = type.__dict__["__mro__"].__get__
_members = type.__dict__["__dict__"].__get__
_flags = type.__dict__["__flags__"].__get__
_name = type.__dict__["__name__"].__get__

# Classes of the standard library that a solution could patch, and how they compare unpatched.
LIBRARY = {
    owner: {name: _members(owner)[name] for name in COMPARING if name in _members(owner)}
    for kind in (
        ChainMap, Counter, Decimal, Fraction, OrderedDict, UserDict, UserList, UserString,
        date, datetime, defaultdict, deque, time, timedelta, timezone,
    )
    for owner in _mro(kind)
    if _flags(owner) & HEAP
}  # fmt: skip


def mend():
    """Gives the library's classes back the methods that a solution may have replaced."""
    for owner, methods in LIBRARY.items():
        for name, method in methods.items():
            if _members(owner).get(name) is not method:
                setattr(owner, name, method)


def compares_as_python_does(value) -> bool:
    """Whether `==` and its kin on this value are the language's own, all the way down."""
    seen, waiting, looked_at = set(), [value], 0
    while waiting:
        one = waiting.pop()
        looked_at += 1
        if looked_at > LOOKED_AT_MAX:
            return False
        kind = type(one)
        if not trusted(kind):
            return False
        mro = _mro(kind)
        if (list in mro or tuple in mro or dict in mro or set in mro or frozenset in mro) and id(one) not in seen:
            seen.add(id(one))
            waiting.extend(inside(one, mro))
    return True


def trusted(kind: type) -> bool:
    """Whether each comparing method of a class comes from the language or its library."""
    if not _flags(kind) & HEAP:
        return True
    mro = _mro(kind)
    for name in COMPARING:
        owner = next((one for one in mro if name in _members(one)), None)
        if owner is None or not _flags(owner) & HEAP or _flags(owner) & IMMUTABLE:
            continue
        if _members(owner)[name] is not LIBRARY.get(owner, {}).get(name):
            return False
    return True


def inside(value, mro) -> list:
    """The items of a container, by the methods of the built-in class it is made of."""
    if dict in mro:
        return [part for pair in dict.items(value) for part in pair]
    base = next(one for one in (list, tuple, set, frozenset) if one in mro)
    return [*base.__iter__(value)]


def named(kind: type) -> str:
    """A class's name as it may stand in a sentence."""
    return "".join(letter for letter in _name(kind) if letter.isidentifier() or letter.isdigit())[:60]


def shown(value, depth: int = 0) -> str:
    """A value as Python writes it, cut; one of the solution's own classes by its name only."""
    text = written(value, depth)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def written(value, depth: int) -> str:
    kind = type(value)
    if kind is bool or value is None or kind is float or kind is complex or value is Ellipsis:
        return repr(value)
    if kind is int:
        long = value.bit_length()
        return repr(value) if long <= BITS_MAX else f"an integer of {long:,} bits"
    if kind is str or kind is bytes or kind is bytearray:
        return repr(value) if len(value) <= SHOWN_MAX else repr(value[:SHOWN_MAX])
    if kind is Decimal or kind is Fraction:
        return str(value)[:SHOWN_MAX]
    mro = _mro(kind)
    for base, opening, closing in ((list, "[", "]"), (tuple, "(", ")"), (set, "{", "}"), (frozenset, "{", "}")):
        if base in mro:
            return container(value, kind, base, opening, closing, depth)
    if dict in mro:
        return mapping(value, kind, depth)
    if type in mro:
        return f"the class {named(value)}"
    article = "an" if named(kind)[:1].lower() in "aeiou" else "a"
    return f"{article} {named(kind)}"


def container(value, kind, base, opening, closing, depth) -> str:
    size = base.__len__(value)
    if depth >= DEPTH_MAX:
        return f"{opening}…{closing}"
    items = [shown(one, depth + 1) for _, one in zip(range(ITEMS_MAX), base.__iter__(value))]
    if base is set or base is frozenset:
        # A set has no order of its own: text goes by a seed that another build does not share.
        items.sort()
    rest = ", …" if size > ITEMS_MAX else ""
    comma = "," if base is tuple and size == 1 else ""
    plain = f"{opening}{', '.join(items)}{comma}{rest}{closing}"
    if base is not list and base is not tuple and size == 0:
        plain = "" if base is frozenset else "set()"
    if kind is base and base is not frozenset:
        return plain
    return f"{named(kind)}({plain})"


def mapping(value, kind, depth) -> str:
    if depth >= DEPTH_MAX:
        return "{…}"
    pairs = zip(range(ITEMS_MAX), dict.items(value))
    items = [f"{shown(key, depth + 1)}: {shown(one, depth + 1)}" for _, (key, one) in pairs]
    rest = ", …" if dict.__len__(value) > ITEMS_MAX else ""
    plain = "{" + ", ".join(items) + rest + "}"
    return plain if kind is dict else f"{named(kind)}({plain})"
