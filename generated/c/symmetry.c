/*
 * symmetry: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,6]
 *     target y[N,1]
 *     param W1[6,2]
 *     param b1[2]
 *     param W2[2,1]
 *     param b2[1]
 *     h_z[n,j] = sum[i](x[n,i] * W1[i,j])
 *     h_z[n,j] += b1[j]
 *     h[n,j] = sigmoid(h_z[n,j])
 *     p_z[n,k] = sum[j](h[n,j] * W2[j,k])
 *     p_z[n,k] += b2[k]
 *     p[n,k] = sigmoid(p_z[n,k])
 *     loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
 *     loss = 0.5 * loss_sum
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from symmetry.bp (network b773ec2b993e13ca):
 *     symbp build symmetry.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "symmetry.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* 2^k, for whole k from -1022 to 1023: the bits of k in the place of an exponent. */
static inline double power_of_two(double k)
{
    /* The last bits of k + 1.5 * 2^52 hold k. */
    const double shifted = k + 6755399441055744.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* The whole number next to x, for |x| < 2^51. */
static inline double nearest(double x)
{
    return (x + 6755399441055744.0) - 6755399441055744.0;
}

/* x - k log(2), the last in two parts, of which k times the first is exact. */
static inline double less_logs(double x, double k)
{
    return (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
}

/* e^r - 1 for |r| <= log(2) / 2, by Taylor's series up to r^13. */
static inline double small_expm1(double r)
{
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    return r + r * r * p;
}

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 2 units in the last place. */
static inline double fast_exp(double x)
{
    x = x > 1000.0 ? 1000.0 : x;
    x = x < -1000.0 ? -1000.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double half = nearest(k * 0.5); /* 2^k itself may be no number of this type */
    const double r = less_logs(x, k);
    return (1.0 + small_expm1(r)) * power_of_two(half) * power_of_two(k - half);
}

static inline double square(double x)
{
    return x * x;
}

/* Of e^-|x|, which never overflows; within 4 units in the last place. */
static inline double sigmoid(double x)
{
    const double e = fast_exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}

static void predict(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 6) */
    const double *W1 = params->W1; /* (6, 2) */
    const double *b1 = params->b1; /* (2,) */
    const double *W2 = params->W2; /* (2, 1) */
    const double *b2 = params->b2; /* (1,) */

    /* h_z[n,j] = b1[j] + sum[i](x[n,i] * W1[i,j]) */
    double *h_z = work; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            h_z[n * 2 + j] = b1[j];
        }
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 6; i++) {
            for (ptrdiff_t j = 0; j < 2; j++) {
                h_z[n * 2 + j] += x[n * 6 + i] * W1[i * 2 + j];
            }
        }
    }

    /* h[n,j] = sigmoid(h_z[n,j]) */
    double *h = work; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            h[n * 2 + j] = sigmoid(h_z[n * 2 + j]);
        }
    }

    /* p_z[n,k] = b2[k] + sum[j](h[n,j] * W2[j,k]) */
    double *p_z = outputs->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p_z[n] = b2[0];
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 2; j++) {
            sum += h[n * 2 + j] * W2[j];
        }
        p_z[n] += sum;
    }

    /* p[n,k] = sigmoid(p_z[n,k]) */
    double *p = outputs->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = sigmoid(p_z[n]);
    }
}

