"""Every layer and loss has its case against torch, and the cases agree where torch is there."""

import importlib.util

import pytest
from click.testing import CliRunner

from symbp.bench import gradients
from symbp.bench.gradients import CASES, compare
from symbp.cli import main
from symbp.lang.functions import ACTIVATIONS
from symbp.lang.layers import LAYERS
from symbp.lang.losses import LOSSES
from symbp.lang.recurrent import RECURRENT

RANDOM = {"dropout"}
"""What draws its own numbers has nothing to be held against."""

absent = importlib.util.find_spec("torch") is None


def test_everything_in_the_library_has_a_case():
    library = {*LAYERS, *RECURRENT, *LOSSES, *ACTIVATIONS} - RANDOM
    assert library == {case.covers for case in CASES}


@pytest.mark.parametrize("case", CASES[::20], ids=lambda case: f"{case.covers} {case.words}")
def test_a_case_is_a_network_with_its_data(case: gradients.Case):
    network = case.network()
    assert set(case.data(network)) >= {*case.labels, *case.fixed}
    assert set(case.parameters(network)) >= set(case.shapes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.covers} {case.words}")
def test_a_case_agrees_with_torch(case: gradients.Case):
    pytest.importorskip("torch")
    assert compare(case).agrees()


@pytest.mark.skipif(not absent, reason="torch is installed")
def test_without_torch_the_command_says_how_to_get_it():
    ran = CliRunner().invoke(main, ["bench", "gradients"])
    assert ran.exit_code == 2
    assert "torch==2.13.0" in ran.output
