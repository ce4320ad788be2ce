"""`symbp check` as it is called: one method, its files, hazards, accuracy, a certificate."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from symbp.cli import METHODS, main
from symbp.compiler import gradient_program, load
from symbp.verify import agrees, judge, table
from symbp.verify.methods import METHODS as KNOWN
from tests.system.support import built

SMALL = Path(__file__).parents[2] / "examples" / "linear_regression.bp"
XOR = str(Path(__file__).parents[2] / "examples" / "xor.bp")


def run(*words):
    return CliRunner().invoke(main, [*words])


def test_the_command_knows_every_method():
    assert tuple(KNOWN) == METHODS


def test_json_and_junit_have_a_row_for_each_parameter_and_method(tmp_path):
    files = tmp_path / "xor.json", tmp_path / "xor.xml"
    result = run("check", XOR, "--method", "complex", "--method", "differences",
                 "--json", str(files[0]), "--junit", str(files[1]))  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(files[0].read_text())
    assert (found["agrees"], found["network"], found["not_run"]) == (True, "xor", [])
    rows = [(row["parameter"], row["method"]) for row in found["rows"]]
    assert rows == [(p, m) for p in ("W1", "b1", "W2", "b2") for m in ("complex", "differences")]
    suite = ElementTree.parse(files[1]).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("8", "0")
    assert {case.get("name") for case in suite} == {"complex", "differences"}


def test_hazards_are_told_for_the_ranges_that_are_given():
    result = run("check", XOR, "--hazards", "--dtype", "float32", "--range", "x=0:255")
    assert result.exit_code == 0
    assert result.output.startswith("In float32, for x 0 .. 255, y 0 .. 1, W1 -3 .. 3")
    assert "nothing can happen in the emitted equations" in result.output


@pytest.mark.parametrize(
    "words", ["--range x=low", "--range x=nan:1", "--range q=0:1", "--method q"]
)
def test_words_that_mean_nothing_are_refused(words):
    assert run("check", XOR, "--hazards", *words.split()).exit_code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--range x=0:1", "--range is for --hazards"),
        ("--hazards --accuracy", "two reports"),
        ("--accuracy --method complex", "for the table of methods"),
        ("--hazards --json found.json", "for the table of methods"),
    ],
)
def test_what_another_report_is_asked_for_is_not_left_unsaid(words, message):
    result = run("check", XOR, *words.split())
    assert result.exit_code == 2
    assert message in result.output


def test_build_writes_a_certificate_where_one_is_wished(tmp_path):
    result = run("build", str(SMALL), "--certify", "-o", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert [Path(line).name for line in result.output.split()] == [
        "linear_regression.py", "linear_regression.certificate.json",
        "linear_regression_selftest.py",
    ]  # fmt: skip


@pytest.fixture(scope="module", params=["float64", "float32"])
def xor(request):
    network = load(XOR)
    return built(network, dtype=request.param), *gradient_program(network), network.loss


@pytest.mark.parametrize("method", METHODS)
def test_each_method_judges_by_itself(method, xor):
    rows = judge(*xor, methods=[method]).rows
    assert agrees(rows), table(rows)
    assert len(rows) == 4 + (method == "interpreter")