static double forward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape)
{
    const double *x = data->x; /* (N, 6) */
    const double *y = data->y; /* (N, 1) */
    const double *W1 = params->W1; /* (6, 2) */
    const double *b1 = params->b1; /* (2,) */
    const double *W2 = params->W2; /* (2, 1) */
    const double *b2 = params->b2; /* (1,) */

    /* h_z[n,j] = b1[j] + sum[i](x[n,i] * W1[i,j]) */
    double *h_z = tape->h; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            h_z[n * 2 + j] = b1[j];
        }
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 6; i++) {
            for (ptrdiff_t j = 0; j < 2; j++) {
                h_z[n * 2 + j] += x[n * 6 + i] * W1[i * 2 + j];
            }
        }
    }

    /* h[n,j] = sigmoid(h_z[n,j]) */
    double *h = tape->h; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            h[n * 2 + j] = sigmoid(h_z[n * 2 + j]);
        }
    }

    /* p_z[n,k] = b2[k] + sum[j](h[n,j] * W2[j,k]) */
    double *p_z = tape->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p_z[n] = b2[0];
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 2; j++) {
            sum += h[n * 2 + j] * W2[j];
        }
        p_z[n] += sum;
    }

    /* p[n,k] = sigmoid(p_z[n,k]) */
    double *p = tape->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = sigmoid(p_z[n]);
    }

    /* v1[n,j] = p[n,j] - y[n,j] */
    double *v1 = tape->v1; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        v1[n] = p[n] - y[n];
    }

    /* loss_sum = sum[n,j](v1[n,j]**2) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += square(v1[n]);
    }

    /* loss = 0.5 * loss_sum */
    const double loss = 0.5 * loss_sum;
    return loss;
}

static void backward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape, const symmetry_params *grads, double *work)
{
    const double *x = data->x; /* (N, 6) */
    const double *W2 = params->W2; /* (2, 1) */
    const double *h = tape->h; /* (N, 2) */
    const double *p = tape->p; /* (N, 1) */
    const double *v1 = tape->v1; /* (N, 1) */

    /* dp_z[n,k] = (1 - p[n,k]) * p[n,k] * v1[n,k]  (of p) */
    double *dp_z = work; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        dp_z[n] = (1.0 - p[n]) * p[n] * v1[n];
    }

    /* db2[k] = sum[n](dp_z[n,k])  (of p_z) */
    double *db2 = grads->b2; /* (1,) */
    {
        double sum = 0.0;
        for (ptrdiff_t n = 0; n < N; n++) {
            sum += dp_z[n];
        }
        db2[0] = sum;
    }

    /* dW2[j,k] = sum[n](h[n,j] * dp_z[n,k])  (of p_z) */
    double *dW2 = grads->W2; /* (2, 1) */
    fill(dW2, 2, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            dW2[j] += h[n * 2 + j] * dp_z[n];
        }
    }

    /* dh[n,j] = sum[k](dp_z[n,k] * W2[j,k])  (of p_z) */
    double *dh = work + N; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            dh[n * 2 + j] = dp_z[n] * W2[j];
        }
    }

    /* dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]  (of h) */
    double *dh_z = work + N; /* (N, 2) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            dh_z[n * 2 + j] = (1.0 - h[n * 2 + j]) * dh[n * 2 + j] * h[n * 2 + j];
        }
    }

    /* db1[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *db1 = grads->b1; /* (2,) */
    fill(db1, 2, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            db1[j] += dh_z[n * 2 + j];
        }
    }

    /* dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
    double *dW1 = grads->W1; /* (6, 2) */
    fill(dW1, 12, 0.0);
    for (ptrdiff_t i = 0; i < 6; i++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 2; j++) {
                dW1[i * 2 + j] += x[n * 6 + i] * dh_z[n * 2 + j];
            }
        }
    }
}

