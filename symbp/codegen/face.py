"""The Python face of a generated module: the same functions for every target.

The target brings `_predict`, `_forward`, `_backward` and `_step`; here stand the public functions
that check what they are given, and what they need: shapes, initial values, batches.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer

from symbp.codegen.header import fingerprint, header, shape_text
from symbp.codegen.names import Names
from symbp.errors import TargetError
from symbp.ir.program import Program, Tensor
from symbp.ir.text import scalar
from symbp.schedule import Phase, Plan

RESERVED = frozenset(
    {
        *keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "math", "sys",
        "threading", "ctypes", "done",
        "params", "state", "tape", "value", "grads", "outputs", "l", "I", "O",
        "seed", "epochs", "batch_size", "start",
        "shuffle", "callback", "check_finite", "work", "epoch", "rows", "losses", "total", "store",
        "NETWORK", "NAME", "TARGET", "DTYPE", "PARAMETERS", "TRAINED", "INPUTS", "OUTPUTS",
        "HYPERPARAMETERS", "LOSS", "predict", "forward", "backward", "value_and_grad",
        "init_params", "init_state", "train_step", "bind", "step", "fit",
    }
)  # fmt: skip


SEEDS = 2**24
"""So many seeds of random numbers there are: a float holds no greater whole numbers."""


@dataclass(frozen=True, slots=True)
class Initial:
    """How a parameter begins: the name of a distribution, and its numbers."""

    kind: str
    arguments: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a module is made of besides its plan."""

    target: str
    dtype: str
    source: str
    command: str
    initial: dict[str, Initial]
    threads: int = 1
    """How many threads share a step of a C module."""


