"""How the tensors of a network get their names.

>>> from symbp.lang.handles import ancestors
>>> from symbp.lang.layers import dense
>>> from symbp.lang.tensors import input
>>> h = dense(input("x", "N", 4), 2)
>>> [name for _, name in sorted((t.date, n) for t, n in names(ancestors([h]), {h: "h"}).items())]
['x', 'h_W', 'h_b', 'h']

In this order: a name that the tensor was given; the variable that it is bound to; a part of a
layer, the layer's name and the part's word: h_W; else the layer's own word: dense, dense_2, ...
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from symbp.errors import LanguageError
from symbp.ir.program import fresh
from symbp.ir.syntax import MAX_NAME, RESERVED
from symbp.lang.handles import Handle, Naming

RESERVED_HERE: set[str] = set()
"""The activations, which `functions` enters: in the text form their names are arguments."""


def valid_name(name: str) -> str:
    """Return a name in its one spelling (NFKC), or raise where it can't be one."""
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise LanguageError(
            f"{name!r} is no name",
            remedy=f"A name is letters, digits and _, no digit first, at most {MAX_NAME} long.",
        )
    name = unicodedata.normalize("NFKC", name)
    if name in RESERVED | RESERVED_HERE:
        raise LanguageError(f"{name} is a reserved word", remedy="Choose another name.")
    return name


def names(handles: Iterable[Handle], variables: Mapping[Handle, str]) -> dict[Handle, str]:
    """Return the name of every handle.

    Args:
        handles: in order of creation.
        variables: what handles are bound to.

    Raises:
        LanguageError: two tensors were given one name, or a size has it too.
    """
    handles = tuple(handles)
    sizes = {str(s) for h in handles for n in h.shape for s in n.free_symbols}
    found: dict[Naming, str] = {}
    taken: dict[str, Handle] = {}
    for handle in handles:
        name = handle.naming.own
        if name is None:
            continue
        if name in taken or name in sizes:
            other = repr(taken[name]) if name in taken else "a size"
            raise LanguageError(
                f"{name} names {handle!r} and {other} too", remedy="Rename one of them."
            )
        taken[name] = handle
        found[handle.naming] = name

    def enter(handle: Handle, name: str) -> None:
        name = fresh(name, {*taken, *sizes})
        taken[name] = handle
        found[handle.naming] = name

    for handle in handles:
        if handle.naming not in found and handle in variables:
            enter(handle, variables[handle])
    for handle in handles:
        if handle.naming not in found and handle.naming.owner is None:
            enter(handle, handle.naming.word)
    for handle in handles:
        if handle.naming not in found:
            enter(handle, _called(handle.naming, found))
    return {handle: found[handle.naming] for handle in handles}


def _called(naming: Naming, found: Mapping[Naming, str]) -> str:
    """Return the name of a part, behind that of its owner."""
    if naming in found or naming.owner is None:
        return found.get(naming, naming.word)
    return f"{_called(naming.owner, found)}_{naming.word}"
