"""The public functions of a generated module, over the core that the target brings.

_predict(work, sizes, reads)           -> outputs
_forward(work, sizes, reads)           -> loss, tape...
_backward(work, sizes, reads, grads)   fills the gradients
_update(work, sizes, reads)            parameters and state in place
_buffers(sizes), _buffers_of_predict(sizes)   -> work
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, acos, asin, cosh, exp, log, sinh, tan

from symbp.codegen import runtime
from symbp.codegen.face import Face
from symbp.codegen.header import shape_text
from symbp.ir.functions import Where, expm1, log1p, sigmoid
from symbp.schedule import Phase

PARTIAL = (exp, expm1, log, log1p, tan, asin, acos, sinh, cosh)
"""Functions that overflow, or have no value for some numbers."""


class Public:
    """Writes what users call: checks first, then the core, then what is handed back."""

    workspace_names = "work, grads"
    """What `_workspace` returns, by name."""

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

    def fresh(self, name: str) -> str:
        return f"{name}({', '.join(self.face.sizes)})"

    def predict(self) -> list[str]:
        face, plan = self.face, self.plan
        hyper = plan.hyper(plan.predict)
        results = ", ".join(f"{n} {shape_text(face.table[n])}" for n in plan.outputs)
        reads = face.inputs
        known = face.known_sizes(reads)
        work = self.fresh("_buffers_of_predict")
        call = f"_predict({', '.join(filter(None, [work, face.reads(plan.predict.reads)]))})"
        lines = [
            f"def predict(params, {face.arguments(reads, hyper)}):",
            f'    """Return {results} for {face.describe(reads)}."""',
            self.unpack(plan.predict),
            f"    {', '.join([*known, *(self.names[n] for n in reads)])}"
            f"{',' if len(reads) + len(known) == 1 else ''}"
            f" = _inputs({', '.join(self.names[n] for n in reads)})",
            *(f"    {v} = 1  # no output depends on it" for v in face.sizes if v not in known),
            *face.finite(reads),
            *self.guarded([f"outputs = {call}"], plan.predict),
        ]
        arrays = [f"np.asarray(outputs[{k}], dtype=_DTYPE)" for k in range(len(plan.outputs))]
        if len(plan.outputs) == 1:
            return [*lines, f"    return {arrays[0]}"]
        pairs = ", ".join(f'"{n}": {a}' for n, a in zip(plan.outputs, arrays, strict=True))
        return [*lines, f"    return {{{pairs}}}"]

    def tape(self) -> list[str]:
        """Everything backward reads that is no parameter, in its order."""
        return [n for n in self.plan.backward.reads if n not in self.face.params]

    def signature(self, name: str, hyper: Iterable[str]) -> str:
        return f"def {name}(params, {self.face.arguments(self.face.data, list(hyper))}):"

    def checked(self, *phases: Phase | None) -> list[str]:
        """Return the lines that take apart what every call is given."""
        face = self.face
        data = [self.names[n] for n in face.data]
        bound = [*face.known_sizes(face.data), *data]
        return [
            self.unpack(*phases),
            f"    {', '.join(bound)}{',' if len(bound) == 1 else ''} = _data({', '.join(data)})",
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

    def step_calls(self, reads: list[str]) -> list[str]:
        """Return the calls of a training step; `reads` is what the update is handed."""
        update = f"_update({', '.join(['work', *self.face.sizes, *reads])})"
        return [*self.gradient_calls(), update]

    def workspace_value(self) -> str:
        """Return what the steps of a thread share."""
        return f"({self.fresh('_buffers')}, _gradients())"

    def forward(self) -> list[str]:
        plan = self.plan
        hyper = plan.hyper(plan.forward, plan.backward)
        tape = ", ".join(f'"{n}": {self.names[n]}' for n in [*self.tape(), *self.untold_sizes()])
        return [
            self.signature("forward", hyper),
            '    """Return the loss, and the tape: the values that `backward` reads.',
            "",
            f"    {self.face.describe(self.face.data)}",
            '    """',
            *self.checked(plan.forward),
            f"    work = {self.fresh('_buffers')}",
            *self.guarded([self.forward_call()], plan.forward),
            f"    return float({self.names[plan.loss]}), {{{tape}}}",
        ]

    def backward(self) -> list[str]:
        plan, names = self.plan, self.names
        lines = [
            "def backward(params, tape):",
            '    """Return the gradient of the loss by each parameter, a dict of arrays."""',
            self.unpack(plan.backward),
            *(f'    {names[n]} = tape["{n}"]' for n in self.tape()),
        ]
        sizes = self.sizes_from_tape()
        return [
            *lines, *sizes,
            f"    work = {self.fresh('_buffers')}",
            "    grads = _gradients()",
            *self.guarded([self.backward_call()], plan.backward),
            "    return dict(zip(PARAMETERS, grads, strict=True))",
        ]  # fmt: skip

    def sizes_from_tape(self) -> list[str]:
        """Return the lines that read the sizes off the tape's arrays."""
        lines, known = [], set()
        for name in self.tape():
            for axis, extent in enumerate(self.face.table[name].shape):
                if extent.is_Symbol and str(extent) not in known:
                    known.add(str(extent))
                    size = self.names[str(extent)]
                    lines.append(f"    {size} = {self.names[name]}.shape[{axis}]")
        return [*lines, *(f'    {self.names[n]} = tape["{n}"]' for n in self.untold_sizes())]

    def untold_sizes(self) -> list[str]:
        """Return the sizes that no array on the tape shows: they go on it themselves."""
        shown = {str(n) for t in self.tape() for n in self.face.table[t].shape}
        return [str(s) for s in self.plan.program.sizes() if str(s) not in shown]

    def value_and_grad(self) -> list[str]:
        plan = self.plan
        hyper = plan.hyper(plan.forward, plan.backward)
        return [
            self.signature("value_and_grad", hyper),
            '    """Return the loss and its gradient by each parameter, a dict of arrays."""',
            *self.checked(plan.forward, plan.backward),
            f"    work = {self.fresh('_buffers')}",
            "    grads = _gradients()",
            *self.guarded(self.gradient_calls(), plan.forward, plan.backward),
            f"    return float({self.names[plan.loss]}), dict(zip(PARAMETERS, grads, strict=True))",
        ]

    def training(self) -> list[list[str]]:
        plan, face, names = self.plan, self.face, self.names
        gradients = [
            "def _gradients():",
            '    """Return new arrays for the gradients, in the order of PARAMETERS."""',
            "    return tuple(np.empty(shape, dtype=_DTYPE) for shape in PARAMETERS.values())",
        ]
        if plan.update is None:
            return [gradients]
        hyper = face.hyper
        by_param = {plan.gradients[p]: k for k, p in enumerate(face.params)}
        source = {
            g: f"grads[{by_param[plan.gradients[p]]}]" for p, g in self.update_gradients().items()
        }
        words = [source.get(n) or names[n] for n in plan.update.reads]
        names_of_state = [names[n] for n in face.state]
        comma = "," if len(names_of_state) == 1 else ""
        state = [f"    {', '.join(names_of_state)}{comma} = _state(state)"] if face.state else []
        step = [
            f"def train_step(params, state, {face.arguments(face.data, hyper)}):",
            '    """Update params and state in place by one step; return the loss before it."""',
            *self.checked(plan.forward, plan.backward, plan.update),
            *state,
            *self.writeable(),
            f"    {self.workspace_names} = _workspace({', '.join(face.sizes)})",
            *self.guarded(self.step_calls(words), plan.forward, plan.backward, plan.update),
            f"    return float({names[plan.loss]})",
        ]  # fmt: skip
        return [step, face.fit(), gradients, self.workspace()]

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

    def workspace(self) -> list[str]:
        sizes = ", ".join(self.face.sizes)
        key = f"({sizes}{',' if len(self.face.sizes) == 1 else ''})"
        return [
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
            f"        work = store[{key}] = {self.workspace_value()}",
            "    return work",
        ]

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
            runtime._sigmoid, runtime._softplus, runtime._erf, runtime._polynomial,
            runtime._orthogonal, runtime._batches, runtime._convert, runtime._refuse,
            runtime._refuse_parameters, runtime._finite,
        )  # fmt: skip
        texts, found = {f.__name__: runtime.source(f) for f in order}, []
        for name, text in texts.items():
            if f"{name}(" in body:
                found.append(text)
                body += text
        return found

    def unpack(self, *phases: Phase | None) -> str:
        """Return the line that takes the parameters which some phases read out of `params`."""
        face = self.face
        needed = {name for p in phases if p is not None for name in p.reads}
        words = [face.names[n] if n in needed else "_" for n in face.params]
        return f"    {', '.join(words)}{',' if len(words) == 1 else ''} = _parameters(params)"


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
