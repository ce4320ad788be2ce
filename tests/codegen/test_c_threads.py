"""Threads share a step, and nothing but its duration changes."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from symbp import compiler
from symbp.codegen.c_target import blocks
from tests.codegen.built import arrays, distance, net, parted, told
from tests.codegen.test_c_blocks import AWKWARD
from tests.codegen.test_c_safety import SIZES, driver
from tests.codegen.test_c_values import c_module

NETWORK = """
    network team
    input x[N, 100]
    label t[N] in 10
    h = dense(x, 130, relu)
    g = dense(h, 120, tanh)
    logits = dense(g, 10)
    output logits
    loss cross_entropy(logits, t)
    optimizer {optimizer}(learning_rate=0.05)
"""
TEAMS = {
    "two": (2, {}, "float64"),
    "two, single precision": (2, {}, "float32"),
    "three": (3, {}, "float64"),
    "two, one size": (2, {"N": 37}, "float64"),
    "more than the rows": (16, {}, "float32"),
}
BOUNDS = {"float64": 1e-12, "float32": 1e-5}
Found = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def _small_products_are_worth_a_team(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "TEAM", blocks.LIKELY)


def computed(made, network, dtype: str, rows: int, steps: int = 2) -> Found:
    """Return what every function of a module gives."""
    params, data = parted(network, arrays(network, 5, scale=0.2, N=rows))
    own = {n: np.array(v, dtype) for n, v in params.items()}
    data = [np.array(v, dtype) if v.dtype.kind == "f" else v for v in data]
    loss, grads = made.value_and_grad(own, *data)
    roles = [role for role, *_ in made.INPUTS.values()]
    inputs = [v for v, role in zip(data, roles, strict=True) if role == "input"]
    found = {f"d{n}": v for n, v in grads.items()}
    outputs = made.predict(own, *inputs)
    found |= outputs if isinstance(outputs, dict) else {"outputs": outputs}
    found["loss"] = np.array(loss)
    state = made.init_state(own)
    found["losses"] = np.array([made.train_step(own, state, *data) for _ in range(steps)])
    return {**found, **own, **state}


@pytest.mark.parametrize(("threads", "sizes", "dtype"), TEAMS.values(), ids=TEAMS)
def test_a_team_computes_what_one_thread_does(threads: int, sizes: dict[str, int], dtype: str):
    network = net(NETWORK.format(optimizer="momentum"))
    alone = c_module(network, dtype)
    team = c_module(network, dtype, threads=threads, **sizes)
    for rows in (1, 3, 37) if not sizes else (37,):
        expected = computed(alone, network, dtype, rows)
        for name, value in computed(team, network, dtype, rows).items():
            assert distance(value, expected[name]) < BOUNDS[dtype], (name, rows)


@pytest.mark.parametrize("name", ["sums that begin with samples", "weights of rank 3"])
def test_a_team_computes_awkward_products(name: str):
    network = net(AWKWARD[name])
    expected = computed(c_module(network), network, "float64", 40)
    found = computed(c_module(network, threads=3), network, "float64", 40)
    for name, value in found.items():
        assert distance(value, expected[name]) < 1e-12, name


GATED = """
    network gated
    input x[N, 120]
    param U[120, 120], V[120, 120]
    h[n,j] = sum[i](x[n,i] * U[i,j])
    y[n,j] = sum[i](h[n,i] * V[i,j])
    z[n,j] = y[n,j] * h[n,j]
    output z, y
    loss mean[n,j](z[n,j]**2)
    optimizer momentum(learning_rate=0.05)
"""
"""In predict, z could take the place of h, of which all threads read all columns."""


def test_nobody_overwrites_what_others_still_read():
    network = net(GATED)
    hows = [how for _, how, _ in told(network, threads=2)["predict"]]
    assert hows == ["matrix product", "matrix product", "loops"]
    expected = computed(c_module(network), network, "float64", 40)
    for name, value in computed(c_module(network, threads=3), network, "float64", 40).items():
        assert distance(value, expected[name]) < 1e-12, name


def test_a_team_goes_on_with_the_elements_of_a_product():
    found = told(net(NETWORK.format(optimizer="sgd")), threads=2)
    joined = {f: [e for e, _, why in found[f] if why.endswith("with its part")] for f in found}
    assert joined["forward"] == ["h[n,j] = relu(h_z[n,j])", "g[n,j] = tanh(g_z[n,j])"]
    assert joined["backward"] == ["dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)"]
    assert joined["descend"] == ["dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)"]


def test_a_team_gives_the_same_bits_every_time():
    network = net(NETWORK.format(optimizer="adam"))
    team = c_module(network, "float32", threads=3)
    first = computed(team, network, "float32", 50)
    for _ in range(9):
        for name, value in computed(team, network, "float32", 50).items():
            np.testing.assert_array_equal(value, first[name], err_msg=name)


def test_small_products_are_not_shared():
    network = net("input x[N, 4]\ntarget y[N, 60]\np = dense(x, 60)\noutput p\nloss mse(p, y)")
    assert "#pragma omp" not in compiler.emit(network, "c", threads=2)["drawn.c"]


def test_one_thread_leaves_no_trace_of_a_team():
    files = compiler.emit(net(NETWORK.format(optimizer="sgd")), "c", threads=1)
    assert not any("omp" in re.findall(r"\w+", text) for text in files.values())


SANITIZED = ("-std=gnu11", "-g", "-O1", "-fsanitize=thread")
TEAM = """\
/* What gcc makes of a parallel loop, with threads that begin and end where the sanitizer sees it:
 * libgomp's own barriers are not built for it, and each would be a false alarm. */
