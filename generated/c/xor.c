/*
 * xor: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,2]
 *     target y[N,1]
 *     param W1[2,4]
 *     param b1[4]
 *     param W2[4,1]
 *     param b2[1]
 *     h_z[n,j] = sum[i](x[n,i] * W1[i,j])
 *     h_z[n,j] += b1[j]
 *     h[n,j] = sigmoid(h_z[n,j])
 *     p_z[n,k] = sum[j](h[n,j] * W2[j,k])
 *     p_z[n,k] += b2[k]
 *     p[n,k] = sigmoid(p_z[n,k])
 *     loss_sum = sum[n,k]((p[n,k] - y[n,k])**2)
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from xor.bp (network 9467f7ddbf9cc7a9):
 *     symbp build xor.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "xor.h"

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

/* x - k log(2), the last in two parts, of which k times the first is exact (Cody and Waite). */
static inline double less_logs(double x, double k)
{
    return (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
}

/* e^r - 1 for |r| <= log(2) / 2 + 5e-5: a minimax polynomial, right to 2^-55. */
static inline double small_expm1(double r)
{
    double p = 2.5114398508110455e-08;
    p = p * r + 2.7626288757798066e-07;
    p = p * r + 2.7557228191058868e-06;
    p = p * r + 2.4801504557741337e-05;
    p = p * r + 0.00019841269902766745;
    p = p * r + 0.0013888888932265266;
    p = p * r + 0.00833333333331471;
    p = p * r + 0.04166666666657408;
    p = p * r + 0.16666666666666685;
    p = p * r + 0.5000000000000006;
    return r + r * r * p;
}

/* The same for x <= 0. */
static inline double negative_exp(double x)
{
    x = x < -750.0 ? -750.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double p = 1.0 + small_expm1(less_logs(x, k));
    return p * power_of_two(k + 128.0) * 2.938735877055719e-39;
}

static inline double square(double x)
{
    return x * x;
}

/* Of e^-|x|, which never overflows; within 4 units in the last place. */
static inline double sigmoid(double x)
{
    const double e = negative_exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}

static void predict(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_outputs *outputs)
{
    const double *x = data->x; /* (N, 2) */
    const double *W1 = params->W1; /* (2, 4) */
    const double *b1 = params->b1; /* (4,) */
    const double *W2 = params->W2; /* (4, 1) */
    const double *b2 = params->b2; /* (1,) */

    double *p = outputs->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        /* h_z[n,j] = b1[j] + sum[i](x[n,i] * W1[i,j]) */
        double h_z[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h_z[j] = b1[j];
        }
        for (ptrdiff_t i = 0; i < 2; i++) {
            for (ptrdiff_t j = 0; j < 4; j++) {
                h_z[j] += W1[i * 4 + j] * x[n * 2 + i];
            }
        }

        /* h[n,j] = sigmoid(h_z[n,j]) */
        double h[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h[j] = sigmoid(h_z[j]);
        }

        /* p_z[n,k] = b2[k] + sum[j](h[n,j] * W2[j,k]) */
        double p_z[1]; /* (1,) */
        p_z[0] = b2[0];
        {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 4; j++) {
                sum += h[j] * W2[j];
            }
            p_z[0] += sum;
        }

        /* p[n,k] = sigmoid(p_z[n,k]) */
        p[n] = sigmoid(p_z[0]);
    }
}

