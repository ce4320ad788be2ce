"""Whole networks, drawn: an input, layers that fit it, an output and a loss that fit that.

>>> print(describe(0, 3), end="")
network drawn_0_3
input x[N, 1]
param V1[1, 1] ~ normal(0.6)
h1[n, j] = sum[i](sigmoid(x[n,i] + V1[i,j]))
h2 = dense(h1, 3, hard_tanh)
p = dense(h2, 2)
target y[N, 2]
output p
loss hinge(p, y)
penalty l2(0.01)
optimizer adamw(learning_rate=0.01)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

ACTIVATIONS = (
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "gelu", "gelu_tanh",
    "silu", "mish", "softsign", "hard_tanh", "sin(u) + u", "u/(1 + abs(u))", "u*exp(-u**2)",
)  # fmt: skip
SHORT = ACTIVATIONS[:13]
"""Those with a name, which are functions of whole tensors too."""

OPTIMIZERS = (
    "sgd(learning_rate=0.05)", "momentum(learning_rate=0.05)", "nesterov(learning_rate=0.05)",
    "adam(learning_rate=0.01)", "adamw(learning_rate=0.01)", "rmsprop(learning_rate=0.01)",
    "adagrad(learning_rate=0.05)",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A description as it grows: its lines, and the shape of each tensor but for the batch."""

    random: Random
    lines: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    last: str = "x"
    parameters: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[self.last]

    def add(self, formula: str, *shape: int) -> None:
        name = f"h{len(self.shapes)}"
        self.lines.append(f"{name} = {formula}")
        self.shapes[name], self.last = shape, name

    def size(self) -> int:
        return self.random.choice((1, 2, 3, 3, 4, 5))

    def activation(self) -> str:
        """Return an argument for an activation, often none."""
        chosen = self.random.choice(("", *ACTIVATIONS, *ACTIVATIONS))
        return f", {chosen}" if chosen else ""


def describe(seed: int, number: int) -> str:
    """Return the description of one network."""
    draft = Draft(Random(f"{seed}/{number}"))
    draft.lines.append(f"network drawn_{seed}_{number}")
    draft.random.choice((_vector, _vector, _image, _sequence, _tokens))(draft)
    for _ in range(draft.random.randint(1, 4)):
        _layer(draft)
    if len(draft.shape) > 1:
        _gathered(draft)
    _end(draft)
    return "".join(f"{line}\n" for line in draft.lines)


def _start(draft: Draft, *shape: int) -> None:
    draft.shapes["x"] = shape
    draft.lines.append(f"input x[N, {', '.join(map(str, shape))}]")


def _vector(draft: Draft) -> None:
    _start(draft, draft.size())


def _image(draft: Draft) -> None:
    _start(draft, draft.random.choice((1, 2, 4)), *(draft.random.randint(4, 6) for _ in "hw"))


def _sequence(draft: Draft) -> None:
    _start(draft, draft.random.randint(2, 4), draft.random.choice((2, 3, 4)))


def _tokens(draft: Draft) -> None:
    steps, words, width = draft.random.randint(2, 4), draft.size() + 1, draft.random.choice((2, 4))
    draft.lines.append(f"input x[N, {steps}] in {words}")
    draft.lines.append(f"h1 = embedding(x, {width}, init=normal(0.5))")
    draft.shapes |= {"x": (), "h1": (steps, width)}
    draft.last, draft.parameters = "h1", True


def _layer(draft: Draft) -> None:
    """Add one layer that the present shape allows."""
    choices: list[Callable[[Draft], None]] = [_pointwise, _residual, _norm, _dense]
    choices += {1: _VECTORS, 2: _SEQUENCES, 3: _IMAGES}[len(draft.shape)] * 2
    draft.random.choice(choices)(draft)


def _pointwise(draft: Draft) -> None:
    h = draft.last
    formulas = (*(f"{a}({h})" for a in SHORT), f"{h}*tanh({h}) + 1", f"maximum({h}, 0.1*{h})",
                f"sqrt(1 + {h}**2)", f"minimum({h}, {h}**3)", f"log1p({h}**2)",
                f"{h}/(2 + cos({h}))", f"dropout({h}, 0.3)")  # fmt: skip
    draft.add(draft.random.choice(formulas), *draft.shape)


