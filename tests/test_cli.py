"""The command line: what is printed, where it goes, and the exit code.

The compiler is replaced by one that hands out the hand-written modules of tests/fixtures.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

import symbp
from symbp import compiler
from symbp.autodiff import adjoint
from symbp.cli import main
from symbp.derivation import documents
from symbp.errors import LanguageError, Source
from symbp.ir.program import Program
from symbp.ir.text import parse
from symbp.version import VERSION

FIXTURES = Path(__file__).parent / "fixtures"

PROGRAMS = {
    "regression": """\
input x[N]
target y[N]
param a, b
p[n] = a * relu(x[n]) + b
total = sum[n]((p[n] - y[n])**2)
loss = total / N
""",
}


@dataclass
class Network:
    name: str
    program: Program
    loss: str = "loss"


def document(derivation, shown):
    return f"d{shown.wrt} = ...\n"


def load(spec):
    if spec not in PROGRAMS:
        source = Source("net.bp", 3, 5, "loss zap(p, y)", 3)
        raise LanguageError("zap is not known", source=source, remedy="Known is mse.")
    return Network(spec, parse(PROGRAMS[spec]))


def build(network, target, dtype, directory, threads=1, sizes=()):
    Path(directory).mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FIXTURES / f"{network.name}.py", directory))


def gradient_program(network):
    return adjoint(network.program, "loss", ["a", "b"])


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    for name, function in (
        ("load", load), ("build", build), ("derivation", lambda network: None),
        ("gradient_program", gradient_program),
    ):  # fmt: skip
        monkeypatch.setattr(compiler, name, function)
    for form in ("text", "latex"):
        monkeypatch.setitem(documents.DOCUMENTS, form, document)


@pytest.fixture
def line(tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("x,y\n1,0\n2,1\n3,2\n4,3\n")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_help_has_an_example_for_every_command():
    for name in main.commands:
        assert "symbp " in run(name, "--help").output or name == "demo"
    assert "symbp demo" in run("--help").output


def test_the_version_is_told():
    assert run("--version").output == f"symbp, version {VERSION}\n"


def test_what_a_command_needs_is_imported_inside_it():
    script = "import sys, symbp.cli; print({'symbp.train', 'symbp.verify'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        cwd=Path(symbp.__file__).parents[1],
    )  # fmt: skip
    assert result.stdout == "set()\n"


def test_build_prints_the_files(tmp_path):
    assert run("build", "regression", "-o", tmp_path).output == f"{tmp_path}/regression.py\n"
    written = run("build", "regression", "--target", "c", "-o", tmp_path).output.split()
    names = ["regression.py", "regression.c", "regression.h"]
    names += ["regression.python.c", "libregression.so"]
    assert [Path(p).name for p in written] == names


def test_derive_prints_or_writes(tmp_path):
    assert run("derive", "regression", "--wrt", "a").output == "da = ...\n"
    file = tmp_path / "a.tex"
    result = run("derive", "regression", "--wrt", "a", "--format", "latex", "-o", file)
    assert (result.output, file.read_text()) == (f"{file}\n", "da = ...\n")


def test_a_bad_description_is_one_message_on_stderr():
    result = run("build", "net.bp")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "symbp: net.bp:3:5: zap is not known\n"
        "    3 | loss zap(p, y)\n"
        "      |     ^^^\n"
        "  Known is mse.\n"
    )


def test_check_prints_a_table_and_agrees():
    result = run("check", "regression")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].split()[0] == "parameter"
    assert result.stdout.endswith("All gradients agree.\n")


def test_check_ends_with_1_where_a_gradient_disagrees(monkeypatch):
    def spoilt(network, target, dtype, directory, **_):
        path = build(network, target, dtype, directory)
        path.write_text(path.read_text().replace("dp = 2 * error", "dp = 4 * error"))
        return path

    monkeypatch.setattr(compiler, "build", spoilt)
    result = run("check", "regression")
    assert result.exit_code == 1
    assert "DIFFERS at" in result.stdout
    assert result.stderr == "symbp: a gradient disagrees: see the table\n"


def test_train_reports_and_saves_without_noise(line, tmp_path):
    result = run("train", "regression", line, "--epochs", 201, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "Training (4 samples): loss" in result.stdout
    assert "R2 0.99" in result.stdout
    assert "\r" not in result.stdout
    assert (tmp_path / "regression.params.npz").exists()


def test_train_goes_on_from_a_saved_state(line, tmp_path):
    options = ["train", "regression", line, "--set", "learning_rate=0.05", "--standardize"]
    run(*options, "--epochs", 30, "-o", tmp_path / "whole")
    run(*options, "--epochs", 10, "-o", tmp_path / "part")
    state = tmp_path / "part" / "regression.state.npz"
    result = run("train", "regression", line, "--epochs", 30, "--resume", state, "-o", state.parent)
    assert result.exit_code == 0, result.output
    assert state.read_bytes() == (tmp_path / "whole" / state.name).read_bytes()


def test_a_resumed_training_says_that_it_changes(line, tmp_path):
    options = ["train", "regression", line, "-o", tmp_path]
    run(*options, "--epochs", 5)
    options += ["--resume", tmp_path / "regression.state.npz"]
    result = run(*options, "--epochs", 9, "--learning-rate", 0.05)
    assert result.exit_code == 0, result.output
    assert result.stderr == "The run changes: it goes on with learning_rate 0.05, not 0.1.\n"
    result = run(*options, "--epochs", 3)
    assert result.exit_code == 2
    assert "has 9 epochs behind it, more than the 3 that are asked for" in result.stderr


def test_a_diverging_training_ends_with_1_and_a_remedy(line, tmp_path):
    result = run("train", "regression", line, "--learning-rate", 0.5, "-o", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("symbp: Training diverged")
    assert "--learning-rate 0.05" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "learning_rate"], "'learning_rate' is not NAME=NUMBER"),
        (["--set", "rate=1"], "has no hyper-parameter rate"),
        (["--learning-rate", "nan"], "learning_rate can't be nan"),
        (["--learning-rate", "inf"], "learning_rate can't be inf"),
        (["--learning-rate=-0.1"], "learning_rate can't be -0.1"),
        (["--set", "learning_rate=nan"], "learning_rate can't be nan"),
        (["--epochs", "0"], "--epochs"),
        (["--target-column", "z"], "has no column z"),
        (["--resume", "none.npz"], "can't be read"),
        (["--validation", "1.5"], "--validation"),
        (["--validation", "nan"], "nan is no finite number"),
        (["--target-loss", "nan"], "nan is no finite number"),
    ],
)
def test_bad_options_end_with_2(line, tmp_path, arguments, message):
    result = run("train", "regression", line, "-o", tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_an_error_of_the_system_is_one_message(monkeypatch):
    def denied(spec):
        raise PermissionError(13, "Permission denied", "net.bp")

    monkeypatch.setattr(compiler, "load", denied)
    result = run("build", "net.bp")
    assert (result.exit_code, result.stderr) == (2, "symbp: net.bp: Permission denied\n")


def test_an_interrupt_ends_with_130(monkeypatch):
    def interrupted(spec):
        raise KeyboardInterrupt

    monkeypatch.setattr(compiler, "load", interrupted)
    result = run("build", "net.bp")
    assert (result.exit_code, result.stderr) == (130, "symbp: interrupted\n")
