/*
 * digits: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     label t[N] in 10
 *     param h_W[64,32]
 *     param h_b[32]
 *     param logits_W[32,10]
 *     param logits_b[10]
 *     h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = relu(h_z[n,j])
 *     logits[n,j] = sum[i](h[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     output_Z[n] = sum[j](exp(logits[n,j]))
 *     output[n,j] = exp(logits[n,j]) / output_Z[n]
 *     loss_Z[n] = sum[j](exp(logits[n,j]))
 *     loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from digits.bp (network 7a816f8e5d602fc2):
 *     symbp build digits.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "digits.h"

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

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

/* The first of two equal ones; NaN where one is NaN. */
static inline double maximum(double a, double b)
{
    return b > a || b != b ? b : a;
}

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}

/* Tells whether all labels lie in 0 .. classes-1. */
static inline int within(const ptrdiff_t *labels, ptrdiff_t count, ptrdiff_t classes)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        if (labels[k] < 0 || labels[k] >= classes) {
            return 0;
        }
    }
    return 1;
}

#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory. */
typedef double vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(double)), may_alias));

enum {
    LANES = VECTOR_BYTES / (int)sizeof(double),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES,
    PANEL_ROWS = 4096 / TILE_COLUMNS
};

/*
 * Adds a product to a tile of c, at most TILE_ROWS rows and 2 vectors wide; its sums stay in
 * registers. `rows` and `vectors` are constants in every call, so that no loop over them is left.
 */
static inline __attribute__((always_inline)) void multiply_tile(int rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, const double *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const double *b, ptrdiff_t b_row, double *c, ptrdiff_t c_row)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                sums[r][v] += a[r * a_row + k * a_column]
                        * *(const vector *)(b + k * b_row + v * LANES);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            double *to = c + r * c_row + v * LANES;
            const ptrdiff_t left = columns - v * LANES;
            if (left >= LANES) {
                *(vector *)to += sums[r][v];
            } else {
                for (ptrdiff_t j = 0; j < left; j++) {
                    to[j] += sums[r][v][j];
                }
            }
        }
    }
}

/* Adds a product to all rows of c, one or two vectors wide: tiles, then lower ones at the edge. */
static inline __attribute__((always_inline)) void multiply_columns(ptrdiff_t rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, const double *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const double *b, ptrdiff_t b_row, double *c, ptrdiff_t c_row)
{
    ptrdiff_t i = 0;
#define ROWS(count) \
    for (; i + count <= rows; i += count) { \
        multiply_tile(count, vectors, columns, depth, a + i * a_row, a_row, a_column, b, b_row, \
                c + i * c_row, c_row); \
    }
    ROWS(TILE_ROWS)
    ROWS(4)
    ROWS(2)
    ROWS(1)
#undef ROWS
}

/* Copies columns of b side by side, with zeros up to a whole number of vectors. */
static void pack(double *panel, ptrdiff_t width, ptrdiff_t columns, ptrdiff_t depth,
        const double *b, ptrdiff_t b_row, ptrdiff_t b_column)
{
    for (ptrdiff_t k = 0; k < depth; k++) {
        for (ptrdiff_t j = 0; j < width; j++) {
            panel[k * width + j] = j < columns ? b[k * b_row + j * b_column] : 0;
        }
    }
}

/*
 * c += a b. An element a[i,k] lies at a[i * a_row + k * a_column], one of b likewise; the rows of
 * c are c_row apart. The terms of each element are added in the order of k, in blocks that depend
 * on the vectors' length alone. The panel has room for 4096 numbers: parts of b are copied there
 * where they do not lie as a tile reads them, or where many rows read them again.
 */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const double *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const double *b, ptrdiff_t b_row, ptrdiff_t b_column,
        double *c, ptrdiff_t c_row, double *panel)
{
    for (ptrdiff_t k = 0; k < depth; k += PANEL_ROWS) {
        const ptrdiff_t deep = depth - k < PANEL_ROWS ? depth - k : PANEL_ROWS;
        for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
            const ptrdiff_t wide = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
            const ptrdiff_t width = wide <= LANES ? LANES : TILE_COLUMNS;
            const double *left = a + k * a_column, *right = b + k * b_row + j * b_column;
            ptrdiff_t step = b_row;
            if (b_column != 1 || wide < width || rows > 4 * TILE_ROWS) {
                pack(panel, width, wide, deep, right, b_row, b_column);
                right = panel;
                step = width;
            }
            if (wide <= LANES) {
                multiply_columns(rows, 1, wide, deep, left, a_row, a_column, right, step,
                        c + j, c_row);
            } else {
                multiply_columns(rows, 2, wide, deep, left, a_row, a_column, right, step,
                        c + j, c_row);
            }
        }
    }
}

