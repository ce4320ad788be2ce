"""LeNet: convolutions as matrix products over copied windows, pools as slices.

Channels come first and samples last, so that a convolution is one product for the whole batch, and
every slice of an image is made of long pieces:

    y[o, (p,q,n)] = sum[(c,u,v)](K[o, (c,u,v)] windows[(c,u,v), (p,q,n)])

Relu is applied after the pool, where there is a quarter as much: the greatest of relus is the relu
of the greatest. Large arrays are made once: fresh ones cost more than what is done with them.
"""

from __future__ import annotations

import numpy as np

from symbp.bench.handwritten.common import Params, Step, descend, softmax_slope
from symbp.bench.workloads import Array, Convolutional


def convolutional(workload: Convolutional) -> Step:
    """Return the step of a LeNet."""
    rate, k = workload.rate, workload.kernel
    stages: list[_Stage] = []

    def step(params: Params, x: Array, t: Array) -> float:
        images = np.ascontiguousarray(x.transpose(1, 2, 3, 0))
        if not stages:
            first = _Stage("h1", images, workload.channels[1], k)
            stages.extend((first, _Stage("h2", first.pooled, workload.channels[2], k)))
        one, two = stages
        p2 = two.forward(params, one.forward(params, images))
        flat = p2.reshape(-1, len(x)).T
        z = flat @ params["h3_W"]
        z += params["h3_b"]
        loss, delta = softmax_slope(z, t)
        dp2 = (params["h3_W"] @ delta.T).reshape(p2.shape)
        descend(params, "h3", flat, delta, rate)
        two.unpool(dp2)
        one.unpool(two.by_input(params))
        two.descend(params, rate)
        one.descend(params, rate)
        return loss

    return step


class _Stage:
    """A convolution and its pool, with the arrays that they write."""

    def __init__(self, name: str, x: Array, channels: int, k: int) -> None:
        C, H, W, N = x.shape
        P, Q = H - k + 1, W - k + 1
        self.name = name
        self.windows = np.empty((C, k, k, P, Q, N), x.dtype)
        self.dwindows = np.empty_like(self.windows)
        self.dx = np.empty_like(x)
        self.z = np.empty((channels, P, Q, N), x.dtype)
        self.dz = np.empty_like(self.z)
        self.rows = np.empty((channels, P // 2, Q, N), x.dtype)
        self.pooled = np.empty((channels, P // 2, Q // 2, N), x.dtype)

    def forward(self, params: Params, x: Array) -> Array:
        """Convolve x (C, H, W, N); return the pool's values, or 0 where they are below."""
        K, b, m = params[f"{self.name}_K"], params[f"{self.name}_b"], self.pooled
        seen = np.lib.stride_tricks.sliding_window_view(x, K.shape[2:], axis=(1, 2))
        np.copyto(self.windows, seen.transpose(0, 4, 5, 1, 2, 3))
        z = self.z.reshape(len(K), -1)
        np.matmul(K.reshape(len(K), -1), self._matrix(self.windows), out=z)
        np.maximum(self.z[:, ::2], self.z[:, 1::2], out=self.rows)
        np.maximum(self.rows[:, :, ::2], self.rows[:, :, 1::2], out=m)
        m += b[:, None, None, None]
        return np.maximum(m, 0.0, out=m)

    def unpool(self, d: Array) -> None:
        """Lead the slope to the corners that equal the greatest, where that is above 0.

        What was pooled is written over.
        """
        d *= self.pooled > 0
        np.maximum(self.rows[:, :, ::2], self.rows[:, :, 1::2], out=self.pooled)
        for a in (0, 1):
            for b in (0, 1):
                won = self.z[:, a::2, b::2] == self.pooled
                np.multiply(d, won, out=self.dz[:, a::2, b::2])

    def by_input(self, params: Params) -> Array:
        """Return the slope by x: a product, whose windows are added where they came from."""
        K = params[f"{self.name}_K"].reshape(len(self.dz), -1)
        np.matmul(K.T, self.dz.reshape(len(K), -1), out=self._matrix(self.dwindows))
        _, k, _, P, Q, _ = self.dwindows.shape
        self.dx[...] = 0.0
        for u in range(k):
            for v in range(k):
                self.dx[:, u : u + P, v : v + Q] += self.dwindows[:, u, v]
        return self.dx

    def descend(self, params: Params, rate: float) -> None:
        """Train K and b."""
        K, b = params[f"{self.name}_K"], params[f"{self.name}_b"]
        flat = self.dz.reshape(len(K), -1)
        gradient = flat @ self._matrix(self.windows).T
        gradient *= rate
        K -= gradient.reshape(K.shape)
        b -= rate * flat.sum(axis=1)

    @staticmethod
    def _matrix(windows: Array) -> Array:
        C, k, _, P, Q, N = windows.shape
        return windows.reshape(C * k * k, P * Q * N)
