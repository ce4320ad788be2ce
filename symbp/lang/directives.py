"""What a .bp file directs: its name, outputs, losses and how they are trained.

In come the directives' syntax trees (`parser.py` has the rest), out comes a network for each loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lark import Token

from symbp.errors import LanguageError, Source, SymbpError
from symbp.ir.syntax import Node, place
from symbp.lang.formulas import Formulas
from symbp.lang.freezing import parameters
from symbp.lang.handles import Handle, ancestors, with_renewals
from symbp.lang.network import Network, Parts, assemble, loss_tensor, network_name, output_tensor
from symbp.lang.optimizers import Clip, Optimizer
from symbp.lang.penalties import Penalty


class Placing:
    """Gives errors the place where their cause stands."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines

    def _error(self, message: str, node: Any, remedy: str) -> LanguageError:
        return LanguageError(message, source=place(node, self.file, self.lines), remedy=remedy)

    @contextmanager
    def _at(self, node: Any) -> Iterator[None]:
        """Let an error that has no place yet have that of a node."""
        try:
            yield
        except SymbpError as error:
            raise error.at(place(node, self.file, self.lines)) from None


class Directives(Placing):
    """What the directives so far have said."""

    def __init__(self, file: str, lines: list[str]) -> None:
        super().__init__(file, lines)
        self.once: dict[str, Source | None] = {}
        self.name = ""
        self.losses: dict[str, Handle] = {}
        """By their names; that of an only one is empty, here and below."""
        self.trained: dict[str, list[Handle]] = {}
        self.outputs: list[Handle] = []
        self.optimizers: dict[str, Optimizer] = {}
        self.penalties: list[tuple[Penalty, Node]] = []
        self.clips: dict[str, Clip] = {}
        self.freeze: list[Handle] = []

    def take(self, children: list[Node], formulas: Formulas, at: Source | None) -> None:
        """Take a word, and what stands behind it."""
        word, *arguments = children
        if not arguments:
            raise self._error(f"{word} takes something", word, _DIRECTED[str(word)])
        if word not in ("output", "penalty", "freeze"):
            if str(word) in self.once:
                raise self._error(f"there is a second {word} line", word, "Keep one of them.")
            if len(arguments) > 1:
                raise self._error(f"{word} takes one thing", arguments[1], _DIRECTED[str(word)])
        self.once.setdefault(str(word), at)
        getattr(self, f"_take_{word}")(arguments, formulas)

    def take_named(self, children: list[Node], formulas: Formulas, at: Source | None) -> None:
        """Take loss NAME = ... trains ..., optimizer NAME = ..., clip NAME = ..."""
        word, token, _, node, *trained = children
        name = self._name_of_loss(word, token)
        if trained and word != "loss":
            raise self._error(f"{word} trains nothing", trained[0], _DIRECTED[str(word)])
        if not trained and word == "loss":
            raise self._error(f"what does the loss {name} train?", token, _NAMED)
        self.once.setdefault(str(word), at)
        self.once[f"{word} {name}"] = at
        getattr(self, f"_take_{word}")([node], formulas, name)
        if trained:
            self.trained[name] = [self._parameters(n, formulas, "trained", _NAMED) for n in trained]

    def _name_of_loss(self, word: Token, token: Token) -> str:
        if word not in ("loss", "optimizer", "clip"):
            raise self._error(f"{word} belongs to no single loss", word, _DIRECTED[str(word)])
        with self._at(token):
            name = network_name(str(token))
        if f"{word} {name}" in self.once:
            raise self._error(f"{name} has a second {word} line", token, "Keep one of them.")
        if word == "loss" and "" in self.losses:
            raise self._error("there is a loss without a name", token, _NAMED)
        return name

    def _take_network(self, arguments: list[Node], formulas: Formulas) -> None:
        (node,) = arguments
        if node.data != "name":
            raise self._error("a network has a plain name", node, _DIRECTED["network"])
        with self._at(node):
            self.name = network_name(str(node.children[0]))

    def _take_output(self, arguments: list[Node], formulas: Formulas) -> None:
        for node in arguments:
            with self._at(node):
                handle = output_tensor(formulas.whole(node))
            if handle in self.outputs:
                raise self._error("this is an output twice", node, "Name it once.")
            self.outputs.append(handle)

    def _take_loss(self, arguments: list[Node], formulas: Formulas, name: str = "") -> None:
        (node,) = arguments
        with self._at(node):
            self.losses[name] = loss_tensor(formulas.whole(node))

    def _take_optimizer(self, arguments: list[Node], formulas: Formulas, name: str = "") -> None:
        self.optimizers[name] = formulas.optimizer(arguments[0])

    def _take_penalty(self, arguments: list[Node], formulas: Formulas) -> None:
        self.penalties += [(formulas.penalty(node), node) for node in arguments]

    def _take_clip(self, arguments: list[Node], formulas: Formulas, name: str = "") -> None:
        self.clips[name] = formulas.clip(arguments[0])

    def _take_freeze(self, arguments: list[Node], formulas: Formulas) -> None:
        for node in arguments:
            self.freeze.append(self._parameters(node, formulas, "frozen", _DIRECTED["freeze"]))

    def _parameters(self, node: Node, formulas: Formulas, done: str, remedy: str) -> Handle:
        """Return a parameter, or a layer that has some."""
        with self._at(node):
            handle = formulas.whole(node) if node.data == "name" else None
            if not isinstance(handle, Handle):
                raise LanguageError(f"this can't be {done}", remedy=remedy)
            parameters([handle], {h: h.naming.hint() for h in ancestors([handle])})
        return handle

    def networks(
        self, scope: Mapping[str, Handle], places: Mapping[object, Source | None]
    ) -> dict[str, Network]:
        """Return a network for each loss, or raise where something is missing or left over."""
        start = self.once.get("network") or self._start()
        for word in ("network", "output", "loss"):
            if word not in self.once:
                remedy = f"Add a line. {_DIRECTED[word]}"
                raise LanguageError(f"there is no {word} line", source=start, remedy=remedy)
        declared = [h for h in scope.values() if h.role != "value"]
        used = ancestors(with_renewals([*self.losses.values(), *self.outputs, *declared]))
        _check_used(set(used), scope, places)
        params = [h for h in used if h.role == "param"]
        self._check_names()
        self._check_trained(params, places)
        for penalty, node in self.penalties:
            with self._at(node):
                penalty.over(params)
        every = declared if "" in self.losses else [*declared, *params]
        found = {}
        for name in self.losses:
            try:
                found[name] = self._network(name, every, params)
            except SymbpError as error:
                unused = self.once.get("clip") if not self.optimizers else None
                raise error.at(places.get(error.culprit) or unused or start) from None
        return found

    def _network(self, name: str, declared: Sequence[Handle], params: Sequence[Handle]) -> Network:
        """Return the network of one loss: what the others train keeps its value."""
        freeze = self.freeze
        if name:
            own = parameters(self.trained[name], {p: p.naming.hint() for p in params})
            freeze = [*freeze, *(p for p in params if p not in own)]
        optimizer = self.optimizers.get(name, self.optimizers.get(""))
        parts = Parts(
            self.losses[name], self.outputs, optimizer, [p for p, _ in self.penalties],
            self.clips.get(name, self.clips.get("")), freeze, declared,
        )  # fmt: skip
        whole, file = (f"{self.name}_{name}", f":{name}") if name else (self.name, "")
        return assemble(whole, parts, Path(self.file).name + file)

    def _check_trained(
        self, params: Sequence[Handle], places: Mapping[object, Source | None]
    ) -> None:
        """Raise where losses have names, and a parameter is trained by none and not frozen."""
        if not self.trained:
            return
        names = {p: p.naming.hint() for p in params}
        every = [*self.freeze, *(h for own in self.trained.values() for h in own)]
        known = parameters(every, names)
        for p in params:
            if p not in known and not p.frozen:
                raise LanguageError(
                    f"{names[p]} is trained by no loss",
                    source=places.get(p) or self.once["loss"],
                    remedy=f"Let a loss train it, or the layer that has it: trains {names[p]}",
                )

    def _start(self) -> Source:
        """Return the first line that says something."""
        lines = enumerate(self.lines, 1)
        number, line = next(((k, line) for k, line in lines if line.strip()), (1, ""))
        return Source(self.file, number, 1, line, len(line))

    def _check_names(self) -> None:
        """Raise where an optimizer or a clip belongs to a loss that there is not."""
        for word, names in (("optimizer", self.optimizers), ("clip", self.clips)):
            for name in names:
                if name and name not in self.losses:
                    raise LanguageError(
                        f"there is no loss {name}",
                        source=self.once[f"{word} {name}"], remedy=_NAMED,
                    )  # fmt: skip


def _check_used(
    used: set[Handle], scope: Mapping[str, Handle], places: Mapping[object, Source | None]
) -> None:
    """Raise where something is declared or computed for nothing."""
    for name, handle in scope.items():
        if handle.role == "value" and not handle.rules:
            raise LanguageError(
                f"{name} is declared and never defined",
                source=places[handle], remedy="Add its equation.",
            )  # fmt: skip
        if handle.role == "value" and handle not in used:
            raise LanguageError(
                f"{name} is computed, and neither an output nor the loss depends on it",
                source=places.get(handle), remedy=f"Remove it, or add: output {name}",
            )  # fmt: skip


_DIRECTED = {
    "network": "Write: network NAME",
    "output": "Write: output p",
    "loss": "Write: loss mse(p, y)",
    "optimizer": "Write: optimizer adam(learning_rate=0.001)",
    "penalty": "Write: penalty l2(0.001, W1, W2)",
    "clip": "Write: clip norm(5.0), or clip value(1.0)",
    "freeze": "Write: freeze h, W (layers or parameters)",
}
_NAMED = "Write: loss critic = mean[n](p[n]) trains c_W, c_b"
