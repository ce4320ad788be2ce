"""Call the person's code once: a function, a method after its forward pass, or a script's loop."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbp.audit.probe.binding import MISSING, Giver, parameter_labels
from symbp.audit.probe.effects import Effects, labelled, of_change, of_names, of_result, rate_of
from symbp.audit.probe.names import is_parameter, match, role
from symbp.audit.probe.subject import Subject, arguments, returned, script

FORWARD = re.compile(r"forward|feed|predict|^fwd", re.IGNORECASE)
BACKWARD = re.compile(r"back|grad|^bwd", re.IGNORECASE)
STEP = re.compile(r"train|fit|step|update|learn|descent|optimi", re.IGNORECASE)


class UnusableError(Exception):
    """The code can't be called as it stands, and what to do."""


class Call:
    """One call of the code at one point, in one convention."""

    def __init__(self, subject: Subject, giver: Giver) -> None:
        self.subject = subject
        self.giver = giver
        self.locals: dict[str, Any] = {}
        self.before: dict[str, Any] = {}

    def run(self) -> Effects:
        """Call what is asked for; return gradients by the code's names.

        Raises:
            UnusableError: there is no such function, or an argument is not known.
        """
        kind, _, method = self.giver.request.function.partition(".")
        if kind in self.subject.classes:
            return self._object(kind, method)
        if kind in self.subject.functions:
            return self._function(kind)
        if not kind:
            return self._script()
        known = ", ".join([*self.subject.functions, *self.subject.classes]) or "nothing"
        raise UnusableError(f"there is no {kind}: the file defines {known}")

    def _own(self, names: list[str], shapes: Mapping[str, tuple[int, ...]] | None = None) -> None:
        request = self.giver.request
        self.giver.owned = match(names, request.parameters, request.maps, shapes)
        lacking = [p for p in request.parameters if p not in self.giver.owned.values()]
        if lacking:
            found = ", ".join(names) or "nothing that looks like one"
            raise UnusableError(
                f"no parameter of the code was found for {', '.join(lacking)}: there is {found}."
                f" Say which: --map NAME={lacking[0]}"
            )

    # A class

    def _object(self, kind: str, method: str) -> Effects:
        init = self.subject.method(kind, "__init__")
        made = self.giver.construction(arguments(init)) if init else {}
        thing = self.subject.namespace[kind](**made)
        state = vars(thing)
        self._own(*_attributes(state))
        self._place(state)
        names = [n.name for n in self.subject.classes[kind].body if isinstance(n, ast.FunctionDef)]
        method = method or _chosen(names)
        results: list[tuple[list[str | None], Any]] = []
        if not STEP.search(method) or BACKWARD.search(method):
            forward = next((n for n in names if FORWARD.search(n) and not BACKWARD.search(n)), None)
            if forward is not None:
                results = [self._called(thing, kind, forward, [])]
        self._place(state)
        for name in [n for n in state if role(n) == "rate"]:
            state[name] = 0.5
        named, result = self._called(thing, kind, method, results)
        return self._effects(named, result, labelled(state), state)

    def _place(self, state: dict[str, Any]) -> None:
        """Put the point's parameters into an object's attributes, dicts and lists."""
        for label, name in self.giver.owned.items():
            held = labelled(state).get(label)
            value = self.giver.parameter(name, None if held is None else np.shape(held))
            self.before[label] = value.copy()
            stem, _, key = label.partition(".")
            if key:
                state[stem][key] = value
            elif "[" in label:
                stem, _, place = label.rstrip("]").partition("[")
                state[stem][int(place)] = value
            else:
                state[label] = value

    def _called(
        self, thing: Any, kind: str, name: str, results: list[tuple[list[str | None], Any]]
    ) -> tuple[list[str | None], Any]:
        node = self.subject.method(kind, name)
        if node is None:
            raise UnusableError(f"the class {kind} has no method {name}")
        return returned(node), self._watched(getattr(thing, name), self._bound(node, results))

    # A function

    def _function(self, name: str) -> Effects:
        node, namespace = self.subject.functions[name], self.subject.namespace
        names = [n for n, _ in arguments(node)]
        layers = sum(len(s) > 1 for s in self.giver.request.parameters.values())
        request = self.giver.request
        told = [n for n in names if request.maps.get(n) in request.parameters]
        labels = parameter_labels(self.subject, [n for n in names if n not in told], layers)
        labels = [*told, *labels]
        used = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        outer = [
            n for n in dict.fromkeys(used) if n in _assigned(self.subject.tree) and n not in names
        ]
        labels += parameter_labels(self.subject, [n for n in outer if is_parameter(n)], layers)
        forward = self._forward_of(node, names)
        if forward is not None:
            inner = [n for n, _ in arguments(forward)]
            labels += [p for p in parameter_labels(self.subject, inner, layers) if p not in labels]
        if not self._sufficient(labels):
            return self._looking(lambda: self._plainly(node, None))
        self._own(labels)
        for label in self.giver.owned:
            if label.partition(".")[0] in outer:
                self._global(label, namespace)
        return self._plainly(node, forward)

    def _sufficient(self, labels: list[str]) -> bool:
        request = self.giver.request
        return set(match(labels, request.parameters, request.maps).values()) == set(
            request.parameters
        )

    def _global(self, label: str, namespace: dict[str, Any]) -> None:
        stem, _, key = label.partition(".")
        if key:
            namespace[stem] = self.giver.bundle(stem)
        else:
            namespace[stem] = self.giver.parameter(self.giver.owned[label])

    def _forward_of(self, node: ast.FunctionDef, names: list[str]) -> ast.FunctionDef | None:
        """Return the function that computes what another one is given: Z1, A1, cache.

        One that calls it itself is not given that.
        """
        given = [n for n in names if role(n) is None and not is_parameter(n)]
        if not given:
            return None
        own = self._used(node, {})
        known = self.subject.functions.values()
        return next((f for f in known if FORWARD.search(f.name) and f.name not in own
                     and not BACKWARD.search(f.name)), None)  # fmt: skip

    def _used(self, node: ast.FunctionDef, found: dict[str, None]) -> dict[str, None]:
        """Return the file's functions that one uses, itself and through others."""
        found[node.name] = None
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for name, function in self.subject.functions.items():
            if name in names and name not in found:
                self._used(function, found)
        return found

    def _plainly(self, node: ast.FunctionDef, forward: ast.FunctionDef | None) -> Effects:
        namespace, results = self.subject.namespace, []
        if forward is not None:
            got = namespace[forward.name](**self._bound(forward, []))
            results = [(returned(forward), got)]
        given = self._bound(node, results)
        for label in self.giver.owned:
            held = labelled({**namespace, **given}).get(label)
            if held is not None:
                self.before[label] = np.array(held)
        result = self._watched(namespace[node.name], given)
        return self._effects(returned(node), result, labelled({**namespace, **given}), namespace)

    # A loop that makes its own parameters: looked at once, then given ours

    def _looking(self, run: Callable[[], Effects]) -> Effects:
        seen: dict[str, Any] = {}

        def look(name: str, value: Any) -> Any:
            given = self.giver.datum(name)
            if given is not MISSING:
                return given
            seen.setdefault(name, value)
            return value

        def give(name: str, value: Any) -> Any:
            given = self.giver.datum(name)
            if given is not MISSING and name not in self.giver.owned:
                return given
            for label in [
                k for k in self.giver.owned if k.partition(".")[0].partition("[")[0] == name
            ]:
                holder = {name: value}
                if label in self.before and label not in fresh:
                    continue
                fresh.discard(label)
                self._place_one(label, holder)
                value = holder[name]
            return value

        self.subject.hook(look)
        try:
            run()
        except Exception:  # sizes of its own: what was assigned until then is what is wanted
            if not seen:
                raise
        self._own(*_attributes(seen))
        fresh = set(self.giver.owned)
        self.before.clear()
        self.subject.hook(give)
        return run()

    def _place_one(self, label: str, holder: dict[str, Any]) -> None:
        held = labelled(holder).get(label)
        value = self.giver.parameter(
            self.giver.owned[label], None if held is None else np.shape(held)
        )
        self.before[label] = value.copy()
        stem, _, key = label.partition(".")
        if key:
            holder[stem] = {**holder[stem], key: value}
        elif "[" in label:
            place = int(label.rstrip("]").partition("[")[2])
            name = label.partition("[")[0]
            holder[name] = [value if k == place else v for k, v in enumerate(holder[name])]
        else:
            holder[stem] = value

    def _script(self) -> Effects:
        def run() -> Effects:
            self.subject.execute(script(self.subject.fresh()))
            space = self.subject.namespace
            return self._effects([], None, labelled(space), space)

        return self._looking(run)

    # All of them

    def _bound(
        self, node: ast.FunctionDef, results: list[tuple[list[str | None], Any]]
    ) -> dict[str, Any]:
        """Return what each argument is given."""
        computed: dict[str, Any] = {}
        for named, result in results:
            parts = list(result) if isinstance(result, tuple) else [result]
            if len(named) == len(parts):
                computed |= {n: p for n, p in zip(named, parts, strict=True) if n}
            if isinstance(result, dict):
                computed |= result
        given, open_ = {}, []
        for name, needed in arguments(node):
            value = computed.get(name, MISSING) if role(name) is None else MISSING
            value = self.giver.argument(name) if value is MISSING else value
            if value is MISSING and needed:
                open_.append(name)
            elif value is not MISSING and (needed or name not in self._kept(node, value)):
                given[name] = value
        return given | self._rest(node, open_, results)

    def _kept(self, node: ast.FunctionDef, value: Any) -> set[str]:
        """Arguments whose defaults are kept: numbers that are no rate and no count of epochs."""
        names = {n for n, needed in arguments(node) if not needed}
        return {n for n in names if role(n) not in ("rate", "once", "quiet") and np.isscalar(value)}

    def _rest(
        self, node: ast.FunctionDef, names: list[str], results: list[tuple[list[str | None], Any]]
    ) -> dict[str, Any]:
        """Give what `forward` returned to arguments that nothing else explains."""
        if not names:
            return {}
        for _, result in results:
            parts = list(result) if isinstance(result, tuple) else [result]
            if len(names) == 1 and result is not None:
                return {names[0]: result}
            if len(parts) == len(names):
                return dict(zip(names, parts, strict=True))
        raise UnusableError(
            f"what {node.name} takes as {names[0]} is not known."
            f" Say it: --map {names[0]}=NAME, or --set {names[0]}=NUMBER"
        )

    def _watched(self, function: Any, given: Mapping[str, Any]) -> Any:
        """Call, and keep the function's own variables as they were at its end."""
        code = getattr(getattr(function, "__func__", function), "__code__", None)

        def watch(frame: Any, event: str, _: Any) -> None:
            if event == "return" and frame.f_code is code:
                self.locals = dict(frame.f_locals)

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            return function(**given)
        finally:
            sys.setprofile(before)

    def _effects(
        self, named: list[str | None], result: Any, places: Mapping[str, Any],
        around: Mapping[str, Any],
    ) -> Effects:  # fmt: skip
        parameters = list(self.giver.owned)
        effects = of_result(result, named, parameters) if result is not None else Effects()
        own = labelled(self.locals)
        for held in (own, places):
            if not effects.gradients:
                changed = of_change(self.before, held, parameters)
                effects.updated = {**changed, **effects.updated}
        if effects.updated and not effects.gradients:
            if not set(parameters) <= set(self.before):
                raise UnusableError(
                    "the code makes its parameters anew. Name the function that computes gradients."
                )
            rate = rate_of(self.locals, around, self.subject.namespace)
            for label in parameters:
                new = effects.updated.setdefault(label, self.before[label])
                effects.gradients[label] = (self.before[label] - np.asarray(new)) / rate
        elif len(effects.gradients) < len(parameters):
            effects.updated.clear()
            kept = {**of_names(places, parameters), **of_names(own, parameters)}
            effects.gradients = {**kept, **effects.gradients}
        return effects


def _chosen(names: list[str]) -> str:
    """Return the method that computes gradients: backward, or else the one that trains."""
    for form in (BACKWARD, STEP):
        found = [n for n in names if form.search(n) and not n.startswith("__")]
        if found:
            return found[0]
    raise UnusableError(f"no method of the class looks like a backward pass: {', '.join(names)}")


def _attributes(state: Mapping[str, Any]) -> tuple[list[str], dict[str, tuple[int, ...]]]:
    """Return the arrays that may be parameters, those with a parameter's name first."""
    arrays = {n: a for n, a in labelled(state).items() if role(n) is None and np.size(a)}
    likely = [n for n in arrays if is_parameter(n.rpartition(".")[2].partition("[")[0])]
    names = likely or list(arrays)
    return names, {n: np.shape(arrays[n]) for n in names}


def _assigned(tree: ast.Module) -> set[str]:
    """Return the names that a file assigns outside of its functions."""
    return {
        n.id
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