static double forward(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_tape *tape)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    const double *W1 = params->W1; /* (2, 4) */
    const double *b1 = params->b1; /* (4,) */
    const double *W2 = params->W2; /* (4, 1) */
    const double *b2 = params->b2; /* (1,) */

    double *h = tape->h; /* (N, 4) */
    double *p = tape->p; /* (N, 1) */
    double *v1 = tape->v1; /* (N, 1) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        /* h_z[n,j] = b1[j] + sum[i](x[n,i] * W1[i,j]) */
        double h_z[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h_z[j] = b1[j];
        }
        for (ptrdiff_t i = 0; i < 2; i++) {
            for (ptrdiff_t j = 0; j < 4; j++) {
                h_z[j] += W1[i * 4 + j] * x[n * 2 + i];
            }
        }

        /* h[n,j] = sigmoid(h_z[n,j]) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h[n * 4 + j] = sigmoid(h_z[j]);
        }

        /* p_z[n,k] = b2[k] + sum[j](h[n,j] * W2[j,k]) */
        double p_z[1]; /* (1,) */
        p_z[0] = b2[0];
        {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 4; j++) {
                sum += W2[j] * h[n * 4 + j];
            }
            p_z[0] += sum;
        }

        /* p[n,k] = sigmoid(p_z[n,k]) */
        p[n] = sigmoid(p_z[0]);

        /* v1[n,k] = p[n,k] - y[n,k] */
        v1[n] = p[n] - y[n];

        /* loss_sum = sum[n,k](v1[n,k]**2) */
        loss_sum += square(v1[n]);
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_tape *tape, const xor_params *grads)
{
    const double *x = data->x; /* (N, 2) */
    const double *W2 = params->W2; /* (4, 1) */
    const double *h = tape->h; /* (N, 4) */
    const double *p = tape->p; /* (N, 1) */
    const double *v1 = tape->v1; /* (N, 1) */

    double *db2 = grads->b2; /* (1,) */
    double *dW2 = grads->W2; /* (4, 1) */
    double *db1 = grads->b1; /* (4,) */
    double *dW1 = grads->W1; /* (2, 4) */
    fill(db2, 1, 0.0);
    fill(dW2, 4, 0.0);
    fill(db1, 4, 0.0);
    fill(dW1, 8, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        /* dp_z[n,k] = 2 * (1 - p[n,k]) * p[n,k] * v1[n,k] / N  (of p) */
        double dp_z[1]; /* (1,) */
        dp_z[0] = 2.0 * (1.0 - p[n]) * p[n] * v1[n] / (double)N;

        /* db2[k] = sum[n](dp_z[n,k])  (of p_z) */
        db2[0] += dp_z[0];

        /* dW2[j,k] = sum[n](h[n,j] * dp_z[n,k])  (of p_z) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dW2[j] += h[n * 4 + j] * dp_z[0];
        }

        /* dh[n,j] = sum[k](dp_z[n,k] * W2[j,k])  (of p_z) */
        double dh[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dh[j] = W2[j] * dp_z[0];
        }

        /* dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]  (of h) */
        double dh_z[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dh_z[j] = (1.0 - h[n * 4 + j]) * dh[j] * h[n * 4 + j];
        }

        /* db1[j] = sum[n](dh_z[n,j])  (of h_z) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            db1[j] += dh_z[j];
        }

        /* dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
        for (ptrdiff_t i = 0; i < 2; i++) {
            for (ptrdiff_t j = 0; j < 4; j++) {
                dW1[i * 4 + j] += x[n * 2 + i] * dh_z[j];
            }
        }
    }
}

static double step(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_hyper *hyper)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    double *W1 = params->W1; /* (2, 4) */
    double *b1 = params->b1; /* (4,) */
    double *W2 = params->W2; /* (4, 1) */
    double *b2 = params->b2; /* (1,) */
    const double learning_rate = hyper->learning_rate;

    double loss_sum = 0.0;
    double db2[1]; /* (1,) */
    fill(db2, 1, 0.0);
    double dW2[4]; /* (4, 1) */
    fill(dW2, 4, 0.0);
    double db1[4]; /* (4,) */
    fill(db1, 4, 0.0);
    double dW1[8]; /* (2, 4) */
    fill(dW1, 8, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        /* h_z[n,j] = b1[j] + sum[i](x[n,i] * W1[i,j]) */
        double h_z[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h_z[j] = b1[j];
        }
        for (ptrdiff_t i = 0; i < 2; i++) {
            for (ptrdiff_t j = 0; j < 4; j++) {
                h_z[j] += W1[i * 4 + j] * x[n * 2 + i];
            }
        }

        /* h[n,j] = sigmoid(h_z[n,j]) */
        double h[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            h[j] = sigmoid(h_z[j]);
        }

        /* p_z[n,k] = b2[k] + sum[j](h[n,j] * W2[j,k]) */
        double p_z[1]; /* (1,) */
        p_z[0] = b2[0];
        {
            double sum = 0.0;
            for (ptrdiff_t j = 0; j < 4; j++) {
                sum += h[j] * W2[j];
            }
            p_z[0] += sum;
        }

        /* p[n,k] = sigmoid(p_z[n,k]) */
        double p[1]; /* (1,) */
        p[0] = sigmoid(p_z[0]);

        /* v1[n,k] = p[n,k] - y[n,k] */
        double v1[1]; /* (1,) */
        v1[0] = p[0] - y[n];

        /* loss_sum = sum[n,k](v1[n,k]**2) */
        loss_sum += square(v1[0]);

        /* dp_z[n,k] = 2 * (1 - p[n,k]) * p[n,k] * v1[n,k] / N  (of p) */
        double dp_z[1]; /* (1,) */
        dp_z[0] = 2.0 / (double)N * (1.0 - p[0]) * p[0] * v1[0];

        /* db2[k] = sum[n](dp_z[n,k])  (of p_z) */
        db2[0] += dp_z[0];

        /* dh[n,j] = sum[k](dp_z[n,k] * W2[j,k])  (of p_z) */
        double dh[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dh[j] = W2[j] * dp_z[0];
        }

        /* dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]  (of h) */
        double dh_z[4]; /* (4,) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dh_z[j] = (1.0 - h[j]) * dh[j] * h[j];
        }

        /* dW2[j,k] = sum[n](h[n,j] * dp_z[n,k])  (of p_z) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            dW2[j] += h[j] * dp_z[0];
        }

        /* db1[j] = sum[n](dh_z[n,j])  (of h_z) */
        for (ptrdiff_t j = 0; j < 4; j++) {
            db1[j] += dh_z[j];
        }

        /* dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
        for (ptrdiff_t i = 0; i < 2; i++) {
            for (ptrdiff_t j = 0; j < 4; j++) {
                dW1[i * 4 + j] += x[n * 2 + i] * dh_z[j];
            }
        }
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;

    /* b2_next[j] = b2[j] - db2[j] * learning_rate */
    b2[0] -= learning_rate * db2[0];

    /* W2_next[i,j] = W2[i,j] - dW2[i,j] * learning_rate */
    for (ptrdiff_t i = 0; i < 4; i++) {
        W2[i] -= learning_rate * dW2[i];
    }

    /* b1_next[j] = b1[j] - db1[j] * learning_rate */
    for (ptrdiff_t j = 0; j < 4; j++) {
        b1[j] -= learning_rate * db1[j];
    }

    /* W1_next[i,j] = W1[i,j] - dW1[i,j] * learning_rate */
    for (ptrdiff_t each = 0; each < 8; each++) {
        W1[each] -= learning_rate * dW1[each];
    }
    return loss;
}

int xor_predict(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_outputs *outputs, double *work)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs);
    return 0;
}

