"""What `symbp build` is told of sizes and threads, with the real compiler."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import symbp
from symbp.cli import main

XOR = Path(symbp.__file__).parents[1] / "examples" / "xor.bp"
DIGITS = XOR.with_name("digits.bp")


def build(*arguments):
    return CliRunner().invoke(main, ["build", *map(str, arguments)])


REFUSED = {
    "no number": (["--size", "N=many"], "'N=many' is not NAME=NUMBER"),
    "no value": (["--size", "N"], "'N' is not NAME=NUMBER"),
    "a fraction": (["--size", "N=1.5"], "'N=1.5' is not NAME=NUMBER"),
    "an unknown size": (["--size", "M=4"], "network xor has no size M\n  Its sizes: N."),
    "no name": (["--size", "=4"], "has no size"),
    "size 0": (["--size", "N=0"], "size N can't be 0\n  Give a whole number >= 1."),
    "a negative size": (["--size", "N=-4"], "size N can't be -4"),
    "no thread": (["--threads", "0", "--target", "c"], "0 is not in the range x>=1"),
    "no number of threads": (["--threads", "two"], "'two' is not a valid integer"),
    "threads for numpy": (["--threads", "2"], "the target numpy can't use 2 threads"),
    "explain numpy": (["--explain"], "--explain tells of the C target: add --target c."),
    "explain an unknown size": (["--target", "c", "--explain", "--size", "M=4"], "has no size M"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_is_one_error_and_writes_nothing(options, message, tmp_path):
    result = build(XOR, "-o", tmp_path, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.lower().count("error") + result.stderr.count("symbp:") == 1
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_size_is_fixed_and_told_in_the_header(tmp_path):
    assert build(XOR, "-o", tmp_path, "--size", "N=4").exit_code == 0
    text = (tmp_path / "xor.py").read_text()
    assert "input x[4,2]" in text
    assert "--target numpy --dtype float64 --size N=4\n" in text


def test_threads_are_told_in_the_header(tmp_path):
    result = build(DIGITS, "-o", tmp_path, "--target", "c", "--threads", 2)
    assert result.exit_code == 0, result.output
    assert "--dtype float64 --threads 2\n" in (tmp_path / "digits.h").read_text()


def test_explain_tells_and_writes_nothing(tmp_path):
    options = ["--target", "c", "--explain", "--size", "N=32", "--dtype", "float32"]
    result = build(DIGITS, "-o", tmp_path, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("predict\n")
    assert "matrix product" in result.stdout
    assert "32 x 64 times 64 x 32" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_explain_needs_no_compiler(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    assert build(XOR, "--target", "c", "--explain").exit_code == 0
