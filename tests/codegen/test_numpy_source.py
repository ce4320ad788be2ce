"""How a generated module reads: clean, narrow, the same each time, and with names that fit."""

from __future__ import annotations

import math
import shutil
import subprocess
import warnings
from pathlib import Path
from textwrap import dedent

import mpmath
import numpy as np
import pytest

from symbp.codegen import runtime
from symbp.codegen.names import Names
from symbp.lang.functions import ACTIVATIONS
from tests.codegen.built import arrays, assert_agrees, module, net, source
from tests.codegen.test_numpy_equations import CASES
from tests.codegen.test_numpy_networks import OPTIMIZERS, perceptron


def sources() -> dict[str, str]:
    """Return modules of every kind."""
    found = {f"case_{k}": dedent(text) for k, text in enumerate(CASES.values())}
    found |= {a: perceptron(a, a, extra="optimizer adam()") for a in ACTIVATIONS}
    found |= {
        o: perceptron("tanh", loss="cross_entropy", extra=f"optimizer {o}()") for o in OPTIMIZERS
    }
    return {f"m_{name}": source(net(text)) for name, text in found.items()}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return sources()


@pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff is not installed")
def test_generated_modules_pass_ruff(texts: dict[str, str], tmp_path: Path):
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["ruff", "check", "--isolated", "--no-cache", "--quiet", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("", 0)


def test_generated_modules_compile_without_a_warning(texts: dict[str, str]):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, text in texts.items():
            compile(text, name, "exec")


def test_lines_are_narrow_and_clean(texts: dict[str, str]):
    for name, text in texts.items():
        for line in text.splitlines():
            assert len(line) <= 110, f"{name}: {line}"
            assert line == line.rstrip(), f"{name}: {line!r}"
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_modules_need_numpy_alone(texts: dict[str, str]):
    known = {"import math", "import threading", "import numpy as np"}
    for text in texts.values():
        lines = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
        assert set(lines) <= known
        assert "symbp" not in text.split('"""')[2]


def test_statements_stand_under_their_equations():
    text = source(net(perceptron("sigmoid")))
    assert "    # h1[n,j] = sigmoid(h1_z[n,j])\n    h1 = _sigmoid(h1_z, out=h1_z)\n" in text
    assert "    # dh1_W[i,j] = sum[n](x[n,i] * dh1_z[n,j])  (of h1_z)\n" in text
    assert "    np.dot(x.T, dh1_z, out=dh1_W)\n" in text


# Names ------------------------------------------------------------------------------------------


def test_scratch_and_shared_values_keep_away_from_the_names_of_the_user():
    network = net("""
        input v1[N,3], s1[N,3]
        param dv1[3], y_sum[3], dloss, loss_sum[3], s2, v2
        y[n] = sum[i](v1[n,i] * exp(dv1[i]) * s1[n,i] * y_sum[i] + exp(loss_sum[i])) * dloss
        output y
        loss sum[n]((y[n] + s2 * exp(v2))**2 + exp(v2))
        optimizer adam()
    """)
    assert_agrees(network, arrays(network, 1, N=3))


def test_names_of_the_module_itself_can_be_used():
    network = net("""
        input np[N,3], work[N,3]
        param params[3], grads, lambda[3], l[3], state, tape, _sigmoid, store, NETWORK
        _forward[n] = sum[i](np[n,i] * work[n,i] * params[i] * lambda[i] + l[i]) * grads
        out[n] = sigmoid(_forward[n] + state * tape + _sigmoid * store * NETWORK)
        output out, _forward
        loss sum[n](out[n]**2)
        optimizer adam()
    """)
    assert_agrees(network, arrays(network, 1, N=3))


def test_other_scripts_are_spelled_in_ascii():
    network = net("""
        input α[N,3]
        param ω[3], θ, ä, Δω
        ŷ[n] = sum[i](α[n,i] * ω[i]) * θ + ä + Δω
        output ŷ
        loss sum[n](ŷ[n]**2)
    """)
    made = assert_agrees(network, arrays(network, 1, N=3))
    assert list(made.PARAMETERS) == ["ω", "θ", "ä", "Δω"]
    code = source(network).split("_DTYPE = ", 1)[1]
    names = [line for line in code.splitlines() if "#" not in line and '"' not in line]
    assert all(line.isascii() for line in names)


def test_a_size_can_be_called_as_anything_and_a_tensor_as_a_size():
    network = net("""
        input x[work,3]
        param N[3], T
        y[n] = sum[i](x[n,i] * N[i]) * T
        output y
        loss mean[n](y[n]**2)
    """)
    assert_agrees(network, arrays(network, 1, work=3))


def test_identifiers_are_distinct_and_fresh_ones_are_new():
    names = Names(["class", "class_", "_", "_1", "s1", "ö"], reserved={"class"})
    spelled = [names[n] for n in ("class", "class_", "_", "_1", "s1", "ö")]
    assert len(set(spelled)) == 6
    assert all(s.isidentifier() and s.isascii() and s[0] != "_" for s in spelled)
    assert [names.fresh("s"), names.fresh("s")] == ["s2", "s3"]


# The functions that are copied ------------------------------------------------------------------

POINTS = np.array([-750.0, -40, -7, -3, -2, -1.2, -0.9, -0.3, -1e-20, 0, 1e-9, 0.5, 1, 2.5, 5, 800])


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    ("function", "right"),
    [
        (runtime._sigmoid, lambda x: 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)),
        (runtime._softplus, lambda x: max(x, 0) + math.log1p(math.exp(-abs(x)))),
        (runtime._erf, math.erf),
        (runtime._normal_cdf, lambda x: float(mpmath.ncdf(x))),
    ],
)
def test_a_copied_function_is_right_anywhere(function, right):
    want = [right(float(x)) for x in POINTS]
    np.testing.assert_allclose(function(POINTS), want, rtol=4e-16, atol=1e-300)
    for x, value in zip(POINTS, want, strict=True):
        np.testing.assert_allclose(float(function(x)), value, rtol=4e-16, atol=1e-300)
        np.testing.assert_allclose(float(function(float(x))), value, rtol=4e-16, atol=1e-300)
    own = POINTS.copy()
    assert function(own, out=own) is own
    np.testing.assert_array_equal(own, function(POINTS))
    assert np.isnan(function(np.array([np.nan]))).all()


def test_what_is_copied_is_what_is_called():
    assert "_normal_cdf" not in source(net(perceptron("tanh")))
    assert source(net(perceptron("gelu"))).count("def _normal_cdf(") == 1
    made = module(net(perceptron("gelu")))
    assert made._normal_cdf(np.array(-0.5)) == pytest.approx(math.erfc(0.125**0.5) / 2, rel=1e-15)
