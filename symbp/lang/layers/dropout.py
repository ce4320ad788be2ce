"""Dropout: in training, some elements are 0 by chance, and the others larger for it.

Source: Srivastava et al. 2014, with the scale in training ("inverted").
"""

from __future__ import annotations

from typing import Any

from symbp.ir.functions import Where
from symbp.lang.handles import Handle, Rule, axes
from symbp.lang.layers.common import naming, share, with_rank
from symbp.lang.modes import training
from symbp.lang.tensors import noisy


def dropout(x: Handle, rate: Any, *, name: str | None = None) -> Handle:
    """Return x with each element 0 with probability `rate`, else x / (1 - rate); x in a prediction.

    >>> from symbp.lang.tensors import input
    >>> y = dropout(input("x", "N", 8), 0.5, name="y")
    >>> y, y.part("u")
    (value y[N,8], noise y_u[N,8])

    Raises:
        ShapeError: x has no axis.
        LanguageError: the rate is not from 0 on and below 1.
    """
    layer = naming("dropout", name)
    x = with_rank(x, "dropout", 1, "x[N, 8]", least=True)
    lost = share("rate", rate)
    u = noisy(layer.part("u"), x.shape)
    loops = axes(x.rank)
    kept = Where(u[loops] >= lost, x[loops] / (1 - lost), 0)
    return Handle("value", x.shape, layer, [Rule(loops, training(kept, x[loops]))])