#else

/* c += a b, as above. */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
        const double *a, ptrdiff_t a_row, ptrdiff_t a_column,
        const double *b, ptrdiff_t b_row, ptrdiff_t b_column,
        double *c, ptrdiff_t c_row, double *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t k = 0; k < depth; k++) {
            for (ptrdiff_t j = 0; j < columns; j++) {
                c[i * c_row + j] += a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
            }
        }
    }
}

#endif

static void predict(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *h_W = params->h_W; /* (64, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* h_z[n,j] = h_b[j] + sum[i](x[n,i] * h_W[i,j]) */
    double *h_z = work; /* (N, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h_z[n * 32 + j] = h_b[j];
        }
    }
    multiply(N, 32, 64, x, 64, 1, h_W, 32, 1, h_z, 32, work + 32 * N);

    /* h[n,j] = relu(h_z[n,j]) */
    double *h = work; /* (N, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h[n * 32 + j] = relu(h_z[n * 32 + j]);
        }
    }

    /* logits[n,j] = logits_b[j] + sum[i](h[n,i] * logits_W[i,j]) */
    double *logits = outputs->output; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits[n * 10 + j] = logits_b[j];
        }
    }
    multiply(N, 10, 32, h, 32, 1, logits_W, 10, 1, logits, 10, work + 32 * N);

    /* output_Z_max[n] = max[j](logits[n,j]) */
    double *output_Z_max = work + 32 * N + 4096; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 10; j++) {
            best = maximum(best, logits[n * 10 + j]);
        }
        output_Z_max[n] = best;
    }

    /* logits_shifted[n,j] = logits[n,j] - output_Z_max[n] */
    double *logits_shifted = outputs->output; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_shifted[n * 10 + j] = logits[n * 10 + j] - output_Z_max[n];
        }
    }

    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = outputs->output; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            v1[n * 10 + j] = fast_exp(logits_shifted[n * 10 + j]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[n,j]) */
    double *output_Z_shifted = work + 32 * N + 4096; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 10; j++) {
            sum += v1[n * 10 + j];
        }
        output_Z_shifted[n] = sum;
    }

    /* output[n,j] = v1[n,j] / output_Z_shifted[n] */
    double *output = outputs->output; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            output[n * 10 + j] = v1[n * 10 + j] / output_Z_shifted[n];
        }
    }
}

