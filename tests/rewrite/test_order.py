"""In which order equations stand at the end, and what is left out."""

from __future__ import annotations

from symbp.rewrite import order, release
from tests.rewrite.test_passes import assert_becomes, told


def test_sums_come_first_and_scatters_last() -> None:
    assert_becomes(
        order,
        "value q[3]\nq[t[n]] = a[n]\nq[i] += b[i]\nq[i] += sum[n](z[n,i])\n",
        "q[i] = sum[n](z[n,i])\nq[i] += b[i]\nq[t[n]] += a[n]\n",
        "q",
    )


def test_terms_of_one_kind_keep_their_order() -> None:
    assert_becomes(
        order,
        "q[n] = a[n]\nr = c\nq[n] += c\nq[n] += a[n]**2\n",
        "r = c\nq[n] = a[n]\nq[n] += c\nq[n] += a[n]**2\n",
        "q", "r",
    )  # fmt: skip


def test_a_scan_stays_where_and_as_it_is() -> None:
    assert_becomes(
        order,
        """\
        value h[N + 1]
        h[0] = c
        q[i] = w[i]
        scan n in N
            g[n] = h[n]
            h[n + 1] = h[n]
            g[n] += sum[i](x[n,i])
        end
        q[i] += sum[n](x[n,i])
        """,
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            g[n] = h[n]
            h[n + 1] += h[n]
            g[n] += sum[i](x[n,i])
        end
        q[i] = sum[n](x[n,i])
        q[i] += w[i]
        """,
        "g", "q",
    )  # fmt: skip


def test_what_no_output_needs_is_left_out() -> None:
    assert_becomes(
        order, "p[n] = a[n]\nq[n] = p[n]\nr[n] = p[n]\n", "p[n] = a[n]\nr[n] = p[n]\n", "r"
    )


def test_every_stop_of_a_gradient_is_released_and_told() -> None:
    equations = "p[n] = a[n]\nq[n] = stop_gradient(c + stop_gradient(p[n])) * a[n]\n"
    assert_becomes(release, equations, "p[n] = a[n]\nq[n] = (c + p[n]) * a[n]\n", "p", "q")
    assert told(release, equations, "p", "q") == [
        "stop_gradient(a) = a: q[n] = a[n] * stop_gradient(c + stop_gradient(p[n]))"
        " -> q[n] = (c + p[n]) * a[n]"
    ]
