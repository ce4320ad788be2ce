/*
 * moons: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,2]
 *     target y[N,1]
 *     param h1_W[2,16]
 *     param h1_b[16]
 *     param h2_W[16,16]
 *     param h2_b[16]
 *     param p_W[16,1]
 *     param p_b[1]
 *     h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j])
 *     h1_z[n,j] += h1_b[j]
 *     h1[n,j] = relu(h1_z[n,j])
 *     h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j])
 *     h2_z[n,j] += h2_b[j]
 *     h2[n,j] = relu(h2_z[n,j])
 *     p[n,j] = sum[i](h2[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     l2 = sum[n,j](h1_W[n,j]**2)
 *     l2 += sum[n,j](h2_W[n,j]**2)
 *     l2 += sum[n,j](p_W[n,j]**2)
 *     loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j]))
 *     loss = 0.0001 * l2 + loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from moons.bp (network dbd387fe6e13bd31):
 *     symbp build moons.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "moons.h"

#include <math.h>

static inline double square(double x)
{
    return x * x;
}

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
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

static void predict(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h1_b = params->h1_b; /* (16,) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *h2_b = params->h2_b; /* (16,) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* h1_z[n,j] = h1_b[j] + sum[i](x[n,i] * h1_W[i,j]) */
    double *h1_z = work; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h1_z[n * 16 + j] = h1_b[j];
        }
    }
    multiply(N, 16, 2, x, 2, 1, h1_W, 16, 1, h1_z, 16, work + 16 * N);

    /* h1[n,j] = relu(h1_z[n,j]) */
    double *h1 = work; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h1[n * 16 + j] = relu(h1_z[n * 16 + j]);
        }
    }

    /* h2_z[n,j] = h2_b[j] + sum[i](h1[n,i] * h2_W[i,j]) */
    double *h2_z = work + 16 * N + 4096; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h2_z[n * 16 + j] = h2_b[j];
        }
    }
    multiply(N, 16, 16, h1, 16, 1, h2_W, 16, 1, h2_z, 16, work + 16 * N);

    /* h2[n,j] = relu(h2_z[n,j]) */
    double *h2 = work + 16 * N + 4096; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h2[n * 16 + j] = relu(h2_z[n * 16 + j]);
        }
    }

    /* p[n,j] = p_b[j] + sum[i](h2[n,i] * p_W[i,j]) */
    double *p = outputs->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = p_b[0];
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t i = 0; i < 16; i++) {
            sum += h2[n * 16 + i] * p_W[i];
        }
        p[n] += sum;
    }
}

