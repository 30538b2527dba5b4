"""What a solution may import, and how its traces are wiped away after it ran.

Everything is imported here, because the component holds only what was loaded while it was
built.
"""

import sys

# The library's datetime in Python asks `time`, which can be answered; the one in C asks the
# system, and there is none. Only inside the component: elsewhere the module is the host's.
if sys.platform == "wasi":
    sys.modules.setdefault("_datetime", None)

import __future__
import abc
import array
import base64
import binascii
import bisect
import builtins
import calendar
import cmath
import collections
import collections.abc
import contextlib
import copy
import dataclasses
import datetime
import decimal
import difflib
import enum
import fractions
import functools
import graphlib
import hashlib
import heapq
import html
import io
import itertools
import json
import keyword
import math
import numbers
import operator
import posixpath
import pprint
import random
import re
import reprlib
import statistics
import string
import struct
import textwrap
import time
import traceback
import types
import typing
import unicodedata
import urllib.parse
import warnings
import weakref
import zlib

# Imported by the above when they are first used.
import _strptime
import encodings.ascii
import encodings.cp1252
import encodings.idna
import encodings.latin_1
import encodings.utf_16
import encodings.utf_16_le
import encodings.utf_32
import linecache
import locale
import tokenize

from values import mend

SHARED = {
    module.__name__: module
    for module in (
        __future__, abc, array, base64, binascii, bisect, calendar, cmath, collections, collections.abc,
        contextlib, copy, dataclasses, datetime, decimal, difflib, enum, fractions, functools, graphlib,
        hashlib, heapq, html, io, itertools, json, keyword, math, numbers, operator, pprint, random, re,
        reprlib, statistics, string, struct, textwrap, time, traceback, types, typing, unicodedata, urllib,
        urllib.parse, warnings, weakref, zlib,
    )
}  # fmt: skip

# Half of the interpreter's own names for these would stop the judge: frames, hooks, the real streams.
SYS = (
    "argv", "byteorder", "copyright", "exc_info", "exit", "float_info", "getrecursionlimit",
    "getrefcount", "getsizeof", "hash_info", "hexversion", "implementation", "int_info", "intern",
    "maxsize", "maxunicode", "platform", "set_int_max_str_digits", "get_int_max_str_digits", "version",
    "version_info",
)  # fmt: skip

# Deeper recursion needs more stack than the sandbox has when it goes through C.
RECURSION_MAX = 20_000

# Where the interpreter stands when a test begins.
RECURSION = 1_000

NOW = {"ms": 0}

_import = builtins.__import__
_restrict = sys.setrecursionlimit
_seed_of = random.Random.seed


class Nowhere(io.TextIOBase):
    """What a solution prints is no part of the verdict."""

    def writable(self):
        return True

    def write(self, text):
        return len(text)


class World:
    """What one test's solution finds around it: new each time."""

    def __init__(self, now_ms: int):
        self.names = dict(PRISTINE_BUILTINS)
        self.modules = {
            "builtins": made("builtins", self.names),
            "io": made("io", dict(io.__dict__, open=no_files)),
            "os": operating(),
            "sys": system(),
            "time": made("time", dict(time.__dict__, **frozen(now_ms))),
        }
        NOW["ms"] = now_ms
        self.names.update(
            __import__=self.load,
            open=no_files,
            input=lambda prompt="": end_of_input(),
            exit=leave,
            quit=leave,
            breakpoint=lambda *_, **__: None,
            help=lambda *_, **__: None,
        )
        random.seed(0)

    def load(self, name, globals=None, locals=None, fromlist=(), level=0):
        """`__import__` of the solution: what is not here does not exist."""
        if level == 0 and name in self.modules:
            return self.modules[name]
        if name == "os.path":
            return posixpath if fromlist else self.modules["os"]
        own = globals is not None and globals.get("__name__") in ("solution", "tests", "setup")
        if level == 0 and name not in SHARED and name != "_strptime" and own:
            raise ModuleNotFoundError(f"No module named {name!r} in the sandbox", name=name)
        return _import(name, globals, locals, fromlist, level)


def restore():
    """Undoes what a solution changed in what it shares with the judge."""
    # Built-ins first: what follows uses them.
    for module, members in PRISTINE:
        module.__dict__.update(members)
        if len(module.__dict__) != len(members):
            for name in [name for name in module.__dict__ if name not in members]:
                del module.__dict__[name]
    mend()
    random.Random.seed = seeded
    sys.stdout, sys.stderr, sys.stdin = Nowhere(), Nowhere(), io.StringIO()
    _restrict(RECURSION)


def made(name, members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    return module


def system():
    members = {name: getattr(sys, name) for name in SYS if hasattr(sys, name)}
    streams = {"stdout": Nowhere(), "stderr": Nowhere(), "stdin": io.StringIO()}
    limit = {"setrecursionlimit": lambda depth: _restrict(min(depth, RECURSION_MAX))}
    return made("sys", members | streams | limit | {"argv": ["solution.py"], "path": [], "modules": dict(SHARED)})


def operating():
    members = {
        "name": "posix",
        "sep": "/",
        "linesep": "\n",
        "environ": {},
        "path": posixpath,
        "getcwd": lambda: "/",
        "getenv": lambda name, default=None: default,
        "fspath": _fspath,
        "_exit": leave,
        "abort": leave,
    }
    return made("os", members)


_fspath = posixpath.os.fspath


def no_files(path, *_arguments, **_options):
    raise FileNotFoundError(f"there are no files in the sandbox: {path}")


def end_of_input():
    raise EOFError("there is no input in the sandbox")


def leave(code=None):
    raise SystemExit(code)


def seeded(self, a=None, version=2):
    """Without a number there is no chance to start from; it starts from 0."""
    return _seed_of(self, 0 if a is None else a, version)


def settle():
    """Takes the clock, chance and files out of the library. Once, before the first solution."""
    random.Random.seed = seeded
    random.seed = random._inst.seed
    random.SystemRandom = random.Random
    random._urandom = lambda size: bytes(size)
    if sys.platform == "wasi":
        warnings.simplefilter("ignore")
        io.open = no_files
        time.__dict__.update(frozen(None))
        time.localtime = time.gmtime
        posixpath.os.getcwd = lambda: "/"
        for name in ("stat", "lstat", "listdir", "scandir", "mkdir", "remove", "readlink"):
            setattr(posixpath.os, name, no_files)


def frozen(now_ms):
    """The clock stands still at the time given, or at the one of the current test."""
    at = (lambda: now_ms) if now_ms is not None else (lambda: NOW["ms"])
    return {
        "time": lambda: at() / 1000,
        "time_ns": lambda: at() * 1_000_000,
        "sleep": lambda _seconds: None,
        **dict.fromkeys(("monotonic", "perf_counter", "process_time"), lambda: 0.0),
        **dict.fromkeys(("monotonic_ns", "perf_counter_ns", "process_time_ns"), lambda: 0),
    }


def streams():
    return sys.stdout, sys.stderr, sys.stdin, sys.getrecursionlimit()


def put_back(kept):
    sys.stdout, sys.stderr, sys.stdin = kept[:3]
    _restrict(kept[3])


settle()
PRISTINE = [(module, dict(module.__dict__)) for module in (builtins, *SHARED.values())]
PRISTINE_BUILTINS = PRISTINE[0][1]
