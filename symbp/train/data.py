"""Files of data into arrays that suit a network, or one clear error.

    .npz   arrays by the network's own names, or by customary ones (x, X, y, t, ...); in order
           where none of them is known
    .csv   a row for each sample; the target's columns are the last ones, or named

The first axis without a number is the samples' axis: N in x[N, 4]. What a network
declares is a module's INPUTS: name -> (role, shape, classes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from symbp.artifact import unarchive
from symbp.errors import DataError
from symbp.train.table import Table, is_number, read_table

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int | str, ...]
Declared = Mapping[str, tuple[str, Shape, int | None]]

CUSTOMARY = {
    "input": ("x", "X", "inputs", "input", "data", "features"),
    "target": ("y", "Y", "target", "targets", "t", "labels", "label"),
    "label": ("t", "label", "labels", "y", "Y", "target", "targets"),
}
"""What arrays are often called, by the role that they play."""


@dataclass(frozen=True, slots=True)
class Data:
    """Arrays in the order in which the network declares them."""

    arrays: dict[str, Array]
    batched: frozenset[str]
    """Those whose first axis is the samples' axis."""
    classes: tuple[str, ...] = ()
    """What the labels 0, 1, ... were called in the file, where they had names."""

    @property
    def samples(self) -> int:
        return next((len(a) for n, a in self.arrays.items() if n in self.batched), 1)

    def rows(self, chosen: Array) -> Data:
        """Return these samples; what is no sample is kept whole."""
        return replace(
            self,
            arrays={n: a[chosen] if n in self.batched else a for n, a in self.arrays.items()},
        )


