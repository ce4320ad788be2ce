"""The commands in the comments of examples/ reach what the comments say."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import symbp
from symbp.cli import main

ROOT = Path(symbp.__file__).parents[1]


def commands(example: str) -> list[list[str]]:
    """Return the arguments of each `symbp train` in an example's comment."""
    text = (ROOT / "examples" / f"{example}.bp").read_text(encoding="utf-8")
    comment = [line.removeprefix("#").strip() for line in text.splitlines() if line[:1] == "#"]
    lines = "\n".join(comment).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("symbp train")]


def trained(example, folder, monkeypatch, *more):
    """Run the command of an example; return its report and the parameters."""
    monkeypatch.chdir(ROOT)
    (arguments,) = commands(example)
    placed = [str(folder) if word == "DIR" else word for word in arguments]
    result = CliRunner().invoke(main, [*placed, *more])
    assert result.exit_code == 0, result.output
    with np.load(folder / f"{example}.params.npz") as saved:
        params = dict(saved)
    return result.stdout.split("Training (")[1].splitlines()[0], params


def test_xor_is_learned(tmp_path, monkeypatch):
    report, _ = trained("xor", tmp_path, monkeypatch)
    assert "accuracy 100.00% (4 of 4)" in report
    assert float(report.split("loss ")[1].split(",")[0]) < 0.01


def test_the_line_is_found(tmp_path, monkeypatch):
    _, params = trained("linear_regression", tmp_path, monkeypatch)
    assert float(params["a"]) == pytest.approx(1, abs=0.01)
    assert float(params["b"]) == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_mirror_images_are_told(tmp_path, monkeypatch, seed):
    report, _ = trained("symmetry", tmp_path, monkeypatch, "--seed", str(seed))
    assert "accuracy 100.00% (64 of 64)" in report


def test_the_moons_are_separated(tmp_path, monkeypatch):
    report, _ = trained("moons", tmp_path, monkeypatch)
    assert float(report.split("accuracy ")[1].split("%")[0]) > 97
