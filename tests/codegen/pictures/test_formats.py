"""SVG, DOT and Mermaid show the same graph, and nothing of it is taken for markup."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from symbp import compiler
from symbp.cli import main
from symbp.codegen.pictures import FORMATS, draw
from symbp.ir.visit import rename
from tests.codegen.pictures.networks import deep

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def xor():
    return compiler.graph(compiler.load(str(ROOT / "examples" / "xor.bp")))


def test_svg_names_every_tensor_and_its_equation(xor):
    root = ElementTree.fromstring(FORMATS["svg"](xor))
    named = {g.get("data-symbol"): g.findtext(f"{SVG}title") for g in root.iter(f"{SVG}g")}
    assert {node.name for node in xor.nodes} == {name for name in named if name}
    assert named["dW1"] == "dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])"


def test_svg_loads_nothing_and_runs_nothing(xor):
    text = FORMATS["svg"](xor).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"http|url\(|<script|@import|\bon\w+=", text)


def test_dot_has_a_line_for_each_node_and_each_edge(xor):
    lines = FORMATS["dot"](xor).splitlines()
    assert sum(" -> " in line for line in lines) == len(xor.edges)
    assert '  "h" -> "dW2" [label="(N, 4)", style=dashed, constraint=false]' in lines


def test_mermaid_groups_the_layers_that_are_alike():
    text = FORMATS["mermaid"](compiler.graph(deep(9)))
    assert 'subgraph f0["× 7 alike"]' in text
    assert '["h2 … h8"]:::kept' in text


def test_names_are_never_markup(xor):
    network = compiler.load(str(ROOT / "examples" / "xor.bp"))
    plan = compiler.plan(network)
    bad = {"h": '"]<script>&', "dh_z": "a\\\nb"}
    phases = [
        type(p)(rename(p.program, bad), p.reads, tuple(bad.get(r, r) for r in p.results))
        for p in (plan.forward, plan.backward)
    ]
    graph = draw("<b>", *phases, plan.gradients)
    root = ElementTree.fromstring(FORMATS["svg"](graph))
    assert not list(root.iter(f"{SVG}script"))
    assert '"\\"]<script>&" -> "dW2"' in FORMATS["dot"](graph)
    assert '["#quot;]#lt;script#gt;#amp;"]' in FORMATS["mermaid"](graph)


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_is_the_same_for_every_hash_seed(form):
    def drawn(seed: str) -> bytes:
        command = [
            sys.executable,
            "-m",
            "symbp.cli",
            "graph",
            "examples/lenet.bp",
            "--format",
            form,
        ]
        return subprocess.run(
            command, capture_output=True, check=True, cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        ).stdout  # fmt: skip

    assert drawn("1") == drawn("2") != b""


def test_the_command_writes_the_picture_or_prints_it(tmp_path):
    spec, path = str(ROOT / "examples" / "xor.bp"), tmp_path / "xor.svg"
    run = CliRunner().invoke(main, ["graph", spec, "-o", str(path)])
    assert (run.exit_code, run.output.strip()) == (0, str(path))
    assert CliRunner().invoke(main, ["graph", spec]).output == path.read_text("utf-8")
    assert CliRunner().invoke(main, ["graph", "none.bp"]).exit_code == 2


def test_all_layers_are_drawn_where_that_is_asked_for(tmp_path):
    spec = tmp_path / "deep.bp"
    lines = ["network deep", "input x[N,4]", "target y[N,4]", "h0 = dense(x, 4)"]
    lines += [f"h{k} = dense(h{k - 1}, 4, tanh)" for k in range(1, 7)]
    spec.write_text("\n".join([*lines, "output h6", "loss mse(h6, y)"]), "utf-8")
    drawn = [
        CliRunner().invoke(main, ["graph", str(spec), "--format", "dot", *extra]).output
        for extra in ([], ["--all"])
    ]
    assert ["alike" in text for text in drawn] == [True, False]
    assert ['"h5" -> ' in text for text in drawn] == [False, True]
