"""Dense layers one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbp import lang
from symbp.bench.workloads.workload import Array, Workload, uniform
from symbp.lang import Network


@dataclass(frozen=True, slots=True)
class Perceptron(Workload):
    """Dense layers h1, h2, ..., each x W + b under an activation, the last one's own."""

    sizes: tuple[int, ...]
    activation: Literal["sigmoid", "tanh", "relu"]
    last: Literal["sigmoid"] | None

    def layers(self) -> list[tuple[str, str, str | None]]:
        """Return weights, bias and activation of each layer, from the input on."""
        depth = len(self.sizes) - 1
        return [
            (f"h{k}_W", f"h{k}_b", self.activation if k < depth else self.last)
            for k in range(1, depth + 1)
        ]

    def network(self) -> Network:
        """See `Workload`."""
        h = lang.input("x", "N", self.sizes[0])
        for k, (width, layer) in enumerate(zip(self.sizes[1:], self.layers(), strict=True), 1):
            h = lang.dense(h, width, getattr(lang, layer[2]) if layer[2] else None, name=f"h{k}")
        return self.ended(h)

    def parameters(self) -> dict[str, Array]:
        """Return weights (in, out) and biases (out,)."""
        shapes: dict[str, tuple[int, ...]] = {}
        inputs = {}
        for k, (rows, columns) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            shapes |= {f"h{k}_W": (rows, columns), f"h{k}_b": (columns,)}
            inputs[f"h{k}_W"] = rows
        return uniform(shapes, inputs, self.dtype)

    def data(self) -> tuple[Array, Array]:
        """Return x (N, in) and y: labels (N,), or (N, out)."""
        return self.drawn(self.sizes[:1], self.sizes[-1])

    def operations(self) -> int:
        """Count the products: forward, by the weights, by the input but the first's; the update."""
        each = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        products = 2 * sum(each) + sum(each[1:])
        return 2 * self.batch * products + 2 * (sum(each) + sum(self.sizes[1:]))

    def words(self) -> str:
        """See `Workload`."""
        return f"{'-'.join(map(str, self.sizes))} {self.activation}, {self.ending()}"
