"""The threat model, line by line: what descriptions, data and saved runs of strangers can't do."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from symbp import artifact, compiler
from symbp.artifact import archive, unarchive
from symbp.cli import main
from symbp.errors import DataError, SymbpError
from symbp.lang.parser import parse

ROOT = Path(__file__).parents[2]
XOR = (ROOT / "examples" / "xor.bp").read_text("utf-8")
CODE = sorted((ROOT / "symbp").rglob("*.py"))
OWN = {"symbp/audit/probe/subject.py"}
"""What runs a person's own Python, in a process of its own."""
NAMES = ('a"""\nimport os\n"""b.bp', "a\\N{DASH}??/\nb\\\n.bp", "a'''<script>\u202e.bp",
         "a{x}%s$`id`*.bp")  # fmt: skip


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_evaluated_and_nothing_is_unpickled(path):
    tree = ast.parse(path.read_text("utf-8"))
    called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not imported & {"pickle", "shelve", "marshal", "dill", "joblib", "yaml"}
    if str(path.relative_to(ROOT)) not in OWN and "peers" not in path.parts:
        assert not called & {"eval", "exec", "sympy.parse_expr", "parse_expr", "os.system"}


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrays_are_loaded_without_objects(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("np.load"):
            assert {k.arg: ast.unparse(k.value) for k in node.keywords}["allow_pickle"] == "False"
        if isinstance(node, ast.Call):
            assert "shell" not in {k.arg for k in node.keywords}


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "a/b", "a.b", "con", "..", "a\\b", "~", "a\0b"]
)
def test_no_name_leads_out_of_the_folder(name, tmp_path):
    try:
        path = compiler.build(
            parse(XOR.replace("network xor", f"network {name}")), directory=tmp_path
        )
    except SymbpError:
        return
    assert path.parent == tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_ends_no_comment_and_no_docstring(name):
    network = parse(XOR, name)
    for target in ("numpy", "c"):
        plain = _plainly(target)
        for file, content in compiler.emit(network, target).items():
            assert len(content.splitlines()) == len(plain[file].splitlines())
            if file.endswith(".py"):
                assert _shape(content) == _shape(plain[file])
            else:
                assert not re.search(r"\?\?|\\$|/\*.*/\*", content, re.MULTILINE)


@cache
def _plainly(target: compiler.Target) -> dict[str, str]:
    return compiler.emit(parse(XOR, "b.bp"), target)


def _shape(text: str) -> str:
    """Return what a module does, without its first docstring."""
    tree = ast.parse(text)
    words = ast.dump(ast.Module(tree.body[1:], []))
    return re.sub(r"b'[0-9a-f]{16}'", "", words)  # the fingerprint of the C files


def test_html_and_latex_say_names_and_nothing_else():
    lines = "network a\ninput x[N]\nparam script, w_1_2, input_, é\noutput script*x\n"
    text = lines + "loss mean[n]((script*w_1_2*input_*é*x[n])**2)\n"
    formulas = compiler.derive(parse(text, 'a"><script>x</script>.bp'))
    html = formulas.html()
    assert html.count("<script") == html.count("</script") == 1  # the page's own
    assert "<script>x" not in html
    assert not re.search(r"(?<!\\)w_1_2", formulas.latex())


def test_an_archive_with_objects_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="it holds Python objects"):
        unarchive(tmp_path / "a.npz")


def _archive(path: Path, shape: tuple[int, ...], data: bytes, name: str = "x.npy") -> Path:
    """Write an archive whose array says what is not so."""
    member = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(name, member.getvalue() + data)
    return path


def test_an_array_that_says_it_is_huge_is_refused_before_it_is_made(tmp_path):
    with pytest.raises(DataError, match="says it has 8000000000000 bytes and has fewer"):
        unarchive(_archive(tmp_path / "a.npz", (10**12,), b"12345678"))


def test_an_archive_that_unfolds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(artifact.files, "MAX_ARCHIVE", 2**20)
    path = tmp_path / "a.npz"
    path.write_bytes(archive({f"x{k}": np.zeros(2**14) for k in range(20)}))
    assert path.stat().st_size < 2**14
    with pytest.raises(DataError, match="it unfolds to more than"):
        unarchive(path)


def test_a_member_that_leads_elsewhere_is_a_name_and_no_path(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    path = _archive(inside / "a.npz", (1,), b"12345678", "../../evil.npy")
    assert list(unarchive(path)) == ["../../evil"]
    assert list(tmp_path.iterdir()) == [inside]


LIES = {
    "an unknown setting": {"settings": '{"evil": 1}'},
    "no JSON": {"settings": "{"},
    "no object": {"settings": "[1]"},
    "deep JSON": {"settings": "[" * 100_000},
    "words for numbers": {"settings": '"batch_size": "x"'},
    "a negative batch": {"settings": '"batch_size": -5'},
    "an argument of fit": {"settings": '"hyper": {"callback": 1}'},
    "a pace of words": {"pace": '{"learning_rate": "x"}'},
    "losses of words": {"losses": np.array(["a"])},
    "a parameter of another shape": {"param.W1": np.zeros((9, 9))},
    "a parameter of words": {"param.W1": np.array([["x"]])},
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("run")
    words = ["train", str(ROOT / "examples/xor.bp"), str(ROOT / "examples/data/xor.csv")]
    assert CliRunner().invoke(main, [*words, "--epochs", "2", "-o", str(folder)]).exit_code == 0
    return unarchive(folder / "xor.state.npz")


@pytest.mark.parametrize("lie", LIES)
def test_a_saved_run_that_lies_is_refused(lie, saved, tmp_path):
    change = dict(LIES[lie])
    if str(change.get("settings", "")).startswith('"'):
        own = json.loads(f"{{{change['settings']}}}")
        change["settings"] = json.dumps({**json.loads(str(saved["settings"])), **own})
    file = tmp_path / "s.npz"
    file.write_bytes(archive({**saved, **{k: np.array(v) for k, v in change.items()}}))
    words = ["train", str(ROOT / "examples/xor.bp"), str(ROOT / "examples/data/xor.csv")]
    result = CliRunner().invoke(
        main, [*words, "--epochs", "4", "--resume", str(file), "-o", str(tmp_path)]
    )
    assert result.exit_code == 2
    assert "s.npz is damaged" in result.output
