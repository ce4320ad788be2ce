"""Single equations of every kind: the NumPy module and the interpreter say the same."""

from __future__ import annotations

from textwrap import dedent

import numpy as np
import pytest

from symbp.compiler import emit
from symbp.errors import LanguageError, TargetError
from tests.codegen.built import arrays, assert_agrees, net, source

CASES = {
    "padded strided convolution": """
        input x[N,2,7,7]
        param K[3,2,3,3]
        a[n,c,p,q] = where(p>=1 and p<8 and q>=1 and q<8, x[n,c,p-1,q-1], 0) for p in 9, q in 9
        y[n,o,p,q] = sum[c,u,v](a[n,c,2*p+u,2*q+v]*K[o,c,u,v]) for p in 4, q in 4
        output y
        loss sum[n,o,p,q](y[n,o,p,q]**2)
    """,
    "overlapping max pooling": """
        input x[N,4,4]
        param w[2,2]
        h[n,p,q] += sum[a,b](x[n,p+a,q+b]*w[a,b]) for p in 3,q in 3
        m[n,r,s] = max[a,b](h[n,r+a,s+b]) for r in 2,s in 2,a in 2,b in 2
        output m
        loss sum[n,r,s](m[n,r,s]**2)
    """,
    "max and min of expressions": """
        input x[N,6]
        param w[6]
        m[n]=max[i](x[n,i]*w[i])
        k[n]=min[i](sin(x[n,i]+w[i]))
        output m
        loss sum[n](m[n]*k[n])
    """,
    "embedding": """
        input t[N,T] in 5
        param E[5,3], w[3]
        e[n,d]=sum[s](E[t[n,s],d])
        output e
        loss mean[n,d](e[n,d]**2*w[d])
    """,
    "scatter by an input": """
        input t[N] in 5
        input x[N,3]
        param W[3]
        h[t[n],j] += x[n,j]*W[j]
        output h
        loss sum[k,j](h[k,j]**2)
    """,
    "attention": """
        input x[N,T,4]
        param Q[4,2,3],K[4,2,3],V[4,2,3]
        q[n,h,t,d]=sum[i](x[n,t,i]*Q[i,h,d])
        k[n,h,t,d]=sum[i](x[n,t,i]*K[i,h,d])
        v[n,h,t,d]=sum[i](x[n,t,i]*V[i,h,d])
        s[n,h,t,u]=sum[d](q[n,h,t,d]*k[n,h,u,d])/sqrt(3)
        p=softmax(s)
        o[n,t,h,d]=sum[u](p[n,h,t,u]*v[n,h,u,d])
        output o
        loss mean[n,t,h,d](o[n,t,h,d]**2)
    """,
    "transposed accesses": """
        input x[N,4]
        param W[3,4], V[4,3]
        y[j,n]=sum[i](x[n,i]*W[j,i])
        z[n,i]=sum[j](y[j,n]*V[i,j])
        output z
        loss sum[n,i](sin(z[n,i]+W[0,i]))
    """,
    "diagonal": """
        input x[N,3]
        param W[3,3]
        y[n,j]=x[n,j]*W[j,j]
        t=sum[j](W[j,j])
        output y
        loss sum[n,j](y[n,j]**2)+t**3
    """,
    "reduction over middle axes": """
        input x[N,3,4,2]
        param w[3,2]
        y[n,c]=sum[a,b](x[n,a,b,c]*tanh(w[a,c]*x[n,a,b,c]))
        output y
        loss sum[n,c](y[n,c])
    """,
    "strides forwards and backwards": """
        input x[N,7]
        param w[3]
        y[n,i]=x[n,2*i+1]*w[i]+x[n,6-2*i]*w[2-i]
        output y
        loss sum[n,i](y[n,i]**3)
    """,
    "remainder and quotient of indices": """
        input x[N,6]
        param w[2], v[3]
        y[n,i]=x[n,i]*w[i%2]+v[floor(i/2)]*x[n,(i+4)%6] for i in 6
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "index as a number": """
        input x[N,6]
        param w[6],c
        y[n,i]=x[n,i]*w[i]*sin(i*c)+(n+1)*c
        output y
        loss sum[n,i](y[n,i]**2)/N
    """,
    "guards": """
        input x[N,6]
        param w[6]
        y[n,i]=where(x[n,i]>0, log(x[n,i]), x[n,i])*w[i]+where(i>2,w[i-1],0)
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "scalars alone": """
        input x
        target y
        param a,b
        p=a*x+b
        output p
        loss (p-y)**2
        optimizer adam(learning_rate=0.1)
    """,
    "scalars and an unused parameter": """
        input x[N]
        param a,b
        param unused[3]
        c=a*b+sin(a)
        d=c**2
        p[n]=x[n]*c+d
        output p,d
        loss mean[n](p[n]**2)+d
        optimizer adam(learning_rate=0.1)
    """,
    "two symbolic sizes": """
        input x[N,T,3]
        input m[T]
        param w[3],u[3]
        y[n,t]=sum[i](x[n,t,i]*w[i])
        z[n]=sum[t](y[n,t]*m[t])
        output z,y
        loss mean[n](z[n]**2)+mean[n,t](y[n,t]**4*u[0])
    """,
    "three factors": """
        input x[N,3]
        param A[3,4],B[4,5]
        y[n,k]=sum[i,j](x[n,i]*A[i,j]*B[j,k])
        output y
        loss sum[n,k](y[n,k]**2)
    """,
    "five factors": """
        input x[N,3], z[N,5]
        param A[3,4],B[4,5],c[4]
        y[n]=sum[i,j,k](x[n,i]*A[i,j]*B[j,k]*z[n,k]*c[j])
        output y
        loss sum[n](y[n]**2)
    """,
    "terms over smaller boxes": """
        input x[N,6]
        param w[6],v[4]
        value y[N,6]
        y[n,i] += v[i]*x[n,i+1] for i in 4
        y[n,0] += w[2]
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "maximum over two boxes": """
        input x[N,6]
        param w[6],v[4]
        value y[N,6]
        y[n,i] max= x[n,i]*w[i] for i in 6
        y[n,i] max= v[i]*x[n,i+1] for i in 4
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "hyper-parameters in the forward pass": """
        input x[N,6]
        param w[6]
        hyper g = 0.3
        hyper r = 2
        y[n]=sum[i](x[n,i]*w[i]*g)
        output y
        loss mean[n](tanh(r*y[n]))+g*sum[i](w[i]**2)
        optimizer sgd(learning_rate=0.1)
    """,
    "tied weights": """
        input x[N,3]
        param W[3,3]
        h=relu(x)
        a[n,j]=tanh(sum[i](x[n,i]*W[i,j]))
        b[n,j]=tanh(sum[i](a[n,i]*W[i,j]))
        c[n,j]=tanh(sum[i](b[n,i]*W[j,i]))
        output c
        loss sum[n,j](c[n,j]**2+h[n,j])
    """,
    "powers": """
        input x[N,3]
        param w[3],e
        y[n,i]=(1+x[n,i]**2)**e*w[i]**3+sqrt(1+w[i]**2)/(2+x[n,i]**2)**1.5
        output y
        loss sum[n,i](y[n,i])
    """,
    "normalisation": """
        input x[N,5]
        param g[5],b[5]
        m[n]=mean[i](x[n,i]*g[i])
        v[n]=mean[i]((x[n,i]*g[i]-m[n])**2)
        y[n,i]=(x[n,i]*g[i]-m[n])/sqrt(v[n]+0.00001)+b[i]
        output y
        loss sum[n,i](y[n,i]**3)
    """,
    "label in two axes": """
        input x[N,5]
        label t[N] in 5
        param W[5,5]
        z[n,j]=sum[i](x[n,i]*W[i,j])
        output z
        loss mean[n](z[n,t[n]]*W[t[n],t[n]])
    """,
    "matrix with its transpose": """
        input x[N,4]
        param W[4,4]
        y[n,i]=sum[j](W[i,j]*W[j,i]*x[n,j])
        output y
        loss sum[n,i](y[n,i])
    """,
    "every function": """
        input x[N,3]
        param w[3]
        y[n,i]=sin(w[i])+cos(x[n,i]*w[i])+tan(w[i]/9)+asin(tanh(w[i])/2)+acos(tanh(x[n,i])/2)+atan(w[i])+sinh(w[i])+cosh(w[i])+erf(w[i]*x[n,i])+floor(x[n,i])*w[i]+sign(w[i])*x[n,i]+expm1(w[i])+log1p(w[i]**2)
        output y
        loss sum[n,i](y[n,i])
    """,
    "remainder of a number": """
        input x[N,3]
        param w[3]
        y[n,i]=(x[n,i]*w[i])%0.7
        output y
        loss sum[n,i](y[n,i])
    """,
    "size as a factor": """
        input x[N,3]
        param w[3]
        y[n,i]=x[n,i]*w[i]*N+sum[j](w[j])/N
        output y
        loss mean[n,i](y[n,i]**2)*N
    """,
    "output that is read again": """
        input x[N,3]
        param w[3]
        h[n,i]=tanh(x[n,i]*w[i])
        g[n,i]=h[n,i]*2
        output h,g
        loss mean[n,i](g[n,i]**2+h[n,i])
    """,
    "output apart from the loss": """
        input x[N,3]
        param w[3]
        s=sum[i](w[i])
        output s
        loss sum[n,i](x[n,i]*w[i])
    """,
    "parameter outside of the sum": """
        input x[N,3]
        param w
        y[n]=sum[i](x[n,i])*w
        output y
        loss sum[n](y[n])
    """,
    "scalar output": """
        input x[3]
        param w[3]
        s=sum[i](tanh(w[i]*x[i])*exp(w[i]))
        output s
        loss s**2
        optimizer sgd()
    """,
    "size of the target alone": """
        input x[3]
        target y[N]
        param w[3]
        s=sum[i](w[i]*x[i])
        output s
        loss sum[n]((s-y[n])**2)
        optimizer sgd()
    """,
    "helpers of helpers": """
        input x[N,3]
        param w[3]
        y[n,i]=softplus(x[n,i]*w[i]+1)*sigmoid(x[n,i]*w[i]-1)*erf(x[n,i]+w[i]*2)+erf(softplus(sigmoid(w[i]*x[n,i])))
        output y
        loss sum[n,i](y[n,i])
    """,
    "products over smaller boxes": """
        input x[N,6]
        param w[6],v[6]
        value y[N,6]
        y[n,i] += w[i]*x[n,i+1]*v[i] for i in 4
        y[n,i] += sum[j](w[i]*x[n,j]*v[j]) for i in 3, j in 2
        y[n,5]+=v[5]**2
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "products of slices": """
        input x[N,6]
        param W[6,5]
        y[n,j] = sum[i](W[i,j]*x[n,i]) for i in 4, j in 3
        z=sum[i,j](W[i,j]**2) for i in 2, j in 2
        t[n,i]=x[n,i]*W[i,0] for i in 4
        output y,t
        loss sum[n,j](y[n,j]**2)+z+sum[n,i](exp(t[n,i]))
    """,
    "batched product over two indices": """
        input x[N,3,4], y[N,4,5]
        param W[4,3]
        h[n,k]=sum[i,j](x[n,i,j]*W[j,i]*y[n,j,k])
        output h
        loss sum[n,k](h[n,k]**2)
    """,
    "contraction of two axes": """
        input x[N,3,4]
        param W[4,3,5]
        h[n,k]=sum[i,j](x[n,i,j]*W[j,i,k])
        output h
        loss sum[n,k](h[n,k]**2)
    """,
    "contraction into another order": """
        input x[N,3,4]
        param W[4,3,5]
        h[k,n]=sum[i,j](x[n,i,j]*W[j,i,k])
        output h
        loss sum[n,k](h[k,n]**2)
    """,
    "outer product": """
        input x[N,3]
        param w[3],v[4]
        h[n,i,j]=x[n,i]*v[j]*w[i]
        z[j]=sum[n,i](tanh(h[n,i,j]))
        output z
        loss sum[j](z[j]**2)
    """,
    "no batch": """
        input x[3]
        target y[4]
        param W[3,4],b[4]
        z[j]=sum[i](x[i]*W[i,j])+b[j]
        p=softmax(z)
        output p
        loss sum[j]((p[j]-y[j])**2)
        optimizer sgd()
    """,
    "matrix and vector": """
        input x[N,3]
        param W[4,3],v[4]
        y[n]=sum[i](x[n,i]*sum[j](W[j,i]*v[j]))
        output y
        loss mean[n](y[n]**2)
    """,
    "value shared with a term": """
        input x[N,4]
        param W[4,3],b[3]
        y[n,j]=sum[i](x[n,i]*W[i,j])
        y[n,j]+=exp(b[j])*x[n,0]
        z[n,j]=exp(b[j])*x[n,0]+1
        output y,z
        loss sum[n,j](y[n,j]*z[n,j])
    """,
    "term shared with its reader": """
        input x[N,3]
        param W[3,3],b[3]
        y[n,j]=sum[i](x[n,i]*W[i,j])
        y[n,j]+=exp(b[j])
        z[n,j]=y[n,j]*exp(b[j])
        output y,z
        loss sum[n,j](y[n,j]*z[n,j])
    """,
    "term and value without a batch": """
        input x[3]
        param W[3,3],b[3]
        y[j]=sum[i](x[i]*W[i,j])
        y[j]+=exp(b[j])
        z[j]=exp(b[j])+sin(b[j])
        q[j]=exp(b[j])*x[j]
        output y,z,q
        loss sum[j](y[j]*z[j]*q[j])
    """,
    "logarithms of quotients": """
        input x[N,3]
        param w[3]
        y[n,i]=log(exp(x[n,i])/(w[i]**2*(1+x[n,i]**2)))+log(x[n,i]**2/w[i]**2)+log(1/(w[i]*w[i]))
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "choices inside choices": """
        input x[N,3]
        param w[3]
        r[i]=1/(0.1+w[i]**2)
        y[n,i]=r[i]*where(x[n,i]>0 and w[i]<1 or x[n,i]<-1, where(w[i]>0,sqrt(w[i]),w[i]*2), w[i])
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "negated conditions": """
        input x[N,3]
        param w[3]
        y[n,i]=where(not (x[n,i]>0 and i==1), w[i], w[0]*x[n,i])*where(n==0 or i!=2,w[i],2)
        output y
        loss sum[n,i](y[n,i]**2)
    """,
    "gather through a gather": """
        input t[N] in 4
        input s[4] in 3
        param E[3,2]
        y[n,d]=E[s[t[n]],d]
        output y
        loss sum[n,d](sin(y[n,d]))
    """,
    "gather with an offset": """
        input t[N] in 3
        param E[7,2]
        y[n,d]=E[2*t[n]+d,d]*E[6-t[n],0]
        output y
        loss sum[n,d](sin(y[n,d]))
    """,
    "affine targets": """
        input x[N,4]
        param w[3]
        value y[N,6]
        y[n,i+k] += x[n,i]*w[k]
        value d[4,4]
        d[i,i] += w[2]*x[0,i]
        output y,d
        loss sum[n,k](y[n,k]**2)+sum[i,j](d[i,j]**2)
    """,
    "target in reverse": """
        input x[N,4]
        param w[4]
        value y[N,8]
        y[n,7-2*i] += x[n,i]*w[i]
        output y
        loss sum[n,k](y[n,k]**2)
    """,
    "quotient as a number": """
        input x[N,6]
        param w[3]
        y[n,i]=x[n,i]*w[floor(i/2)]*floor(i/2)*(i%2)*i/3
        output y
        loss sum[n,i](y[n,i])
    """,
    "many powers": """
        input x[N,3]
        param w[3]
        y[n,i]=(w[i]*x[n,i])**5+(w[i])**2*(x[n,i]-1)**-2+1/(1+w[i]**2)**(1/2)+abs(w[i])**1.5+2**w[i]+pi*w[i]
        output y
        loss mean[n,i](y[n,i])
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_an_equation_means_the_same_in_numpy(case: str):
    network = net(dedent(CASES[case]))
    assert_agrees(network, arrays(network, 1, N=3, T=4))
    assert_agrees(network, arrays(network, 2, N=1, T=1))
    assert_agrees(network, arrays(network, 4, scale=0.7, N=2, T=3), "float32")


def test_a_hyper_parameter_can_be_given():
    network = net(dedent(CASES["hyper-parameters in the forward pass"]))
    values = arrays(network, 1, N=3)
    program_loss = assert_agrees(network, values).HYPERPARAMETERS
    assert program_loss == {"g": 0.3, "r": 2.0, "learning_rate": 0.1}


def test_where_values_tie_the_first_wins():
    network = net("""
        input x[N,6]
        param w[6]
        h[n,i] = relu(x[n,i] * w[i])
        m[n,r] = max[a](h[n,2*r+a]) for r in 3, a in 2
        k[n] = min[i](h[n,i])
        output m
        loss sum[n,r](m[n,r] * (r + 1)) + sum[n](k[n])
    """)
    values = {"x": np.ones((2, 6)), "w": np.array([2.0, 2, -1, -1, 3, 1])}
    assert_agrees(network, values)
    zero = {"x": np.zeros((2, 6)), "w": np.ones(6)}
    assert_agrees(network, zero)


def test_relu_and_abs_have_no_slope_at_the_kink():
    network = net("""
        input x[N]
        param w
        y[n] = relu(x[n] * w) + abs(x[n] * w) + maximum(x[n] * w, 0) + where(x[n] * w > 0, 2, 3)
        output y
        loss sum[n](y[n])
    """)
    assert_agrees(network, {"x": np.array([0.0, 1.0, -1.0]), "w": np.array(1.0)})


def test_the_branch_that_is_not_taken_may_have_no_value():
    network = net("""
        input x[N]
        param w
        y[n] = where(x[n] > 0, log(x[n]) / x[n], 1) * w + where(x[n] < 3, sqrt(3 - x[n]), w)
        output y
        loss sum[n](y[n]**2)
    """)
    assert_agrees(network, {"x": np.array([0.0, 1.0, -1.0, 5.0]), "w": np.array(0.5)})


def core(text: str) -> str:
    """Return the functions of a module that compute, without its comments."""
    code = source(net(text))
    lines = code[code.index("def _forward") : code.index("def _buffers")].splitlines()
    return "\n".join(line.strip() for line in lines if not line.strip().startswith("#"))


POOL = """
    input x[N,2,6,4]
    param a
    h[n,c,i,j] = a * x[n,c,i,j]
    m[n,c,p,q] = max[u,v](h[n,c,2*p+u,2*q+v]) for p in 3, q in 2, u in 2, v in 2
    output m
    loss sum[n,c,p,q](m[n,c,p,q]**2)
"""


def test_windows_are_reduced_along_one_axis_after_the_other():
    found = core(POOL)
    assert "np.maximum(h[:, :, :5:2, :], h[:, :, 1::2, :], out=m_rows)" in found
    assert "np.maximum(m_rows[:, :, :, :3:2], m_rows[:, :, :, 1::2], out=m)" in found
    assert "inf" not in found  # the first two set it: nothing has to be in it before


def test_what_covers_its_target_is_set_and_not_added():
    assert "out=dh[:, :, u:u + 5:2, v:v + 3:2]" in core(POOL)
    assert "dh.fill" not in core(POOL)


def test_a_convolution_is_one_product_for_all_samples_and_so_are_its_gradients():
    found = core("""
        input x[N,2,6,6]
        param a
        param K[3,2,3,3]
        h[n,c,i,j] = a * x[n,c,i,j]
        y[n,o,p,q] = sum[c,u,v](h[n,c,p+u,q+v] * K[o,c,u,v]) for p in 4, q in 4
        z[n] = sum[o,p,q](y[n,o,p,q]**2)
        output z
        loss sum[n](z[n])
    """)
    assert "np.matmul(K.reshape(3, 18), s1.reshape(18, 16 * N), out=y.reshape(3, 16 * N))" in found
    assert "np.matmul(dy.reshape(3, 16 * N), s1.reshape(18, 16 * N).T, out=dK.reshape(3, 18))" in (
        found
    )
    assert "np.matmul(K.reshape(3, 18).T, dy.reshape(3, 16 * N), out=dh_terms.reshape(18, 16" in (
        found.replace("\n", " ")
    )


def test_windows_that_leave_something_out_are_filled_first():
    text = POOL.replace("x[N,2,6,4]", "x[N,2,7,5]")
    assert "h.fill(0.0)\ndh = h" in core(text)
    assert_agrees(net(text), arrays(net(text), N=3))


def test_a_sum_over_windows_is_added_up_even_where_it_sets_its_target():
    text = """
        input x[N,7]
        param a
        y[n,p] = sum[u](exp(a * x[n,2*p+u])) for p in 3, u in 3
        output y
        loss sum[n,p](y[n,p]**2)
    """
    assert_agrees(net(text), arrays(net(text), N=3))


def test_small_whole_numbers_that_are_only_compared_are_bytes():
    found = core(POOL)
    assert "np.equal(h[:, :, u:u + 5:2, v:v + 3:2], m, out=" in found
    assert "np.where" not in found
    assert "dtype=np.int8),  # m_winner" in source(net(POOL))


def test_conditions_that_all_have_to_hold_are_one_mask():
    text = """
        input x[N]
        input z[N]
        param w
        y[n] = where(x[n] > 0, where(x[n] < z[n], w * x[n], 0), 0)
        output y
        loss sum[n](y[n]**2)
    """
    assert "(x > 0) & (x < z)" in core(text)
    assert_agrees(net(text), arrays(net(text), N=9))


def test_an_output_that_depends_on_a_label_is_refused():
    with pytest.raises(LanguageError, match="label t, which a prediction is not given"):
        net("input x[N]\nlabel t[N] in 2\nparam W[2]\ny[n] = W[t[n]] * x[n]\n"
            "output y\nloss mean[n](y[n]**2)")  # fmt: skip


def test_an_output_that_depends_on_the_size_of_a_target_is_refused():
    network = net("input x[3]\ntarget y[N]\nparam w\ns[n,i] = w * x[i] for n in N\n"
                  "output s\nloss sum[n,i](s[n,i] * y[n])")  # fmt: skip
    with pytest.raises(TargetError, match="size N, which no input shows"):
        emit(network)


def test_a_matrix_product_is_one_and_nothing_loops_over_data():
    text = source(net(dedent(CASES["attention"])))
    core = text[text.index("def _forward") : text.index("def _buffers")]
    assert "for " not in core.replace("(of ", "").replace("# ", "#")
    assert "np.matmul(q, k.transpose(0, 1, 3, 2), out=" in core
