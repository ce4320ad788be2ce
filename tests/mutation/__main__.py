"""Measure the tests: `python -m tests.mutation autodiff --sample 60 --seed 0`.

Each mutant is tried in a fork of this process, in which the libraries are loaded already: the
mutated module is put in place before any test imports it, and the tests stop at the first that
fails. What survives is printed with its line, and so is what computes twice as long as all the
tests of the unchanged package: it hangs, and counts as found. README.md explains what has been met.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import lark  # noqa: F401 (loaded once for all)
import mpmath  # noqa: F401
import numpy  # noqa: F401
import pytest
import sympy  # noqa: F401

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
PACKAGES = ("autodiff", "rewrite")


class _OwnFirst:
    """Lets a mutant meet the tests and doctests of its own module first, and drawn programs last.

    Most mutants fall at once; those that survive have met all tests of the package.
    """

    def __init__(self, module: str) -> None:
        self.module = module

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=self._late)

    def _late(self, item: pytest.Item) -> tuple[bool, bool]:
        drawn = hasattr(getattr(item, "function", None), "hypothesis")
        return drawn, item.path.stem.removeprefix("test_") != self.module


class _InPlace(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a mutated tree for one module, and lets all others be found as usual."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        package = self.path.name == "__init__.py"
        spec = importlib.util.spec_from_loader(name, self, is_package=package)
        assert spec is not None
        spec.origin, spec.has_location = str(self.path), True
        if package:
            spec.submodule_search_locations = [str(self.path.parent)]
        return spec

    def exec_module(self, module: Any) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def outcome(package: str, path: Path, mutant: Mutant, seconds: int) -> str:
    """Tell what all tests together say of a mutant: it is found, it hangs, or it survives."""
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        code = 1
        with contextlib.suppress(BaseException):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
                ".__init__"
            )
            sys.meta_path.insert(0, _InPlace(module, path, mutant.tree))
            tests = [str(ROOT / folder / package) for folder in ("symbp", "tests")]
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                code = pytest.main(["-x", "-q", *tests], plugins=[_OwnFirst(path.stem)])
        os._exit(int(code))
    _, status = os.waitpid(child, 0)
    hangs = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return "survives" if status == 0 else "hangs" if hangs else "found"


def main() -> None:
    """Try a sample of a package's mutants; print the score and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("package", choices=PACKAGES)
    parser.add_argument("--sample", type=int, default=0, help="So many, drawn; all when left out.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="Of the sample, the first so many.")
    parser.add_argument("--only", default="", help="Of the words of a mutant: FILE:LINE")
    asked = parser.parse_args()
    pool = [
        (path, mutant)
        for path in sorted((ROOT / "symbp" / asked.package).glob("[!_]*.py"))
        for mutant in mutants(path.read_text("utf-8"))
        if f"{path.name}:{mutant.words}".startswith(asked.only)
    ]
    chosen = random.Random(asked.seed).sample(pool, asked.sample) if asked.sample else pool
    chosen = chosen[asked.skip :]
    whole = chosen[0][0]
    unchanged = Mutant("", ast.parse(whole.read_text("utf-8")))
    if outcome(asked.package, whole, unchanged, 3600) != "survives":
        sys.exit("the tests fail without any change")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    limit = 2 * round(spent.ru_utime + spent.ru_stime)
    survivors, begun = 0, time.monotonic()
    for count, (path, mutant) in enumerate(chosen, 1):
        said = outcome(asked.package, path, mutant, limit)
        if said != "found":
            survivors += said == "survives"
            print(f"{said} {path.name}:{mutant.words}", flush=True)
        if count % 10 == 0:
            passed = time.monotonic() - begun
            print(f"  {count} of {len(chosen)}, {survivors} alive, {passed:.0f} s", flush=True)
    found = len(chosen) - survivors
    print(f"{asked.package}: {found} of {len(chosen)} found ({found / max(1, len(chosen)):.1%}),"
          f" drawn from {len(pool)} with seed {asked.seed}")  # fmt: skip


if __name__ == "__main__":
    main()
