"""The main jobs from end to end, with the real compiler."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import symbp
from symbp.cli import main
from symbp.data import digits_network

ROOT = Path(symbp.__file__).parents[1]
XOR = ROOT / "examples" / "xor.bp"


@pytest.fixture
def xor_csv(tmp_path):
    path = tmp_path / "xor.csv"
    path.write_text("0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    return path


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def command(*arguments):
    return [sys.executable, "-m", "symbp.cli", *map(str, arguments)]


def test_the_network_of_the_demo_is_the_example():
    assert digits_network().read_bytes() == (ROOT / "examples" / "digits.bp").read_bytes()


def test_the_demo_reads_96_of_100_held_out_digits(tmp_path):
    before = time.monotonic()
    result = run("demo", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert time.monotonic() - before < 60
    accuracy = result.output.split("Held out (359 samples): ")[1].split("accuracy ")[1]
    assert float(accuracy.split("%")[0]) >= 96
    assert "All gradients agree." in result.output
    assert "dh_W[i,j] = sum[n]" in result.output


def test_the_demo_does_without_a_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    result = run("demo", "--target", "c", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert "NumPy instead." in result.stderr


def test_a_terminal_sees_a_bar(tmp_path, xor_csv):
    ours, theirs = os.openpty()
    options = ["train", XOR, xor_csv, "--epochs", 50, "-o", tmp_path]
    with subprocess.Popen(command(*options), cwd=ROOT, stderr=theirs, stdout=subprocess.DEVNULL):
        pass
    os.close(theirs)
    assert b"50/50" in os.read(ours, 100_000)
    os.close(ours)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_is_built_checked_and_trained(tmp_path, xor_csv, dtype):
    assert run("check", XOR, "--dtype", dtype).exit_code == 0
    result = run(
        "train", XOR, xor_csv, "--target-loss", "0.01", "--epochs", 5000, "--dtype", dtype,
        "-o", tmp_path,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "The target loss is reached after" in result.output
    assert "accuracy 100.00% (4 of 4)" in result.output
    with np.load(tmp_path / "xor.params.npz") as saved:
        assert saved["W1"].dtype == dtype


def test_a_killed_training_goes_on_with_the_same_numbers(tmp_path, xor_csv):
    options = ["train", XOR, xor_csv, "--epochs", 12_000, "--checkpoint-every", 200]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(*options, "-o", whole).exit_code == 0
    process = subprocess.Popen(command(*options, "-o", killed), cwd=ROOT, stdout=subprocess.DEVNULL)
    state = killed / "xor.state.npz"
    while not state.exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    result = run("train", XOR, xor_csv, "--resume", state, "-o", killed)
    assert result.exit_code == 0, result.output
    for name in ("xor.params.npz", "xor.state.npz", "xor.history.csv"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes()


def test_an_interrupted_training_ends_with_130_and_one_line(tmp_path, xor_csv):
    options = ["train", XOR, xor_csv, "--epochs", 1_000_000, "--checkpoint-every", 100]
    process = subprocess.Popen(
        command(*options, "-o", tmp_path), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "xor.state.npz").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (130, "symbp: interrupted\n")


def test_a_reader_that_stops_early_is_no_error():
    ahead, behind = os.pipe()
    os.close(ahead)
    result = subprocess.run(
        command("derive", XOR), stdout=behind, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        check=False,
    )  # fmt: skip
    os.close(behind)
    assert result.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_formulas_are_printed_in_any_encoding(encoding):
    result = subprocess.run(
        command("derive", XOR), capture_output=True, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")


def test_nothing_is_written_where_the_description_is_bad(tmp_path):
    bad = tmp_path / "bad.bp"
    bad.write_text("network bad\ninput x[N\n")
    result = run("build", bad, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
