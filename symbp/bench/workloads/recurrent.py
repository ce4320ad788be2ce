"""An LSTM whose last state is led to one number."""

from __future__ import annotations

from dataclasses import dataclass

from symbp import lang
from symbp.bench.workloads.workload import FUNCTION, Array, Workload, uniform
from symbp.lang import Network

CELL = 5 * FUNCTION + 4 + 26
"""Operations of one unit in one step beside the products: three sigmoids and two tanh; c and h; and
backwards, by c and the gates (10), by what they are applied to (12), by the biases (4)."""


@dataclass(frozen=True, slots=True)
class Recurrent(Workload):
    """An LSTM h, its gates in the order i, f, o and candidate; its last state; dense p."""

    inputs: int = 16
    units: int = 32
    steps: int = 20
    outputs: int = 1

    def network(self) -> Network:
        """See `Workload`."""
        x = lang.input("x", "N", self.steps, self.inputs)
        return self.ended(lang.dense(lang.lstm(x, self.units, name="h"), self.outputs, name="p"))

    def parameters(self) -> dict[str, Array]:
        """Return W (in, 4, units), U (units, 4, units), b (4, units), and those of p."""
        units = self.units
        shapes = {
            "h_W": (self.inputs, 4, units), "h_U": (units, 4, units), "h_b": (4, units),
            "p_W": (units, self.outputs), "p_b": (self.outputs,),
        }  # fmt: skip
        return uniform(shapes, dict.fromkeys(("h_W", "h_U", "p_W"), units), self.dtype)

    def data(self) -> tuple[Array, Array]:
        """Return x (N, T, in) and y (N, out)."""
        return self.drawn((self.steps, self.inputs), self.outputs)

    def operations(self) -> int:
        """Count the products, twice for x and thrice for h, which is 0 at first; cells; update."""
        from_x = 2 * self.steps * self.inputs * 4 * self.units
        from_h = 3 * (self.steps - 1) * self.units * 4 * self.units
        dense = 3 * self.units * self.outputs
        cells = CELL * self.steps * self.units
        trained = sum(array.size for array in self.parameters().values())
        return self.batch * (2 * (from_x + from_h + dense) + cells) + 2 * trained

    def words(self) -> str:
        """See `Workload`."""
        return (
            f"LSTM {self.inputs}-{self.units}, {self.steps} steps, last state to {self.outputs}, "
            f"{self.ending()}"
        )
