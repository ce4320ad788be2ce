"""A certificate: the module else unchanged, its evidence run again without symbp."""

import json
import os
import subprocess
import sys

import pytest

from symbp.compiler import build
from symbp.errors import TargetError
from symbp.evidence import certificate as certificates
from symbp.evidence.certificate import certify
from symbp.lang.parser import parse

TEXT = (
    "network small\ninput x[N, 2]\nlabel t[N] in 2\nh = dense(x, 1, tanh)\nz = dense(h, 2)\n"
    "output softmax(z)\nloss cross_entropy(z, t)\noptimizer sgd(learning_rate=0.1)"
)


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certified")
    path = build(parse(TEXT), directory=folder)
    plain = path.read_text()
    files = certify(parse(TEXT), path)
    return folder, plain, files


def self_test(folder):
    """Run it as a user does, where symbp can't be imported."""
    blocked = folder / "symbp.py"
    blocked.write_text("raise ImportError('symbp is not here')")
    environment = {**os.environ, "PYTHONPATH": ""}
    command = [sys.executable, "-m", "small", "--self-test"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_evidence_holds_without_symbp(certified):
    folder, _, files = certified
    assert [f.name for f in files] == ["small.certificate.json", "small_selftest.py"]
    done = self_test(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "small: all of it holds"
    assert done.stdout.count("ok ") == 1 + 2 * 4


def test_a_module_is_the_same_but_for_the_lines_that_start_the_test(certified):
    folder, plain, _ = certified
    assert (folder / "small.py").read_text().startswith(plain)
    again = build(parse(TEXT), directory=folder / "again")
    assert again.read_text() == plain


def test_a_certificate_tells_what_was_checked_and_is_the_same_each_time(certified, tmp_path):
    folder, _, _ = certified
    found = json.loads((folder / "small.certificate.json").read_text())
    assert found["parameters"] == {"h_W": [2, 1], "h_b": [1], "z_W": [1, 2], "z_b": [2]}
    assert {row["method"] for row in found["rows"]} >= {"complex", "digits", "interpreter"}
    assert {row["verdict"] for row in found["rows"]} == {"ok"}
    certify(parse(TEXT), build(parse(TEXT), directory=tmp_path))
    assert (tmp_path / "small.certificate.json").read_text() == (
        folder / "small.certificate.json"
    ).read_text()
    certify(parse(TEXT), tmp_path / "small.py")
    assert (tmp_path / "small.py").read_text() == (folder / "small.py").read_text()


@pytest.mark.parametrize("rehashed", [False, True])
def test_a_gradient_that_was_changed_fails(tmp_path, rehashed):
    path = build(parse(TEXT), directory=tmp_path)
    certify(parse(TEXT), path)
    source = path.read_text()
    spoilt = source.replace("def value_and_grad(", "def _right(", 1) + (
        "\n\ndef value_and_grad(*data):\n    loss, grads = _right(*data)\n"
        "    return loss, {**grads, 'h_b': grads['h_b'] * (1 + 1e-7)}\n"
    )
    tail = source[source.index('if __name__ == "__main__":') :]
    path.write_text(spoilt.replace(tail, "") + "\n\n" + tail)
    if rehashed:
        import hashlib

        file = tmp_path / "small.certificate.json"
        content = json.loads(file.read_text())
        content["sha256"]["small.py"] = hashlib.sha256(path.read_bytes()).hexdigest()
        file.write_text(json.dumps(content))
    done = self_test(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    hashed = [] if rehashed else ["FAILED  small.py is not what was certified"]
    assert failed[:-1] == hashed
    assert failed[-1].startswith("FAILED  h_b: certified slopes: 1.0e-07")


def test_a_wrong_gradient_gets_no_certificate(tmp_path, monkeypatch):
    path = build(parse(TEXT), directory=tmp_path)
    load = certificates.artifact.load

    def spoilt(path):
        module = load(path)
        right = module.value_and_grad
        module.value_and_grad = lambda *a: (
            right(*a)[0], {n: 2 * g for n, g in right(*a)[1].items()},
        )  # fmt: skip
        return module

    monkeypatch.setattr(certificates.artifact, "load", spoilt)
    with pytest.raises(TargetError, match="can't be certified: h_W DIFFERS"):
        certify(parse(TEXT), path)
    assert not (tmp_path / "small.certificate.json").exists()


@pytest.mark.parametrize("content", [None, "{"])
def test_a_certificate_that_is_not_there_or_broken_is_one_clear_error(tmp_path, content):
    certify(parse(TEXT), build(parse(TEXT), directory=tmp_path))
    certificate = tmp_path / "small.certificate.json"
    certificate.unlink()
    if content:
        certificate.write_text(content)
    done = self_test(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("small.certificate.json can't be read: ")
