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
#include <stdint.h>
#include <string.h>

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

    double *v1 = tape->v1; /* (N,) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        /* p[n] = x[n] * a + b */
        const double p = a * x[n] + b;

        /* v1[n] = p[n] - y[n] */
        v1[n] = p - y[n];

        /* loss_sum = sum[n](v1[n]**2) */
        loss_sum += square(v1[n]);
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const linear_regression_data *data,
        const linear_regression_tape *tape, const linear_regression_params *grads)
{
    const double *x = data->x; /* (N,) */
    const double *v1 = tape->v1; /* (N,) */

    double da = 0.0;
    double db = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        /* dp[n] = 2 * v1[n] / N  (of loss_sum) */
        const double dp = 2.0 * v1[n] / (double)N;

        /* da = sum[n](dp[n] * x[n])  (of p) */
        da += x[n] * dp;

        /* db = sum[n](dp[n])  (of p) */
        db += dp;
    }

    *grads->a = da;
    *grads->b = db;
}

static double step(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper)
{
    const double *x = data->x; /* (N,) */
    const double *y = data->y; /* (N,) */
    const double a = *params->a;
    const double b = *params->b;
    const double learning_rate = hyper->learning_rate;

    double loss_sum = 0.0;
    double da = 0.0;
    double db = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        /* p[n] = x[n] * a + b */
        const double p = a * x[n] + b;

        /* v1[n] = p[n] - y[n] */
        const double v1 = p - y[n];

        /* loss_sum = sum[n](v1[n]**2) */
        loss_sum += square(v1);

        /* dp[n] = 2 * v1[n] / N  (of loss_sum) */
        const double dp = 2.0 / (double)N * v1;

        /* da = sum[n](dp[n] * x[n])  (of p) */
        da += x[n] * dp;

        /* db = sum[n](dp[n])  (of p) */
        db += dp;
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;

    /* a_next = a - da * learning_rate */
    const double a_next = a - da * learning_rate;

    /* b_next = b - db * learning_rate */
    const double b_next = b - db * learning_rate;

    *params->a = a_next;
    *params->b = b_next;
    return loss;
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
    (void)work;
    if (N < 1) {
        return -1;
    }
    backward(N, data, tape, grads);
    return 0;
}

int linear_regression_value_and_grad(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_params *grads, double *work,
        double *loss)
{
    if (N < 1) {
        return -1;
    }
    const linear_regression_tape tape = {work};
    *loss = forward(N, params, data, &tape);
    backward(N, data, &tape, grads);
    return 0;
}

int linear_regression_train_step(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper, double *work,
        double *loss)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    *loss = step(N, params, data, hyper);
    return 0;
}

/* An order of the rows, told row by row. */
typedef struct row_order {
    uint64_t rows;
    uint64_t mask;
    uint64_t next;
    int half;
    uint64_t keys[6];
} row_order;

/* Mixes 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Begins the order of an epoch. */
static void shuffle_rows(row_order *order, ptrdiff_t rows, uint64_t seed, uint64_t epoch)
{
    int bits = 0;
    order->rows = (uint64_t)rows;
    order->next = 0;
    order->mask = 0;
    while (order->mask < order->rows - 1) {
        order->mask = 2 * order->mask + 1;
        bits++;
    }
    order->half = (bits + 1) / 2;
    uint64_t state = mixed(mixed(seed) + epoch);
    for (int round = 0; round < 6; round++) {
        state += 0x9e3779b97f4a7c15;
        order->keys[round] = mixed(state);
    }
}

/* A permutation of 0 .. 2^k - 1, of which what is no row is passed over. Its rounds can be undone,
 * so no row comes twice: an odd factor, something added, the upper bits mixed into the lower
 * (Kensler, Correlated multi-jittered sampling, 2013). */
static ptrdiff_t next_row(row_order *order)
{
    uint64_t row;
    do {
        row = order->next++;
        for (int round = 0; round < 6; round++) {
            const uint64_t key = order->keys[round];
            row = (row * (key | 1) + (key >> 32)) & order->mask;
            row ^= row >> order->half;
        }
    } while (row >= order->rows);
    return (ptrdiff_t)row;
}

int linear_regression_fit(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper,
        const linear_regression_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
        double *y;
    } batch = {work, work + most};
    work = work + most + most;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (13 * most + 9) + 1;
    ptrdiff_t steps = 0;
    for (ptrdiff_t epoch = 0; epoch < training->epochs; epoch++) {
        double total = 0.0;
        if (shuffle) {
            shuffle_rows(&order, N, training->seed, (uint64_t)(training->start + epoch));
        }
        for (ptrdiff_t begin = 0; begin < N;) {
            double value = 0.0;
            const ptrdiff_t left = N - begin;
            const ptrdiff_t rows = left < most ? left : most;
            for (ptrdiff_t each = 0; shuffle && each < rows; each++) {
                const ptrdiff_t row = next_row(&order);
                memcpy(batch.x + each, data->x + row, sizeof *batch.x);
                memcpy(batch.y + each, data->y + row, sizeof *batch.y);
            }
            linear_regression_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin;
            part.y = shuffle ? batch.y : data->y + begin;
            if (linear_regression_train_step(rows, params, &part, hyper, work, &value) != 0) {
                return -1;
            }
            total += value * (double)rows;
            begin += rows;
            if (++steps == often) {
                steps = 0;
                if (training->pause != NULL && training->pause(training->context) != 0) {
                    return 1;
                }
            }
        }
        losses[epoch] = total / (double)N;
        if (training->watch != NULL && training->watch(training->context, training->start + epoch,
                losses[epoch]) != 0) {
            return 1;
        }
    }
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
    return "b8e3a9e64e62db47";
}

linear_regression_hyper linear_regression_default_hyper(void)
{
    const linear_regression_hyper hyper = {.learning_rate = 0.1};
    return hyper;
}
