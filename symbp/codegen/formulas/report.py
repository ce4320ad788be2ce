"""What a user holds: all formulas of a network, and the gradient by one parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symbp.codegen.formulas.documents import html, latex, markdown, text
from symbp.codegen.formulas.entries import Entry, Sections, SheetPrinter
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.plain import PlainSheet
from symbp.codegen.formulas.sheet import Sheet, lay_out
from symbp.errors import LanguageError
from symbp.ir.program import Program


@dataclass(frozen=True)
class Formulas:
    r"""A network's forward equations and gradients; `formulas["W1"]` is one gradient.

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

    name: str
    program: Program = field(repr=False)
    """Forward and adjoint equations, in order."""
    loss: str
    gradients: dict[str, str]
    """Of each parameter, the tensor that holds its gradient."""
    columns: bool = False
    """Whether samples are columns in the matrix forms, as in many textbooks, and not rows."""

    def __getitem__(self, parameter: str) -> Gradient:
        return Gradient(parameter, self._gradient(parameter), self)

    def __iter__(self) -> Iterator[str]:
        """Yield the parameters in order, as a dict does."""
        return iter(self.gradients)

    def text(
        self, wrt: str | None = None, shown: Sections | None = None, more: Sequence[str] = ()
    ) -> str:
        """Return plain text.

        Args:
            wrt: a parameter; only what its gradient needs is shown.
            shown: entries in the place of `sections`.
            more: lines that stand before the signs.

        Raises:
            LanguageError: there is no parameter of this name.
        """
        return text.document(self._sheet(wrt), shown, more)

    def latex(
        self, wrt: str | None = None, shown: Sections | None = None, more: Sequence[str] = ()
    ) -> str:
        """Return a LaTeX document that needs amsmath; arguments as in `text`."""
        return latex.document(self._sheet(wrt), shown, more)

    def markdown(
        self, wrt: str | None = None, shown: Sections | None = None, more: Sequence[str] = ()
    ) -> str:
        """Return Markdown with ```math blocks, as code hosts show them; arguments as in `text`."""
        return markdown.document(self._sheet(wrt), shown, more)

    def html(self, wrt: str | None = None, more: html.More | None = None) -> str:
        """Return one HTML page with MathML that works offline; `wrt` as in `text`.

        Args:
            more: code and steps, where they are known.

        Raises:
            LanguageError: there is no parameter of this name.
            TargetError: a package of the extra `html` is not installed.
        """
        sheet = self._sheet(wrt)
        shown = self.gradients if wrt is None else {wrt: self._gradient(wrt)}
        return html.document(sheet, shown, more)

    def sections(self, wrt: str | None = None, latex: bool = False) -> Sections:
        """Return the entries of the forward pass and of the gradients; `wrt` as in `text`."""
        printer: type[SheetPrinter] = LatexSheet if latex else PlainSheet
        return printer(self._sheet(wrt)).sections()

    def _repr_markdown_(self) -> str:
        return self.markdown()

    @cached_property
    def _whole(self) -> Sheet:
        return lay_out(self.name, self.program, self.loss, self.gradients, self.columns)

    def _sheet(self, wrt: str | None) -> Sheet:
        return self._whole if wrt is None else self._whole.only(self._gradient(wrt))

    def _gradient(self, parameter: str) -> str:
        if parameter not in self.gradients:
            raise LanguageError(
                f"{self.name} has no gradient by {parameter}",
                remedy=f"Known are {', '.join(self.gradients)}.",
            )
        return self.gradients[parameter]


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of the loss by one parameter."""

    parameter: str
    name: str
    """The tensor that holds it."""
    formulas: Formulas = field(repr=False)

    def latex(self) -> str:
        """Return the index form in LaTeX."""
        return self._entry(LatexSheet).index

    def text(self) -> str:
        """Return the index form as plain text."""
        return self._entry(PlainSheet).index

    def matrix(self) -> str | None:
        """Return the matrix form in LaTeX, or None where it has none."""
        return self._entry(LatexSheet).matrix

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _entry(self, printer: type[SheetPrinter]) -> Entry:
        return printer(self.formulas._whole).entry(self.name)
