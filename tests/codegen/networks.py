"""Networks that ask everything of a target, by name; all are small."""

NETWORKS = {
    "dense": """
        network xor
        input x[N, 2]
        target y[N, 1]
        h = dense(x, 4, sigmoid)
        p = dense(h, 1, sigmoid)
        output p
        loss mse(p, y)
        optimizer sgd(learning_rate=0.5)
    """,
    "labels": """
        network digits
        input x[N, 8]
        label t[N] in 5
        h = dense(x, 6, relu)
        logits = dense(h, 5)
        output softmax(logits)
        loss cross_entropy(logits, t)
        optimizer adam(learning_rate=0.01)
    """,
    "padded strided convolution": """
        network convolution
        input x[N, 2, 5, 5]
        param K[3, 2, 3, 3], b[3]
        y[n,o,p,q] = b[o] + sum[c,u,v](where(2*p+u-1 >= 0 and 2*p+u-1 < 5 and 2*q+v-1 >= 0
            and 2*q+v-1 < 5, x[n,c,2*p+u-1,2*q+v-1] * K[o,c,u,v], 0)) for p in 3, q in 3
        output y
        loss mean[n,o,p,q](tanh(y[n,o,p,q])**2)
    """,
    "max pooling with ties": """
        network pooling
        input x[N, 4, 4]
        param w, a[4, 4]
        z[n,p,q] = floor(x[n,p,q]) * w * a[p,q]**2
        m[n,r,s] = max[u,v](z[n,2*r+u,2*s+v]) for r in 2, s in 2, u in 2, v in 2
        low = min[n,r,s](m[n,r,s])
        output m
        loss sum[n,r,s](m[n,r,s]**2) + low
    """,
    "embedding, two sizes": """
        network language
        input tokens[N, T] in 7
        label next[N, T] in 7
        param E[7, 3], W[3, 7]
        h[n,t,d] = tanh(E[tokens[n,t],d])
        z[n,t,k] = sum[d](h[n,t,d] * W[d,k])
        Z[n,t] = sum[k](exp(z[n,t,k]))
        output z
        loss mean[n,t](log(Z[n,t]) - z[n,t,next[n,t]])
        optimizer momentum(learning_rate=0.1)
    """,
    "scatter": """
        network histogram
        input x[N]
        input t[N] in 4
        param w[4], c
        value h[4]
        h[t[n]] += x[n] * w[t[n]] + c
        h[3 - t[n]] += where(x[n] > 0, c, 0)
        output h
        loss sum[k](h[k]**2)
    """,
    "scalars and remainders": """
        network scalars
        input x[N, 5]
        param a, b
        g = exp(a / 3) + b**3 - sqrt(2) * a
        y[n,i] = (g * x[n,(i + 3) % 5] * (i + 1) + a * x[n,floor((i + 1) / 2)] / N
            + where(i < 2, b, pi)) for i in 5
        output y, g
        loss sum[n,i](y[n,i]**2) / (N * 5) + 0.1 * a**2
        optimizer adamw(learning_rate=0.01)
    """,
    "hyper-parameters forward": """
        network penalised
        input x[N, 2]
        target y[N]
        hyper strength = 0.3
        param w[2], register
        p[n] = sum[i](x[n,i] * w[i]) + register
        output p
        loss mean[n]((p[n] - y[n])**2) + strength * sum[i](abs(w[i]))
        optimizer sgd(learning_rate=0.1)
    """,
    "every function": """
        network functions
        input x[N]
        param w[23]
        y[n] = (exp(w[0]*x[n]) + log(1 + w[1]**2) + log1p(w[2]**2) + expm1(w[3]) + sqrt(1 + w[4]**2)
            + sin(w[5]) * cos(w[6]) + tan(w[7] / 9) + asin(sin(w[8]) / 2) + acos(cos(w[9]) / 2)
            + atan(w[10] * x[n]) + sinh(w[11]) + cosh(w[12]) + tanh(w[13]) + erf(w[14] * x[n])
            + abs(w[15]) + sign(w[16]) + floor(w[17]) + sigmoid(w[18] * x[n]) + softplus(w[19])
            + relu(w[20]) + maximum(w[21], w[22]) * minimum(w[21], x[n])
            + where(w[0] > 0 or not (w[1] < 0 and x[n] > 0), w[2]**4, w[3]**5)
            + abs(w[4])**1.5 + w[5]**2 / (1 + w[6]**2)**(1/3)
            + (x[n] % 0.7) * w[7] + 10**(-9) * w[8])
        output y
        loss mean[n](y[n]**2)
    """,
}