def _residual(draft: Draft) -> None:
    alike = [n for n, s in draft.shapes.items() if s == draft.shape]
    other, joint = draft.random.choice(alike), draft.random.choice("+*-")
    draft.add(f"{draft.last} {joint} sigmoid({other})", *draft.shape)


def _norm(draft: Draft) -> None:
    norms = ["layer_norm", "rms_norm", "batch_norm"]
    norms += ["softmax"] if len(draft.shape) == 1 else []
    draft.add(f"{draft.random.choice(norms)}({draft.last})", *draft.shape)


def _dense(draft: Draft) -> None:
    width = draft.size()
    draft.add(f"dense({draft.last}, {width}{draft.activation()})", *draft.shape[:-1], width)
    draft.parameters = True


def _bilinear(draft: Draft) -> None:
    width = draft.size()
    draft.add(f"bilinear({draft.last}, {draft.last}, {width})", width)
    draft.parameters = True


def _equation(draft: Draft) -> None:
    """A layer of one's own: tied, scaled, or the mean or the maximum over products."""
    h, (width,), k = draft.last, draft.shape, len(draft.shapes)
    form = draft.random.choice((
        "tanh(sum[i]({h}[n,i] * V{k}[i,j]) + {h}[n,j])", "max[i]({h}[n,i] * V{k}[i,j])",
        "sum[i](sigmoid({h}[n,i] + V{k}[i,j]))", "mean[i](({h}[n,i] - V{k}[j,i])**2)",
        "log(sum[i](exp({h}[n,i] + V{k}[i,j])))",
        "sum[i](V{k}[i,j] * {h}[n,i]) / sqrt(1 + sum[i]({h}[n,i]**2))",
    ))  # fmt: skip
    draft.lines.append(f"param V{k}[{width}, {width}] ~ normal(0.6)")
    draft.lines.append(f"h{k}[n, j] = {form.format(h=h, k=k)}")
    draft.shapes[f"h{k}"], draft.last, draft.parameters = (width,), f"h{k}", True


def _recurrence(draft: Draft) -> None:
    units, (steps, _) = draft.random.choice((2, 3)), draft.shape
    layer = draft.random.choice(("rnn", "lstm", "gru", "bidirectional"))
    reverse = ", reverse=1" if layer != "bidirectional" and draft.random.random() < 0.3 else ""
    width = 2 * units if layer == "bidirectional" else units
    whole = draft.random.random() < 0.5
    sequence = ", sequence=1" if whole else ""
    shape = (steps, width) if whole else (width,)
    draft.add(f"{layer}({draft.last}, {units}{sequence}{reverse})", *shape)
    draft.parameters = True


def _attention(draft: Draft) -> None:
    heads = 2 if draft.shape[-1] % 2 == 0 else 1
    causal = draft.random.choice(("", ", causal=1"))
    draft.add(f"multi_head_attention({draft.last}, {heads}{causal})", *draft.shape)
    draft.parameters = True


def _positions(draft: Draft) -> None:
    layer = draft.random.choice(("learned_positions", "sinusoidal_positions"))
    draft.add(f"{layer}({draft.last})", *draft.shape)


def _turned(draft: Draft) -> None:
    draft.add(f"transpose({draft.last}, 0, 2, 1)", *reversed(draft.shape))


def _convolution1d(draft: Draft) -> None:
    channels, (_, steps) = draft.size(), draft.shape
    kernel = draft.random.randint(1, min(3, steps))
    draft.add(
        f"conv1d({draft.last}, {channels}, {kernel}{draft.activation()})",
        channels, steps - kernel + 1,
    )  # fmt: skip
    draft.parameters = True


