"""No regular expression of the package takes more than linear time, whatever it is given."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import ragbot
from tests.repetitions import drive, grows_too_fast, repetitions

_METHODS = ("search", "match", "fullmatch")
_SEARCHING = ("search", "finditer", "findall", "sub", "subn", "split")
_OPTIONAL = ("llama_index", "langchain_core", "dask", "distributed", "pymilvus")
"""What an optional part of the package may miss here."""


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(ragbot.__path__, "ragbot."):
        try:
            yield importlib.import_module(info.name)
        except ModuleNotFoundError as error:
            if error.name not in _OPTIONAL:
                raise


def _patterns(value: Any) -> Iterator[re.Pattern[Any]]:
    """Yield the patterns that a variable holds, in tuples and dictionaries too."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _patterns(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _patterns(one)


def _ways(source: str, name: str, single: bool) -> set[str]:
    """Return in which ways a module runs the patterns of one of its variables."""
    # A pattern out of a tuple is run by the name of a loop's variable.
    called = set(
        re.findall(rf"\b{name}\.(\w+)\(" if single else r"\b(?!re\b)[a-z]+\.(\w+)\(", source)
    )
    ways = {method for method in ("match", "fullmatch") if method in called}
    return ways | {"search"} if called.intersection(_SEARCHING) else ways or set(_METHODS)


def _inline(source: str) -> Iterator[tuple[re.Pattern[Any], str]]:
    """Yield the patterns that are written where they are run: re.split("[；;]", line)."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and (way := "search" if node.func.attr in _SEARCHING else node.func.attr) in _METHODS
        ):
            yield re.compile(node.args[0].value), way


def _cases() -> list[Any]:
    cases: dict[tuple[re.Pattern[Any], str], str] = {}
    for module in _modules():
        source = inspect.getsource(module)
        for name, value in vars(module).items():
            for pattern in _patterns(value):
                if not re.search(rf"^{name}\b", source, re.MULTILINE):  # imported from another
                    continue
                for way in sorted(_ways(source, name, isinstance(value, re.Pattern))):
                    cases.setdefault((pattern, way), f"{module.__name__}.{name}-{way}")
        for pattern, way in _inline(source):
            cases.setdefault((pattern, way), f"{module.__name__}-{way}-{pattern.pattern!r:.20}")
    return [pytest.param(*case, id=name) for case, name in cases.items()]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("pattern", "way"), _cases())
def test_a_pattern_takes_linear_time(pattern: re.Pattern[Any], way: str) -> None:
    """Repetitions of all its parts are driven through it."""
    run = drive(pattern, way)
    slow = [repetition for repetition in repetitions(pattern) if grows_too_fast(run, *repetition)]
    assert not slow[:3]