def read(
    path: Path, declared: Declared, dtype: str = "float64", target_columns: Sequence[str] = ()
) -> Data:
    """Read a file of data for a network.

    Args:
        declared: a module's INPUTS.
        dtype: what real numbers are stored as; labels are int64.
        target_columns: of a CSV file, the names or numbers (from 1) of the target's columns.

    Raises:
        DataError: the file can't be read, or doesn't hold what the network declares; with row
            and column where it is about one cell.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DataError(f"there is no file {path}", remedy="Check the name of the data file.")
    if suffix == ".npz":
        return from_arrays(unarchive(path), declared, dtype, path.name)
    if suffix == ".csv":
        return _from_table(read_table(path), declared, dtype, target_columns)
    raise DataError(
        f"{path.name} is neither .npz nor .csv",
        remedy="Save the data with numpy.savez, or as comma-separated text.",
    )


def from_arrays(
    found: Mapping[str, Any],
    declared: Declared,
    dtype: str = "float64",
    source: str = "the data",
) -> Data:
    """Match arrays to what a network declares.

    >>> declared = {"x": ("input", ("N", 2), None), "t": ("label", ("N",), 3)}
    >>> data = from_arrays({"X": [[0, 1], [2, 3]], "target": [2, 0]}, declared)
    >>> data.arrays["x"].tolist(), data.arrays["t"].tolist()
    ([[0.0, 1.0], [2.0, 3.0]], [2, 0])

    Raises:
        DataError: an array is missing, has the wrong shape or numbers that don't suit.
    """
    matched = _match(list(found), declared, source)
    batch = batch_size(declared)
    arrays: dict[str, Array] = {}
    classes: tuple[str, ...] = ()
    sizes: dict[str, tuple[int, str]] = {}
    for name, (role, shape, count) in declared.items():
        raw = np.asarray(found[matched[name]])
        where = f"{matched[name]} in {source}"
        if role == "label":
            array, names = _labels(raw, count, where)
            classes = names or classes
        else:
            array = _numbers(raw, dtype, where)
        arrays[name] = _shaped(array, shape, sizes, name, where)
    return Data(arrays, frozenset(n for n, d in declared.items() if d[1][:1] == (batch,)), classes)


def batch_size(declared: Declared) -> str | None:
    """Return the symbol that counts the samples: the first of the first axes that has no number."""
    firsts = (shape[0] for _, shape, _ in declared.values() if shape)
    return next((n for n in firsts if isinstance(n, str) and n.isidentifier()), None)


def _match(found: list[str], declared: Declared, source: str) -> dict[str, str]:
    """Return which array in the file is which input: by name, by custom, or all in order."""
    matched = {name: name for name in declared if name in found}
    for name, (role, *_) in declared.items():
        if name not in matched:
            free = [c for c in CUSTOMARY[role] if c in found and c not in matched.values()]
            if free:
                matched[name] = free[0]
    # Where some names are known, an unknown one is a mistake rather than the next in order.
    if not matched and len(found) == len(declared):
        matched = dict(zip(declared, found, strict=True))
    missing = [name for name in declared if name not in matched]
    if missing:
        raise DataError(
            f"{source} holds {', '.join(found) or 'nothing'}; the network needs "
            f"{', '.join(declared)}, and {missing[0]} is not among them",
            remedy=f"Save it by that name: numpy.savez('data.npz', {missing[0]}=...)",
        )
    return matched


def _numbers(raw: Array, dtype: str, where: str) -> Array:
    if raw.dtype.kind not in "buif":
        raise DataError(
            f"{where} holds {raw.dtype}, not real numbers", remedy="Convert it to numbers first."
        )
    bad = ~np.isfinite(raw)
    if np.any(bad):
        place = ",".join(str(int(k)) for k in np.argwhere(bad)[0])
        raise DataError(
            f"{where} has {raw[bad][0]} at [{place}]",
            remedy="Remove or fill in the samples that lack a value.",
        )
    return raw.astype(dtype)


def _labels(raw: Array, count: int | None, where: str) -> tuple[Array, tuple[str, ...]]:
    """Return class numbers, and the names that they had in the data."""
    if raw.dtype.kind in "US":
        raw, names = _named(raw.astype(str), count, where)
        if names:
            return raw, names
    raw = _numbers(raw, "float64", where)
    bad = (raw != np.floor(raw)) | (raw < 0)
    if count is not None:
        bad |= raw >= count
    if np.any(bad):
        last = "" if count is None else f" 0 to {count - 1}"
        raise DataError(
            f"{where} has the label {raw[bad][0]:g}; labels are whole numbers{last}",
            remedy="Count the classes from 0, or declare more of them.",
        )
    return raw.astype(np.int64), ()


def _named(cells: Array, count: int | None, where: str) -> tuple[Array, tuple[str, ...]]:
    """Return the places of names in their sorted order, or the numbers that the text holds."""
    names, places = np.unique(cells, return_inverse=True)
    if all(is_number(name) for name in names):
        return cells.astype(float), ()
    if count is not None and len(names) > count:
        some = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        raise DataError(
            f"{where} has {len(names)} classes ({some}), the network {count}",
            remedy="Declare as many: label t[N] in SIZE",
        )
    return places.reshape(cells.shape).astype(np.int64), tuple(map(str, names))


def _shaped(
    array: Array, shape: Shape, sizes: dict[str, tuple[int, str]], name: str, where: str
) -> Array:
    """Return the array in the declared shape; `sizes`: symbol -> its length, who says so."""
    array = _unfolded(array, shape)
    told = {n: sizes[n] for n in shape if n in sizes}
    expected = [told[n][0] if n in told else n for n in shape]
    if (
        array.ndim != len(shape)
        or array.size == 0
        or any(isinstance(n, int) and n != m for n, m in zip(expected, array.shape, strict=True))
    ):
        because = "".join(f", and {n} is {length} in {who}" for n, (length, who) in told.items())
        raise DataError(
            f"{where} has shape {array.shape}; the network's {name} is {_shown(shape)}{because}",
            remedy="Reshape the data, or declare the network's input as it is.",
        )
    for n, length in zip(shape, array.shape, strict=True):
        if isinstance(n, str):
            sizes.setdefault(n, (length, name))
    return array


def _unfolded(array: Array, shape: Shape) -> Array:
    """Give each sample its declared shape, where it has as many numbers: 8x8 to 64, say."""
    rest = [n for n in shape[1:] if isinstance(n, int)]
    known = array.ndim > 0 and len(shape) > 0 and len(rest) == len(shape) - 1
    if known and array.size == len(array) * int(np.prod(rest)):
        return array.reshape(len(array), *rest)
    return array


def _from_table(
    table: Table, declared: Declared, dtype: str, target_columns: Sequence[str]
) -> Data:
    """Cut the columns of a table into the arrays that the network declares."""
    wanted = _widths(table, declared)
    aims = [name for name in declared if declared[name][0] in ("target", "label")]
    count = sum(wanted[name] for name in aims)
    last = [str(k + 1) for k in range(table.width - count, table.width)]
    chosen = [table.column(name) for name in (target_columns or last)]
    others = [k for k in range(table.width) if k not in chosen]
    if len(chosen) != count or len(others) != sum(wanted.values()) - count:
        needs = ", ".join(f"{width} for {name}" for name, width in wanted.items())
        raise DataError(
            f"{table.file} has {table.width} columns, {len(chosen)} of them the target's; "
            f"the network needs {needs}",
            remedy="Add or remove columns, or name the target's: --target-column NAME",
        )
    found: dict[str, Array] = {}
    for name, (role, *_) in declared.items():
        queue = chosen if role in ("target", "label") else others
        mine, queue[:] = queue[: wanted[name]], queue[wanted[name] :]
        read = table.text if role == "label" else table.numbers
        found[name] = np.array(read(mine))
    return from_arrays(found, declared, dtype, table.file)


def _widths(table: Table, declared: Declared) -> dict[str, int]:
    """Return how many columns each input takes."""
    widths = {}
    for name, (_, shape, _) in declared.items():
        rest = [n for n in shape[1:] if isinstance(n, int)]
        if shape[:1] != (batch_size(declared),) or len(rest) < len(shape) - 1:
            raise DataError(
                f"{table.file}: {name}{_shown(shape)} is no row of numbers for each sample",
                remedy="Give the data as .npz.",
            )
        widths[name] = int(np.prod(rest, dtype=np.int64))
    return widths


def _shown(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