def _convolution(draft: Draft) -> None:
    random, (inputs, *sides) = draft.random, draft.shape
    kernel, stride = random.randint(1, min(3, *sides)), random.choice((1, 1, 2))
    same = kernel % 2 == 1 and random.random() < 0.5
    groups = 2 if inputs % 2 == 0 and random.random() < 0.4 else 1
    channels = groups * random.choice((1, 2))
    more = ", padding=same" if same else f", stride={stride}"
    more += f", groups={groups}" if groups > 1 else ""
    ends = sides if same else [(s - kernel) // stride + 1 for s in sides]
    draft.add(
        f"conv2d({draft.last}, {channels}, {kernel}{draft.activation()}{more})", channels, *ends
    )
    draft.parameters = True


def _transposed(draft: Draft) -> None:
    channels, (_, *sides) = draft.random.choice((1, 2)), draft.shape
    stride = draft.random.choice((1, 2)) if max(sides) < 5 else 1
    ends = [(s - 1) * stride + 2 for s in sides]
    draft.add(f"conv_transpose2d({draft.last}, {channels}, 2, stride={stride})", channels, *ends)
    draft.parameters = True


def _pool(draft: Draft) -> None:
    channels, *sides = draft.shape
    kernel = 2 if min(sides) >= 2 else 1
    stride = draft.random.randint(1, kernel)
    layer = draft.random.choice(("max_pool2d", "avg_pool2d"))
    ends = [(s - kernel) // stride + 1 for s in sides]
    draft.add(f"{layer}({draft.last}, {kernel}, stride={stride})", channels, *ends)


def _of_channels(draft: Draft) -> None:
    layer = draft.random.choice(("global_max_pool", "global_avg_pool"))
    draft.add(f"{layer}({draft.last})", draft.shape[0])


_VECTORS: list[Callable[[Draft], None]] = [_dense, _bilinear, _equation, _equation]
_SEQUENCES: list[Callable[[Draft], None]] = [
    _recurrence, _recurrence, _attention, _positions, _turned, _convolution1d,
]  # fmt: skip
_IMAGES: list[Callable[[Draft], None]] = [
    _convolution, _convolution, _transposed, _pool, _of_channels,
]  # fmt: skip


def _gathered(draft: Draft) -> None:
    size = 1
    for extent in draft.shape:
        size *= extent
    draft.add(f"flatten({draft.last})", size)


def _end(draft: Draft) -> None:
    """Add the output, the loss and, often, a penalty, a clip and an optimizer."""
    random, width = draft.random, draft.size() + 1
    if not draft.parameters or random.random() < 0.8:
        draft.lines.append(f"p = dense({draft.last}, {width})")
    else:
        draft.lines.append(f"p = 1*{draft.last}")
        (width,) = draft.shape
    losses = _OF_NUMBERS if width < 2 or random.random() < 0.5 else _OF_CLASSES
    target, output, loss = random.choice(losses)
    draft.lines += [target.format(width), f"output {output}", f"loss {loss}"]
    for line, chance in (("penalty l2(0.01)", 0.2), ("clip norm(0.5)", 0.2)):
        draft.lines += [line] if random.random() < chance else []
    draft.lines.append(f"optimizer {random.choice(OPTIMIZERS)}")


_NUMBERS, _CLASSES = "target y[N, {}]", "label t[N] in {}"
_OF_NUMBERS = (
    (_NUMBERS, "p", "mse(p, y)"), (_NUMBERS, "p", "mae(p, y)"), (_NUMBERS, "p", "sse(p, y)"),
    (_NUMBERS, "p", "huber(p, y, delta=0.5)"), (_NUMBERS, "p", "hinge(p, y)"),
    (_NUMBERS, "sigmoid(p)", "binary_cross_entropy_with_logits(p, y)"),
    (_NUMBERS, "sigmoid(p)", "binary_cross_entropy(sigmoid(p), y)"),
    (_NUMBERS, "softmax(p)", "cross_entropy(p, y)"),
    (_NUMBERS, "p", "mean[n, k](log(cosh(p[n, k] - y[n, k])))"),
    (_NUMBERS, "p", "sum[n](sqrt(1 + sum[k]((p[n, k] - y[n, k])**2)) - 1)"),
)  # fmt: skip
_OF_CLASSES = (
    (_CLASSES, "softmax(p)", "cross_entropy(p, t)"), (_CLASSES, "p", "focal(p, t)"),
    (_CLASSES, "softmax(p)", "cross_entropy(p, t, smoothing=0.1)"),
    (_CLASSES, "p", "mean[n](log(sum[k](exp(p[n, k]))) - p[n, t[n]])"),
)  # fmt: skip
