"""The public functions of a generated module, over the core that the target brings.

_predict(work, sizes, reads)           -> outputs
_forward(work, sizes, reads)           -> loss, tape...
_backward(work, sizes, reads, grads)   fills the gradients
_update(work, sizes, reads)            parameters and state in place
_buffers(sizes), _buffers_of_predict(sizes)   -> work
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, Symbol, acos, asin, cosh, exp, log, sinh, tan

from symbp.codegen import runtime
from symbp.codegen.face import Face
from symbp.codegen.header import shape_text
from symbp.codegen.names import Names
from symbp.ir.functions import Where, expm1, log1p, sigmoid
from symbp.ir.printer import ATOM, MULTIPLY, UNARY, Printer
from symbp.ir.program import Tensor
from symbp.schedule import Phase

PARTIAL = (exp, expm1, log, log1p, tan, asin, acos, sinh, cosh)
"""Functions that overflow, or have no value for some numbers."""


class Public:
    """Writes what users call: checks first, then the core, then what is handed back."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.plan = face.plan
        self.names = face.names

    def guarded(self, lines: list[str], *phases: Phase | None) -> list[str]:
        """Return statements under an `errstate` where NumPy would warn of what is all right.

        exp may overflow on the way to a finite value, as in 1 / (1 + exp(-x)); and arrays are
        computed on both sides of a choice, also where one of them has no value.
        """
        bodies = [e.body for p in phases if p is not None for e in p.program.equations]
        parts = [f for body in bodies for f in _functions(body)]
        if any(isinstance(f, Where) and any(map(_partial, f.args[1:])) for f in parts):
            ignored = 'divide="ignore", over="ignore", invalid="ignore"'
        elif any(isinstance(f, sigmoid) for f in parts):
            ignored = 'over="ignore"'
        else:
            return [f"    {line}" for line in lines]
        return [f"    with np.errstate({ignored}):", *(f"        {line}" for line in lines)]

    @property
    def each(self) -> str:
        """Return the words for the parameters that have gradients."""
        frozen = self.face.gradient_names == "TRAINED"
        return "each parameter in TRAINED" if frozen else "each parameter"

    @property
    def named_gradients(self) -> str:
        return f"dict(zip({self.face.gradient_names}, grads, strict=True))"

    def fresh(self, name: str) -> str:
        return f"{name}({', '.join(self.face.sizes)})"

    def predict(self) -> list[str]:
        face, plan = self.face, self.plan
        hyper = plan.hyper(plan.predict)
        results = ", ".join(f"{n} {shape_text(face.table[n])}" for n in plan.outputs)
        reads = face.inputs
        known = face.known_sizes(reads)
        given = [*known, *(self.names[n] for n in reads)]
        taken = (
            f"    {', '.join(given)}{',' if len(given) == 1 else ''}"
            f" = _inputs({', '.join(self.names[n] for n in reads)})"
        )
        lines = [
            f"def predict({', '.join(filter(None, ['params', face.arguments(reads, hyper)]))}):",
            f'    """Return {results} for {face.describe(reads) or "these parameters"}."""',
            self.unpack(plan.predict),
            *([taken] if given else []),
            *(f"    {v} = 1  # no output depends on it" for v in face.sizes if v not in known),
            *face.finite(reads),
            *self.predicted(),
        ]
        arrays = [f"np.asarray(outputs[{k}], dtype=_DTYPE)" for k in range(len(plan.outputs))]
        if len(plan.outputs) == 1:
            return [*lines, f"    return {arrays[0]}"]
        pairs = ", ".join(f'"{n}": {a}' for n, a in zip(plan.outputs, arrays, strict=True))
        return [*lines, f"    return {{{pairs}}}"]

    def predicted(self) -> list[str]:
        """Return the lines that compute a tuple of outputs."""
        work = self.fresh("_buffers_of_predict")
        reads = self.face.reads(self.plan.predict.reads)
        call = f"_predict({', '.join(filter(None, [work, reads]))})"
        return self.guarded([f"outputs = {call}"], self.plan.predict)

    def tape(self) -> list[str]:
        """Everything backward reads that is no parameter, in its order."""
        return [n for n in self.plan.backward.reads if n not in self.face.params]

    def signature(self, name: str, hyper: Iterable[str]) -> str:
        seed = [f"{self.face.noise_seed}=0"] if self.plan.drawn else []
        return f"def {name}(params, {self.face.arguments(self.face.data, list(hyper), seed)}):"

    def shape(self, tensor: Tensor) -> str:
        sizes = [_Sizes(self.names)(n) for n in tensor.shape]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    def draws(self, seed: str, step: str) -> list[str]:
        """Return the lines that draw random numbers."""
        noise = [t.name for t in self.plan.program.having("noise")]
        return [
            f"{self.names[n]} = _noise({self.shape(self.face.table[n])}, {seed}, {step},"
            f" {noise.index(n)})"
            for n in self.plan.drawn
        ]

    def drawn(self) -> list[str]:
        """Return the lines that draw what the first step of this seed draws."""
        return [f"    {line}" for line in self.draws(self.face.noise_seed, "0")]

    def checked(self, *phases: Phase | None, also: Iterable[str] = ()) -> list[str]:
        """Return the lines that take apart what every call is given."""
        face = self.face
        data = [self.names[n] for n in face.data]
        bound = [*face.known_sizes(face.data), *data]
        taken = f"    {', '.join(bound)}{',' if len(bound) == 1 else ''} = _data({', '.join(data)})"
        return [
            self.unpack(*phases, also=also),
            *([taken] if bound else []),
            *face.finite(face.data),
        ]

    def forward_call(self) -> str:
        computed = [self.names[n] for n in self.plan.tape]
        return (
            f"{', '.join([self.names[self.plan.loss], *computed])}"
            f"{',' if not computed else ''} = "
            f"_forward({', '.join(['work', self.face.reads(self.plan.forward.reads)])})"
        )

    def backward_call(self) -> str:
        reads = self.face.reads(self.plan.backward.reads)
        return f"_backward({', '.join(filter(None, ['work', reads, '*grads']))})"

    def gradient_calls(self) -> list[str]:
        """Return the calls that compute loss and gradients."""
        return [self.forward_call(), self.backward_call()]

    def forwarded(self) -> list[str]:
        """Return the lines that compute the loss and the tape."""
        work = f"    work = {self.fresh('_buffers')}"
        return [work, *self.guarded([self.forward_call()], self.plan.forward)]

    def backwarded(self) -> list[str]:
        """Return the lines that compute gradients from a tape."""
        work = f"    work = {self.fresh('_buffers')}"
        lines = self.guarded([self.backward_call()], self.plan.backward)
        return [work, "    grads = _gradients()", *lines]

    def differentiated(self) -> list[str]:
        """Return the lines that compute loss and gradients."""
        work = f"    work = {self.fresh('_buffers')}"
        lines = self.guarded(self.gradient_calls(), self.plan.forward, self.plan.backward)
        return [work, "    grads = _gradients()", *lines]

    def forward(self) -> list[str]:
        plan = self.plan
        hyper = plan.hyper(plan.forward, plan.backward)
        kept = [*self.tape(), *self.untold_sizes()]
        kept += [n for n in plan.running.values() if n not in kept]
        tape = ", ".join(f'"{n}": {self.names[n]}' for n in kept)
        return [
            self.signature("forward", hyper),
            '    """Return the loss, and the tape: the values that `backward` reads.',
            "",
            f"    {self.face.describe(self.face.data)}",
            *self.running_doc(),
            '    """',
            *self.checked(plan.forward),
            *self.drawn(),
            *self.forwarded(),
            f"    return float({self.names[plan.loss]}), {{{tape}}}",
        ]

    def backward(self) -> list[str]:
        plan, names = self.plan, self.names
        lines = [
            "def backward(params, tape):",
            f'    """Return the gradient of the loss by {self.each}, a dict of arrays."""',
            self.unpack(plan.backward),
            *(f'    {names[n]} = tape["{n}"]' for n in self.tape()),
        ]
        sizes = self.sizes_from_tape()
        return [
            *lines, *sizes,
            *self.backwarded(),
            f"    return {self.named_gradients}",
        ]  # fmt: skip

    def sizes_from_tape(self) -> list[str]:
        """Return the lines that read the sizes off the tape's arrays."""
        lines, known = [], set()
        kept = self.plan.forward.program.table()
        for name in self.tape():
            for axis, extent in enumerate(kept[name].shape):
                if extent.is_Symbol and str(extent) not in known:
                    known.add(str(extent))
                    size = self.names[str(extent)]
                    lines.append(f"    {size} = {self.names[name]}.shape[{axis}]")
        return [*lines, *(f'    {self.names[n]} = tape["{n}"]' for n in self.untold_sizes())]

    def untold_sizes(self) -> list[str]:
        """Return the sizes that no array on the tape shows: they go on it themselves."""
        table = self.plan.forward.program.table()
        shown = {str(n) for t in self.tape() for n in table[t].shape}
        return [str(s) for s in self.plan.program.sizes() if str(s) not in shown]

    def value_and_grad(self) -> list[str]:
        plan = self.plan
        hyper = plan.hyper(plan.forward, plan.backward)
        return [
            self.signature("value_and_grad", hyper),
            f'    """Return the loss and its gradient by {self.each}, a dict of arrays."""',
            *self.checked(plan.forward, plan.backward),
            *self.drawn(),
            *self.differentiated(),
            f"    return float({self.names[plan.loss]}), {self.named_gradients}",
        ]

    def training(self) -> list[list[str]]:
        names = self.face.gradient_names
        shapes = "PARAMETERS.values()"
        if names == "TRAINED":
            shapes = "map(PARAMETERS.__getitem__, TRAINED)"
        gradients = [
            "def _gradients():",
            f'    """Return new arrays for the gradients, in the order of {names}."""',
            f"    return tuple(np.empty(shape, dtype=_DTYPE) for shape in {shapes})",
        ]
        if self.plan.update is None:
            return [gradients]
        return [self.train_step(), self.bind(), self.fit(), gradients, *self.workspace()]

    def train_step(self) -> list[str]:
        return [
            self.step_signature("train_step"),
            '    """Update params and state in place by one step; return the loss before it."""',
            *self.checked_step(),
            f"    work, grads = _workspace({', '.join(self.face.sizes)})",
            *self.step_calls(),
            f"    return float({self.names[self.plan.loss]})",
        ]

    def bind(self) -> list[str]:
        return [
            self.step_signature("bind"),
            *BIND,
            *self.checked_step(),
            f"    work, grads = {self.fresh('_buffers')}, _gradients()",
            "",
            "    def step():",
            *(f"    {line}" for line in self.step_calls()),
            f"        return float({self.names[self.plan.loss]})",
            "",
            "    return step",
        ]

    def fit(self) -> list[str]:
        return self.face.fit(self.face.loop())

    def step_signature(self, name: str) -> str:
        face = self.face
        return f"def {name}(params, state, {face.arguments(face.data, face.hyper)}):"

    def checked_step(self) -> list[str]:
        """Return the lines that take apart what a step is given."""
        plan, state = self.plan, [self.names[n] for n in self.face.state]
        comma = "," if len(state) == 1 else ""
        return [
            *self.checked(plan.forward, plan.backward, plan.update, also=plan.running),
            *([f"    {', '.join(state)}{comma} = _state(state)"] if state else []),
            *self.writeable(),
        ]

    def step_calls(self) -> list[str]:
        """Return the lines of a step after the checks."""
        plan = self.plan
        assert plan.update is not None
        own = {plan.gradients[p]: k for k, p in enumerate(self.face.trained)}
        source = {g: f"grads[{own[plan.gradients[p]]}]" for p, g in self.update_gradients().items()}
        words = [source.get(n) or self.names[n] for n in plan.update.reads]
        update = f"_update({', '.join(['work', *self.face.sizes, *words])})"
        draws = self.draws(*(self.names[s] for s in plan.noise)) if plan.noise else []
        calls = [*draws, *self.gradient_calls(), update, *self.running()]
        return self.guarded(calls, plan.forward, plan.backward, plan.update)

    def running_doc(self) -> list[str]:
        """Return the lines that tell of what runs along."""
        pairs = [f"{old} becomes tape[{new!r}]" for old, new in self.plan.running.items()]
        return [f"    In a step {', '.join(pairs)}.".replace("'", '"')] if pairs else []

    def running(self) -> list[str]:
        """Return the lines that give what runs along its new values."""
        whole = {n: "..." if self.face.table[n].shape else "()" for n in self.plan.running}
        return [
            f"{self.names[n]}[{whole[n]}] = {self.names[new]}"
            for n, new in self.plan.running.items()
        ]

    def writeable(self) -> list[str]:
        """Return the lines that refuse what is read-only before anything has been written.

        For C, `_parameters` has seen to it.
        """
        if self.face.options.target == "c":
            return []
        flags = [f"{self.names[n]}.flags.writeable" for n in self.face.params]
        test = f"    if not ({' and '.join(flags)}):"
        return [test, "        _refuse_parameters(params)"] if flags else []

    def update_gradients(self) -> dict[str, str]:
        """Return parameter -> the name of its gradient in the update's equations."""
        assert self.plan.update is not None
        return {p: g for p, g in self.plan.update_gradients.items() if g in self.plan.update.reads}

    def workspace(self) -> list[list[str]]:
        sizes = ", ".join(self.face.sizes)
        key = f"({sizes}{',' if len(self.face.sizes) == 1 else ''})"
        text = [
            "_LOCAL = threading.local()",
            "",
            "",
            f"def _workspace({sizes}):",
            '    """Return buffers and gradients that the steps of this thread share."""',
            '    store = _LOCAL.__dict__.setdefault("store", {})',
            f"    work = store.get({key})",
            "    if work is None:",
            "        if len(store) >= 4:",
            "            store.clear()",
            f"        work = store[{key}] = ({self.fresh('_buffers')}, _gradients())",
            "    return work",
        ]
        return [text]

    def checks(self) -> list[list[str]]:
        face = self.face
        sections = [face.parameters(), face.checks("_inputs", face.inputs)]
        sections.append(face.checks("_data", face.data))
        if face.state:
            sections.append(face.optimizer_state())
        return sections

    def helpers(self, body: str) -> list[str]:
        """Return the functions that the module calls, copied from `runtime`."""
        order = (
            runtime._sigmoid, runtime._softplus, runtime._erf, runtime._normal_cdf,
            runtime._polynomial, runtime._strided, runtime._orthogonal, runtime._batches,
            runtime._order, runtime._noise, runtime._mixed, runtime._convert, runtime._refuse,
            runtime._arrays, runtime._refuse_parameters, runtime._finite,
        )  # fmt: skip
        texts, found = {f.__name__: runtime.source(f) for f in order}, []
        for name, text in texts.items():
            if f"{name}(" in body:
                found.append(text)
                body += text
        return found

    def unpack(self, *phases: Phase | None, also: Iterable[str] = ()) -> str:
        """Return the line that takes the parameters which some phases read out of `params`."""
        face = self.face
        needed = {name for p in phases if p is not None for name in p.reads} | set(also)
        words = [face.names[n] if n in needed else "_" for n in face.params]
        if not words:
            return "    _parameters(params)"
        return f"    {', '.join(words)}{',' if len(words) == 1 else ''} = _parameters(params)"


BIND = (
    '    """Return a function that does one step on these arrays and returns the loss before it.',
    "",
    "    They are checked here, and never again: fill them anew between steps to train on other",
    "    data. Those that need conversion (lists, other types) are copied, once.",
    '    """',
)


class _Sizes(Printer):
    """Sizes as Python's whole numbers."""

    times = " * "

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def symbol(self, e: Symbol) -> tuple[str, int]:
        return self.names[str(e)], ATOM

    def function(self, e: Expr) -> tuple[str, int]:
        above, below = e.args[0].as_numer_denom()  # floor is the only function of sizes
        return f"{self(above, UNARY)} // {self(below, ATOM)}", MULTIPLY


def _partial(expression: Expr) -> bool:
    """Tell whether an expression may be without a finite value for finite operands."""
    return any(
        isinstance(f, PARTIAL) or (f.is_Pow and not (f.exp.is_Integer and f.exp.is_positive))
        for f in _functions(expression)
    )


def _functions(expression: Expr) -> Iterable[Expr]:
    yield expression
    for a in expression.args:
        yield from _functions(a)
