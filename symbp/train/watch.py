"""`symbp train --watch`: a line for each look into the network, then words, tables and pictures.

What is written beside the other files of a run: NAME.watch.csv (all statistics) and, where
matplotlib is installed, NAME.watch.svg and NAME.confusion.svg.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType

from symbp.artifact import write
from symbp.lang.network import Network
from symbp.train import chart, pictures
from symbp.train.checkpoint import Run
from symbp.train.confusion import Confusion, confusion
from symbp.train.data import Data
from symbp.train.diagnosis import diagnosis
from symbp.train.session import DivergenceError, Outcome, arranged, train
from symbp.train.statistics import LayerState, Lens, Snapshot

LOOKS = 20
"""So often a run is looked at, about."""
_WIDTH, _ENDS = 9, 3


@dataclass(slots=True)
class Watcher:
    """Looks into a run every few epochs: `begin` it, call it after each epoch, then `report`."""

    module: ModuleType
    run: Run
    lens: Lens
    judged: Data
    """The samples that are held out, or all where none are."""
    say: Callable[[str], None]
    history: list[Snapshot] = field(default_factory=list)

    @property
    def every(self) -> int:
        """Return how many epochs lie between two looks."""
        return max(1, self.run.settings.epochs // LOOKS)

    def begin(self) -> None:
        """Look at the network before it is trained."""
        self._look(len(self.run.losses))
        self.say(self._head())
        self.say(self._line(self.history[-1]))

    def __call__(self, epoch: int, loss: float) -> None:
        if epoch % self.every == 0 or epoch == self.run.settings.epochs:
            self._look(epoch)
            self.say(self._line(self.history[-1]))

    def report(self, folder: Path) -> str:
        """Return what is to be said of the run, and write tables and pictures."""
        words = self.words()
        found = confusion(self.module, self.run.params, self.judged)
        files = self._files(folder, found)
        write(files)
        parts = [chart.text(self.run.losses)] if self.run.losses else []
        parts.append("\n".join(words))
        if found is not None:
            parts.append(found.text())
        parts.append("Wrote " + "\n      ".join(map(str, files)))
        if not pictures.available():
            parts.append('For pictures of them: pip install "symbp[plot]"')
        return "\n\n".join(parts)

    def words(self) -> list[str]:
        """Return what is to be said of the layers, as they are now."""
        if self.history[-1].epoch != len(self.run.losses):
            self._look(len(self.run.losses))
        return diagnosis(self.history)

    def _look(self, epoch: int) -> None:
        self.history.append(self.lens.look(self.run.params, epoch))

    def _files(self, folder: Path, found: Confusion | None) -> dict[Path, str | bytes]:
        name = self.module.NAME
        files: dict[Path, str | bytes] = {folder / f"{name}.watch.csv": table(self.history)}
        if pictures.available():
            picture = pictures.run(self.run.losses, self.history, name)
            files[folder / f"{name}.watch.svg"] = picture
            if found is not None:
                files[folder / f"{name}.confusion.svg"] = pictures.confusion(found, name)
        return files

    def _shown(self, snapshot: Snapshot) -> tuple[list[LayerState], list[LayerState]]:
        """Return the layers whose gradients are shown, and those whose dead units are."""
        trained = [row for row in snapshot.layers if row.gradient is not None]
        return _ends(trained), _ends([row for row in snapshot.layers if row.dead is not None])

    def _head(self) -> str:
        trained, seen = self._shown(self.history[-1])
        groups = [f"{'':5}  {'':>{_WIDTH}}", _group("norm of the gradient", trained)]
        names = [f"{'epoch':>5}  {'loss':>{_WIDTH}}", *_columns([r.name for r in trained])]
        if seen:
            groups.append(_group("dead units", seen))
            names += _columns([r.name for r in seen])
        return "  ".join(groups).rstrip() + "\n" + "  ".join(names)

    def _line(self, snapshot: Snapshot) -> str:
        trained, seen = self._shown(snapshot)
        cells = [f"{row.gradient:.3g}" for row in trained]
        cells += [f"{(row.dead or 0) / row.units:.0%}" for row in seen]
        start = f"{snapshot.epoch:>5}  {snapshot.loss:>{_WIDTH}.4g}"
        return "  ".join([start, *_columns(cells)])


def watched(
    network: Network, module: ModuleType, data: Data, run: Run, folder: Path,
    say: Callable[[str], None],
) -> Outcome:  # fmt: skip
    """Train as `train` does, and tell what happens inside.

    Args:
        say: is handed each line as soon as there is one.

    Raises:
        DivergenceError: see `train`; what was seen until then has been said.
    """
    training, held_out, _ = arranged(module, data, run.settings)
    judged = held_out if held_out.samples else training
    watcher = Watcher(module, run, Lens(network, module, training), judged, say)
    watcher.begin()
    try:
        outcome = train(module, data, run, folder, watcher)
    except DivergenceError:
        say("\n" + "\n".join(watcher.words()))
        raise
    say(f"\n{watcher.report(folder)}\n")
    return outcome


def table(history: list[Snapshot]) -> str:
    """Return all statistics as comma-separated text."""
    names = [f.name for f in fields(LayerState)]
    lines = [",".join(["epoch", "layer", *names[1:]])]
    for snapshot in history:
        for row in snapshot.layers:
            cells = ("" if v is None else f"{v!r}" for v in (getattr(row, n) for n in names[1:]))
            lines.append(",".join([str(snapshot.epoch), row.name, *cells]))
    return "".join(f"{line}\n" for line in lines)


def _columns(cells: list[str]) -> list[str]:
    return [f"{cell[:_WIDTH]:>{_WIDTH}}" for cell in cells]


def _ends(rows: list[LayerState]) -> list[LayerState]:
    """Return the first and the last of many layers; the table in the file has all."""
    return rows if len(rows) <= 2 * _ENDS else [*rows[:_ENDS], *rows[-_ENDS:]]


def _group(title: str, rows: list[LayerState]) -> str:
    width = len(rows) * (_WIDTH + 2) - 2
    return f"{title[:width]:^{width}}"


__all__ = ["Watcher", "table", "watched"]
