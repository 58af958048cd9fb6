"""Changes the program in one place after the other and tells which changes no test notices.

    python -m tests.mutants [--sample N] [--seed N] [FILE …]

Each change is made in a copy of the repository, in which the tests of the file run. What survives
is printed as a line that can be gone to; the last line is the score. Not a part of the suite: a
whole run takes hours.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 180
"""Seconds for the tests of one mutant; one that makes them hang is noticed, too."""

TESTS = {
    "wtr_tui/tokens.py": (
        "tests/test_refresh.py",
        "tests/commands/test_token.py",
        "tests/commands/test_hard_end.py",
        "tests/commands/test_one_answer.py",
    ),
    "wtr_tui/token_state.py": (
        "tests/test_token_state.py",
        "tests/test_refresh.py",
        "tests/test_refresh_times.py",
        "tests/tui/test_display.py",
        "tests/commands/test_hard_end.py",
        "tests/commands/test_one_answer.py",
        "tests/commands/test_scopes_not_granted.py",
    ),
    "wtr_tui/auto_refresh.py": ("tests/test_auto_refresh.py", "tests/test_refresh_times.py"),
    "wtr_tui/retrieval.py": ("tests/test_retrieval.py", "tests/test_deliver.py"),
    "wtr_tui/oauth": ("tests/oauth", "tests/test_retrieval.py", "-m", "not slow"),
    "wtr_tui/text.py": ("tests/test_text.py",),
    "wtr_tui/addresses.py": ("tests/test_addresses.py", "tests/storage/test_settings_values.py"),
    "wtr_tui/clock.py": ("tests/test_clock.py", "tests/test_durations.py"),
    "wtr_tui/model.py": ("tests/test_secret.py", "tests/storage", "tests/oauth/test_token.py"),
    "wtr_tui/delivery.py": ("tests/test_deliver.py", "tests/commands/test_hook.py"),
    "wtr_tui/storage/secret_source.py": ("tests/test_secret_source.py",),
    "wtr_tui/storage": ("tests/storage", "tests/test_deliver.py"),
    "wtr_tui/environment": ("tests/environment",),
    "wtr_tui/sandbox": ("tests/sandbox",),
}
"""Which tests are to notice, as arguments of pytest; for a folder, whatever is in it."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    what: str
    number: int
    """Of the node that changes, among all of the file."""

    def of(self, source: str) -> str:
        """The file with the change."""
        tree = ast.parse(source)
        _change([*ast.walk(tree)][self.number])
        return ast.unparse(tree)


def mutants(file: str) -> Iterator[Mutant]:
    """Every change of one comparison, ``and``, ``not``, number or truth value in the file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.expr) and _change(changed := copy.deepcopy(node)):
            what = f"{ast.unparse(node)} → {ast.unparse(changed)}"
            yield Mutant(file, node.lineno, what, number)


def _change(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        other = _COMPARISONS.get(type(node.ops[0]))
        if other is not None:
            node.ops[0] = other()
        return other is not None
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node.op = ast.UAdd()  # the truth value itself, where only that counts
        node.operand = ast.Call(ast.Name("bool"), [node.operand], [])
        return True
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
        return True
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
        return True
    return False


def is_noticed(mutant: Mutant, copied: Path) -> bool:
    """Whether a test fails with it."""
    path = copied / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(mutant.of(whole), encoding="utf-8")
    try:
        return _fails(copied, tests_of(mutant.file))
    finally:
        path.write_text(whole, encoding="utf-8")


def tests_of(file: str) -> tuple[str, ...]:
    return next(tests for part, tests in TESTS.items() if file.startswith(part))


def _fails(copied: Path, tests: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    # A compiled module would be taken for current: a change within one second keeps the size.
    environ = {**os.environ, "PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copied, env=environ, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="as many mutants as this, drawn by lot")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    files = options.files or [
        str(path.relative_to(ROOT))
        for part in TESTS
        for path in sorted([ROOT / part] if part.endswith(".py") else (ROOT / part).rglob("*.py"))
    ]
    found = [mutant for file in files for mutant in mutants(file)]
    if options.sample is not None and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "screenshots")
        shutil.copytree(ROOT, copied, ignore=ignored)
        for tests in {tests_of(mutant.file) for mutant in found}:
            if _fails(copied, tests):
                sys.exit(f"{' '.join(tests)} fail without any change")
        for mutant in found:
            if is_noticed(mutant, copied):
                noticed += 1
            else:
                print(f"{mutant.file}:{mutant.line}: {mutant.what}", flush=True)
    print(f"{noticed} of {len(found)} noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
