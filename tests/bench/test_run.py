"""Turns, reports and the command."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbp.bench import PEERS, WORKLOADS, measure, report
from symbp.bench import driver as driver_module
from symbp.bench.peers.machine import CALL, OPERATIONS, PEAK
from symbp.bench.peers.ours import C_STEP
from symbp.bench.plot import plot
from symbp.bench.run import Result, Row
from symbp.bench.table import workload_table
from symbp.cli import main

XOR = WORKLOADS["xor"]
NUMPY = [(PEERS["numpy"], "NumPy by hand")]


def result(**seconds: list[float]) -> Result:
    rows = [Row(C_STEP, "symbp", seconds=[1e-6, 2e-6, 9e-6]), Row("b", "b", "crashed")]
    rows += [Row(name, name, seconds=values) for name, values in seconds.items()]
    machine = {PEAK: Row(PEAK, "machine", seconds=[1e-4] * 3), CALL: Row(CALL, "machine")}
    machine[CALL].seconds = [5e-7, 1e-6, 5e-7]
    return Result(XOR, 2, rows, machine)


def test_ratios_are_taken_within_a_round():
    line = report(result(a=[4e-6, 4e-6, 36e-6])).lines[1]
    assert line.ratio == pytest.approx(4.0)
    assert line.ratios == pytest.approx((2.0, 4.0))
    assert line.median == pytest.approx(4e-6)


def test_the_limit_is_the_larger_of_operations_and_call():
    seen = report(result())
    assert seen.peak == pytest.approx(OPERATIONS / 1e-4)
    assert seen.limit == pytest.approx(5e-7)
    assert seen.lines[0].share == pytest.approx(0.5)
    slow = result()
    slow.machine[PEAK].seconds = [1.0] * 3
    assert report(slow).limit == pytest.approx(XOR.operations() / OPERATIONS / 2)


def test_a_row_in_trouble_is_listed_with_its_reason():
    lines = list(workload_table(report(result())))
    assert lines[-1].split(maxsplit=1) == ["b", "crashed"]


def test_without_the_machines_figures_there_is_still_a_table():
    unknown = result()
    unknown.machine[PEAK].trouble = "no compiler"
    assert report(unknown).limit is None
    assert "not known" in list(workload_table(report(unknown)))[1]


def test_operations_are_those_of_the_products_and_the_update():
    forward, weights, inputs = 4 * (8 + 4), 4 * (8 + 4), 4 * 4
    assert XOR.operations() == 2 * (forward + weights + inputs) + 2 * 17


def test_rows_take_turns_and_a_round_is_one_burst_of_each():
    told: list[str] = []
    seen = measure(XOR, NUMPY, threads=1, rounds=2, tell=told.append)
    assert [len(row.seconds) for row in seen.rows] == [2]
    assert told[-2] == "xor: round 2 of 2"


def test_a_row_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(driver_module, "PATIENCE", 0.01)
    seen = measure(XOR, NUMPY, threads=1, rounds=1)
    assert seen.rows[0].trouble == "no answer within 0 s"


def test_the_command_writes_a_table_and_json(tmp_path: Path):
    file = tmp_path / "figures.json"
    words = ["bench", "xor", "--peers", "numpy", "--target", "numpy", "--rounds", "2"]
    ran = CliRunner().invoke(main, [*words, "--json", str(file)])
    assert ran.exit_code == 0, ran.output
    assert "NumPy by hand" in ran.output
    figures = json.loads(file.read_text("utf-8"))["workloads"][0]
    assert [line["name"] for line in figures["lines"]] == [
        "symbp NumPy: train_step",
        "NumPy by hand",
    ]
    assert len(figures["lines"][0]["seconds"]) == 2


@pytest.mark.parametrize("words", [["nonsense"], ["xor", "--peers", "nonsense"]])
def test_an_unknown_word_is_refused(words: list[str]):
    ran = CliRunner().invoke(main, ["bench", *words])
    assert ran.exit_code == 2
    assert "nonsense" in ran.output


def test_a_plot_is_drawn(tmp_path: Path):
    pytest.importorskip("matplotlib")
    plot([report(result())], tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text("utf-8").startswith("<?xml")
