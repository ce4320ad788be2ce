"""Descriptions that nobody means well with: spoilt, nested, huge, and in strange letters.

A case is a sound description with some of its tokens dropped, doubled, swapped, or replaced by
hostile ones. What must come out is a network or one error of symbp's own, in bounded time and
memory; a network of moderate size is built, too, and its module must be Python.

>>> spoilt(0, 3) == spoilt(0, 3)
True
>>> trial("network a\\ninput x[N]\\nparam w\\noutput w*x\\nloss mean[n]((w*x[n])**2)").fault
''
"""

from __future__ import annotations

import ast
import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from symbp import compiler
from symbp.errors import SymbpError
from symbp.lang.parser import parse

SECONDS = 30.0
"""What one case may take, on a machine that does other things besides."""

MEGABYTES = 400
"""So much more memory than before one case may need."""

SOUND = (
    """network a
input x[N, 2]
target y[N, 1]
param W1[2, 4] ~ normal(1), b1[4], W2[4, 1] ~ normal(1), b2[1]
h[n, j] = sigmoid(sum[i](x[n, i] * W1[i, j]) + b1[j])
p[n, k] = sigmoid(sum[j](h[n, j] * W2[j, k]) + b2[k])
output p
loss mean[n, k]((p[n, k] - y[n, k])**2)
penalty l2(0.001, W1)
clip norm(5)
optimizer momentum(learning_rate=step(0.1, every=10), momentum=0.9)
""",
    """network b
input x[N, 1, 6, 6]
label t[N] in 4
c = conv2d(x, 2, 3, relu, padding="same")
m = max_pool2d(c, 2)
z = dense(dropout(batch_norm(flatten(m)), 0.2), 4, init=he_normal)
output softmax(z)
loss cross_entropy(z, t, smoothing=0.1)
optimizer adam(learning_rate=0.001)
""".replace(', padding="same"', ""),
    """network c
input x[N, 3], k[N] in 5
target y[N, 2]
param U[2, 2] ~ orthogonal(1), E[5, 2] frozen, a
hyper alpha = 0.3
noise u[N, 2] ~ normal
value h[3 + 1, N, 2]
h[0,n,j] = E[k[n], j] + alpha
scan s in 3
    h[s+1,n,j] = tanh(x[n,s] + sum[i](h[s,n,i] * U[i,j]))
end
z[n,j] = where(h[3,n,j] > 0 and not (a < 0), h[3,n,j]**2, abs(a)) / (1 + exp(-h[1,n,j]))
m[n] max= z[n,j]
p[n,j] = z[n,j] - m[n]
output p
loss mean[n, j]((p[n,j] + alpha*u[n,j] - y[n,j])**2)
optimizer sgd(learning_rate=0.1)
""",
)
HOSTILE = (
    "2**10**9", "1e999999", "10**10**10", "9"*60, "1e-999", "0/0", "1/0", "0**0", "0**-1",
    "(-1)**0.5", "2**-10**9", "exp(exp(exp(99999)))", "sin(10**300)", "7 % 0", "1 // 0",
    "99999999999999999999", "x[x[x[0]]]", "x[0,0,0,0,0]", "sum[i](sum[i](i))", "max[q](q)",
    "mean[n](1)", "N", "N**N", "N/2", "(" * 60, ")" * 60, "[" * 60, "]" * 60, "-" * 5000,
    "not " * 3000, "+".join(["1"] * 3000), "*".join(["a"] * 2000), "**".join(["2"] * 60),
    "/".join(["2"] * 2000), "abs(" * 45 + "1" + ")" * 45, "where(1 < 2 < 3, 1, 2)", "a" * 70,
    "a" * 100_000, "_", "__import__", "lambda", "None", "True", "__class__", "os.system('x')",
    "eval(1)", "'", '"', '\"\"\"', "\\", "\\\n", "$", "`", "{x}", "{{", "%s", "\x00", "\x1b[2J",
    "\r", "\f", "\v", "\u2028", "\u202e", "\u200b", "\ufeff", "\u0301", "ℕ", "ﬁ", "Ⅷ", "x²", "٣",
    "𝟛", "𝐱", "К", "é", "e\u0301", "😀", "\ud7ff", "﹍", "ª", "·", "/*", "*/", "??/", "//", "<!--",
    "</script>", "]]>", "\\end{align}", "$$", "&", "#", "#" * 9999, "in", "for", "frozen",
    "reversed", "end", "scan t in T", "scan t in 99999999", "update a = a", "noise u[N]",
    "label t[N] in 0", "in 1e9", "in -1", "[2147483648]", "[1e9]", "[-1]", "[0]",
    "[N, N, N, N, N, N, N, N, N]", "[2**70]", "[65536, 65536]", "dense(x, 10**9)", "dense(x, -1)",
    "dense(x, 0)", "dense(x, 1e400)", "conv2d(x, 1, 0)", "reshape(x, 0)", "conv2d(x, 1, 9**9)",
    "max_pool2d(x, 10**12)", "lstm(x, 10**8)", "transpose(x, 9, 9)", "slice(x, 9, -9)",
    "u/(1+abs(u))", "gelu(mish(selu(elu(silu(x)))))", "embedding(x, 2)",
    "multi_head_attention(x, 99)", "sigmoid()", "sigmoid(,)", "relu(x, x)", "x = x", "p = p",
    "output", "loss", "loss 1", "network 1", "network ../a", "network con", "network a/b",
    "network a.b", "for q in 5, q in 6", ":", ";", "@", "!", "~", "normal(-1)", "uniform(2, 1)",
    "constant(1e309)", "orthogonal(0)", "max=", "min=", "+=", "==", "=",
)  # fmt: skip
LINES = (
    "", "output p", "loss mean[n](x[n,0])", "freeze W1", "update b1[j] = b1[j] + 1",
    "param q[3] frozen", "q = " + "(" * 49 + "1" + ")" * 49,
    "q = dense(dense(dense(x, 3), 3), 3)", "noise e[N, 2] ~ normal", "hyper r = 1e300",
    "clip value(0.5)", "penalty l1(0.1)", "optimizer adamw", "value v[2, 2]", "input z",
)  # fmt: skip


