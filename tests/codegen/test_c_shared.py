"""What differs in names only is a function that several places call."""

import re

import pytest

from symbp import compiler
from symbp.codegen.c_target.shared import Shared, Unit
from symbp.codegen.names import Names
from symbp.codegen.passage import Passage
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_values import c_module

TYPES = dict.fromkeys(("a", "b", "c", "d", "e", "work"), "float *") | {
    "N": "ptrdiff_t",
    "s": "double",
}
LOOP = """
/* {t}[n] = {x}[n] + {y}[n] */
float *{t} = work + {at}; /* (N,) */
for (ptrdiff_t {i} = 0; {i} < N; {i}++) {{
    {t}[{i}] = {x}[{i}] + {y}[{i}];
}}
"""


def unit(text: str, target: str) -> Unit:
    lines = text.strip("\n").split("\n")
    return Unit(["", *lines], TYPES, frozenset({target}), (Passage((target,), tuple(lines)),))


def loop(t: str, x: str, y: str, i: str = "n", at: str = "8") -> Unit:
    return unit(LOOP.format(t=t, x=x, y=y, i=i, at=at), t)


def functions(*units: Unit) -> int:
    return len(Shared([u for u in units for _ in range(9)], Names(TYPES)).functions())


def test_other_names_of_tensors_and_indices_are_no_difference():
    assert functions(loop("c", "a", "b"), loop("e", "d", "c", i="k", at="64")) == 1


def test_one_name_for_two_is_a_difference():
    assert functions(loop("c", "a", "b"), loop("c", "a", "a")) == 2


def test_what_takes_an_operands_place_is_a_difference():
    other = LOOP.format(t="c", x="a", y="b", i="n", at="8").replace("work + 8", "a")
    assert functions(loop("c", "a", "b"), unit(other, "c")) == 2
    shared = Shared([unit(other, "c") for _ in range(9)], Names(TYPES))
    assert shared.functions()[0] == [
        "/* c[n] = a[n] + b[n] */",
        "SHARED void compute_c_1(float *restrict c, ptrdiff_t N, const float *b)",
        "{",
        "    const float *a = c;",
        "    for (ptrdiff_t n = 0; n < N; n++) {",
        "        c[n] = a[n] + b[n];",
        "    }",
        "}",
    ]


def test_a_number_is_a_difference():
    text = LOOP.format(t="c", x="a", y="b", i="n", at="8")
    assert functions(unit(text, "c"), unit(text.replace("+ b", "+ 2 * b"), "c")) == 2


BLOCKS = """
/* {t}[i,n] = 2 * {x}[i,n] */
for (ptrdiff_t i = 0; i < {rows}; i++) {{
    for (ptrdiff_t n = 0; n < {each} * N; n++) {{
        {t}[i * ({each} * N) + n] = {two} * {x}[i * ({each} * N) + n]; /* 8 of 9 */
    }}
    for (ptrdiff_t k = 0; k < {few}; k++) {{
        {t}[k] = 1e-05f;
    }}
}}
"""


def blocks(t: str, x: str, rows: int, each: int, two: str = "2.0", few: int = 3) -> Unit:
    return unit(BLOCKS.format(t=t, x=x, rows=rows, each=each, two=two, few=few), t)


def test_a_size_is_a_parameter_where_it_is_not_the_same():
    units = [blocks("c", "a", 32, 784), blocks("d", "c", 4096, 64), blocks("e", "d", 8, 784)]
    shared = Shared(units, Names(TYPES))
    assert shared.functions() == [[
        "/* c[i,n] = 2 * a[i,n] */",
        "SHARED void compute_c_1(ptrdiff_t count, ptrdiff_t N, float *restrict c, const float *a,"
        " ptrdiff_t size_1)",
        "{",
        "    for (ptrdiff_t i = 0; i < count; i++) {",
        "        for (ptrdiff_t n = 0; n < size_1 * N; n++) {",
        "            c[i * (size_1 * N) + n] = 2.0 * a[i * (size_1 * N) + n]; /* 8 of 9 */",
        "        }",
        "        for (ptrdiff_t k = 0; k < 3; k++) {",
        "            c[k] = 1e-05f;",
        "        }",
        "    }",
        "}",
    ]]  # fmt: skip
    assert [shared.lines(u)[-1] for u in units] == [
        "compute_c_1(32, N, c, a, 784);",
        "compute_c_1(4096, N, d, c, 64);",
        "compute_c_1(8, N, e, d, 784);",
    ]
    told = shared.passages(units[0])[0].lines
    assert told[1] == "for (ptrdiff_t i = 0; i < count; i++) {"
    assert told[2] == "    for (ptrdiff_t n = 0; n < size_1 * N; n++) {"


