"""Formulas of a network whose adjoints are written by hand, and of any description."""

from symbp.autodiff import adjoint
from symbp.codegen.formulas import Formulas
from symbp.ir.text import parse

FORMATS = ("text", "latex", "markdown", "html")
XOR = parse("""input x[N,2]
target y[N,1]
param h_W[2,4], h_b[4], p_W[4,1], p_b[1]
h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
h_z[n,j] += h_b[j]
h[n,j] = sigmoid(h_z[n,j])
p_z[n,k] = sum[j](h[n,j] * p_W[j,k])
p_z[n,k] += p_b[k]
p[n,k] = sigmoid(p_z[n,k])
loss = sum[n,k]((p[n,k] - y[n,k])**2 / N)
dp_z[n,k] = 2 * (p[n,k] - y[n,k]) * p[n,k] * (1 - p[n,k]) / N
dp_b[k] = sum[n](dp_z[n,k])
dp_W[j,k] = sum[n](h[n,j] * dp_z[n,k])
dh[n,j] = sum[k](dp_z[n,k] * p_W[j,k])
dh_z[n,j] = dh[n,j] * h[n,j] * (1 - h[n,j])
dh_b[j] = sum[n](dh_z[n,j])
dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])
""")
GRADIENTS = {name: f"d{name}" for name in ("h_W", "h_b", "p_W", "p_b")}
XOR_FORMULAS = Formulas("xor", XOR, "loss", GRADIENTS)


def derived(source: str, loss: str = "L") -> Formulas:
    forward = parse(source)
    parameters = [t.name for t in forward.having("param")]
    program, gradients = adjoint(forward, loss, parameters)
    return Formulas("net", program, loss, gradients)