def spoilt(seed: int, number: int) -> str:
    """Return the text of one case."""
    random = Random(f"{seed}/{number}")
    special = random.random()
    if special < 0.04:
        return random.choice(LARGE)(random)
    parts = _tokens(random.choice(SOUND))
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 20))):
        random.choice(SPOILERS)(random, parts)
    return "".join(parts)


def _tokens(text: str) -> list[str]:
    """Cut a text into words, numbers, blanks and single marks."""
    return re.findall(r"\w+|[ ]+|\*\*|.|\n", text)


def _drop(random: Random, parts: list[str]) -> None:
    start = random.randrange(len(parts))
    del parts[start : start + random.choice((1, 1, 1, 2, 5))]
    parts.append("\n")


def _double(random: Random, parts: list[str]) -> None:
    start = random.randrange(len(parts))
    piece = parts[start : start + random.choice((1, 1, 3, 10))]
    parts[start:start] = piece * random.choice((1, 1, 2, 30))


def _swap(random: Random, parts: list[str]) -> None:
    i, j = random.randrange(len(parts)), random.randrange(len(parts))
    parts[i], parts[j] = parts[j], parts[i]


def _replace(random: Random, parts: list[str]) -> None:
    words = [k for k, p in enumerate(parts) if p.strip()] or [0]
    parts[random.choice(words)] = random.choice(HOSTILE)


def _insert(random: Random, parts: list[str]) -> None:
    parts.insert(random.randrange(len(parts) + 1), f" {random.choice(HOSTILE)} ")


def _line(random: Random, parts: list[str]) -> None:
    ends = [k + 1 for k, p in enumerate(parts) if p == "\n"] or [0]
    line = random.choice((*LINES, *"".join(random.choice(SOUND)).splitlines()))
    parts.insert(random.choice(ends), f"{line}\n")


