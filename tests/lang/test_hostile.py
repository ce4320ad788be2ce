"""Texts that nobody means well with: an error of symbp's own, at once, and never a traceback."""

from __future__ import annotations

import pytest

from symbp.errors import SymbpError
from symbp.fuzz.text import SOUND, spoilt, trial
from symbp.lang.parser import parse


def network(formula: str, before: str = "") -> str:
    head = f"network big\ninput x[N, 3]\ntarget y[N, 3]\n{before}"
    return f"{head}{formula}\noutput p\nloss mse(p, y)\n"


LAYERS = "".join(f"h{k} = dense({f'h{k - 1}' if k else 'x'}, 3)\n" for k in range(10_000))
SCALARS = "".join(f"param a{k}\n" for k in range(2000))
WRITTEN = "value h[3 + 1, N, 3]\nh[0,n,j] = 0\n"
REFUSED = {
    "ten thousand layers": (network("p = dense(h9999, 3)", LAYERS), "4000 are allowed"),
    "a hundred thousand lines": ("a=1\n" * 100_000, "4000 are allowed"),
    "two megabytes": ("#" * 2_000_000, "500000 are allowed"),
    "a name of half a megabyte": (f"network {'n' * 400_000}\n", "a name may have 64 characters"),
    "a word of half a megabyte": (network(f"p = x {'a' * 400_000} x"), "was not expected here"),
    "a number of half a megabyte": (network(f"p = x * {'9' * 400_000}"), "may have 40 digits"),
    "a sum of two thousand tensors": (
        network(f"p = x * ({'+'.join(f'a{k}' for k in range(2000))})", SCALARS),
        "whole tensors may have 100 operands",
    ),
    "a sum of five thousand terms": (network("p = x" + " + x" * 5000), "2000 operands"),
    "a product of five thousand factors": (network("p = x" + "*-x" * 5000), "2000 operands"),
    "a statement without end": (
        network("p = x" + " + x*x" * 50_000), "a statement may have 30000 words and marks"),
    "brackets": (network(f"p = {'(' * 100_000}x{')' * 100_000}"), "nested too deeply"),
    "subscripts": ("x[" * 200_000, "nested too deeply"),
    "signs": (network(f"p = {'-' * 20_000}x"), "nested too deeply"),
    "negations": (network(f"p = where({'not ' * 5000} x > 0, x, 0)"), "nested too deeply"),
    "powers of powers": (network("p = x" + "**x" * 5000), "nested too deeply"),
    "a huge power": (network("p = x * 2**10**9"), "too large"),
    "a tower": (network("p = x * 10**10**10"), "too large"),
    "a huge exponent": (network("p = x * 1e999999"), "outside of 1e-300 .. 1e300"),
    "a tiny exponent": (network("p = x * 01e-999001"), "outside of 1e-300 .. 1e300"),
    "a huge size": (network("p = dense(x, 10**12)"), "size"),
    "a step that writes fewer axes": (
        network("p = x", WRITTEN + "scan t in 3\n    h[t+1,n] = x[n,t]\nend\n"), "defined twice"),
    "a step that writes more axes": (
        network("p = x", WRITTEN + "scan t in 3\n    h[t+1,n,j,j] = x[n,t]\nend\n"),
        "defined twice"),
}  # fmt: skip
"""What was found by chance or by thought, with the words that it is refused with."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_text_is_refused_in_clear_words(name):
    text, words = REFUSED[name]
    with pytest.raises(SymbpError) as caught:
        parse(text, "case.bp")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("text", SOUND)
def test_what_is_spoilt_was_sound(text):
    assert trial(text).accepted


def test_texts_drawn_by_chance_give_a_result_or_an_error():
    faults = {number: trial(spoilt(1, number)).fault for number in range(25)}
    assert not {number: fault for number, fault in faults.items() if fault}


def test_a_crash_and_a_strange_error_are_faults(monkeypatch):
    def crash(text: str, file: str) -> None:
        raise ZeroDivisionError(text)

    monkeypatch.setattr("symbp.fuzz.text.parse", crash)
    assert "ZeroDivisionError" in trial("x").fault

    def control(text: str, file: str) -> None:
        raise SymbpError("\x1b[2J")

    monkeypatch.setattr("symbp.fuzz.text.parse", control)
    assert trial("x").fault == "an error with '\\x1b' in it"
