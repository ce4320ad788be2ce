"""`fit` in C: epochs of batches around the training step, the rows in another order each time."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer

from symbp.codegen.c_target.expressions import Integers, count
from symbp.codegen.c_target.functions import Functions
from symbp.codegen.c_target.interface import Interface
from symbp.codegen.c_target.noise import mixes, paragraphs
from symbp.codegen.face import batch_size, divisible
from symbp.ir.program import Tensor
from symbp.schedule import Plan

Lines = list[str]

PAUSE = 10_000_000
"""So many operations may lie between two looks at whether to stop: some milliseconds."""

_LABEL = {"double": 1, "float": 2}
"""How many numbers of the workspace hold a label."""

_TRAINING = """\
/* How to train. */
typedef struct {prefix}_training {{
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
}} {prefix}_training;"""


class Fit:
    """Writes NAME_fit; the workspaces of the other functions must be known."""

    def __init__(self, interface: Interface, functions: Functions) -> None:
        self.interface = interface
        self.functions = functions
        self.prefix = interface.prefix
        group = interface.groups.get("data")
        self.data = group.tensors if group else ()
        self.batch = batch_size(self.data)
        read = {n for p in interface.phases("train_step") for n in p.reads}
        self.cut = [t for t in self.data if self.batch in t.shape and t.name in read]
        # Labels come first: a number may need less alignment than they do.
        self.cut.sort(key=lambda t: self.interface.kind(t) != "ptrdiff_t")
        trains = interface.plan.update is not None and divisible(self.data)
        self.there = trains and (self.batch is None or bool(self.cut))
        """Whether rows are cut as C cuts them; else the loop is one in Python."""

    def text(self) -> list[Lines]:
        """Return the functions."""
        if not self.there:
            return []
        there = bool(self.interface.plan.drawn)  # the noise has brought the generator
        order = [p for p in paragraphs("shuffle") if not (there and mixes(p))] if self.cut else []
        return [*order, self.function()]

    def declarations(self) -> Lines:
        """Return what stands in the header."""
        if not self.there:
            return []
        macro = f"{self.interface.macro}_FIT_WORKSPACE"
        note = f"; {self.rows} is that of a batch" if self.cut else ""
        return [
            "", f"/* How many numbers ({self.interface.real}) the workspace of fit holds{note}. */",
            f"#define {macro}{self.sizes()} ({self.room()})",
            "", *_TRAINING.format(prefix=self.prefix).splitlines(),
            "", "/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it "
            "was stopped, after a whole step. The workspace is aligned as malloc aligns it. */",
            f"{self.head()};",
        ]  # fmt: skip

    @property
    def rows(self) -> str:
        """Return the size that data are cut along."""
        return self.interface.names[str(self.batch)] if self.batch is not None else "1"

    def head(self) -> str:
        words = [*self.interface.sizes, *self.interface.arguments("train_step")]
        words.remove("loss")
        head = self.interface.signature(f"{self.prefix}_fit", words, "int")
        work = head.index(f", {self.interface.real} *work")
        return (
            f"{head[:work]}, const {self.prefix}_training *training{head[work:-1]}, double *losses)"
        )

    def sizes(self) -> str:
        """Return the arguments of a macro."""
        words = self.interface.sizes
        return f"({', '.join(words)})" if words else ""

    def room(self) -> str:
        """Return the size of the workspace: a batch's rows, and what a step needs."""
        names = {s: f"({s})" for s in self.interface.sizes}
        gathered = [self.amount(names[self.rows], t, names) for t in self.cut]
        return " + ".join([*gathered, f"{self.interface.macro}_WORKSPACE{self.sizes()}"])

    def amount(self, rows: str, tensor: Tensor, names: dict[str, str] | None = None) -> str:
        """Return how many numbers of the workspace hold the rows of a tensor."""
        unit = _LABEL[self.interface.real] if self.interface.kind(tensor) == "ptrdiff_t" else 1
        factors = [rows, self.width(tensor, names), str(unit)]
        return " * ".join(f for f in factors if f != "1")

    def width(self, tensor: Tensor, names: dict[str, str] | None = None) -> str:
        """Return how many elements a row has."""
        text = integers(self.interface, count(tensor) / self.batch, names or {})
        return f"({text})" if " " in text else text

    def function(self) -> Lines:
        interface = self.interface
        refusals = self.functions.refusals("train_step")
        often = integers(interface, operations(interface.plan), {self.rows: "most"})
        words = [w for w in interface.arguments("train_step") if w not in ("work", "loss")]
        step = [*interface.sizes, *words, "work", "&value"]
        if self.cut:
            refusals.insert(0, "training->batch_size < 1")
            step[step.index(self.rows)] = "rows"
            step[step.index("data")] = "&part"
        size, most = self.rows, "training->batch_size"
        return [
            self.head(), "{",
            *([f"    if ({' || '.join(refusals)}) {{", "        return -1;", "    }"] if refusals
              else []),
            *([f"    const ptrdiff_t most = {most} < {size} ? {most} : {size};"] if self.cut else
              []),
            *self.rooms(),
            f"    const ptrdiff_t often = {PAUSE} / ({often}) + 1;",
            "    ptrdiff_t steps = 0;",
            "    for (ptrdiff_t epoch = 0; epoch < training->epochs; epoch++) {",
            "        double total = 0.0;",
            *self.order(),
            f"        for (ptrdiff_t begin = 0; begin < {size};) {{",
            "            double value = 0.0;",
            *self.part(),
            f"            if ({self.prefix}_train_step({', '.join(step)}) != 0) {{",
            "                return -1;",
            "            }",
            f"            total += value * (double){'rows' if self.cut else '1'};",
            f"            begin += {'rows' if self.cut else '1'};",
            "            if (++steps == often) {",
            "                steps = 0;",
            "                if (training->pause != NULL && training->pause(training->context)"
            " != 0) {",
            "                    return 1;",
            "                }",
            "            }",
            "        }",
            f"        losses[epoch] = total / (double){size};",
            "        if (training->watch != NULL &&"
            " training->watch(training->context, training->start + epoch, losses[epoch])"
            " != 0) {",
            "            return 1;",
            "        }",
            "    }",
            "    return 0;",
            "}",
        ]  # fmt: skip

    def rooms(self) -> Lines:
        """Return the declaration of the places where the rows of a batch are gathered."""
        if not self.cut:
            return []
        fields, places, place = [], [], "work"
        for tensor in self.cut:
            kind, name = self.interface.kind(tensor), self.interface.names[tensor.name]
            fields.append(f"        {kind} *{name};")
            places.append(f"(void *)({place})" if kind == "ptrdiff_t" else place)
            place += f" + {self.amount('most', tensor)}"
        return [
            "    const struct {", *fields, f"    }} batch = {{{', '.join(places)}}};",
            f"    work = {place};",
            f"    const int shuffle = training->shuffle && most < {self.rows};",
            "    row_order order = {0};",
        ]  # fmt: skip

    def order(self) -> Lines:
        """Return the lines that begin an epoch."""
        if not self.cut:
            return []
        return [
            "        if (shuffle) {",
            f"            shuffle_rows(&order, {self.rows}, training->seed,"
            " (uint64_t)(training->start + epoch));",
            "        }",
        ]

    def part(self) -> Lines:
        """Return the lines that choose the rows of a step."""
        if not self.cut:
            return []
        gathered, moved = [], []
        for tensor in self.cut:
            name, width = self.interface.names[tensor.name], self.width(tensor)
            by = "" if width == "1" else f" * {width}"
            size = (
                f"sizeof *batch.{name}"
                if width == "1"
                else (f"{width if width.isdigit() else f'(size_t){width}'} * sizeof *batch.{name}")
            )
            source = f"data->{name} + row{by}"
            gathered.append(f"memcpy(batch.{name} + each{by}, {source}, {size});")
            moved.append(f"part.{name} = shuffle ? batch.{name} : data->{name} + begin{by};")
        return [
            f"            const ptrdiff_t left = {self.rows} - begin;",
            "            const ptrdiff_t rows = left < most ? left : most;",
            "            for (ptrdiff_t each = 0; shuffle && each < rows; each++) {",
            "                const ptrdiff_t row = next_row(&order);",
            *(f"                {line}" for line in gathered),
            "            }",
            f"            {self.prefix}_data part = *data;",
            *(f"            {line}" for line in moved),
        ]


def integers(interface: Interface, expression: Expr, names: dict[str, str]) -> str:
    """Return whole-number arithmetic in which some sizes have other names."""
    plain = interface.scope(interface.plan.program)

    def name(size: str) -> str:
        return names.get(plain.name(size), plain.name(size))

    return Integers(replace(plain, name=name))(expression)


def operations(plan: Plan) -> Expr:
    """Return about how many operations a training step has."""
    phases = [plan.forward, plan.backward, *filter(None, [plan.update])]
    total = Integer(1)
    for equation in (e for p in phases for e in p.program.equations):
        product = Integer(1 + int(equation.body.count_ops()))
        for _, extent in equation.ranges:
            product *= extent
        total += product
    return total.expand()
