"""Run the evidence of a certificate again: needs this folder and NumPy, nothing else.

    python -m NAME --self-test

What is run: the files are those that were certified (SHA-256); the loss and the slopes of the loss
along random directions are those that complex steps through the equations gave, without any
derivative rule; and extrapolated central differences of the module's own loss agree with its
gradient along each direction. Every parameter is moved as a whole, so every element counts.
"""

import hashlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np

DIRECTIONS = 4
TOLERANCES = {"float64": (1e-9, 1e-6), "float32": (1e-3, 5e-2)}
"""Relative to the largest slope of a parameter: of what was certified, of the differences."""

STEPS = {"float64": 1e-3, "float32": 5e-2}


def draw(module, given, seed):
    """Return the parameters and the data of a seed; `given` has (name, shape, role, bound)."""
    rng = np.random.default_rng(seed)
    initial = module.init_params(seed)
    params = {
        name: np.asarray(array + 0.1 * rng.standard_normal(np.shape(array)), module.DTYPE)
        for name, array in initial.items()
    }
    data = {}
    for name, shape, role, bound in given:
        if bound is not None:
            data[name] = rng.integers(0, bound, shape)
        else:
            values = rng.uniform(size=shape) if role == "target" else rng.standard_normal(shape)
            data[name] = np.asarray(values, module.DTYPE)
    return params, data


def directions(seed, position, shape):
    """Return directions of 1 and -1 for the parameter at this position."""
    return np.random.default_rng([seed, position]).choice([-1.0, 1.0], (DIRECTIONS, *shape))


def digest(content):
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def slope(module, params, data, name, v):
    """Return the slope of the loss along a direction of a parameter, by differences."""
    at, h = params[name], STEPS[module.DTYPE] / np.sqrt(v.size)

    def loss(s):
        moved = {**params, name: np.asarray(at + s * v, at.dtype)}
        return float(module.forward(moved, *data.values())[0])

    coarse, fine = ((loss(s) - loss(-s)) / (2 * s) for s in (h, h / 2))
    return (4 * fine - coarse) / 3


def changed(folder, hashes):
    """Return the files that are not those that were certified."""
    return [
        name
        for name, known in hashes.items()
        if not (folder / name).is_file() or digest((folder / name).read_bytes()) != known
    ]


def run(module, certificate):
    """Yield (what, largest error, tolerance) of each parameter and method."""
    exact, rough = TOLERANCES[module.DTYPE]
    params, data = draw(module, certificate["data"], certificate["seed"])
    loss, grads = module.value_and_grad(params, *data.values())
    grads = {name: np.array(g, float) for name, g in grads.items()}
    wanted = certificate["loss"]
    yield "loss", abs(float(loss) - wanted) / max(abs(wanted), 1.0), exact
    largest = max((abs(s) for found in certificate["slopes"].values() for s in found), default=1.0)
    for position, (name, slopes) in enumerate(certificate["slopes"].items()):
        vs = directions(certificate["seed"], position, np.shape(params[name]))
        got = [float(np.sum(grads[name] * v)) for v in vs]
        scale = max(*map(abs, slopes), 1e-3 * largest, 1e-30)
        certified = max(abs(a - b) for a, b in zip(got, slopes, strict=True)) / scale
        yield f"{name}: certified slopes", certified, exact
        if certificate["differences"]:
            found = [slope(module, params, data, name, v) for v in vs]
            off = max(abs(a - b) for a, b in zip(got, found, strict=True)) / scale
            yield f"{name}: differences", off, rough


def main(name):
    """Run all of it, say what was found, and leave with 0 or 1."""
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(f"usage: python -m {name} --self-test")
    module = importlib.import_module(name)
    folder = Path(module.__file__).parent
    try:
        certificate = json.loads((folder / f"{name}.certificate.json").read_text("utf-8"))
    except (OSError, ValueError) as reason:
        sys.exit(f"{name}.certificate.json can't be read: {reason}")
    failures = 0
    for file in changed(folder, certificate["sha256"]):
        failures += 1
        print(f"FAILED  {file} is not what was certified")
    for what, error, tolerance in run(module, certificate):
        failed = not error <= tolerance
        failures += failed
        print(f"{'FAILED' if failed else 'ok    '}  {what}: {error:.1e} (allowed {tolerance:.0e})")
    print(f"{name}: {'all of it holds' if not failures else f'{failures} failed'}")
    sys.exit(1 if failures else 0)
