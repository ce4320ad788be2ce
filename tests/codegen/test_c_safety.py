"""Nothing that a caller does makes the C read or write outside of what it was given."""

import hashlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import symbp as bp
from symbp import artifact, compiler
from tests.codegen.built import arrays, module, net, parted
from tests.codegen.networks import NETWORKS

ROOT = Path(__file__).parents[2]
SANITIZED = (
    "-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
)  # fmt: skip
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\}", re.DOTALL)
FIELD = re.compile(r"(\w+) (\*?)(\w+);(?: /\* (?:\w+ )?\(([^)]*)\))?")
FUNCTION = re.compile(r"^int (\w+)\(([^;]*)\);", re.MULTILINE | re.DOTALL)


def driver(header: str, prefix: str) -> str:
    """Return a C program that calls every function with arrays that are exactly large enough."""
    real = "float" if "(float32)" in header else "double"
    sizes = {n: v for n, v in SIZES.items() if f"ptrdiff_t {n}" in header}
    lines = []
    for name, fields in STRUCT.findall(header.partition("/* How to train. */")[0]):
        group = name.removeprefix(f"{prefix}_")
        for struct in (group, "grads") if group == "params" else (group,):
            lines.append(f"{name} {struct};")
            for kind, pointer, field, shape in FIELD.findall(fields):
                extents = [eval(e, {}, sizes) for e in shape.split(",") if e.strip()]
                count = int(np.prod(extents, dtype=int))
                value = f"room({count}, sizeof({kind}))" if pointer else "0.5"
                lines.append(f"{struct}.{field} = {value};")
                if struct in ("params", "data") and kind == real:
                    lines.append(f"numbers(({real} *){struct}.{field}, {count});")
    room = ", ".join(map(str, sizes.values()))
    lines += [f"{real} *work = room({prefix}_workspace_bytes({room}), 1);", "double loss = 0.0;"]
    calls = {}
    for name, arguments in FUNCTION.findall(header):
        words = [re.split(r"[ *]+", a)[-1] for a in arguments.split(",")]
        known = {**sizes, "work": "work", "loss": "&loss", "losses": "losses"}
        if name.endswith("_fit"):
            known["work"] = "fit_work"
            lines += fitting(prefix, real, {**sizes, "N": 2})
        given = [str(known.get(w, f"&{w}")) for w in words]
        calls[name] = f"{name}({', '.join(given)})"
        lines.append(f"assert({calls[name]} == 0);")
        if words[0] in sizes:
            lines.append(f"assert({name}({', '.join(['0', *given[1:]])}) == -1);")
    refusing = [calls[n] for n in calls if n.endswith(("value_and_grad", "train_step", "fit"))]
    for label in re.findall(r"const ptrdiff_t \*(\w+); /\* label", header):
        for wrong in ("-1", "1000000"):
            lines.append(f"*(ptrdiff_t *)data.{label} = {wrong};")
            lines += [f"assert({call} == -1);" for call in refusing]
    return DRIVER % {"prefix": prefix, "real": real, "body": "\n    ".join(lines)}


def fitting(prefix: str, real: str, sizes: dict[str, int]) -> list[str]:
    """Return the lines that prepare two epochs of batches of two rows, shuffled."""
    room = ", ".join(map(str, sizes.values()))
    return [
        f"{prefix}_training training = {{2, 0, 2, 7, 1, NULL, NULL, NULL}};",
        f"{real} *fit_work = room({prefix.upper()}_FIT_WORKSPACE({room}), sizeof({real}));",
        "double *losses = room(2, sizeof(double));",
    ]


