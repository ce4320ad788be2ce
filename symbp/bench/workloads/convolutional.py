"""LeCun's plan: convolution, relu and pooling, twice, and a dense layer."""

from __future__ import annotations

from dataclasses import dataclass

from symbp import lang
from symbp.bench.workloads.workload import Array, Workload, uniform
from symbp.lang import Network


@dataclass(frozen=True, slots=True)
class Convolutional(Workload):
    """Convolutions h1 and h2 without padding, each under relu and a max pool of 2; dense h3."""

    side: int = 28
    channels: tuple[int, int, int] = (1, 8, 16)
    kernel: int = 5
    classes: int = 10

    def sides(self) -> tuple[int, int, int, int]:
        """Return the side of an image after each convolution and each pool, in this order."""
        first = self.side - self.kernel + 1
        second = first // 2 - self.kernel + 1
        return first, first // 2, second, second // 2

    def features(self) -> int:
        """Return how many numbers the dense layer reads."""
        side: int = self.sides()[3]
        return self.channels[2] * side * side

    def network(self) -> Network:
        """See `Workload`."""
        h = lang.input("x", "N", self.channels[0], self.side, self.side)
        for k, channels in enumerate(self.channels[1:], 1):
            h = lang.conv2d(h, channels, self.kernel, lang.relu, name=f"h{k}")
            h = lang.max_pool2d(h, 2, name=f"p{k}")
        return self.ended(lang.dense(lang.flatten(h), self.classes, name="h3"))

    def parameters(self) -> dict[str, Array]:
        """Return kernels (out, in, k, k), weights (in, out) and biases (out,)."""
        c0, c1, c2 = self.channels
        k, features = self.kernel, self.features()
        shapes = {
            "h1_K": (c1, c0, k, k), "h1_b": (c1,), "h2_K": (c2, c1, k, k), "h2_b": (c2,),
            "h3_W": (features, self.classes), "h3_b": (self.classes,),
        }  # fmt: skip
        inputs = {"h1_K": c0 * k * k, "h2_K": c1 * k * k, "h3_W": features}
        return uniform(shapes, inputs, self.dtype)

    def data(self) -> tuple[Array, Array]:
        """Return x (N, C, H, W) and labels y (N,)."""
        return self.drawn((self.channels[0], self.side, self.side), self.classes)

    def operations(self) -> int:
        """Count the products: forward, by the kernels, by the input but the first's; the update."""
        c0, c1, c2 = self.channels
        area = self.kernel**2
        side1, _, side2, _ = self.sides()
        first, second = c0 * c1 * area * side1**2, c1 * c2 * area * side2**2
        dense = self.features() * self.classes
        trained = sum(array.size for array in self.parameters().values())
        return 2 * self.batch * (2 * first + 3 * second + 3 * dense) + 2 * trained

    def words(self) -> str:
        """See `Workload`."""
        c0, c1, c2 = self.channels
        k = f"{self.kernel}x{self.kernel}"
        return (
            f"conv {c0}-{c1} {k}, relu, max pool, conv {c1}-{c2} {k}, relu, max pool, dense "
            f"{self.classes}, {self.side}x{self.side}, {self.ending()}"
        )