def _name(random: Random, parts: list[str]) -> None:
    """Let one word stand where another stood: what resolves to something else, or to nothing."""
    words = [k for k, p in enumerate(parts) if p.isidentifier() or p.isdigit()]
    if words:
        parts[random.choice(words)] = parts[random.choice(words)]


SPOILERS = (_drop, _double, _swap, _replace, _replace, _insert, _line, _name, _name)


def _network(body: str) -> str:
    return f"network big\ninput x[N, 3]\ntarget y[N, 3]\n{body}output p\nloss mse(p, y)\n"


def _many_layers(random: Random) -> str:
    lines = [f"h{k} = dense({f'h{k - 1}' if k else 'x'}, 3, tanh)\n" for k in range(10_000)]
    return _network("".join(lines) + "p = dense(h9999, 3)\n")


def _many_names(random: Random) -> str:
    names = [f"a{k}" for k in range(random.choice((2000, 20_000)))]
    return _network("".join(f"param {n}\n" for n in names) + f"p = x * ({'+'.join(names)})\n")


def _nested(random: Random) -> str:
    depth = random.choice((40, 49, 50, 51, 1000, 100_000))
    left, right = random.choice(
        (("(", ")"), ("abs(", ")"), ("sum[i](", ")"), ("x[", "]"), ("-(", ")"))
    )
    return _network(f"p = {left * depth}x{right * depth}\n")


def _long(random: Random) -> str:
    size = random.choice((100_000, 1_000_000))
    return random.choice((
        f"network {'n' * size}\n", f"input {'n' * size}[N]\n", f"{'n' * size} = 1\n", "\n" * size,
        "#" * size, " " * size, "a = " + "1" * size, "a=1\n" * (size // 4), "x[" * (size // 2),
        _network("p = x" + " + x" * (size // 8) + "\n"), _network(f"p = dense(x, {'9' * size})\n"),
        _network("p = x" + "".join(f" + {k}*x" for k in range(size // 20)) + "\n"),
    ))  # fmt: skip


def _noise(random: Random) -> str:
    """Characters without any sense."""
    alphabet = "networkinpuls xyWb012[](),=+-*/%~#\n\t\x00\u202eé𝐱'\"\\<>&$_."
    return "".join(random.choice(alphabet) for _ in range(random.choice((10, 1000, 50_000))))


LARGE: tuple[Callable[[Random], str], ...] = (_many_layers, _many_names, _nested, _long, _noise)


class _TooLongError(BaseException):
    """A case has used up its time; no `except Exception` may keep it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: a network, an error, or a fault; in how much time."""

    accepted: bool
    fault: str
    seconds: float


def trial(text: str) -> Outcome:
    """Return what became of a text."""
    begun, before = time.monotonic(), _peak()
    fault, accepted = "", False
    try:
        with _clock():
            _compiled(text)
            accepted = True
    except SymbpError as error:
        fault = _unclear(error)
    except _TooLongError:
        fault = f"it takes more than {SECONDS:g} s"
    except Exception:
        fault = traceback.format_exc(limit=-4).strip()
    if _peak() - before > MEGABYTES:
        fault = fault or f"it takes {_peak() - before} MB"
    return Outcome(accepted, fault, time.monotonic() - begun)


def _compiled(text: str) -> None:
    """Read a description; build it where that takes no patience, and see whether it is Python."""
    network = parse(text, "case.bp")
    program = network.program
    small = len(program.equations) < 60 and len(text) < 5000
    if small:
        for content in compiler.emit(network).values():
            ast.parse(content)


def _unclear(error: SymbpError) -> str:
    """Return what is wrong with an error: it must be text, bounded, with nothing to control."""
    words = str(error)
    if len(words) > 4000:
        return f"an error of {len(words)} characters: {words[:200]}"
    strange = [c for c in words if not c.isprintable() and c not in "\n\t"]
    return f"an error with {strange[0]!r} in it" if strange else ""


@contextmanager
def _clock() -> Iterator[None]:
    def ring(number: int, frame: Any) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _peak() -> int:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


__all__ = ["Outcome", "spoilt", "trial"]
