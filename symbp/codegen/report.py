r"""Reports: every formula of a network, for people to read, in four formats.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2]
... param w[2]
... y[n] = sum[i](x[n,i] * w[i])
... L = sum[n](y[n]**2)
... dy[n] = 2 * y[n]
... dw[i] = sum[n](x[n,i] * dy[n])''')
>>> line = Formulas("line", program, "L", {"w": "dw"})
>>> print(line["w"].text())
dw[i] = sum[n](x[n,i] * dy[n])
>>> print(line["w"].matrix())
\nabla_{w} L = x^{\top} \delta^{(1)}
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from sympy import Expr

from symbp.codegen.latex import (
    Formula,
    FormulaPrinter,
    LatexPrinter,
    Notation,
    PlainPrinter,
    bracketed,
    escaped,
    formulas,
    tidied,
)  # fmt: skip
from symbp.codegen.matrix import (
    Matrix,
    Named,
    Norm,
    OneHot,
    Ones,
    Pointwise,
    Product,
    Transpose,
    is_scalar,
    matrix_forms,
)  # fmt: skip
from symbp.errors import LanguageError, TargetError
from symbp.ir.printer import ATOM, LOOSE, MULTIPLY, POWER, UNARY
from symbp.ir.program import Access, Program, Tensor, accesses
from symbp.ir.text import scalar
from symbp.ir.visit import needed

EMPTY: Mapping[str, Matrix] = {}


@dataclass(frozen=True, slots=True)
class Formulas:
    """A network's forward equations and gradients; `formulas["W1"]` is one gradient."""

    name: str
    program: Program = field(repr=False)
    """Forward and adjoint equations, in order."""
    loss: str
    gradients: dict[str, str]
    """Of each parameter, the tensor that holds its gradient."""

    def __getitem__(self, parameter: str) -> Gradient:
        self._known(parameter)
        return Gradient(parameter, self)

    def text(self, wrt: str | None = None) -> str:
        """Return plain text; with `wrt` only what this parameter's gradient needs.

        Raises:
            LanguageError: there is no parameter of this name.
        """
        return _text(self._sheet(wrt))

    def latex(self, wrt: str | None = None) -> str:
        """Return a LaTeX document that needs amsmath and amssymb; `wrt` as in `text`."""
        return _latex(self._sheet(wrt))

    def markdown(self, wrt: str | None = None) -> str:
        """Return Markdown with ```math blocks, as code hosts show them; `wrt` as in `text`."""
        return _markdown(self._sheet(wrt))

    def html(self, wrt: str | None = None) -> str:
        """Return one HTML page with MathML and without scripts; `wrt` as in `text`.

        Raises:
            LanguageError: there is no parameter of this name.
            TargetError: the package latex2mathml is not installed.
        """
        return _html(self._sheet(wrt))

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _sheet(self, wrt: str | None) -> _Sheet:
        self._known(*([] if wrt is None else [wrt]))
        return _Sheet(self, wrt)

    def _known(self, *parameters: str) -> None:
        for name in parameters:
            if name not in self.gradients:
                raise LanguageError(
                    f"{self.name} has no gradient by {name}",
                    remedy=f"Known are {', '.join(self.gradients)}.",
                )


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of the loss by one parameter."""

    parameter: str
    formulas: Formulas = field(repr=False)

    def latex(self) -> str:
        """Return the index form in LaTeX."""
        return self._entry(_Latex).index

    def text(self) -> str:
        """Return the index form as plain text."""
        return self._entry(_Plain).index

    def matrix(self) -> str | None:
        """Return the matrix form in LaTeX, or None where it has none."""
        return self._entry(_Latex).matrix

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _entry(self, style: Style) -> _Entry:
        return self.formulas._sheet(None).entry(self.formulas.gradients[self.parameter], style)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tensor: its name and shape, its index form, and its matrix form if there is one."""

    name: str
    shape: str
    about: str
    index: str
    matrix: str | None


