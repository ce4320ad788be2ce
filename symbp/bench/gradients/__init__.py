"""Every layer, activation and loss of the library held against torch: `symbp bench gradients`.

In come cases (`case.py`, read first): a layer in the language of symbp, and the same in torch's
own functions. Both are differentiated in float64 by every parameter and every input; out comes the
largest difference of each case (`run.py`).

    layers.py       dense layers, shapes, norms
    windows.py      convolutions and pools, over strides, paddings, dilations and groups
    sequences.py    recurrence, embedding, attention
    activations.py  between two affine layers
    losses.py       losses, masked and weighted
"""

from symbp.bench.gradients.activations import ACTIVATIONS
from symbp.bench.gradients.case import Case
from symbp.bench.gradients.layers import LAYERS
from symbp.bench.gradients.losses import LOSSES
from symbp.bench.gradients.run import TOLERANCE, Row, compare, compare_all
from symbp.bench.gradients.sequences import SEQUENCES
from symbp.bench.gradients.windows import WINDOWS

CASES: list[Case] = [*LAYERS, *WINDOWS, *SEQUENCES, *ACTIVATIONS, *LOSSES]

__all__ = ["CASES", "TOLERANCE", "Case", "Row", "compare", "compare_all"]
