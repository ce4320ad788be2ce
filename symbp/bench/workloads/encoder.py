"""One block of a transformer's encoder, its places averaged and classified."""

from __future__ import annotations

from dataclasses import dataclass

from symbp import lang
from symbp.bench.workloads.workload import FUNCTION, Array, Workload, uniform
from symbp.lang import Network

NORM, SOFTMAX, GELU = 18, FUNCTION + 8, FUNCTION + 16
"""Operations of one element, forward and backward, beside the products."""


@dataclass(frozen=True, slots=True)
class Encoder(Workload):
    """h = x + attention(norm x); h + MLP(norm h), its gelu that of tanh; means; dense z."""

    steps: int = 16
    width: int = 32
    heads: int = 2
    wider: int = 4
    classes: int = 4

    def network(self) -> Network:
        """See `Workload`."""
        x = lang.input("x", "N", self.steps, self.width)
        h = x + lang.multi_head_attention(lang.layer_norm(x, name="n1"), self.heads, name="a")
        hidden, gelu = self.wider * self.width, lang.gelu_tanh
        m = lang.dense(lang.layer_norm(h, name="n2"), hidden, gelu, name="m1")
        h = h + lang.dense(m, self.width, name="m2")
        pooled = lang.global_avg_pool(lang.transpose(h, 0, 2, 1))
        return self.ended(lang.dense(pooled, self.classes, name="z"))

    def parameters(self) -> dict[str, Array]:
        """Return gains near 1, matrices (in, out) and biases (out,)."""
        width, hidden = self.width, self.wider * self.width
        matrices: dict[str, tuple[int, ...]] = {
            **{f"a_W{word}": (width, width) for word in "qkvo"},
            "m1_W": (width, hidden), "m2_W": (hidden, width), "z_W": (width, self.classes),
        }  # fmt: skip
        vectors: dict[str, tuple[int, ...]] = {
            **{f"a_b{word}": (width,) for word in "qkvo"},
            "m1_b": (hidden,), "m2_b": (width,), "z_b": (self.classes,),
            "n1_b": (width,), "n2_b": (width,), "n1_g": (width,), "n2_g": (width,),
        }  # fmt: skip
        inputs = {name: shape[0] for name, shape in matrices.items()}
        found = uniform(matrices | vectors, inputs, self.dtype)
        for gain in ("n1_g", "n2_g"):
            found[gain] += 1
        return found

    def data(self) -> tuple[Array, Array]:
        """Return x (N, T, D) and labels y (N,)."""
        return self.drawn((self.steps, self.width), self.classes)

    def operations(self) -> int:
        """Count the products, thrice each; norms, softmax and gelu; the update."""
        T, D = self.steps, self.width
        dense = T * (4 * D * D + 2 * self.wider * D * D) + D * self.classes
        scores = 2 * T * T * D
        between = T * (2 * D * NORM + self.heads * T * SOFTMAX + self.wider * D * GELU)
        trained = sum(array.size for array in self.parameters().values())
        return self.batch * (6 * (dense + scores) + between) + 2 * trained

    def words(self) -> str:
        """See `Workload`."""
        return (
            f"pre-LN encoder block, {self.heads} heads, d={self.width}, {self.steps} steps, "
            f"MLP {self.wider}x gelu, mean to {self.classes}, {self.ending()}"
        )