static double forward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *h_W = params->h_W; /* (64, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* h_z[n,j] = h_b[j] + sum[i](x[n,i] * h_W[i,j]) */
    double *h_z = tape->h; /* (N, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h_z[n * 32 + j] = h_b[j];
        }
    }
    multiply(N, 32, 64, x, 64, 1, h_W, 32, 1, h_z, 32, work);

    /* h[n,j] = relu(h_z[n,j]) */
    double *h = tape->h; /* (N, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h[n * 32 + j] = relu(h_z[n * 32 + j]);
        }
    }

    /* logits[n,j] = logits_b[j] + sum[i](h[n,i] * logits_W[i,j]) */
    double *logits = work + 4096; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits[n * 10 + j] = logits_b[j];
        }
    }
    multiply(N, 10, 32, h, 32, 1, logits_W, 10, 1, logits, 10, work);

    /* output_Z_max[n] = max[j](logits[n,j]) */
    double *output_Z_max = work + 10 * N + 4096; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 10; j++) {
            best = maximum(best, logits[n * 10 + j]);
        }
        output_Z_max[n] = best;
    }

    /* logits_shifted[n,j] = logits[n,j] - output_Z_max[n] */
    double *logits_shifted = work + 4096; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_shifted[n * 10 + j] = logits[n * 10 + j] - output_Z_max[n];
        }
    }

    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = tape->v1; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            v1[n * 10 + j] = fast_exp(logits_shifted[n * 10 + j]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[n,j]) */
    double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 10; j++) {
            sum += v1[n * 10 + j];
        }
        output_Z_shifted[n] = sum;
    }

    /* loss_sum = sum[n](log(output_Z_shifted[n]) - logits_shifted[n,t[n]]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += log(output_Z_shifted[n]) - logits_shifted[n * 10 + t[n]];
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, const digits_params *grads, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *h = tape->h; /* (N, 32) */
    const double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (N, 10) */

    /* dlogits[n,j] = v1[n,j] / (N * output_Z_shifted[n])  (of loss_Z) */
    /* dlogits[n,t[n]] += -1 / N */
    double *dlogits = work + 4096; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            dlogits[n * 10 + j] = 1.0 / (double)N * v1[n * 10 + j] / output_Z_shifted[n];
        }
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits[n * 10 + t[n]] -= 1.0 / (double)N;
    }

    /* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (10,) */
    fill(dlogits_b, 10, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            dlogits_b[j] += dlogits[n * 10 + j];
        }
    }

    /* dh[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits) */
    double *dh = work + 11 * N + 4096; /* (N, 32) */
    fill(dh, 32 * N, 0.0);
    multiply(N, 32, 10, dlogits, 10, 1, logits_W, 1, 10, dh, 32, work);

    /* dlogits_W[i,j] = sum[n](h[n,i] * dlogits[n,j])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (32, 10) */
    fill(dlogits_W, 320, 0.0);
    multiply(32, 10, N, h, 1, 32, dlogits, 10, 1, dlogits_W, 10, work);

    /* dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)  (of h) */
    double *dh_z = work + 11 * N + 4096; /* (N, 32) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            dh_z[n * 32 + j] = (h[n * 32 + j] > 0.0 ? dh[n * 32 + j] : 0.0);
        }
    }

    /* dh_b[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *dh_b = grads->h_b; /* (32,) */
    fill(dh_b, 32, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            dh_b[j] += dh_z[n * 32 + j];
        }
    }

    /* dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
    double *dh_W = grads->h_W; /* (64, 32) */
    fill(dh_W, 2048, 0.0);
    multiply(64, 32, N, x, 1, 64, dh_z, 32, 1, dh_W, 32, work);
}