#include <pthread.h>

typedef struct member {
    void (*work)(void *);
    void *data;
    int number;
} member;

static int members = 1;
static _Thread_local int own;

int omp_get_num_threads(void) { return members; }

int omp_get_thread_num(void) { return own; }

static void *enter(void *given)
{
    const member *m = given;
    own = m->number;
    m->work(m->data);
    return NULL;
}

void GOMP_parallel(void (*work)(void *), void *data, unsigned count, unsigned flags)
{
    pthread_t threads[16];
    member team[16];
    (void)flags;
    members = (int)count;
    for (int k = 1; k < members; k++) {
        team[k] = (member){work, data, k};
        pthread_create(&threads[k], NULL, enter, &team[k]);
    }
    work(data);
    for (int k = 1; k < members; k++) {
        pthread_join(threads[k], NULL);
    }
    members = 1;
}
"""


def sanitized(code: str, header: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run every function under the thread sanitizer."""
    files = {"team.c": code, "team.h": header, "main.c": driver(header, "team"), "threads.c": TEAM}
    for name, text in files.items():
        (folder / name).write_text(text)
    for build in (
        ["gcc", *SANITIZED, "-fopenmp", "-c", "team.c"],
        ["gcc", *SANITIZED, "main.c", "threads.c", "team.o", "-o", "main", "-lm", "-lpthread"],
    ):
        subprocess.run(build, cwd=folder, check=True)
    return subprocess.run(["./main"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="takes the place of gcc's own threads")
def test_the_thread_sanitizer_finds_no_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SIZES, "N", 37)
    files = compiler.emit(net(NETWORK.format(optimizer="momentum")), "c", threads=3)
    done = sanitized(files["team.c"], files["team.h"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    # It would have found one: here all threads copy to the same panel.
    spoilt, count = re.subn(r"work\s\+\sbegin\s/\sblock\s\*\s\w+", "work", files["team.c"])
    assert count >= 5
    done = sanitized(spoilt, files["team.h"], tmp_path)
    assert done.returncode != 0
    assert "data race" in done.stderr


CONVOLUTIONS = """
    network team
    input x[N, 2, 9, 9]
    label t[N] in 3
    h = conv2d(x, 5, 3, tanh{options})
    g = conv2d(h, 4, 3, tanh)
    logits = dense(flatten(g), 3)
    output logits
    loss cross_entropy(logits, t)
    optimizer sgd(learning_rate=0.05)
"""
OPTIONS = ["", ", padding=1", ", stride=2, padding=2", ", dilation=2, padding=1"]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    ("threads", "sizes", "dtype"),
    [(2, {}, "float64"), (3, {}, "float32"), (16, {"N": 19}, "float64")],
)
def test_a_team_shares_convolutions(
    options: str, threads: int, sizes: dict[str, int], dtype: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocks, "TEAM", 1000)
    monkeypatch.setattr(blocks, "LIKELY", 1000)
    network = net(CONVOLUTIONS.format(options=options))
    alone = c_module(network, dtype)
    team = c_module(network, dtype, threads=threads, **sizes)
    for rows in (1, 19) if not sizes else (19,):
        expected = computed(alone, network, dtype, rows)
        for name, value in computed(team, network, dtype, rows).items():
            assert distance(value, expected[name]) < BOUNDS[dtype], (name, rows)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="takes the place of gcc's own threads")
def test_the_thread_sanitizer_finds_no_race_in_convolutions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocks, "TEAM", 1000)
    monkeypatch.setattr(blocks, "LIKELY", 1000)
    monkeypatch.setitem(SIZES, "N", 19)
    network = net(CONVOLUTIONS.format(options=", padding=1"))
    files = compiler.emit(network, "c", threads=3)
    assert files["team.c"].count("#pragma omp") >= 8
    assert compiler.explain(network, threads=3).count(", by all threads") >= 8
    done = sanitized(files["team.c"], files["team.h"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_thread_reads_its_own_part_of_the_larger_operand():
    network = net(NETWORK.format(optimizer="sgd"))
    few, many = (
        compiler.emit(network, "c", threads=2, sizes={"N": n})["team.c"] for n in (40, 400)
    )
    assert re.search(r"multiply\(40, part, 100, ", few)
    assert re.search(r"multiply\(part, \w+, \w+, ", many)