static double forward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h1_b = params->h1_b; /* (16,) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *h2_b = params->h2_b; /* (16,) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */

    /* h1_z[n,j] = h1_b[j] + sum[i](x[n,i] * h1_W[i,j]) */
    double *h1_z = tape->h1; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h1_z[n * 16 + j] = h1_b[j];
        }
    }
    multiply(N, 16, 2, x, 2, 1, h1_W, 16, 1, h1_z, 16, work);

    /* h1[n,j] = relu(h1_z[n,j]) */
    double *h1 = tape->h1; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h1[n * 16 + j] = relu(h1_z[n * 16 + j]);
        }
    }

    /* h2_z[n,j] = h2_b[j] + sum[i](h1[n,i] * h2_W[i,j]) */
    double *h2_z = tape->h2; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h2_z[n * 16 + j] = h2_b[j];
        }
    }
    multiply(N, 16, 16, h1, 16, 1, h2_W, 16, 1, h2_z, 16, work);

    /* h2[n,j] = relu(h2_z[n,j]) */
    double *h2 = tape->h2; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h2[n * 16 + j] = relu(h2_z[n * 16 + j]);
        }
    }

    /* p[n,j] = p_b[j] + sum[i](h2[n,i] * p_W[i,j]) */
    double *p = tape->p; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        p[n] = p_b[0];
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t i = 0; i < 16; i++) {
            sum += h2[n * 16 + i] * p_W[i];
        }
        p[n] += sum;
    }

    /* l2 = sum[n,j](h1_W[n,j]**2) + sum[n,j](h2_W[n,j]**2) + sum[n,j](p_W[n,j]**2) */
    double l2 = 0.0;
    for (ptrdiff_t n = 0; n < 2; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            l2 += square(h1_W[n * 16 + j]);
        }
    }
    for (ptrdiff_t n = 0; n < 16; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            l2 += square(h2_W[n * 16 + j]);
        }
    }
    for (ptrdiff_t n = 0; n < 16; n++) {
        l2 += square(p_W[n]);
    }

    /* loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j])) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += relu(1.0 - p[n] * y[n]);
    }

    /* loss = 0.0001 * l2 + loss_sum / N */
    const double loss = 0.0001 * l2 + loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, const moons_params *grads, double *work)
{
    const double *x = data->x; /* (N, 2) */
    const double *y = data->y; /* (N, 1) */
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *h1 = tape->h1; /* (N, 16) */
    const double *h2 = tape->h2; /* (N, 16) */
    const double *p = tape->p; /* (N, 1) */

    /* dp[n,j] = where(1 - p[n,j] * y[n,j] > 0, -y[n,j] / N, 0)  (of loss_sum) */
    double *dp = work + 4096; /* (N, 1) */
    for (ptrdiff_t n = 0; n < N; n++) {
        dp[n] = (1.0 - p[n] * y[n] > 0.0 ? -1.0 / (double)N * y[n] : 0.0);
    }

    /* dp_b[j] = sum[n](dp[n,j])  (of p) */
    double *dp_b = grads->p_b; /* (1,) */
    {
        double sum = 0.0;
        for (ptrdiff_t n = 0; n < N; n++) {
            sum += dp[n];
        }
        dp_b[0] = sum;
    }

    /* dh2[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p) */
    double *dh2 = work + N + 4096; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dh2[n * 16 + i] = dp[n] * p_W[i];
        }
    }

    /* dp_W[n,j] = 0.0002 * p_W[n,j]  (of l2) */
    /* dp_W[i,j] += sum[n](h2[n,i] * dp[n,j]) */
    double *dp_W = grads->p_W; /* (16, 1) */
    for (ptrdiff_t n = 0; n < 16; n++) {
        dp_W[n] = 0.0002 * p_W[n];
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i = 0; i < 16; i++) {
            dp_W[i] += h2[n * 16 + i] * dp[n];
        }
    }

    /* dh2_z[n,j] = where(h2[n,j] > 0, dh2[n,j], 0)  (of h2) */
    double *dh2_z = work + N + 4096; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh2_z[n * 16 + j] = (h2[n * 16 + j] > 0.0 ? dh2[n * 16 + j] : 0.0);
        }
    }

    /* dh2_b[j] = sum[n](dh2_z[n,j])  (of h2_z) */
    double *dh2_b = grads->h2_b; /* (16,) */
    fill(dh2_b, 16, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh2_b[j] += dh2_z[n * 16 + j];
        }
    }

    /* dh1[n,i] = sum[j](dh2_z[n,j] * h2_W[i,j])  (of h2_z) */
    double *dh1 = work + 17 * N + 4096; /* (N, 16) */
    fill(dh1, 16 * N, 0.0);
    multiply(N, 16, 16, dh2_z, 16, 1, h2_W, 1, 16, dh1, 16, work);

    /* dh2_W[n,j] = 0.0002 * h2_W[n,j]  (of l2) */
    /* dh2_W[i,j] += sum[n](h1[n,i] * dh2_z[n,j]) */
    double *dh2_W = grads->h2_W; /* (16, 16) */
    for (ptrdiff_t n = 0; n < 16; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh2_W[n * 16 + j] = 0.0002 * h2_W[n * 16 + j];
        }
    }
    multiply(16, 16, N, h1, 1, 16, dh2_z, 16, 1, dh2_W, 16, work);

    /* dh1_z[n,j] = where(h1[n,j] > 0, dh1[n,j], 0)  (of h1) */
    double *dh1_z = work + 17 * N + 4096; /* (N, 16) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh1_z[n * 16 + j] = (h1[n * 16 + j] > 0.0 ? dh1[n * 16 + j] : 0.0);
        }
    }

    /* dh1_b[j] = sum[n](dh1_z[n,j])  (of h1_z) */
    double *dh1_b = grads->h1_b; /* (16,) */
    fill(dh1_b, 16, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh1_b[j] += dh1_z[n * 16 + j];
        }
    }

    /* dh1_W[n,j] = 0.0002 * h1_W[n,j]  (of l2) */
    /* dh1_W[i,j] += sum[n](x[n,i] * dh1_z[n,j]) */
    double *dh1_W = grads->h1_W; /* (2, 16) */
    for (ptrdiff_t n = 0; n < 2; n++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            dh1_W[n * 16 + j] = 0.0002 * h1_W[n * 16 + j];
        }
    }
    multiply(2, 16, N, x, 1, 2, dh1_z, 16, 1, dh1_W, 16, work);
}