static void update(const digits_params *params, const digits_state *state,
        const digits_hyper *hyper, const digits_params *grads)
{
    const double *h_W = params->h_W; /* (64, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */
    const double *dh_W = grads->h_W; /* (64, 32) */
    const double *dh_b = grads->h_b; /* (32,) */
    const double *dlogits_W = grads->logits_W; /* (32, 10) */
    const double *dlogits_b = grads->logits_b; /* (10,) */
    const double step = *state->step;
    const double *h_W_m = state->h_W_m; /* (64, 32) */
    const double *h_W_v = state->h_W_v; /* (64, 32) */
    const double *h_b_m = state->h_b_m; /* (32,) */
    const double *h_b_v = state->h_b_v; /* (32,) */
    const double *logits_W_m = state->logits_W_m; /* (32, 10) */
    const double *logits_W_v = state->logits_W_v; /* (32, 10) */
    const double *logits_b_m = state->logits_b_m; /* (10,) */
    const double *logits_b_v = state->logits_b_v; /* (10,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* step_next = step + 1 */
    const double step_next = step + 1.0;

    /* v1 = 1 - beta1 */
    const double v1 = 1.0 - beta1;

    /* h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1 */
    double *h_W_m_next = state->h_W_m; /* (64, 32) */
    for (ptrdiff_t i = 0; i < 64; i++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h_W_m_next[i * 32 + j] = beta1 * h_W_m[i * 32 + j] + v1 * dh_W[i * 32 + j];
        }
    }

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2 */
    double *h_W_v_next = state->h_W_v; /* (64, 32) */
    for (ptrdiff_t i = 0; i < 64; i++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h_W_v_next[i * 32 + j] = v2 * square(dh_W[i * 32 + j]) + beta2 * h_W_v[i * 32 + j];
        }
    }

    /* v3 = 1 / (1 - beta1**step_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, step_next));

    /* v4 = 1 / (1 - beta2**step_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, step_next));

    /* h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
       + epsilon) */
    double *h_W_next = params->h_W; /* (64, 32) */
    for (ptrdiff_t i = 0; i < 64; i++) {
        for (ptrdiff_t j = 0; j < 32; j++) {
            h_W_next[i * 32 + j] = h_W[i * 32 + j] - learning_rate * v3 * h_W_m_next[i * 32 + j] /
                    (sqrt(v4 * h_W_v_next[i * 32 + j]) + epsilon);
        }
    }

    /* h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1 */
    double *h_b_m_next = state->h_b_m; /* (32,) */
    for (ptrdiff_t j = 0; j < 32; j++) {
        h_b_m_next[j] = beta1 * h_b_m[j] + v1 * dh_b[j];
    }

    /* h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2 */
    double *h_b_v_next = state->h_b_v; /* (32,) */
    for (ptrdiff_t j = 0; j < 32; j++) {
        h_b_v_next[j] = v2 * square(dh_b[j]) + beta2 * h_b_v[j];
    }

    /* h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
       epsilon) */
    double *h_b_next = params->h_b; /* (32,) */
    for (ptrdiff_t j = 0; j < 32; j++) {
        h_b_next[j] = h_b[j] - learning_rate * v3 * h_b_m_next[j] / (sqrt(v4 * h_b_v_next[j]) +
                epsilon);
    }

    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1 */
    double *logits_W_m_next = state->logits_W_m; /* (32, 10) */
    for (ptrdiff_t i = 0; i < 32; i++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_W_m_next[i * 10 + j] = beta1 * logits_W_m[i * 10 + j] + v1 *
                    dlogits_W[i * 10 + j];
        }
    }

    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2 */
    double *logits_W_v_next = state->logits_W_v; /* (32, 10) */
    for (ptrdiff_t i = 0; i < 32; i++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_W_v_next[i * 10 + j] = v2 * square(dlogits_W[i * 10 + j]) + beta2 *
                    logits_W_v[i * 10 + j];
        }
    }

    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
    double *logits_W_next = params->logits_W; /* (32, 10) */
    for (ptrdiff_t i = 0; i < 32; i++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_W_next[i * 10 + j] = logits_W[i * 10 + j] - learning_rate * v3 *
                    logits_W_m_next[i * 10 + j] / (sqrt(v4 * logits_W_v_next[i * 10 + j]) +
                    epsilon);
        }
    }

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1 */
    double *logits_b_m_next = state->logits_b_m; /* (10,) */
    for (ptrdiff_t j = 0; j < 10; j++) {
        logits_b_m_next[j] = beta1 * logits_b_m[j] + v1 * dlogits_b[j];
    }

    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
    double *logits_b_v_next = state->logits_b_v; /* (10,) */
    for (ptrdiff_t j = 0; j < 10; j++) {
        logits_b_v_next[j] = v2 * square(dlogits_b[j]) + beta2 * logits_b_v[j];
    }

    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
       (sqrt(logits_b_v_next[j] * v4) + epsilon) */
    double *logits_b_next = params->logits_b; /* (10,) */
    for (ptrdiff_t j = 0; j < 10; j++) {
        logits_b_next[j] = logits_b[j] - learning_rate * v3 * logits_b_m_next[j] / (sqrt(v4 *
                logits_b_v_next[j]) + epsilon);
    }

    *state->step = step_next;
}

static double value_and_grad(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_params *grads, double *work)
{
    const digits_tape tape = {work + 43 * N + 4096, work + 75 * N + 4096, work + 76 * N + 4096};
    const double value = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return value;
}

int digits_predict(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int digits_forward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int digits_backward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, const digits_params *grads, double *work)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int digits_value_and_grad(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_params *grads, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    *loss = value_and_grad(N, params, data, grads, work);
    return 0;
}

int digits_train_step(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const digits_params grads = {work + 86 * N + 4096, work + 86 * N + 6144, work + 86 * N + 6176,
            work + 86 * N + 6496};
    *loss = value_and_grad(N, params, data, &grads, work);
    update(params, state, hyper, &grads);
    return 0;
}

size_t digits_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(DIGITS_WORKSPACE(N)) * sizeof(double);
}

size_t digits_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(DIGITS_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *digits_build(void)
{
    return "9427af4f4e549049";
}

digits_hyper digits_default_hyper(void)
{
    const digits_hyper hyper = {.learning_rate = 0.001, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
