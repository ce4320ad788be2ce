"""Generated modules run where nothing but numpy can be imported, and agree with each other."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symbp import codegen
from symbp.compiler import build, load
from tests.specs import SPECS, stem

SCRIPT = """
import sys
folder, packages, name, result = sys.argv[1:]
sys.path += [folder, packages]  # of all that is installed only numpy
import importlib, warnings
import numpy as np
warnings.simplefilter("error")
for other in ("symbp", "sympy", "lark", "click", "mpmath"):
    try:
        importlib.import_module(other)
    except ImportError:
        continue
    raise SystemExit(f"{other} can be imported")
module = importlib.import_module(name)
rng = np.random.default_rng(3)
arrays = []
for role, shape, classes in module.INPUTS.values():
    shape = [20 if isinstance(n, str) else n for n in shape]
    arrays.append(rng.normal(size=shape) if classes is None else rng.integers(0, classes, shape))
inputs = [a for a, (role, *_) in zip(arrays, module.INPUTS.values()) if role == "input"]
params = module.init_params(seed=1)
before, tape = module.forward(params, *arrays)
grads = module.backward(params, tape)
loss, same = module.value_and_grad(params, *arrays)
assert loss == before and all(np.array_equal(grads[k], same[k]) for k in grads)
state = module.init_state(params)
stepped = module.train_step(params, state, *arrays)
epochs = module.fit(params, state, *arrays, epochs=5, batch_size=7, seed=2)
found = module.predict(params, *inputs)
outputs = found if isinstance(found, dict) else {"outputs": found}
np.savez(
    result, loss=loss, **{f"d{k}": v for k, v in grads.items()},
    trained_stepped=stepped, trained_epochs=epochs,
    **{f"trained_{k}": v for k, v in (params | state | outputs).items()},
)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which numpy is, and nothing else."""
    folder = tmp_path_factory.mktemp("packages")
    installed = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (installed / name).is_dir():
            (folder / name).symlink_to(installed / name)
    return folder


def isolated(spec: str, target: str, dtype: str, folder: Path, packages: Path) -> dict[str, object]:
    """Build into a folder, move it, and run it with `python -I` and without site-packages."""
    built = build(load(spec), target, dtype, folder / "built")
    moved = Path(shutil.move(built.parent, folder / f"{target}-{dtype}"))
    result = folder / "result.npz"
    script = folder / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-I", "-S", script, moved, packages, built.stem, result]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    with np.load(result) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_modules_need_numpy_only_and_agree(spec: str, dtype: str, tmp_path: Path, packages: Path):
    expected = isolated(spec, "numpy", dtype, tmp_path, packages)
    assert expected["loss"] == pytest.approx(expected["trained_stepped"], rel=0)
    assert all(np.all(np.isfinite(array)) for array in expected.values())
    if "c" not in codegen.TARGETS:
        pytest.skip("there is no C target")
    found = isolated(spec, "c", dtype, tmp_path, packages)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        tolerance = 1e-12 if dtype == "float64" else 1e-5
        if dtype == "float32" and name.startswith("trained_"):
            tolerance = 1e-4  # sixteen steps; in C also the hyper-parameters are rounded
        scale = np.max(np.abs(array)) or 1.0
        np.testing.assert_allclose(found[name], array, rtol=0, atol=tolerance * scale, err_msg=name)