class Face:
    """Writes the Python part of a module."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self.options = options
        self.table: dict[str, Tensor] = {
            t.name: t
            for p in (plan.update, plan.predict, plan.backward, plan.forward)
            if p is not None
            for t in p.program.tensors
        } | plan.program.table()
        sizes = [str(s) for s in plan.program.sizes()]
        ordered = [*sizes, *plan.program.table(), *sorted(self.table)]
        own = set() if plan.noise or not plan.drawn else {"noise_seed"}
        self.names = Names(ordered, RESERVED | own)
        self.noise_seed = self.names[plan.noise[0]] if plan.noise else "noise_seed"
        """What the seed of random numbers is called."""
        self.sizes = [self.names[s] for s in sizes]
        self.params = [t.name for t in plan.program.having("param")]
        self.trained = [t.name for t in plan.program.trained()]
        self.gradient_names = "PARAMETERS" if self.trained == self.params else "TRAINED"
        self.data = [t.name for t in plan.program.having("input", "target", "label")]
        self.inputs = [t.name for t in plan.program.having("input")]
        self.state = list(plan.state)
        self.hyper = plan.hyper(plan.forward, plan.backward, plan.update)
        _check_sizes(plan.program, [self.table[n] for n in self.data])
        _check_predict(plan.predict, [self.table[n] for n in self.inputs])

    # Sections -------------------------------------------------------------------------------

    def top(
        self, title: str, notes: Iterable[str], imports: Iterable[str], constants: Iterable[str]
    ) -> list[str]:
        """Header, imports and constants."""
        o = self.options
        lines = header(title, self.plan.program, o.source, o.command, notes, self.plan.prediction)
        doc = ['"""' + lines[0], *lines[1:], '"""']
        return [
            *(line.rstrip() for line in doc), "", *imports, "",
            *self.constants(), *constants, "",
        ]  # fmt: skip

    def constants(self) -> list[str]:
        plan = self.plan
        params = {n: tuple(map(int, self.table[n].shape)) for n in self.params}
        state = {n: tuple(map(int, self.table[n].shape)) for n in self.state}
        inputs = {n: self.signature(self.table[n]) for n in self.data}
        outputs = {n: self.shape(self.table[n]) for n in plan.outputs}
        defaults = {n: _default(self.table[n]) for n in self.hyper}
        network = fingerprint(plan.program, plan.prediction)
        return [
            f"NAME = {_quoted(plan.name)}",
            f"TARGET = {_quoted(self.options.target)}",
            f"DTYPE = {_quoted(self.options.dtype)}",
            f"NETWORK = {_quoted(network)}  # hash of the description",
            f"LOSS = {_quoted(plan.loss)}",
            *_dict("PARAMETERS", params, "name -> shape"),
            *self.trained_constant(),
            *_dict("INPUTS", inputs, "name -> role, shape, number of classes"),
            *_dict("OUTPUTS", outputs, "name -> shape"),
            *_dict("HYPERPARAMETERS", defaults, "name -> default"),
            "",
            "_DTYPE = np.dtype(DTYPE)",
            *(_dict("_STATE", state, "name -> shape") if state else []),
        ]

    def trained_constant(self) -> list[str]:
        """Return what tells the parameters that have gradients, where some have none."""
        if self.gradient_names == "PARAMETERS":
            return []
        return [
            "# The parameters that have gradients; the others are frozen.",
            f"TRAINED = {_literal(tuple(self.trained))}",
        ]

    def signature(self, tensor: Tensor) -> tuple[object, ...]:
        bound = int(tensor.bound) if tensor.bound is not None else None
        return (tensor.role, self.shape(tensor), bound)

    def shape(self, tensor: Tensor) -> tuple[object, ...]:
        return tuple(int(n) if n.is_Integer else scalar(n) for n in tensor.shape)

    def init_params(self) -> list[str]:
        lines = [
            "def init_params(seed=0):",
            '    """Return new parameters, a dict of arrays; the same for the same seed."""',
            "    rng = np.random.default_rng(seed)",
            "    return {",
        ]
        for name in self.params:
            shape = tuple(map(int, self.table[name].shape))
            value = initial_value(self.options.initial[name], shape)
            text = f"np.asarray({value}, dtype=_DTYPE)"
            if value.startswith(("np.zeros(", "np.full(")):
                text = f"{value[:-1]}, dtype=_DTYPE)"
            lines.append(f"        {_quoted(name)}: {text},")
        uses_rng = any("rng" in line for line in lines[4:])
        if not uses_rng:
            lines[2] = "    del seed  # every parameter begins at a constant"
        return [*lines, "    }"]

    def init_state(self) -> list[str]:
        seeded = self.plan.noise is not None
        lines = [
            f"def init_state(params{', seed=0' if seeded else ''}):",
            '    """Return the state of the optimizer before the first step."""',
            "    _parameters(params)",
        ]
        if seeded:
            lines[1:2] = [
                '    """Return the state of the optimizer before the first step.',
                "",
                f"    The seed (modulo {SEEDS}) tells which random numbers the steps draw.",
                '    """',
            ]
        if not self.state:
            return [*lines, "    return {}"]
        lines.append("    return {")
        for name in self.state:
            shape = tuple(map(int, self.table[name].shape))
            number = float(self.plan.state[name])
            value = f"np.full({shape}, {number!r}, dtype=_DTYPE)"
            if number == 0:
                value = f"np.zeros({shape}, dtype=_DTYPE)"
            if self.plan.noise and name == self.plan.noise[0]:
                value = f"np.array(seed % {SEEDS}, dtype=_DTYPE)"
            lines.append(f"        {_quoted(name)}: {value},")
        return [*lines, "    }"]

    def parameters(self) -> list[str]:
        return [
            "def _parameters(params):",
            "    arrays = _arrays(params, PARAMETERS)",
            f"    if {self.unfit()}:",
            "        _refuse_parameters(params)",
            "    return arrays",
        ]

    def optimizer_state(self) -> list[str]:
        return [
            "def _state(state):",
            "    arrays = _arrays(state, _STATE)",
            f"    if {self.unfit()}:",
            '        raise TypeError("state must be what init_state(params) returns")',
            "    return arrays",
        ]

    def unfit(self) -> str:
        """The test of arrays that no step can take; C also needs them dense and writeable."""
        dense = " or not all(array.flags.carray for array in arrays)"
        return "arrays is None" + (dense if self.options.target == "c" else "")

    def checks(self, function: str, names: list[str]) -> list[str]:
        """The check of inputs: converts what is no array of the right type, compares shapes."""
        spelled = [self.names[n] for n in names]
        lines = [f"def {function}({', '.join(spelled)}):"]
        for name, v in zip(names, spelled, strict=True):
            if self.table[name].bound is None:
                lines.append(f"    if type({v}) is not np.ndarray or {v}.dtype is not _DTYPE:")
                lines.append(f"        {v} = _convert({_quoted(name)}, {v})")
                if self.options.target == "c":
                    lines.append(f"    if not ({v}.flags.c_contiguous and {v}.flags.aligned):")
                    lines.append(f'        {v} = np.require({v}, requirements="CA")')
            else:
                lines.append(f"    {v} = _convert({_quoted(name)}, {v})")
        bound, misfits = self.size_tests(names)
        lines += misfits and [
            f"    if {' or '.join(misfits)}:",
            f"        _refuse({{{', '.join(f'{_quoted(n)}: {self.names[n]}' for n in names)}}})",
        ]
        lines += bound
        return [*lines, f"    return {_tuple([*self.known_sizes(names), *spelled])}"]

    def known_sizes(self, names: list[str]) -> list[str]:
        found = {str(s) for n in names for e in self.table[n].shape for s in e.free_symbols}
        return [v for v in self.sizes if v in {self.names[s] for s in found}]

    def size_tests(self, names: list[str]) -> tuple[list[str], list[str]]:
        """Return the lines that bind the sizes, and the conditions of a misfit."""
        where: dict[str, str] = {}
        ranks, misfits, bound = [], [], []
        for name in names:
            v, shape = self.names[name], self.table[name].shape
            ranks.append(f"{v}.ndim != {len(shape)}")
            for axis, extent in enumerate(shape):
                here = f"{v}.shape[{axis}]"
                if extent.is_Symbol and str(extent) not in where:
                    where[str(extent)] = here
                    bound.append(f"    {self.names[str(extent)]} = {here}")
                    misfits.append(f"not {here}")
                else:
                    misfits.append(f"{here} != {self.size_text(extent, where)}")
        return bound, ranks + misfits

    def size_text(self, extent: Expr, where: dict[str, str]) -> str:
        text = scalar(extent)
        if extent.is_Symbol:
            return where[str(extent)]
        for symbol in sorted(map(str, extent.free_symbols), key=len, reverse=True):
            text = text.replace(symbol, where[symbol])
        return text

    # Public functions -----------------------------------------------------------------------

    def arguments(
        self, names: Sequence[str], hyper: Sequence[str], more: Sequence[str] = ()
    ) -> str:
        words = [self.names[n] for n in names]
        words.append("*")
        words += [f"{self.names[h]}={_default(self.table[h])!r}" for h in hyper]
        words += [*more, "check_finite=False"]
        return ", ".join(words)

    def finite(self, names: Sequence[str], extra: str = "") -> list[str]:
        pairs = [f"{_quoted(n)}: {self.names[n]}" for n in names if self.table[n].bound is None]
        arrays = f"{{{', '.join(['**params', *pairs])}}}" if pairs else "params"
        return ["    if check_finite:", f"        _finite({arrays})" + extra]

    def describe(self, names: Iterable[str]) -> str:
        return ", ".join(f"{self.names[n]} {shape_text(self.table[n])}" for n in names)

    def reads(self, names: Iterable[str]) -> str:
        return ", ".join([*self.sizes_of_plan(), *(self.names[n] for n in names)])

    def sizes_of_plan(self) -> list[str]:
        return self.sizes

    def fit(self, loop: Iterable[str]) -> list[str]:
        """Return the training loop; `loop` returns the losses of the epochs."""
        data = [self.names[n] for n in self.data]
        values = ", ".join(f"{self.names[h]}={_default(self.table[h])!r}" for h in self.hyper)
        lead = f"params, state, {', '.join(data)}, *, "
        return [
            "def fit(",
            f"    {lead}epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,",
            f"    {values + ', ' if values else ''}check_finite=False,",
            "):  # fmt: skip",
            '    """Train; return the mean loss of each epoch.',
            "",
            "    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and",
            "    epoch alone, and without a batch_size it is theirs: all rows are one batch.",
            "    callback(epoch, loss) is called after each; if it returns true, no more are run.",
            '    """',
            *loop,
        ]

    @property
    def rows(self) -> str:
        """Return how many rows the data have."""
        batch = batch_size(self.table[n] for n in self.data)
        return self.names[str(batch)] if batch is not None else "1"

    def whole_batch(self) -> list[str]:
        """Return the lines that settle how many rows a batch has."""
        return [
            f"    batch_size = {self.rows} if batch_size is None"
            f" else min(int(batch_size), {self.rows})",
            "    if batch_size < 1:",
            '        raise ValueError("batch_size must be at least 1")',
        ]

    def loop(self) -> list[str]:
        """Return the lines of `fit` in Python."""
        data, count = [self.names[n] for n in self.data], self.rows
        batch = batch_size(self.table[n] for n in self.data)
        rows = [
            f"{v}[rows]" if self.table[n].shape[:1] == (batch,) else v
            for n, v in zip(self.data, data, strict=True)
        ]
        options = [f"{self.names[h]}={self.names[h]}" for h in self.hyper]
        sizes = [v if v == count else "_" for v in self.sizes]
        return [
            f"    {_tuple([*sizes, *data], True)} = _data({', '.join(data)})",
            *self.finite(self.data),
            *self.whole_batch(),
            "    losses = []",
            "    for epoch in range(start, start + epochs):",
            "        total = 0.0",
            f"        for rows in _batches({count}, batch_size, seed, epoch, shuffle):",
            f"            value = train_step({', '.join(['params', 'state', *rows, *options])})",
            "            total += value * (len(rows) if isinstance(rows, np.ndarray)"
            " else rows.stop - rows.start)",
            f"        losses.append(total / {count})",
            "        if callback is not None and callback(epoch, losses[-1]):",
            "            break",
            "    return np.array(losses)",
        ]


