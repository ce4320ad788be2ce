"""Which parameters are meant, to be frozen or trained: one by one, by a pattern, or a layer's.

>>> from symbp.lang.handles import ancestors
>>> from symbp.lang.layers import dense
>>> from symbp.lang.tensors import input
>>> h = dense(input("x", "N", 4), 3, name="h")
>>> z = dense(h, 2, name="z")
>>> names = {t: t.naming.hint() for t in ancestors([z])}
>>> parameters([h], names), parameters(["*_b"], names)
((param h_W[4,3], param h_b[3]), (param h_b[3], param z_b[2]))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from symbp.errors import LanguageError
from symbp.lang.handles import Handle, Naming


def parameters(wanted: Iterable[Handle | str], names: Mapping[Handle, str]) -> tuple[Handle, ...]:
    """Return the parameters that are wanted, in order of creation.

    Args:
        wanted: parameters, layers, names of parameters, or patterns of such names with * and ?.
        names: every tensor of the network -> its name.

    Raises:
        LanguageError: one of them stands for no parameter of the network.
    """
    params = [h for h in names if h.role == "param"]
    found: set[Handle] = set()
    for each in wanted:
        own = [p for p in params if _stands_for(each, p, names[p])]
        if not own:
            raise LanguageError(
                f"{each!r} stands for no parameter of the network",
                remedy=f"Known are {', '.join(names[p] for p in params)}; or name a layer."
                if params
                else "Name a parameter, or a layer that has some.",
            )
        found.update(own)
    return tuple(p for p in params if p in found)


def _stands_for(each: Handle | str, parameter: Handle, name: str) -> bool:
    if isinstance(each, str):
        return fnmatchcase(name, each)
    return each is parameter or (isinstance(each, Handle) and _owned(parameter, each.naming))


def _owned(parameter: Handle, layer: Naming) -> bool:
    owner = parameter.naming.owner
    while owner is not None and owner is not layer:
        owner = owner.owner
    return owner is not None
