"""How the package is built: which module may know which, read from the source itself.

Imports within functions count as all others do; those for the type checker alone do not.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import wtr_tui

PACKAGE = Path(wtr_tui.__file__).parent

# The floors, upper ones first: a part knows its own floor and those below it.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("commands", "tui"),
    (
        *("api", "auto_refresh", "crash", "delivery", "doctor", "history", "outcomes"),
        *("retrieval", "sandbox", "sdk", "sign_out"),
        *("timer", "token_state", "tokens"),
    ),
    ("oauth", "storage", "environment"),
    ("addresses", "shutdown", "process"),
    ("clock", "errors", "model", "text"),
)
STRANGERS = ("oauth", "storage", "environment"), ("commands", "tui")
"""Parts of one floor that do not know each other."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the package with its file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def code(module: str) -> Iterator[ast.AST]:
    """All that the module holds, without what only a type checker reads."""
    waiting: list[ast.AST] = [tree(module)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        else:
            yield node
            waiting += ast.iter_child_nodes(node)


@cache
def imports(module: str) -> frozenset[str]:
    """The modules that this one imports, at once or later."""
    found: set[str] = set()
    for node in code(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative name"
            base = node.module or ""
            for alias in node.names:
                name = f"{base}.{alias.name}"
                found.add(name if name in modules() else base)
    return frozenset(found)


@cache
def own(module: str) -> frozenset[str]:
    return imports(module) & modules().keys()


def reached(start: str) -> set[str]:
    """All modules that follow from importing this one's names, itself only by a circle."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = own(waiting.pop()) - found
        found |= new
        waiting += new
    return found


def part(module: str) -> str:
    """The part of the house it stands in: ``oauth``, ``tokens``."""
    return [*module.split("."), ""][1]


def test_the_source_is_read() -> None:
    assert "wtr_tui.storage.lock" in own("wtr_tui.tokens")  # within a function
    assert "wtr_tui.model" not in own("wtr_tui.tokens")  # for types alone
    assert "httpx" in imports("wtr_tui.oauth.transport")


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert [module for module in modules() if module in reached(module)] == []


def known_parts(name: str) -> set[str]:
    """The other parts that the modules of this one import."""
    of_it = [module for module in modules() if part(module) == name]
    return {part(each) for module in of_it for each in own(module)} - {name, ""}


def test_every_part_has_its_floor() -> None:
    assert sorted(name for floor in FLOORS for name in floor) == sorted(
        {part(module) for module in modules()} - {""}
    )


@pytest.mark.parametrize("floor", range(1, len(FLOORS)))
def test_no_part_knows_one_of_a_floor_above_it(floor: int) -> None:
    above = {name for upper in FLOORS[:floor] for name in upper}
    assert {name: known_parts(name) & above for name in FLOORS[floor]} == {
        name: set() for name in FLOORS[floor]
    }


@pytest.mark.parametrize("strangers", STRANGERS)
def test_some_parts_of_one_floor_do_not_know_each_other(strangers: tuple[str, ...]) -> None:
    assert {name: known_parts(name) & set(strangers) for name in strangers} == {
        name: set() for name in strangers
    }


def test_screens_are_known_only_where_a_command_opens_them() -> None:
    assert {
        module
        for module in modules()
        if part(module) != "tui" and any(part(name) == "tui" for name in own(module))
    } <= {"wtr_tui.cli"}


def test_the_screens_know_neither_the_sandbox_nor_the_app_they_run_in() -> None:
    screens = [module for module in modules() if part(module) == "tui"]
    knowing = {module for module in screens if "wtr_tui.tui.app" in own(module)}
    assert knowing == {"wtr_tui.tui"}
    assert [module for module in screens if any(part(n) == "sandbox" for n in own(module))] == []


@pytest.mark.parametrize(
    ("library", "users"),
    [
        ("textual", ("wtr_tui.tui.",)),
        ("rich", ("wtr_tui.tui.",)),
        ("httpx", ("wtr_tui.oauth.transport", "wtr_tui.sdk", "wtr_tui.sandbox.")),
        ("httpcore", ("wtr_tui.oauth.transport", "wtr_tui.sdk", "wtr_tui.sandbox.")),
    ],
)
def test_a_library_is_used_where_it_belongs(library: str, users: tuple[str, ...]) -> None:
    using = [m for m in modules() if library in {name.split(".")[0] for name in imports(m)}]
    assert [module for module in using if not module.startswith(users)] == []


def private_names(module: str) -> Iterator[str]:
    """The private names that the code uses of others, and the private modules it imports."""
    for node in code(module):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            if node.attr == "_replace":  # a named tuple's, and documented
                continue
            of = ast.unparse(node.value)
            if of not in ("self", "cls", "super()") and not node.attr.startswith("__"):
                yield f"{of}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and "._" in (node.module or ""):
            yield str(node.module)


def replaced_names(module: str) -> Iterator[str]:
    """The private methods of Textual that classes of the module replace."""
    for kind in vars(importlib.import_module(module)).values():
        if not inspect.isclass(kind) or kind.__module__ != module:
            continue
        of_textual = [vars(base) for base in kind.__mro__ if base.__module__.startswith("textual.")]
        for name, value in vars(kind).items():
            private = name.startswith("_") and not name.startswith("__") and callable(value)
            if private and any(name in known for known in of_textual):
                yield f"{kind.__name__}.{name}"


def test_what_textual_does_not_publish_is_used_by_the_terminal_alone() -> None:
    terminal = "wtr_tui.tui.driver"
    assert {*private_names(terminal)}
    assert {*replaced_names(terminal)}
    assert {
        module: names
        for module in modules()
        if part(module) == "tui" and module != terminal
        if (names := [*private_names(module), *replaced_names(module)])
    } == {}


def test_no_two_classes_have_one_name() -> None:
    """Those within another class go by its name, too: ``CardKeys.KeyPressed``."""
    found = defaultdict(list)
    for module in modules():
        for node in tree(module).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
