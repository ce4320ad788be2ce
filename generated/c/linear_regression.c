/*
 * linear_regression: forward pass, gradients and training step in C (float64).
 *
 *     input x[N]
 *     target y[N]
 *     param a
 *     param b
 *     p[n] = x[n] * a + b
 *     loss_sum = sum[n]((p[n] - y[n])**2)
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from linear_regression.bp (network 2e41ed1edc68f34a):
 *     symbp build linear_regression.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "linear_regression.h"

#include <math.h>

static inline double square(double x)
{
    return x * x;
}

static void predict(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_outputs *outputs)
{
    const double *x = data->x; /* (N,) */
    const double a = *params->a;
    const double b = *params->b;

    /* p[n] = x[n] * a + b */
    double *p = outputs->p; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = a * x[n] + b;
    }
}

static double forward(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_tape *tape)
{
    const double *x = data->x; /* (N,) */
    const double *y = data->y; /* (N,) */
    const double a = *params->a;
    const double b = *params->b;

    /* p[n] = x[n] * a + b */
    double *p = tape->v1; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = a * x[n] + b;
    }

    /* v1[n] = p[n] - y[n] */
    double *v1 = tape->v1; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        v1[n] = p[n] - y[n];
    }

    /* loss_sum = sum[n](v1[n]**2) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += square(v1[n]);
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const linear_regression_data *data,
        const linear_regression_tape *tape, const linear_regression_params *grads, double *work)
{
    const double *x = data->x; /* (N,) */
    const double *v1 = tape->v1; /* (N,) */

    /* dp[n] = 2 * v1[n] / N  (of loss_sum) */
    double *dp = work; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        dp[n] = 2.0 / (double)N * v1[n];
    }

    /* da = sum[n](dp[n] * x[n])  (of p) */
    double da = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        da += dp[n] * x[n];
    }

    /* db = sum[n](dp[n])  (of p) */
    double db = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        db += dp[n];
    }

    *grads->a = da;
    *grads->b = db;
}

static void update(const linear_regression_params *params, const linear_regression_hyper *hyper,
        const linear_regression_params *grads)
{
    const double a = *params->a;
    const double b = *params->b;
    const double da = *grads->a;
    const double db = *grads->b;
    const double learning_rate = hyper->learning_rate;

    /* a_next = a - da * learning_rate */
    const double a_next = a - da * learning_rate;

    /* b_next = b - db * learning_rate */
    const double b_next = b - db * learning_rate;

    *params->a = a_next;
    *params->b = b_next;
}

static double value_and_grad(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_params *grads, double *work)
{
    const linear_regression_tape tape = {work + N};
    const double value = forward(N, params, data, &tape);
    backward(N, data, &tape, grads, work);
    return value;
}

int linear_regression_predict(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_outputs *outputs, double *work)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs);
    return 0;
}

int linear_regression_forward(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_tape *tape, double *work,
        double *loss)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape);
    return 0;
}

int linear_regression_backward(ptrdiff_t N, const linear_regression_data *data,
        const linear_regression_tape *tape, const linear_regression_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, data, tape, grads, work);
    return 0;
}

int linear_regression_value_and_grad(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_params *grads, double *work,
        double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = value_and_grad(N, params, data, grads, work);
    return 0;
}

int linear_regression_train_step(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper, double *work,
        double *loss)
{
    if (N < 1) {
        return -1;
    }
    const linear_regression_params grads = {work + 2 * N, work + 2 * N + 1};
    *loss = value_and_grad(N, params, data, &grads, work);
    update(params, hyper, &grads);
    return 0;
}

size_t linear_regression_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(LINEAR_REGRESSION_WORKSPACE(N)) * sizeof(double);
}

size_t linear_regression_predict_workspace_bytes(ptrdiff_t N)
{
    (void)N;
    return (size_t)(LINEAR_REGRESSION_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *linear_regression_build(void)
{
    return "801c36e68c54afc9";
}

linear_regression_hyper linear_regression_default_hyper(void)
{
    const linear_regression_hyper hyper = {.learning_rate = 0.1};
    return hyper;
}