Sections = list[tuple[str, list[_Entry]]]


class _Sheet:
    """What there is to print: roles of the tensors, their formulas and matrix forms."""

    def __init__(self, source: Formulas, wrt: str | None) -> None:
        program = source.program
        self.source = source
        self.program = program
        self.formulas = {f.tensor.name: f for f in formulas(program)}
        self.backward = _backward(source)
        self.adjoints = _adjoints(source, self.backward)
        self.layers = _layers(self.formulas, self.adjoints, program)
        self.notation = Notation(program, self.adjoints, source.loss)
        labels = [t.name for t in program.having("label")]
        self.one_hot = labels[0] if len(labels) == 1 and self.notation.one_hot else None
        fixed = {*source.gradients.values(), *self.layers}
        self.matrices = matrix_forms(program, [n for n in self.adjoints if n not in fixed])
        wanted = needed(program, None if wrt is None else [source.gradients[wrt]])
        shown = {e.target.name for e in wanted.equations} if wrt else {*self.formulas}
        read = {a.name for e in wanted.equations for a in e.reads()}
        self.given = [t for t in program.given() if wrt is None or t.name in read]
        self.forward = [n for n in self.formulas if n in shown - self.backward]
        self.gradients = [n for n in self.formulas if n in shown & self.backward]

    def entry(self, name: str, style: Style) -> _Entry:
        printer = style(self)
        tensor = self.program[name]
        form = self.matrices.get(name)
        matrix = f"{printer.named(name)[0]} = {printer.matrix(form)}" if form else None
        about = f" = {printer.partial(self.adjoints[name])}" if name in self.adjoints else ""
        return _Entry(name, _shape(tensor), about, printer.line(self.formulas[name]), matrix)

    def sections(self, style: Style) -> Sections:
        """Return the forward pass, and the gradients from the loss backwards."""
        parts = (("Forward", self.forward), ("Gradients", self.gradients))
        return [(title, [self.entry(n, style) for n in part]) for title, part in parts if part]


def _shape(tensor: Tensor) -> str:
    extents = ", ".join(map(scalar, tensor.shape))
    return f"({extents}{',' if len(tensor.shape) == 1 else ''})"


def _backward(source: Formulas) -> set[str]:
    """Return the tensors that only the gradients need."""
    program, gradients = source.program, set(source.gradients.values())
    roots = [source.loss, *(n for n in program.outputs if n not in gradients)]
    forward = {e.target.name for e in needed(program, roots).equations}
    used = {e.target.name for e in needed(program, gradients).equations}
    used |= {e.target.name for e in program.equations if e.primal}
    return used - forward


def _adjoints(source: Formulas, backward: set[str]) -> dict[str, str]:
    """Return what each adjoint belongs to, told by its name: dz, or dz_2 where dz is taken."""
    table = source.program.table()
    found = {gradient: name for name, gradient in source.gradients.items() if gradient in backward}
    for name in source.program.writers():
        base = name.removeprefix("d")
        if name not in backward or name in found or base == name:
            continue
        for candidate in (base, re.sub(r"_\d+$", "", base)):
            known = table.get(candidate)
            if known and known.shape == table[name].shape and candidate not in found.values():
                found[name] = candidate
                break
    return found


def _layers(
    found: Mapping[str, Formula], adjoints: Mapping[str, str], program: Program
) -> dict[str, int]:
    """Number the adjoints of pre-activations, which a contraction with a parameter defines."""
    parameters = {t.name for t in program.having("param")}
    of = {tensor: adjoint for adjoint, tensor in adjoints.items()}
    contractions = [
        name for name, formula in found.items()
        if formula.indices and any(
            term.reduced and any(a.name in parameters for a in accesses(term.body))
            for term in formula.terms
        )
    ]  # fmt: skip
    layers = [name for name in contractions if name not in adjoints]
    return {of[name]: number for number, name in enumerate(layers, 1) if name in of}


