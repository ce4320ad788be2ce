"""Measure the tests: `python -m tests.mutation autodiff --sample 60 --seed 0 --log FILE`.

Each mutant is tried in a fork of this process, in which the libraries are loaded already: the
mutated module is put in place before any test imports it, and the tests stop at the first that
fails. What survives is printed with its line; README.md explains those that have been met.
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
TESTS = {
    "autodiff": (
        "test_adjoint",
        "test_costs",
        "test_networks",
        "test_scans",
        "test_random_programs",
    ),
    "rewrite": ("test_passes", "test_stability", "test_scans", "test_random_programs"),
}
"""The fastest first: most mutants fall at once."""


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


def survives(package: str, path: Path, mutant: Mutant, seconds: int) -> bool:
    """Tell whether every test passes with a mutant in place; one that hangs does not."""
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        os.setsid()
        code = 1
        with contextlib.suppress(BaseException):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
                ".__init__"
            )
            sys.meta_path.insert(0, _InPlace(module, path, mutant.tree))
            files = [str(ROOT / "tests" / package / f"{name}.py") for name in TESTS[package]]
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files])
        os._exit(int(code))
    _, status = os.waitpid(child, 0)
    return status == 0


def main() -> None:
    """Try a sample of a package's mutants; print the score and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("package", choices=TESTS)
    parser.add_argument("--sample", type=int, default=0, help="So many, drawn; all when left out.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="Of the sample, the first so many.")
    parser.add_argument("--seconds", type=int, default=600, help="More counts as found.")
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
    if not survives(asked.package, whole, Mutant("", ast.parse(whole.read_text("utf-8"))), 3600):
        sys.exit("the tests fail without any change")
    survivors, begun = 0, time.monotonic()
    for count, (path, mutant) in enumerate(chosen, 1):
        if survives(asked.package, path, mutant, asked.seconds):
            survivors += 1
            print(f"survives {path.name}:{mutant.words}", flush=True)
        if count % 10 == 0:
            passed = time.monotonic() - begun
            print(f"  {count} of {len(chosen)}, {survivors} alive, {passed:.0f} s", flush=True)
    found = len(chosen) - survivors
    print(f"{asked.package}: {found} of {len(chosen)} found ({found / max(1, len(chosen)):.1%}),"
          f" drawn from {len(pool)} with seed {asked.seed}")  # fmt: skip


if __name__ == "__main__":
    main()
