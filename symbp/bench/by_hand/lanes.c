/*
 * A training step of a 2-4-1 perceptron of sigmoids in float64, at most four rows: the units of a
 * row, and then the outputs of all rows, are the lanes of one vector.
 *
 * So short a step is a chain of dependent operations: the exponential's polynomial is a tree
 * (Estrin's scheme), and the four rows go through it side by side.
 *
 * Macros as in plain.c.
 */
#include "extension.h"

#if S0 != 2 || S1 != 4 || S2 != 1 || DEPTH != 2 || N > 4
#error "the lanes don't fit these sizes"
#endif

#define INLINE static inline __attribute__((always_inline))

typedef double vector __attribute__((vector_size(32)));
typedef int64_t bits __attribute__((vector_size(32)));

static double x[N * 2], y[N];
static vector h1_W[2], h1_b[1], h2_W[1];
static double h2_b[1];

/* 2^k e^r with a = k log(2) + r; for |a| < 700. */
INLINE vector vector_exp(vector a)
{
    const vector k = a * 1.4426950408889634 + 6755399441055744.0; /* 1.5 * 2^52: bits hold k */
    const vector whole = k - 6755399441055744.0;
    const vector r = (a - whole * 0.693147180369123816490) - whole * 1.90821492927058770002e-10;
    const vector r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
    const vector p0 = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6));
    const vector p4 = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    const vector p8 = (1.0 / 40320 + r * (1.0 / 362880))
            + r2 * (1.0 / 3628800 + r * (1.0 / 39916800)) + r4 * (1.0 / 479001600);
    const vector power = p0 + r4 * p4 + r8 * p8;
    return (vector)((bits)power + ((bits)k << 52));
}

INLINE vector within(vector a, vector limit)
{
    const bits above = a > limit, below = a < -limit;
    return (vector)((above & (bits)limit) | (below & (bits)-limit) | (~(above | below) & (bits)a));
}

INLINE vector sigmoid(vector a)
{
    return 1.0 / (1.0 + vector_exp(-within(a, (vector){0} + 700.0)));
}

static double train(void)
{
    vector h[N], s = {0};
    for (int n = 0; n < N; n++) {
        h[n] = sigmoid(h1_b[0] + x[2 * n] * h1_W[0] + x[2 * n + 1] * h1_W[1]);
    }
    for (int n = 0; n < N; n++) {
        const vector t = h[n] * h2_W[0];
        s[n] = (t[0] + t[1]) + (t[2] + t[3]) + h2_b[0];
    }
    const vector p = sigmoid(s);
    vector e = {0};
    for (int n = 0; n < N; n++) {
        e[n] = p[n] - y[n];
    }
    const vector d = e * p * (1.0 - p) * (2.0 / N), squares = e * e;
    vector dW0 = {0}, dW1 = {0}, db = {0}, dV = {0};
    double loss = 0, dc = 0;
    for (int n = 0; n < N; n++) {
        const vector g = d[n] * h2_W[0] * h[n] * (1.0 - h[n]);
        dW0 += x[2 * n] * g;
        dW1 += x[2 * n + 1] * g;
        db += g;
        dV += d[n] * h[n];
        dc += d[n];
        loss += squares[n];
    }
    h1_W[0] -= RATE * dW0;
    h1_W[1] -= RATE * dW1;
    h1_b[0] -= RATE * db;
    h2_W[0] -= RATE * dV;
    h2_b[0] -= RATE * dc;
    return loss / N;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(h1_W), ARRAY(h1_b), ARRAY(h2_W), ARRAY(h2_b), {NULL, NULL, 0},
    };
    return all;
}
