"""One network put to the test: every way of computing its gradients must give the same.

NumPy         value_and_grad and backward of the emitted module
C             the same of the compiled one, and one step of training of both
interpreter   the raw adjoint equations, one scalar at a time
complex step  slopes of the forward equations along directions, which need no adjoint
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbp import artifact, compiler
from symbp.compiler import Target
from symbp.errors import SymbpError
from symbp.fuzz.networks import describe
from symbp.ir.interpret import interpret
from symbp.lang.network import Network
from symbp.lang.parser import parse
from symbp.verify.evaluate import STEP, evaluate, forward
from symbp.verify.samples import Sample, draw, work

Array = np.ndarray[Any, np.dtype[Any]]

TOLERANCE = 1e-9
"""Of the gradient's largest element, over all parameters."""

DIRECTIONS = 2
AFFORDABLE = 100_000
"""Up to so many evaluations of a body the interpreter is asked, one scalar at a time; above, the
evaluator of whole boxes."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a network; nothing is wrong with most."""

    number: int
    text: str
    faults: tuple[str, ...]


def trial(seed: int, number: int, *, c: bool = True) -> Trial:
    """Draw a network and hold all that is known of it against each other.

    >>> trial(0, 3, c=False).faults
    ()
    """
    text = describe(seed, number)
    try:
        faults = tuple(judged(parse(text), c=c))
    except SymbpError as error:
        faults = (f"refused: {error}",)
    except Exception:  # whatever it is, it is what is looked for
        faults = (f"crashed: {traceback.format_exc()}",)
    return Trial(number, text, faults)


def judged(network: Network, *, c: bool = True, seed: int = 1) -> Iterator[str]:
    """Yield what is wrong with a network's gradients, as sentences."""
    with tempfile.TemporaryDirectory() as folder:
        module = built(network, "numpy", Path(folder, "numpy"))
        program, gradients = compiler.gradient_program(network)
        sample = draw(program, module.init_params(seed), "float64", seed)
        reference = _reference(program, sample)
        loss = float(np.real(reference[network.loss][()]))
        want = {n: np.asarray(reference[g]).astype(float) for n, g in gradients.items()}
        scale = max((float(np.max(np.abs(w), initial=0.0)) for w in want.values()), default=0.0)
        if not np.isfinite([loss, scale]).all():
            return  # nothing can be said where the network itself overflows
        against = Wanted(loss, want, max(scale, abs(loss) * 1e-3, 1e-3))
        yield from against.slopes(forward(program, network.loss), network.loss, sample)
        yield from against.module(module, sample, "NumPy")
        if c:
            other = built(network, "c", Path(folder, "c"))
            yield from against.module(other, sample, "C")
            yield from against.steps(module, other, sample)


def built(network: Network, target: Target, folder: Path) -> ModuleType:
    """Return a module; C is compiled with -O1, several times faster than what `build` does."""
    files = compiler.emit(network, target)
    artifact.write({folder / name: text for name, text in files.items()})
    if target == "c":
        library = folder / artifact.library_name(network.name)
        artifact.compile_c(sorted(folder.glob("*.c")), library, flags=("-O1",))
    return artifact.load(folder / f"{network.name}.py")


def _reference(program: Any, sample: Sample) -> dict[str, Array]:
    values = {**sample.params, **sample.data, **sample.noise}
    if work(program, sample.sizes) <= AFFORDABLE:
        return interpret(program, values, sizes=sample.sizes)
    return {name: a.real for name, a in evaluate(program, values, sample.sizes).items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Loss and gradients as the interpreter has them, and what a difference is measured by."""

    loss: float
    gradients: dict[str, Array]
    scale: float

    def slopes(self, program: Any, loss: str, sample: Sample) -> Iterator[str]:
        """Hold the adjoint equations against complex steps of the forward ones."""
        rng = np.random.default_rng(0)
        given = {**sample.params, **sample.data, **sample.noise}
        for name, gradient in self.gradients.items():
            for _ in range(DIRECTIONS):
                v = rng.standard_normal(gradient.shape)
                moved = {**given, name: given[name] + 1j * STEP * v}
                slope = float(evaluate(program, moved, sample.sizes)[loss].imag) / STEP
                error = abs(slope - float(np.sum(gradient * v))) / self.scale
                if not error <= TOLERANCE:
                    yield f"d{name}: the adjoint differs from the complex step by {error:.1e}"

    def module(self, module: ModuleType, sample: Sample, whose: str) -> Iterator[str]:
        """Hold a module's loss and gradients, both ways, against these."""
        params, data = sample.params, sample.data.values()
        loss, tape = module.forward(params, *data)
        back = {n: np.array(g) for n, g in module.backward(params, tape).items()}
        value, grads = module.value_and_grad(params, *data)
        for found in (loss, value):
            if not abs(found - self.loss) <= TOLERANCE * max(abs(self.loss), 1.0):
                yield f"loss of {whose}: {found!r} is not {self.loss!r}"
        for kind, got in (("value_and_grad", grads), ("backward", back)):
            for name, want in self.gradients.items():
                error = np.max(np.abs(got[name] - want), initial=0.0) / self.scale
                if not error <= TOLERANCE:
                    yield f"d{name} by {kind} of {whose} differs by {error:.1e}"

    def steps(self, one: ModuleType, other: ModuleType, sample: Sample) -> Iterator[str]:
        """Train one step with each; elements whose gradient is but rounding are passed over.

        An adaptive optimizer makes a whole step of them, in a direction that nobody knows.
        """
        found = []
        for module in (one, other):
            params = {n: a.copy() for n, a in sample.params.items()}
            module.train_step(params, module.init_state(params), *sample.data.values())
            found.append(params)
        for name, wanted in found[0].items():
            known = np.abs(self.gradients.get(name, np.array(np.inf))) > 1e-6 * self.scale
            error = float(np.max(np.abs(found[1][name] - wanted) * known, initial=0.0))
            if not error <= 1e-7 * max(1.0, float(np.max(np.abs(wanted), initial=0.0))):
                yield f"{name} after a step of training: NumPy and C differ by {error:.1e}"
