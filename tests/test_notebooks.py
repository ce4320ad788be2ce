"""The notebooks among the examples: executed, the same bytes each time, and nothing but content."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
NEEDED = ("nbclient", "nbformat", "ipykernel")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]


def cells(path: Path, kind: str) -> list[dict]:
    found = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def shown(path: Path) -> str:
    """Return all that the cells of a notebook show, and its words."""
    texts = [line for cell in cells(path, "markdown") for line in cell["source"]]
    for cell in cells(path, "code"):
        for output in cell["outputs"]:
            for lines in output.get("data", {"text": output.get("text", [])}).values():
                texts += [*lines, "\n"]
    return "".join(texts)


@pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed: symbp[test]")
def test_a_new_kernel_gives_the_same_bytes():
    command = [sys.executable, str(ROOT / "examples" / "notebooks.py"), "--check"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": path}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "Nothing changed.\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_cell_has_been_run_and_none_has_failed(path: Path):
    code = cells(path, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert kinds <= {"execute_result", "display_data", "stream"}
    streams = {o.get("name") for cell in code for o in cell["outputs"]}
    assert "stderr" not in streams


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_path_time_or_address_is_kept(path: Path):
    text = path.read_text("utf-8")
    assert not re.search(r"/tmp|/home|/root|0x[0-9a-f]{6,}|20\d\d-\d\d|site-packages", text)
    assert json.loads(text)["metadata"].keys() == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_formula_is_one(path: Path):
    latex2mathml = pytest.importorskip("latex2mathml.converter", reason="not installed")
    text = shown(path)
    formulas = re.findall(r"\$\$(.+?)\$\$", text, re.S)
    formulas += re.findall(r"\$([^$]+?)\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.S))
    assert len(formulas) > 10
    for formula in formulas:
        converted = latex2mathml.convert(formula)
        assert "\\" not in re.sub(r"<annotation.*?</annotation>", "", converted), formula


def test_back_propagation_reads_as_in_the_textbooks():
    text = shown(ROOT / "examples" / "back_propagation.ipynb")
    (last,) = re.findall(r"\\delta\^\{\(2\)\} = \\frac\{2\}\{N\} (.+)\$", text)
    assert sorted(last.split(r" \odot ")) == ["(1 - a^{(2)})", "(a^{(2)} - y)", "a^{(2)}"]
    for formula in (
        r"\delta^{(1)} = (\delta^{(2)} W^{(2)\top}) \odot a^{(1)} \odot (1 - a^{(1)})",
        r"\nabla_{W^{(2)}} L = a^{(1)\top} \delta^{(2)}",
        r"\nabla_{W^{(1)}} L = x^{\top} \delta^{(1)}",
    ):
        assert formula in text