SIZES = {"N": 3, "T": 2}
DRIVER = """\
#undef NDEBUG
#include "%(prefix)s.h"
#include <assert.h>
#include <stdlib.h>

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert(memory);
    return memory;
}

static void numbers(%(real)s *a, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        a[k] = (%(real)s)((double)(k * 37 %% 19) / 10.0 - 0.9);
    }
}

int main(void)
{
    %(body)s
    return 0;
}
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", NETWORKS.values(), ids=NETWORKS)
def test_sanitizers_find_nothing(text: str, dtype: str, tmp_path: Path):
    network = net(text)
    files = compiler.emit(network, "c", dtype)
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    name = network.name
    (tmp_path / "main.c").write_text(driver(files[f"{name}.h"], name))
    build = ["cc", *SANITIZED, "main.c", f"{name}.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(["./main"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_header_is_read_by_cpp(tmp_path: Path):
    files = compiler.emit(net(NETWORKS["labels"]), "c", "float64")
    (tmp_path / "digits.h").write_text(files["digits.h"])
    (tmp_path / "main.cpp").write_text('#include "digits.h"\n#include "digits.h"\nint main() {}\n')
    command = ["c++", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "main.cpp"]
    subprocess.run(command, cwd=tmp_path, check=True)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory):
    """The label network: its C and NumPy modules, parameters and data."""
    network = net(NETWORKS["labels"])
    folder = tmp_path_factory.mktemp("digits")
    made = artifact.load(compiler.build(network, "c", "float64", folder))
    params, data = parted(network, arrays(network, 1, N=4))
    return made, module(network), params, data


WRONG = {
    "columns": lambda p, x, t: (p, x[:, :3], t),
    "rank": lambda p, x, t: (p, x[0], t),
    "no rows": lambda p, x, t: (p, x[:0], t[:0]),
    "rows": lambda p, x, t: (p, x, t[:2]),
    "complex": lambda p, x, t: (p, x + 1j, t),
    "label too large": lambda p, x, t: (p, x, t + 5),
    "label too small": lambda p, x, t: (p, x, t - 5),
    "label no integer": lambda p, x, t: (p, x, t + 0.5),
    "missing": lambda p, x, t: ({k: v for k, v in p.items() if k != "h_b"}, x, t),
    "dtype": lambda p, x, t: ({**p, "h_W": p["h_W"].astype("float32")}, x, t),
    "shape": lambda p, x, t: ({**p, "h_W": p["h_W"].T}, x, t),
    "no dict": lambda p, x, t: (list(p.values()), x, t),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_wrong_arrays_get_the_error_that_numpy_gives(digits, spoil):
    made, reference, params, data = digits
    arguments = spoil(params, *data)
    with pytest.raises((ValueError, TypeError, KeyError)) as expected:
        reference.value_and_grad(*arguments)
    for function in (made.value_and_grad, made.forward):
        with pytest.raises(expected.type) as found:
            function(*arguments)
        assert str(found.value) == str(expected.value)
    with pytest.raises(expected.type):
        made.train_step(arguments[0], made.init_state(params), *arguments[1:])


def test_parameters_that_c_can_not_write_are_refused(digits):
    made, _, params, data = digits
    frozen = params["h_W"].copy()
    frozen.flags.writeable = False
    for array in (frozen, np.asfortranarray(params["h_W"])):
        with pytest.raises(TypeError, match="must be C-contiguous and writeable"):
            made.value_and_grad({**params, "h_W": array}, *data)


def test_inputs_may_lie_in_memory_as_they_like(digits):
    made, _, params, (x, _) = digits
    expected = made.predict(params, x)
    raw = np.zeros(x.nbytes + 1, dtype=np.uint8)
    shifted = raw[1:].view(x.dtype).reshape(x.shape)
    shifted[...] = x
    for array in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], shifted, x.tolist()):
        np.testing.assert_array_equal(made.predict(params, array), expected)


def test_a_spoilt_tape_is_refused(digits):
    made, _, params, data = digits
    tape = made.forward(params, *data)[1]
    spoilt = {"h": tape["h"][:2], "t": tape["t"] + 100, "x": tape["x"].astype("float32")}
    for name, value in spoilt.items():
        with pytest.raises(ValueError, match=r"tape\[|label is out of range"):
            made.backward(params, {**tape, name: value})


def test_threads_train_as_if_they_were_alone(digits):
    made, _, params, data = digits

    def trained(seed: int) -> np.ndarray:
        own = {n: v + seed for n, v in params.items()}
        made.fit(own, made.init_state(own), *data, epochs=300, batch_size=3, seed=seed)
        return np.concatenate([v.ravel() for v in own.values()])

    alone = [trained(seed) for seed in range(4)]
    together: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda s=seed: together.update({s: trained(s)}))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, expected in enumerate(alone):
        np.testing.assert_array_equal(together[seed], expected)


def test_a_library_that_is_missing_or_another_says_how_to_build_it(tmp_path: Path):
    network = net(NETWORKS["dense"])
    for name, text in compiler.emit(network, "c").items():
        (tmp_path / name).write_text(text)
    with pytest.raises(
        bp.errors.TargetError, match=r"cc -std=c99 .* xor\.c xor\.python\.c -o libxor\.so"
    ):
        artifact.load(tmp_path / "xor.py")
    path = compiler.build(network, "c", "float32", tmp_path)
    path.write_text(compiler.emit(network, "c", "float64")["xor.py"])
    with pytest.raises(bp.errors.TargetError, match="is of another build"):
        artifact.load(path)


def test_the_same_bytes_for_every_hash_seed():
    code = (
        "from symbp.compiler import emit\n"
        "from symbp.lang.parser import parse\n"
        "from tests.codegen.networks import NETWORKS\n"
        "print([sorted(emit(parse(t), 'c').items()) for t in NETWORKS.values()])"
    )
    found = set()
    for seed in ("0", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
        assert done.returncode == 0
        found.add(hashlib.sha256(done.stdout).hexdigest())
    assert len(found) == 1
