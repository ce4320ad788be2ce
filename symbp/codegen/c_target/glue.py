"""NAME.python.c: the C functions as functions of Python, without Python.h and without a copy.

Each comes in one form, or `train_step` in three:

NAME_functions     called once, through ctypes; returns all of the following
predict ... step   sizes, arrays and hyper-parameters one by one, which Python has checked
train_step         dicts as the user has them; None where one needs conversion, or an error a word
bind               arrays as `step` takes them -> a function without arguments, which keeps them
fit                arrays as `step` takes them, and how to train

What does not depend on the network stands in kernels/python.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources

from symbp.codegen.c_target.fit import Fit, integers, operations
from symbp.codegen.c_target.interface import Interface
from symbp.ir.program import Tensor

Lines = list[str]


class Glue:
    """Writes the functions that the interpreter calls."""

    def __init__(self, interface: Interface, fit: Fit) -> None:
        self.interface = interface
        self.plan = interface.plan
        self.fit = fit
        self.prefix = interface.prefix
        self.trains = interface.plan.update is not None
        self.positions = {s: k for k, s in enumerate(interface.size_symbols)}
        shapes = [n for g in ("params", "state", "data") for t in self.tensors(g) for n in t.shape]
        plain = all(n.is_Integer or n in self.positions for n in shapes)
        self.quick = self.trains and plain
        """Whether there is `train_step` of dicts: not where a shape is a formula, as 2 * N."""

    def names(self) -> list[str]:
        """Return what the functions of Python are called, in the order of the tuple."""
        plain = [f for f in self.interface.functions() if f != "train_step"]
        more = {"step": self.trains, "train_step": self.quick, "bind": self.trains,
                "fit": self.fit.there}  # fmt: skip
        return [*plain, *(name for name, there in more.items() if there)]

    def sections(self) -> list[Lines]:
        """Return the file without its header."""
        functions = self.interface.functions()
        own = [self.arguments(), *map(self.reader, self.groups()), self.operations()]
        for function in functions:
            own += [self.run(function), self.entry(function)]
        if self.quick:
            own += [self.tables(), self.train_step()]
        if self.trains:
            own += self.bind()
        if self.fit.there:
            own.append(self.fit_entry())
        own.append(self.load())
        body = "\n".join(line for section in own for line in section)
        kernel = resources.files(__package__).joinpath("kernels", "python.c").read_text("utf-8")
        return [self.includes(), *_needed(kernel.strip().split("\n\n"), body), *own]

    def includes(self) -> Lines:
        headers = ("stddef", "stdint", "stdlib")
        return [f'#include "{self.plan.name}.h"', "", *(f"#include <{h}.h>" for h in headers)]

    # Arguments --------------------------------------------------------------------------------

    def groups(self) -> list[str]:
        return list(self.interface.groups)

    def tensors(self, group: str) -> tuple[Tensor, ...]:
        found = self.interface.groups.get(self.interface.struct(group))
        return found.tensors if found else ()

    def arguments(self) -> Lines:
        fields = [f"    {self.prefix}_{g} {g};" for g in self.groups()]
        if self.interface.struct("grads") in self.interface.groups and "grads" not in self.groups():
            fields.append(f"    {self.prefix}_params grads;")
        return [
            "/* What Python's arguments become. */", "typedef struct arguments {",
            f"    ptrdiff_t sizes[{max(1, len(self.positions))}];", *fields, "} arguments;", "",
            *_CALLED.splitlines(),
        ]  # fmt: skip

    def reader(self, group: str) -> Lines:
        """Write the function that fills a struct and returns where the arguments go on."""
        read = "PyFloat_AsDouble" if group == "hyper" else "memory"
        tensors = self.tensors(group)
        return [
            f"static PyObject *const *{group}_from(PyObject *const *o, {self.prefix}_{group} *to)",
            "{",
            *(f"    to->{self.interface.names[t.name]} = {read}(o[{k}]);"
              for k, t in enumerate(tensors)),
            f"    return o + {len(tensors)};", "}",
        ]  # fmt: skip

    def operations(self) -> Lines:
        """Write the function that tells how much there is to do."""
        names = {s: f"sizes[{k}]" for k, s in enumerate(self.interface.sizes)}
        amount = integers(self.interface, operations(self.plan), names)
        return [
            "/* About how many operations a training step has. */",
            "static ptrdiff_t operations(const ptrdiff_t *sizes)", "{",
            *([] if "sizes" in amount else ["    (void)sizes;"]), f"    return {amount};", "}",
        ]  # fmt: skip

    def read(self, function: str) -> Lines:
        """Return the lines that read the arguments of a function, one by one."""
        lines = []
        if self.positions:
            lines.append(f"given = sizes_from(given, a.sizes, {len(self.positions)});")
        for group in self.interface.arguments(function):
            if group not in ("work", "loss"):
                struct = self.interface.struct(group)
                lines.append(f"given = {struct}_from(given, &a.{group});")
        return lines

    def read_all(self, function: str) -> Lines:
        """Return the lines that read the arguments, where no more follow."""
        lines = self.read(function)
        return [*lines[:-1], lines[-1].removeprefix("given = ")] if lines else ["(void)given;"]

    # Functions --------------------------------------------------------------------------------

    def given(self, function: str, a: str) -> list[str]:
        """Return the arguments of a C function, out of the struct."""
        places = {"work": "work", "loss": "loss"}
        sizes = [f"{a}sizes[{k}]" for k in self.positions.values()]
        groups = self.interface.arguments(function)
        return [*sizes, *(places.get(g) or f"&{a}{g}" for g in groups)]

    def run(self, function: str) -> Lines:
        """Write the function that brings the workspace and calls C."""
        kind = "predict_workspace" if function == "predict" else "workspace"
        sizes = ", ".join(f"a->sizes[{k}]" for k in self.positions.values())
        unused = [] if "loss" in self.interface.arguments(function) else ["    (void)loss;"]
        return [
            f"static int {function}_run(const arguments *a, double *loss)", "{", "    block own;",
            f"    {self.interface.real} *work = "
            f"take(&own, {self.prefix}_{kind}_bytes({sizes}));",
            "    if (work == NULL) {", "        return -1;", "    }", *unused,
            "    PyThreadState *thread = unlocked(operations(a->sizes));",
            f"    const int status = "
            f"{self.prefix}_{function}({', '.join(self.given(function, 'a->'))});",
            "    locked(thread);", "    give(own);", "    return status;", "}",
        ]  # fmt: skip

    def entry(self, function: str) -> Lines:
        """Write a function that takes everything one by one."""
        name = "step" if function == "train_step" else function
        lines = ["arguments a;", *self.read_all(function), f"return called({function}_run, &a);"]
        return _entry(name, lines)

    def tables(self) -> Lines:
        """Write what the arrays of the dicts, and data, must be."""
        held = [t for g in ("params", "state") for t in self.tensors(g)]
        texts = [f"    {_literal(t.name)}," for t in held]
        fields = [f"    {self.wanted(t)}," for t in (*held, *self.tensors("data"))]
        return [
            "static const char *const texts[] = {", *texts, "};", "",
            f"static PyObject *names[{max(1, len(held))}];", "",
            "/* Parameters, state and data. */", "static const field fields[] = {", *fields, "};",
        ]  # fmt: skip

    def wanted(self, tensor: Tensor) -> str:
        sizes = [f"~{self.positions[n]}" if n in self.positions else str(n) for n in tensor.shape]
        labels = int(self.interface.kind(tensor) == "ptrdiff_t")
        shape = f"(const ptrdiff_t[]){{{', '.join(sizes)}}}" if sizes else "NULL"
        return f"{{{labels}, {len(sizes)}, {shape}}}"

    def train_step(self) -> Lines:
        """Write the step on dicts: it computes nothing unless everything fits as it is."""
        params, state, data = (len(self.tensors(g)) for g in ("params", "state", "data"))
        lines = ["arguments a = {0};"]
        if self.tensors("hyper"):
            lines += [f"hyper_from(given + {2 + data}, &a.hyper);", *_RAISED]
        lines += [
            f"PyObject *held[{params + state}];",
            f"int found = from_dict(given[0], names, fields, {params}, held);",
        ]
        if state:
            places = ", ".join(
                [f"names + {params}, fields + {params}", f"{state}, held + {params}"]
            )
            lines += [
                f"if (found == {params}) {{", f"    found += from_dict(given[1], {places});", "}",
            ]  # fmt: skip
        lines += [
            "double loss = 0.0;", "int status = -1;",
            f"if (found == {params + state} &&"
            f" all_fit(given + 2, fields + {params + state}, {data}, a.sizes)) {{",
            "    params_from(held, &a.params);",
            *([f"    state_from(held + {params}, &a.state);"] if state else []),
            *(["    data_from(given + 2, &a.data);"] if data else []),
            "    status = train_step_run(&a, &loss);", "}", "release(held, found);",
            "if (status == 0) {", "    return PyFloat_FromDouble(loss);", "}",
            *_RAISED, "Py_IncRef(python.none);", "return python.none;",
        ]  # fmt: skip
        return _entry("train_step", lines)

    def bind(self) -> list[Lines]:
        """Write the step that has its arguments already, and the function that makes it."""
        return [_BOUND.split("\n"), _entry("bind", [
            "const size_t size = sizeof(bound) + (size_t)count * sizeof(PyObject *);",
            "bound *own = malloc(size);",
            "if (own == NULL) {", "    return PyErr_NoMemory();", "}",
            "own->count = count;",
            "for (ptrdiff_t k = 0; k < count; k++) {",
            "    Py_IncRef(given[k]);", "    own->held[k] = given[k];", "}",
            "arguments a;", *self.read_all("train_step"), "own->given = a;",
            "PyObject *capsule = PyCapsule_New(own, NULL, unbound);",
            "if (capsule == NULL) {", "    release(own->held, count);", "    free(own);",
            "    return NULL;", "}",
            "PyObject *step = PyErr_Occurred() == NULL"
            " ? PyCFunction_NewEx(&bound_method, capsule, NULL) : NULL;",
            "Py_DecRef(capsule);", "return step;",
        ])]  # fmt: skip

    def fit_entry(self) -> Lines:
        """Write fit; the epochs that were run are counted where a callback can stop them."""
        sizes = [f"a.sizes[{k}]" for k in self.positions.values()]
        room = list(sizes)
        if self.fit.batch is not None:
            room[self.positions[self.fit.batch]] = "how.batch_size"
        words = [w for w in self.given("train_step", "a.") if w != "loss"]
        words.insert(words.index("work"), "&how")
        macro = f"{self.interface.macro}_FIT_WORKSPACE" + (f"({', '.join(room)})" if room else "")
        return _entry("fit", [
            "arguments a;", *self.read("train_step"),
            f"{self.prefix}_training how;",
            *(f"how.{field} = PyNumber_AsSsize_t(given[{k}], PyExc_OverflowError);"
              for k, field in enumerate(("batch_size", "start", "epochs"))),
            "how.seed = PyLong_AsUnsignedLongLongMask(given[3]);",
            "how.shuffle = PyObject_IsTrue(given[4]);",
            "watcher watch = {given[5], NULL, 0};",
            "how.watch = given[5] == python.none ? NULL : watched;",
            "how.pause = paused;", "how.context = &watch;",
            *_RAISED,
            "block own;",
            f"{self.interface.real} *work = "
            f"take(&own, (size_t)({macro}) * sizeof({self.interface.real}));",
            *_NO_WORK,
            "/* With a callback the lock is wanted after every epoch. */",
            "watch.thread = unlocked(how.watch == NULL ? ENOUGH + 1 : operations(a.sizes));",
            f"const int status = {self.prefix}_fit({', '.join(words)}, memory(given[6]));",
            "locked(watch.thread);", "give(own);",
            *_RAISED,
            "if (status < 0) {", "    return finished(status, 0.0);", "}",
            "return PyLong_FromSsize_t(how.watch == NULL ? how.epochs : watch.done);",
        ])  # fmt: skip

    def load(self) -> Lines:
        """Write the function that Python calls once, and its table."""
        methods = [
            f'    {{"{n}", (void (*)(void)){n}_entry, METH_FASTCALL, NULL}},' for n in self.names()
        ]
        head = (
            f"PyObject *{self.prefix}_functions(PyObject *none, PyObject *dict,"
            " PyObject *ndarray, PyObject *real, PyObject *integer, ptrdiff_t header)"
        )
        count = sum(len(self.tensors(g)) for g in ("params", "state"))
        interned = [
            f"    for (int k = 0; k < {count}; k++) {{",
            "        names[k] = PyUnicode_InternFromString(texts[k]);",
            "        if (names[k] == NULL) {", "            return NULL;", "        }", "    }",
        ]  # fmt: skip
        handed = ("none", "dict", "ndarray", "real", "integer")
        return [
            "static PyMethodDef methods[] = {", *methods, "};", "",
            f"{head};", "",
            "/* Returns the functions above, in a tuple; what is handed in is kept. */", head, "{",
            *(f"    python.{name} = {name};" for name in handed), "    python.header = header;",
            *(f"    Py_IncRef({name});" for name in handed),
            *(interned if self.quick else []),
            f"    return made(methods, {len(self.names())});", "}",
        ]  # fmt: skip


_RAISED = ("if (PyErr_Occurred() != NULL) {", "    return NULL;", "}")
_NO_WORK = ("if (work == NULL) {", "    return NULL;", "}")

_BOUND = """\
/* A step's arguments, and the objects that they point into. */
typedef struct bound {
    arguments given;
    ptrdiff_t count;
    PyObject *held[];
} bound;

