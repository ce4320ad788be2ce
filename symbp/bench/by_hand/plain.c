/*
 * A training step of a perceptron with two or three dense layers: the loops that one writes down.
 *
 * Macros: N rows; S0 S1 S2 and, with DEPTH = 3, S3 units; ACTIVATION and LAST, one of SIGMOID, TANH,
 * RELU, LINEAR; CROSS_ENTROPY = 1 for labels; RATE.
 */
#include "extension.h"

#include <math.h>
#include <tgmath.h>

#if DEPTH == 3
#define OUT S3
#else
#define OUT S2
#endif

static real x[N * S0];
static real h1_W[S0 * S1], h1_b[S1], h1[N * S1], d1[N * S1];
static real h2_W[S1 * S2], h2_b[S2], h2[N * S2], d2[N * S2];
#if DEPTH == 3
static real h3_W[S2 * S3], h3_b[S3], h3[N * S3], d3[N * S3];
#endif
#if CROSS_ENTROPY
static int64_t y[N];
#else
static real y[N * OUT];
#endif

enum { SIGMOID, TANH, RELU, LINEAR };

/* h = act(x W + b) */
static inline __attribute__((always_inline)) void dense(int in, int out, int act,
        const real *restrict a, const real *restrict W, const real *restrict b, real *restrict h)
{
    for (int n = 0; n < N; n++) {
        for (int j = 0; j < out; j++) {
            h[n * out + j] = b[j];
        }
        for (int i = 0; i < in; i++) {
            for (int j = 0; j < out; j++) {
                h[n * out + j] += a[n * in + i] * W[i * out + j];
            }
        }
    }
    for (int k = 0; k < N * out; k++) {
        if (act == SIGMOID) {
            h[k] = 1 / (1 + exp(-h[k]));
        } else if (act == TANH) {
            h[k] = tanh(h[k]);
        } else if (act == RELU) {
            h[k] = h[k] > 0 ? h[k] : 0;
        }
    }
}

/* d is the slope by h; make it the slope by what the activation was applied to. */
static inline __attribute__((always_inline)) void slope(int count, int act,
        const real *restrict h, real *restrict d)
{
    for (int k = 0; k < count; k++) {
        if (act == SIGMOID) {
            d[k] *= h[k] * (1 - h[k]);
        } else if (act == TANH) {
            d[k] *= 1 - h[k] * h[k];
        } else if (act == RELU) {
            d[k] = h[k] > 0 ? d[k] : 0;
        }
    }
}

/* da = d W^T */
static inline __attribute__((always_inline)) void back(int in, int out,
        const real *restrict d, const real *restrict W, real *restrict da)
{
    for (int n = 0; n < N; n++) {
        for (int i = 0; i < in; i++) {
            real sum = 0;
            for (int j = 0; j < out; j++) {
                sum += d[n * out + j] * W[i * out + j];
            }
            da[n * in + i] = sum;
        }
    }
}

/* W -= rate a^T d, b -= rate sum d */
static inline __attribute__((always_inline)) void descend(int in, int out,
        const real *restrict a, const real *restrict d, real *restrict W, real *restrict b)
{
    for (int i = 0; i < in; i++) {
        real dW[out];
        for (int j = 0; j < out; j++) {
            dW[j] = 0;
        }
        for (int n = 0; n < N; n++) {
            for (int j = 0; j < out; j++) {
                dW[j] += a[n * in + i] * d[n * out + j];
            }
        }
        for (int j = 0; j < out; j++) {
            W[i * out + j] -= (real)RATE * dW[j];
        }
    }
    for (int j = 0; j < out; j++) {
        real db = 0;
        for (int n = 0; n < N; n++) {
            db += d[n * out + j];
        }
        b[j] -= (real)RATE * db;
    }
}

#if CROSS_ENTROPY

/* The mean of log sum exp z - z[y], and its slope by z. */
static double lose(const real *restrict z, real *restrict d)
{
    double loss = 0;
    for (int n = 0; n < N; n++) {
        real top = z[n * OUT], sum = 0;
        for (int j = 1; j < OUT; j++) {
            top = z[n * OUT + j] > top ? z[n * OUT + j] : top;
        }
        for (int j = 0; j < OUT; j++) {
            d[n * OUT + j] = exp(z[n * OUT + j] - top);
            sum += d[n * OUT + j];
        }
        for (int j = 0; j < OUT; j++) {
            d[n * OUT + j] /= sum * N;
        }
        d[n * OUT + y[n]] -= (real)1 / N;
        loss += log(sum) - (z[n * OUT + y[n]] - top);
    }
    return loss / N;
}

#else

/* The mean of (p - y)^2, and its slope by p. */
static double lose(const real *restrict p, real *restrict d)
{
    real loss = 0;
    for (int k = 0; k < N * OUT; k++) {
        const real error = p[k] - y[k];
        loss += error * error;
        d[k] = error * (2 / (real)(N * OUT));
    }
    return loss / (N * OUT);
}

#endif

static double train(void)
{
    dense(S0, S1, ACTIVATION, x, h1_W, h1_b, h1);
#if DEPTH == 3
    dense(S1, S2, ACTIVATION, h1, h2_W, h2_b, h2);
    dense(S2, S3, LAST, h2, h3_W, h3_b, h3);
    const double loss = lose(h3, d3);
    slope(N * S3, LAST, h3, d3);
    back(S2, S3, d3, h3_W, d2);
    descend(S2, S3, h2, d3, h3_W, h3_b);
    slope(N * S2, ACTIVATION, h2, d2);
#else
    dense(S1, S2, LAST, h1, h2_W, h2_b, h2);
    const double loss = lose(h2, d2);
    slope(N * S2, LAST, h2, d2);
#endif
    back(S1, S2, d2, h2_W, d1);
    descend(S1, S2, h1, d2, h2_W, h2_b);
    slope(N * S1, ACTIVATION, h1, d1);
    descend(S0, S1, x, d1, h1_W, h1_b);
    return loss;
}

static const array *listed(void)
{
    static const array all[] = {
        ARRAY(x), ARRAY(y), ARRAY(h1_W), ARRAY(h1_b), ARRAY(h2_W), ARRAY(h2_b),
#if DEPTH == 3
        ARRAY(h3_W), ARRAY(h3_b),
#endif
        {NULL, NULL, 0},
    };
    return all;
}