def test_a_real_number_and_the_rounds_of_a_short_loop_are_differences():
    assert functions(blocks("c", "a", 32, 784), blocks("c", "a", 32, 64, two="3.0")) == 2
    assert functions(blocks("c", "a", 32, 784), blocks("c", "a", 32, 64, few=4)) == 2


def test_a_short_loop_stays_where_it_is_unless_longer_ones_are_alike():
    text = LOOP.format(t="c", x="a", y="b", i="n", at="8")
    few, some, many = (unit(text.replace("< N", f"< {n}"), "c") for n in (10, 320, 640))
    assert not Shared([few, few, some], Names(TYPES)).functions()
    shared = Shared([few, some, many], Names(TYPES))
    assert shared.lines(few)[-1] == "compute_c_1(10, c, a, b);"


def test_what_adds_to_a_number_stays_where_the_number_is():
    text = "for (ptrdiff_t n = 0; n < N; n++) {\n    s += a[n] * b[n] * c[n] * d[n] * e[n];\n}"
    assert functions(unit(text, "s")) == 0


def test_what_declares_an_array_for_others_stays():
    text = LOOP.format(t="c", x="a", y="b", i="n", at="8") + "double d[8];\nfill(d, 8, 0.0);"
    assert functions(unit(text, "c")) == 0


def test_what_comes_once_stays_where_it_is():
    assert not Shared([loop("c", "a", "b")], Names(TYPES)).functions()
    assert len(Shared([loop("c", "a", "b"), loop("d", "a", "b")], Names(TYPES)).functions()) == 1


def test_how_often_a_loop_runs_is_no_difference():
    text = LOOP.format(t="c", x="a", y="b", i="n", at="8")
    units = [unit(text.replace("< N", f"< {bound}"), "c") for bound in ("320", "4 * N")]
    shared = Shared(units, Names(TYPES))
    assert shared.functions()[0][3:] == [
        "    for (ptrdiff_t n = 0; n < count; n++) {",
        "        c[n] = a[n] + b[n];",
        "    }",
        "}",
    ]
    assert [shared.lines(u)[-1] for u in units] == [
        "compute_c_1(320, c, a, b);", "compute_c_1(4 * N, c, a, b);"
    ]  # fmt: skip


def deep(depth: int) -> str:
    layers = "\n".join(f"h{k + 1} = dense(h{k}, 5, gelu)" for k in range(depth))
    return f"input h0[N, 5]\n{layers}\noutput h{depth}\nloss mean[n,j](h{depth}[n,j]**2)"


def test_a_deeper_network_has_no_more_loops_and_means_the_same():
    loops = []
    for depth in (12, 24):
        network = net(deep(depth))
        loops.append(compiler.emit(network, "c")["drawn.c"].count("for ("))
        assert_agrees(network, arrays(network, 3, N=4), make=c_module)
    assert loops[0] == loops[1]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_call_names_only_what_is_there(threads: int):
    code = compiler.emit(net(deep(8)), "c", threads=threads)["drawn.c"]
    for name in set(re.findall(r"SHARED void (\w+)\(", code)):
        head, *calls = (found.count(",") for found in re.findall(rf"\b{name}\(([^)]*)\)", code))
        assert calls
        assert set(calls) == {head}


def test_the_lines_of_a_call_are_told_where_the_function_is_anothers():
    network = net(deep(8))
    forms = compiler.three_forms(network, compiler.derive(network))
    calls = [a.name for a in forms if any("compute_" in line for line in a.c)]
    loops = [a.name for a in forms if any("for (" in line for line in a.c)]
    assert calls
    assert loops
    assert not set(calls) & set(loops)


def test_a_tensor_may_have_the_name_of_a_length():
    network = net("""
        input x[N, 30], count[N, 30]
        param walk[30]
        y[n, i] = walk[i] * count[n, i]
        z[n, i] = tanh(y[n, i] + x[n, i])
        output z
        loss sum[n, i](z[n, i] * y[n, i])
        optimizer adam(learning_rate=0.1)
    """)
    assert "ptrdiff_t count" in compiler.emit(network, "c")["drawn.c"]
    assert_agrees(network, arrays(network, 1, N=3), make=c_module)