int xor_forward(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_tape *tape,
        double *work, double *loss)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape);
    return 0;
}

int xor_backward(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_tape *tape,
        const xor_params *grads, double *work)
{
    (void)work;
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads);
    return 0;
}

int xor_value_and_grad(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const xor_tape tape = {work, work + 4 * N, work + 5 * N};
    *loss = forward(N, params, data, &tape);
    backward(N, params, data, &tape, grads);
    return 0;
}

int xor_train_step(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_hyper *hyper, double *work, double *loss)
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

int xor_fit(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_hyper *hyper,
        const xor_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
        double *y;
    } batch = {work, work + most * 2};
    work = work + most * 2 + most;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (102 * most + 54) + 1;
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
                memcpy(batch.x + each * 2, data->x + row * 2, 2 * sizeof *batch.x);
                memcpy(batch.y + each, data->y + row, sizeof *batch.y);
            }
            xor_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 2;
            part.y = shuffle ? batch.y : data->y + begin;
            if (xor_train_step(rows, params, &part, hyper, work, &value) != 0) {
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

size_t xor_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(XOR_WORKSPACE(N)) * sizeof(double);
}

size_t xor_predict_workspace_bytes(ptrdiff_t N)
{
    (void)N;
    return (size_t)(XOR_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *xor_build(void)
{
    return "e8ebfc6f22ba599c";
}

xor_hyper xor_default_hyper(void)
{
    const xor_hyper hyper = {.learning_rate = 4.0};
    return hyper;
}