_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class _Matrices(FormulaPrinter):
    """Prints matrices; a pointwise expression is printed like any other, with its own product."""

    hadamard, divided, ones = " ⊙ ", " ⊘ ", "𝟏"
    meanings: tuple[tuple[str, str], ...] = (
        ("∇", "∇v = ∂LOSS/∂v"),
        ("𝟏", "𝟏 = a column of ones"),
        (r"\bY\b|onehot", "onehot(t)[n,j] = [j = t[n]]"),
        ("⊙", "a ⊙ b = the product of each two elements"),
        ("⊘", "a ⊘ b = the quotient of each two elements"),
        ("∘", "a^∘k = the power of each element"),
        ("‖", "‖a‖² = the sum of all squares"),
        (r"\[[^]]* [=<>≤≥≠] ", "[c] = 1 where c holds, else 0"),
    )
    """Signs and what they mean."""

    def __init__(
        self, sheet: _Sheet, order: Sequence[Expr] = (), operands: Mapping[str, Matrix] = EMPTY
    ) -> None:
        FormulaPrinter.__init__(self, order)
        self.sheet = sheet
        self.notation = sheet.notation
        self.operands = operands

    def line(self, formula: Formula) -> str:
        return type(self)(self.sheet, formula.indices).formula(formula)

    def matrix(self, matrix: Matrix, level: int = LOOSE) -> str:
        return self.enclosed(*self.shown(matrix), level)

    def shown(self, matrix: Matrix) -> tuple[str, int]:
        match matrix:
            case Named():
                return self.named(matrix.name)
            case Ones():
                return self.ones, ATOM
            case OneHot():
                return self.one_hot(matrix.label), ATOM
            case Transpose():
                return self.transposed(matrix.of), POWER
            case Norm():
                return self.norm(matrix.of), POWER
            case Product():
                sides = (matrix.left, matrix.right)
                levels = (MULTIPLY if isinstance(m, Product) else UNARY for m in sides)
                return " ".join(map(self.matrix, sides, levels)), MULTIPLY
            case Pointwise():
                inner = type(self)(self.sheet, operands=dict(matrix.operands))
                return inner.visit(bracketed(matrix.expression))

    def access(self, e: Access) -> tuple[str, int]:
        return self.shown(self.operands[e.name]) if e.name in self.operands else super().access(e)

    def is_matrix(self, e: Expr) -> bool:
        used = (self.operands[a.name] for a in accesses(e) if a.name in self.operands)
        return any(not is_scalar(m) for m in used)

    def fraction(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        above, below = tidied(above, below)
        top, under = ([f for f in part if self.is_matrix(f)] for part in (above, below))
        if not top and not under:
            return super().fraction(above, below)
        top.sort(key=self._rank)
        scalars = [[f for f in part if not self.is_matrix(f)] for part in (above, below)]
        factor = self.enclosed(*super().fraction(*scalars), MULTIPLY) if any(scalars) else ""
        alone = len(top) == 1 and not under
        if alone and not factor:
            return self.visit(top[0])
        product = self.hadamard.join(self(f, MULTIPLY if alone else UNARY) for f in top)
        text = self.times.join(filter(None, (factor, product))) or "1"
        return text + "".join(self.divided + self(f, UNARY) for f in under), MULTIPLY

    def _rank(self, factor: Expr) -> int:
        """Products first, then tensors, then what is composed: (d W') o h o (1 - h)."""
        matrix = self.operands[factor.name] if isinstance(factor, Access) else None
        return 2 if matrix is None else 1 if isinstance(matrix, Named) else 0

    def signs_in(self, sections: Sections) -> list[str]:
        """Return the meaning of each sign that the sections use."""
        sheet, entries = self.sheet, [e for _, part in sections for e in part]
        used = "\n".join(f"{e.index}\n{e.matrix}" for e in entries)
        layers = {self.named(a)[0]: self.partial(sheet.adjoints[a]) for a in sheet.layers}
        found = [f"{name} = {meaning}" for name, meaning in layers.items() if name in used]
        if sheet.one_hot and re.search(r"\bY\b", used):
            found.append(f"Y = {self.one_hot(sheet.one_hot, short=False)}")
        return found + [
            meaning.replace("LOSS", self.loss())
            for mark, meaning in self.meanings
            if re.search(mark, used)
        ]

    def loss(self) -> str:
        return self.sheet.source.loss

    def partial(self, name: str) -> str:
        return f"∂{self.loss()}/∂{name}"

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        if self.is_matrix(base):
            return self.elementwise_power(self(base, ATOM), self(exponent, ATOM)), POWER
        return super().raised(base, exponent)

    def elementwise_power(self, base: str, exponent: str) -> str:
        return f"{base}^∘{exponent}"

    def named(self, name: str) -> tuple[str, int]:
        if name in self.sheet.layers:
            return "δ" + str(self.sheet.layers[name]).translate(_DIGITS), ATOM
        return ("∇" + self.sheet.adjoints[name] if name in self.sheet.adjoints else name), ATOM

    def one_hot(self, label: str, short: bool = True) -> str:
        return "Y" if short and label == self.sheet.one_hot else f"onehot({label})"

    def transposed(self, matrix: Matrix) -> str:
        return f"{self.matrix(matrix, ATOM)}ᵀ"

    def norm(self, matrix: Matrix) -> str:
        return f"‖{self.matrix(matrix)}‖²"


class _Plain(_Matrices, PlainPrinter):
    """Index and matrix forms as text."""

    def __init__(
        self, sheet: _Sheet, order: Sequence[Expr] = (), operands: Mapping[str, Matrix] = EMPTY
    ) -> None:
        super().__init__(sheet, order, operands)
        self.times, self.over = (" · ", "/") if operands else (" * ", " / ")


class _Latex(_Matrices, LatexPrinter):
    """Index and matrix forms in LaTeX."""

    hadamard, divided, ones = r" \odot ", r" \oslash ", r"\mathbf{1}"
    meanings = (
        (r"\\nabla", r"\nabla_{v} LOSS = \frac{\partial LOSS}{\partial v}"),
        (r"\\mathbf{1}", r"\mathbf{1} = (1, \dots, 1)^{\top}"),
        (r"\bY\b|onehot", r"\operatorname{onehot}(t)_{n,j} = [j = t_{n}]"),
        (r"\\odot", r"(a \odot b)_{n,j} = a_{n,j} b_{n,j}"),
        (r"\\oslash", r"(a \oslash b)_{n,j} = a_{n,j} / b_{n,j}"),
        (r"\\circ", r"(a^{\circ k})_{n,j} = a_{n,j}^{k}"),
        (r"\\lVert", r"\lVert a \rVert^{2} = \sum_{n,j} a_{n,j}^{2}"),
        (r"\[[^]]* (=|<|>|\\le|\\ge|\\ne) ", r"{[c]} = 1 \text{ where } c \text{ holds, else } 0"),
    )

    def loss(self) -> str:
        return self.notation.loss

    def partial(self, name: str) -> str:
        return f"\\frac{{\\partial {self.loss()}}}{{\\partial {self.notation.tensor(name)}}}"

    def elementwise_power(self, base: str, exponent: str) -> str:
        return f"{base}^{{\\circ {exponent}}}"

    def named(self, name: str) -> tuple[str, int]:
        if name in self.sheet.layers:
            return f"\\delta^{{({self.sheet.layers[name]})}}", POWER
        if name in self.sheet.adjoints:
            inner = self.notation.tensor(self.sheet.adjoints[name])
            return f"\\nabla_{{{inner}}} {self.notation.loss}", MULTIPLY
        return self.notation.tensor(name), POWER if self.notation.compound(name) else ATOM

    def one_hot(self, label: str, short: bool = True) -> str:
        if short and label == self.sheet.one_hot:
            return "Y"
        return f"\\operatorname{{onehot}}({self.notation.tensor(label)})"

    def transposed(self, matrix: Matrix) -> str:
        if isinstance(matrix, Named) and matrix.name in self.sheet.layers:
            return f"\\delta^{{({self.sheet.layers[matrix.name]})\\top}}"
        if isinstance(matrix, Named) and matrix.name not in self.sheet.adjoints:
            return self.notation.tensor(matrix.name, after=r"\top")
        return f"{self.matrix(matrix, ATOM)}^{{\\top}}"

    def norm(self, matrix: Matrix) -> str:
        return f"\\lVert {self.matrix(matrix)} \\rVert^{{2}}"


Style = type[_Plain] | type[_Latex]


def _text(sheet: _Sheet) -> str:
    sections = sheet.sections(_Plain)
    lines = [sheet.source.name, "", "Given"]
    lines += [f"  {t.role} {t.name} {_shape(t)}" for t in sheet.given]
    for title, entries in sections:
        lines += ["", title]
        for entry in entries:
            lines += [f"  {entry.name} {entry.shape}{entry.about}", f"    {entry.index}"]
            lines += [f"    {entry.matrix}"] if entry.matrix else []
    signs = _Plain(sheet).signs_in(sections)
    lines += ["", "Signs", *(f"  {sign}" for sign in signs)] if signs else []
    return "\n".join(lines) + "\n"


_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{amssymb}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
"""


def _latex(sheet: _Sheet) -> str:
    sections = sheet.sections(_Latex)
    parts = {"Given": [_membership(t, sheet) for t in sheet.given]}
    for title, entries in sections:
        parts[title] = [e.index for e in entries]
        parts[f"{title} in matrix form"] = [e.matrix for e in entries if e.matrix]
    parts["Signs"] = _Latex(sheet).signs_in(sections)
    heading = f"\\section*{{Formulas of {escaped(sheet.source.name)}}}\n"
    body = heading + "\n".join(_section(title, rows) for title, rows in parts.items() if rows)
    return f"{_PREAMBLE}{_declared(body)}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _declared(body: str) -> str:
    """Declare the letters that LaTeX itself does not know, so that they can stop nothing."""
    strange = sorted({c for c in body if c > "\u017f" or not normalize("NFD", c)[0].isascii()})
    lines = [f"\\DeclareUnicodeCharacter{{{ord(c):04X}}}{{U+{ord(c):04X}}}" for c in strange]
    return "\n".join(("\\ifdefined\\DeclareUnicodeCharacter", *lines, "\\fi\n")) if lines else ""


def _section(title: str, formulas: list[str]) -> str:
    body = " \\\\\n".join(map(_aligned, formulas))
    return f"\\subsection*{{{title}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _membership(tensor: Tensor, sheet: _Sheet) -> str:
    """Return which set a given tensor is from."""
    printer = _Latex(sheet)
    base = r"\mathbb{R}"
    if tensor.bound is not None:
        base = f"\\{{0, \\dots, {printer(tensor.bound - 1)}\\}}"
    extents = r" \times ".join(map(printer, tensor.shape))
    space = f"{base}^{{{extents}}}" if extents else base
    return f"{sheet.notation.tensor(tensor.name)} \\in {space}"


def _aligned(formula: str, width: int = 60) -> str:
    r"""Return a formula for align*, its right side broken where it is long.

    >>> print(_aligned("y = a + b + c", width=4))
    y &= a + b \\
      &\quad + c
    """
    relation = " = " if " = " in formula else " \\in "
    left, _, right = formula.partition(relation)
    lines: list[str] = []
    for piece in _pieces(right, width):
        if lines and _width(f"{lines[-1]} {piece}") <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return f"{left} &{relation.strip()} " + " \\\\\n  &\\quad ".join(lines)


def _pieces(text: str, width: int) -> Iterator[str]:
    """Yield the terms of a formula, and the factors of a term that is too long."""
    words = _words(text)
    terms: list[list[str]] = [[]]
    for word in words:
        if word in ("+", "-") and terms[-1]:
            terms.append([])
        terms[-1].append(word)
    for term in terms:
        yield from [" ".join(term)] if _width(" ".join(term)) <= width else term


_NEST = re.compile(r"\\left(?![a-z])|\\right(?![a-z])|\\begin|\\end|\\.|[{} ]")


def _words(text: str) -> list[str]:
    """Split at the spaces outside of all braces, tall brackets and environments."""
    words, start, depth = [], 0, 0
    for found in _NEST.finditer(text):
        token = found.group()
        depth += (token in ("{", "\\left", "\\begin")) - (token in ("}", "\\right", "\\end"))
        if token == " " and depth == 0:
            words.append(text[start : found.start()])
            start = found.end()
    return [*words, text[start:]]


def _width(text: str) -> int:
    """Return about how many letters wide a formula is set."""
    text = re.sub(r"\\(frac|left|right|operatorname|mathrm|mathbf|text|begin|end)\b", "", text)
    return len(re.sub(r"[{}_^& ]", "", re.sub(r"\\[a-zA-Z]+", "x", text)))


def _code(name: str) -> str:
    """Return a name as a Markdown code span, which nothing in it can end."""
    fence = "`" * (1 + max(map(len, re.findall("`+", name)), default=0))
    pad = " " if "`" in name else ""
    return fence + pad + " ".join(name.split()) + pad + fence


def _block(formula: str) -> list[str]:
    # Some code hosts refuse this macro.
    return ["```math", formula.replace("\\operatorname{", "\\mathrm{"), "```", ""]


def _markdown(sheet: _Sheet) -> str:
    sections = sheet.sections(_Latex)
    lines = [f"# Formulas of {_code(sheet.source.name)}", "", "## Given", ""]
    lines += [f"- {t.role} {_code(t.name)} {_shape(t)}" for t in sheet.given]
    lines.append("")
    for title, entries in sections:
        lines += [f"## {title}", ""]
        for entry in entries:
            lines += [f"### {_code(entry.name)} {entry.shape}", "", *_block(entry.index)]
            lines += _block(entry.matrix) if entry.matrix else []
    signs = _Latex(sheet).signs_in(sections)
    lines += ["## Signs", "", *(line for s in signs for line in _block(s))] if signs else []
    return "\n".join(lines).rstrip("\n") + "\n"


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #6b7480; --line: #d9dee4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14171b; --soft: #98a2ae; --line: #2c333b }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 52rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.5rem 0 0 }
h3 span, li span { color: var(--soft); font-weight: normal }
.formula { overflow-x: auto; padding: .3rem 0 }
math { text-align: left }
[mathvariant="bold"] { font-weight: bold }
"""


def _html(sheet: _Sheet) -> str:
    render, name, sections = _mathml(), html.escape(sheet.source.name), sheet.sections(_Latex)

    def shown(formula: str) -> str:
        return f'<div class="formula">{render(formula)}</div>'

    body = [f"<h1>Formulas of {name}</h1>", "<h2>Given</h2>", "<ul>"]
    body += [f"<li>{t.role} {_titled(t.name, _shape(t))}</li>" for t in sheet.given]
    body.append("</ul>")
    for title, entries in sections:
        body.append(f"<h2>{title}</h2>")
        for entry in entries:
            body += [f"<h3>{_titled(entry.name, entry.shape)}</h3>", shown(entry.index)]
            body += [shown(entry.matrix)] if entry.matrix else []
    signs = _Latex(sheet).signs_in(sections)
    body += ["<h2>Signs</h2>", *map(shown, signs)] if signs else []
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Formulas of {name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _titled(name: str, shape: str) -> str:
    return f"<code>{html.escape(name)}</code> <span>{html.escape(shape)}</span>"


def _mathml() -> Callable[[str], str]:
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise TargetError(
            "HTML needs the package latex2mathml", remedy='Run: pip install "symbp[html]"'
        ) from None
    return lambda formula: str(convert(formula, display="block"))