def batch_size(data: Iterable[Tensor]) -> Expr | None:
    """Return the size along which data are cut into batches: the first symbolic first axis."""
    for tensor in data:
        if tensor.shape and tensor.shape[0].is_Symbol:
            return tensor.shape[0]
    return None


def divisible(data: Sequence[Tensor]) -> bool:
    """Tell whether a batch may have fewer rows: nothing but a first axis has their number."""
    batch = batch_size(data)
    rest = [n for t in data for n in (t.shape[1:] if t.shape[:1] == (batch,) else t.shape)]
    return batch is None or not any(n.has(batch) for n in rest)


def initial_value(initial: Initial, shape: tuple[int, ...]) -> str:
    """Return the NumPy expression of a parameter's initial value.

    Sources: Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).
    """
    fan_in = int(_product(shape[:-1])) if len(shape) > 1 else (shape[0] if shape else 1)
    fan_out = shape[-1] if shape else 1
    kind, args = initial.kind, initial.arguments
    means = {"glorot": (fan_in + fan_out) / 2, "he": fan_in / 2, "lecun": fan_in}
    family, _, law = kind.partition("_")
    if family in means:
        if law == "normal":
            return f"rng.normal(0.0, {means[family] ** -0.5!r}, {shape})"
        limit = (3 / means[family]) ** 0.5
        return f"rng.uniform({-limit!r}, {limit!r}, {shape})"
    if kind == "uniform":
        return f"rng.uniform({float(args[0])!r}, {float(args[1])!r}, {shape})"
    if kind == "normal":
        return f"rng.normal(0.0, {float(args[0])!r}, {shape})"
    if kind == "orthogonal":
        return f"_orthogonal(rng, {shape}, {float(args[0]) if args else 1.0!r})"
    if kind == "zeros":
        return f"np.zeros({shape})"
    return f"np.full({shape}, {float(args[0])!r})"