static void update(const symmetry_params *params, const symmetry_state *state,
        const symmetry_hyper *hyper, const symmetry_params *grads)
{
    const double *W1 = params->W1; /* (6, 2) */
    const double *b1 = params->b1; /* (2,) */
    const double *W2 = params->W2; /* (2, 1) */
    const double *b2 = params->b2; /* (1,) */
    const double *dW1 = grads->W1; /* (6, 2) */
    const double *db1 = grads->b1; /* (2,) */
    const double *dW2 = grads->W2; /* (2, 1) */
    const double *db2 = grads->b2; /* (1,) */
    const double *W1_v = state->W1_v; /* (6, 2) */
    const double *b1_v = state->b1_v; /* (2,) */
    const double *W2_v = state->W2_v; /* (2, 1) */
    const double *b2_v = state->b2_v; /* (1,) */
    const double learning_rate = hyper->learning_rate;
    const double momentum = hyper->momentum;

    /* W1_v_next[i,j] = W1_v[i,j] * momentum + dW1[i,j] */
    double *W1_v_next = state->W1_v; /* (6, 2) */
    for (ptrdiff_t i = 0; i < 6; i++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            W1_v_next[i * 2 + j] = momentum * W1_v[i * 2 + j] + dW1[i * 2 + j];
        }
    }

    /* W1_next[i,j] = W1[i,j] - W1_v_next[i,j] * learning_rate */
    double *W1_next = params->W1; /* (6, 2) */
    for (ptrdiff_t i = 0; i < 6; i++) {
        for (ptrdiff_t j = 0; j < 2; j++) {
            W1_next[i * 2 + j] = W1[i * 2 + j] - learning_rate * W1_v_next[i * 2 + j];
        }
    }

    /* b1_v_next[j] = b1_v[j] * momentum + db1[j] */
    double *b1_v_next = state->b1_v; /* (2,) */
    for (ptrdiff_t j = 0; j < 2; j++) {
        b1_v_next[j] = momentum * b1_v[j] + db1[j];
    }

    /* b1_next[j] = b1[j] - b1_v_next[j] * learning_rate */
    double *b1_next = params->b1; /* (2,) */
    for (ptrdiff_t j = 0; j < 2; j++) {
        b1_next[j] = b1[j] - learning_rate * b1_v_next[j];
    }

    /* W2_v_next[i,j] = W2_v[i,j] * momentum + dW2[i,j] */
    double *W2_v_next = state->W2_v; /* (2, 1) */
    for (ptrdiff_t i = 0; i < 2; i++) {
        W2_v_next[i] = momentum * W2_v[i] + dW2[i];
    }

    /* W2_next[i,j] = W2[i,j] - W2_v_next[i,j] * learning_rate */
    double *W2_next = params->W2; /* (2, 1) */
    for (ptrdiff_t i = 0; i < 2; i++) {
        W2_next[i] = W2[i] - learning_rate * W2_v_next[i];
    }

    /* b2_v_next[j] = b2_v[j] * momentum + db2[j] */
    double *b2_v_next = state->b2_v; /* (1,) */
    b2_v_next[0] = momentum * b2_v[0] + db2[0];

    /* b2_next[j] = b2[j] - b2_v_next[j] * learning_rate */
    double *b2_next = params->b2; /* (1,) */
    b2_next[0] = b2[0] - learning_rate * b2_v_next[0];
}

static double value_and_grad(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_params *grads, double *work)
{
    const symmetry_tape tape = {work + 3 * N, work + 5 * N, work + 6 * N};
    const double value = forward(N, params, data, &tape);
    backward(N, params, data, &tape, grads, work);
    return value;
}

int symmetry_predict(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int symmetry_forward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape, double *work, double *loss)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape);
    return 0;
}

int symmetry_backward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape, const symmetry_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int symmetry_value_and_grad(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = value_and_grad(N, params, data, grads, work);
    return 0;
}

int symmetry_train_step(ptrdiff_t N, const symmetry_params *params, const symmetry_state *state,
        const symmetry_data *data, const symmetry_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const symmetry_params grads = {work + 7 * N, work + 7 * N + 12, work + 7 * N + 14, work + 7 * N
            + 16};
    *loss = value_and_grad(N, params, data, &grads, work);
    update(params, state, hyper, &grads);
    return 0;
}

size_t symmetry_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(SYMMETRY_WORKSPACE(N)) * sizeof(double);
}

size_t symmetry_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(SYMMETRY_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *symmetry_build(void)
{
    return "40c854f005f9d514";
}

symmetry_hyper symmetry_default_hyper(void)
{
    const symmetry_hyper hyper = {.learning_rate = 0.05, .momentum = 0.9};
    return hyper;
}