static void unbound(PyObject *capsule)
{
    bound *own = PyCapsule_GetPointer(capsule, NULL);
    release(own->held, own->count);
    free(own);
}

static PyObject *bound_entry(PyObject *capsule, PyObject *nothing)
{
    (void)nothing;
    const bound *own = PyCapsule_GetPointer(capsule, NULL);
    return called(train_step_run, &own->given);
}

static PyMethodDef bound_method = {
    "step", (void (*)(void))bound_entry, METH_NOARGS, "Do one step; return the loss before it.",
};"""

_CALLED = """\
typedef int (*run)(const arguments *a, double *loss);

static inline PyObject *called(run function, const arguments *a)
{
    double loss = 0.0;
    const int status = PyErr_Occurred() == NULL ? function(a, &loss) : -1;
    return finished(status, loss);
}"""


def _entry(name: str, body: Iterable[str]) -> Lines:
    """Return a function that Python calls with its arguments in a row."""
    head = "(PyObject *self, PyObject *const *given, ptrdiff_t count)"
    lines = list(body)
    unused = [] if any(re.search(r"\bcount\b", line) for line in lines) else ["(void)count;"]
    return [
        f"static PyObject *{name}_entry{head}", "{",
        *(f"    {line}" for line in ("(void)self;", *unused, *lines)), "}",
    ]  # fmt: skip


def _needed(paragraphs: Iterable[str], body: str) -> list[Lines]:
    """Return the paragraphs of the kernel, but for functions that nothing calls."""
    found: list[str] = []
    for text in reversed(list(paragraphs)):
        name = re.search(r"^static [^;=]*?(\w+)\([^;]*\n\{", text, re.MULTILINE)
        if name is None or any(re.search(rf"\b{name[1]}\b", t) for t in (body, *found)):
            found.append(text)
    return [text.split("\n") for text in reversed(found)]


def _literal(text: str) -> str:
    """Return a C string of the text in UTF-8, whatever the compiler takes the file for."""
    spelled = "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in text.encode())
    return f'"{spelled}"'