static void update(const moons_params *params, const moons_hyper *hyper, const moons_params *grads)
{
    const double *h1_W = params->h1_W; /* (2, 16) */
    const double *h1_b = params->h1_b; /* (16,) */
    const double *h2_W = params->h2_W; /* (16, 16) */
    const double *h2_b = params->h2_b; /* (16,) */
    const double *p_W = params->p_W; /* (16, 1) */
    const double *p_b = params->p_b; /* (1,) */
    const double *dh1_W = grads->h1_W; /* (2, 16) */
    const double *dh1_b = grads->h1_b; /* (16,) */
    const double *dh2_W = grads->h2_W; /* (16, 16) */
    const double *dh2_b = grads->h2_b; /* (16,) */
    const double *dp_W = grads->p_W; /* (16, 1) */
    const double *dp_b = grads->p_b; /* (1,) */
    const double learning_rate = hyper->learning_rate;

    /* h1_W_next[i,j] = h1_W[i,j] - dh1_W[i,j] * learning_rate */
    double *h1_W_next = params->h1_W; /* (2, 16) */
    for (ptrdiff_t i = 0; i < 2; i++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h1_W_next[i * 16 + j] = h1_W[i * 16 + j] - learning_rate * dh1_W[i * 16 + j];
        }
    }

    /* h1_b_next[j] = h1_b[j] - dh1_b[j] * learning_rate */
    double *h1_b_next = params->h1_b; /* (16,) */
    for (ptrdiff_t j = 0; j < 16; j++) {
        h1_b_next[j] = h1_b[j] - learning_rate * dh1_b[j];
    }

    /* h2_W_next[i,j] = h2_W[i,j] - dh2_W[i,j] * learning_rate */
    double *h2_W_next = params->h2_W; /* (16, 16) */
    for (ptrdiff_t i = 0; i < 16; i++) {
        for (ptrdiff_t j = 0; j < 16; j++) {
            h2_W_next[i * 16 + j] = h2_W[i * 16 + j] - learning_rate * dh2_W[i * 16 + j];
        }
    }

    /* h2_b_next[j] = h2_b[j] - dh2_b[j] * learning_rate */
    double *h2_b_next = params->h2_b; /* (16,) */
    for (ptrdiff_t j = 0; j < 16; j++) {
        h2_b_next[j] = h2_b[j] - learning_rate * dh2_b[j];
    }

    /* p_W_next[i,j] = p_W[i,j] - dp_W[i,j] * learning_rate */
    double *p_W_next = params->p_W; /* (16, 1) */
    for (ptrdiff_t i = 0; i < 16; i++) {
        p_W_next[i] = p_W[i] - learning_rate * dp_W[i];
    }

    /* p_b_next[j] = p_b[j] - dp_b[j] * learning_rate */
    double *p_b_next = params->p_b; /* (1,) */
    p_b_next[0] = p_b[0] - learning_rate * dp_b[0];
}

static double value_and_grad(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_params *grads, double *work)
{
    const moons_tape tape = {work + 33 * N + 4096, work + 49 * N + 4096, work + 65 * N + 4096};
    const double value = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return value;
}

int moons_predict(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int moons_forward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int moons_backward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, const moons_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int moons_value_and_grad(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = value_and_grad(N, params, data, grads, work);
    return 0;
}

int moons_train_step(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const moons_params grads = {work + 66 * N + 4096, work + 66 * N + 4128, work + 66 * N + 4144,
            work + 66 * N + 4400, work + 66 * N + 4416, work + 66 * N + 4432};
    *loss = value_and_grad(N, params, data, &grads, work);
    update(params, hyper, &grads);
    return 0;
}

size_t moons_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(MOONS_WORKSPACE(N)) * sizeof(double);
}

size_t moons_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(MOONS_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *moons_build(void)
{
    return "44e0a1b06a208c92";
}

moons_hyper moons_default_hyper(void)
{
    const moons_hyper hyper = {.learning_rate = 0.2};
    return hyper;
}