def _product(shape: Iterable[int]) -> int:
    result = 1
    for n in shape:
        result *= n
    return result


def _default(tensor: Tensor) -> float:
    return float(tensor.default if tensor.default is not None else Integer(0))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dict(name: str, items: Mapping[str, object], note: str) -> list[str]:
    if not items:
        return [f"{name}: dict = {{}}  # {note}"]
    rows = [f"    {_quoted(k)}: {_literal(v)}," for k, v in items.items()]
    return [f"{name} = {{  # {note}", *rows, "}"]


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return _tuple([_literal(v) for v in value])
    return _quoted(value) if isinstance(value, str) else repr(value)


def _tuple(items: Sequence[str], bare: bool = False) -> str:
    inner = ", ".join(items) + ("," if len(items) == 1 else "")
    return inner if bare and items else f"({inner})"


def _check_predict(predict: Phase, inputs: list[Tensor]) -> None:
    """Raise where an output depends on what `predict` is not given."""
    roles = {t.name: t.role for t in predict.program.tensors}
    for name in predict.reads:
        if roles[name] in ("target", "label"):
            raise TargetError(
                f"an output depends on the {roles[name]} {name}, which predict is not given",
                remedy=f"Declare {name} as an input, or leave the output out.",
            )
    known = {s for t in inputs for n in t.shape for s in n.free_symbols}
    used = [
        s
        for t in predict.program.tensors
        if t.role == "value"
        for n in t.shape
        for s in n.free_symbols
    ]
    for size in dict.fromkeys(used):
        if size not in known:
            raise TargetError(
                f"an output depends on the size {size}, which no input shows",
                remedy=f"Declare an input with {size} as one of its sizes.",
            )


def _check_sizes(program: Program, data: list[Tensor]) -> None:
    """Raise where a symbolic size can't be told from any input's shape."""
    told = {n for t in data for n in t.shape if n.is_Symbol}
    for size in program.sizes():
        if size not in told:
            raise TargetError(
                f"no input has an axis of size {size}",
                remedy=f"Declare an input, target or label with {size} as one of its sizes.",
            )
    for tensor in program.having("param", "state"):
        if any(n.free_symbols for n in tensor.shape):
            raise TargetError(
                f"{tensor.role} {tensor.name} has the shape {shape_text(tensor)}",
                remedy="The size of a parameter must be a whole number.",
            )
